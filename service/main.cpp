// The command line. All that can be found wrong without touching the journal is found wrong here.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "config/load.hpp"
#include "config/print.hpp"
#include "service/base/heap.hpp"
#include "service/calendar/zones.hpp"
#include "service/demo/demo.hpp"
#include "service/explain.hpp"
#include "service/heti.hpp"
#include "service/journal_tools.hpp"
#include "service/nodes.hpp"
#include "service/print_rules.hpp"
#include "service/report.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace {

using namespace heti;

config::LoadResult load(const std::filesystem::path& file) {
  return config::load(file, config::environment_of_process(), calendar::zone_exists, sequencer::JournalClock().now());
}

// The settings, or nothing after all problems were told.
std::optional<config::Settings> settings_of(const std::filesystem::path& file, bool with_warnings) {
  auto loaded = load(file);
  if (!loaded) {
    for (const config::Problem& problem : loaded.error()) std::cerr << config::to_string(problem) << '\n';
    return std::nullopt;
  }
  if (with_warnings) {
    for (const config::Warning& warning : loaded->warnings) std::cerr << config::to_string(warning) << '\n';
  }
  return std::move(loaded->settings);
}

int check_config(const std::filesystem::path& file) {
  const auto loaded = load(file);
  if (!loaded) {
    for (const config::Problem& problem : loaded.error()) std::cerr << config::to_string(problem) << '\n';
    std::cerr << loaded.error().size() << (loaded.error().size() == 1 ? " problem" : " problems") << '\n';
    return exit_failed;
  }
  for (const config::Warning& warning : loaded->warnings) std::cerr << config::to_string(warning) << '\n';
  std::cout << file.string() << " is good: " << loaded->settings.queues.size() << " queues, "
            << loaded->settings.agents.size() << " agents\n";
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  CLI::App app{"Heti: live chat that is staffed whenever it says that it is open."};
  app.set_version_flag("--version", "heti " HETI_VERSION " (" HETI_BUILD ")");
  app.require_subcommand(1);
  app.fallthrough();  // --config may stand behind the verb too
  std::string file = "config/heti.toml";
  app.add_option("--config", file, "The settings file")->envname("HETI_CONFIG")->capture_default_str();

  auto* run = app.add_subcommand("run", "Serve until SIGTERM or SIGINT");
  ClockRequest clock;
  run->add_option("--clock-speed", clock.speed, "A demonstration: time runs so many times as fast (1 to 3600)")
      ->check(CLI::Range(std::uint32_t{1}, clock_speed_max));
  run->add_option("--start-at", clock.start_at, "With it: local time of the first queue, such as 2026-11-23T07:30");
  auto* check = app.add_subcommand("check-config", "Tell all that is wrong in a settings file at once");
  std::string checked;
  check->add_option("file", checked, "The file; the one of --config if left out");
  auto* print = app.add_subcommand("print-config", "Print the settings in force, with the environment's");
  auto* demo = app.add_subcommand("demo", "Play visitors and agents to a node that runs with --clock-speed");
  demo::Request played;
  demo->add_option("--speed", played.speed, "That clock speed")->check(CLI::Range(std::uint32_t{1}, clock_speed_max));
  demo->add_option("--seed", played.seed, "The same seed is the same week")->capture_default_str();
  demo->add_option("--url", played.url, "Where the node listens")->capture_default_str();
  demo->add_option("--password", played.password, "Of the agents");
  demo->add_option("--chats-per-day", played.chats_per_day, "Of the longest day")
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{100'000}))
      ->capture_default_str();
  demo->add_option("--hours", played.hours, "End after so many hours of the node's time");
  demo->add_option("--record", played.record, "Write all that was sent and received to this file");
  bool one_day = false;
  bool one_week = false;
  auto* day_flag = demo->add_flag("--day", one_day, "To the end of the day");
  demo->add_flag("--week", one_week, "Seven days, which is the default")->excludes(day_flag);
  auto* rules = app.add_subcommand("print-rules", "Print the Prometheus rules for the goals and hours of the settings");
  bool allow_infeasible = false;
  rules->add_flag("--allow-infeasible", allow_infeasible, "Leave out what could never fire, with a comment");
  auto* apply = app.add_subcommand("apply", "Put the file's queues and agents in force (while stopped)");
  auto* replay = app.add_subcommand("replay", "Fold the journal from its beginning and compare (while stopped)");
  auto* explain = app.add_subcommand(
      "explain", "Tell the life of one conversation, event by event and clock by clock; or list promises by verdict");
  ExplainRequest asked;
  explain->add_option("conversation", asked.conversation, "Its id, or at least the first 6 digits");
  explain->add_option("--verdict", asked.verdict, "List the promises that got it instead: good, bad or excluded");
  explain->add_flag("--today", asked.today,
                    "Since midnight, on the wall clock of each queue; so it is without --since");
  explain->add_option("--since", asked.since, "Since a date (2026-06-01, likewise), or hours back (8h)");
  explain->add_option("--sla", asked.sla, "Only first_response, or only reply");
  explain->add_option("--queue", asked.queue, "Only of this queue");
  explain->add_flag("--text", asked.text, "Also what was said (personal data)");
  explain->add_flag("--json", asked.json, "As JSON");
  auto* report = app.add_subcommand("report", "Count what became of the contacts and promises of each queue");
  ReportRequest to_report;
  report->add_flag("--today", to_report.today, "Since midnight, on the wall clock of each queue");
  report->add_option("--since", to_report.since, "Since a date (2026-06-01, likewise), or hours back (8h)");
  report->add_flag("--json", to_report.json, "As JSON");
  auto* journal = app.add_subcommand("journal", "Look at the journal itself; also while the node runs");
  journal->require_subcommand(1);
  auto* verify = journal->add_subcommand(
      "verify", "Read all of it: 0 sound, 1 damaged (a hole or a lost end, with the remedy), 2 cannot be read");
  auto* show = journal->add_subcommand("show", "Print the events of one conversation, a JSON object a line");
  ShowRequest shown;
  show->add_option("--conversation", shown.conversation, "Its id, or at least the first 6 digits")->required();
  show->add_flag("--texts", shown.texts, "Also what was said (personal data)");
  auto* backup = app.add_subcommand("backup", "Copy the journal into one file; also while the node runs");
  BackupRequest to_back_up;
  backup->add_option("file", to_back_up.file, "Must not exist")->required();
  backup->add_flag("--secrets", to_back_up.secrets, "Also passwords, sessions and the signing key");
  auto* restore = app.add_subcommand("restore", "Put a backup into the journal's place (while stopped)");
  RestoreRequest to_restore;
  restore->add_option("file", to_restore.file, "What heti backup wrote")->required();
  restore->add_flag("--replace", to_restore.replace, "Move a journal that is there aside, and keep it");
  for (auto* verb : {journal, verify, show}) verb->fallthrough();
  auto* archive = app.add_subcommand("archive", "What was said, as this node keeps it for reading");
  archive->require_subcommand(1);
  auto* copy = archive->add_subcommand(
      "copy", "Copy it into one file, for another node that shares the journal; also while the node runs");
  std::string copied;
  copy->add_option("file", copied, "Must not exist")->required();
  for (auto* verb : {archive, copy}) verb->fallthrough();
  auto* set_password = app.add_subcommand("set-password", "Set an agent's password, read from standard input");
  std::string login;
  set_password->add_option("login", login, "The agent's login")->required();
  auto* nodes = app.add_subcommand("nodes", "List the nodes that serve the workspace, and which of them leads");
  auto* logins = app.add_subcommand("logins", "List the agents that have a password");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }

  if (check->parsed()) return check_config(checked.empty() ? file : checked);
  const auto settings = settings_of(file, run->parsed());
  if (!settings) return verify->parsed() ? verify_cannot_read : exit_failed;
  const auto read_again = [&file] { return load(file); };
  if (run->parsed()) return heti::serve(*settings, read_again, clock);
  if (print->parsed()) std::cout << config::print_config(*settings);
  if (one_day) played.days = 1;
  if (demo->parsed()) return demo::play(*settings, played);
  if (rules->parsed()) return heti::print_rules(*settings, allow_infeasible);
  if (apply->parsed()) return heti::apply(*settings);
  if (replay->parsed()) return heti::replay(*settings);
  if (explain->parsed()) return heti::explain(*settings, asked);
  if (report->parsed()) return heti::report(*settings, to_report);
  if (verify->parsed()) return heti::verify_journal(*settings);
  if (show->parsed()) return heti::show_journal(*settings, shown);
  if (backup->parsed()) return heti::make_backup(*settings, to_back_up);
  if (restore->parsed()) return heti::restore_backup(*settings, to_restore);
  if (copy->parsed()) return heti::copy_archive(*settings, copied);
  if (set_password->parsed()) return heti::set_password(*settings, login);
  if (nodes->parsed()) return heti::list_nodes(*settings);
  if (logins->parsed()) return heti::list_logins(*settings);
  return exit_ok;
}

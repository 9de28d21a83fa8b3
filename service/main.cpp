// The command line. All that can be found wrong without touching the journal is found wrong here.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "config/load.hpp"
#include "config/print.hpp"
#include "service/calendar/zones.hpp"
#include "service/explain.hpp"
#include "service/heti.hpp"
#include "service/journal_tools.hpp"
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
  CLI::App app{"Heti: live chat that is staffed whenever it says that it is open."};
  app.set_version_flag("--version", "heti " HETI_VERSION " (" HETI_BUILD ")");
  app.require_subcommand(1);
  app.fallthrough();  // --config may stand behind the verb too
  std::string file = "config/heti.toml";
  app.add_option("--config", file, "The settings file")->envname("HETI_CONFIG")->capture_default_str();

  auto* run = app.add_subcommand("run", "Serve until SIGTERM or SIGINT");
  auto* check = app.add_subcommand("check-config", "Tell all that is wrong in a settings file at once");
  std::string checked;
  check->add_option("file", checked, "The file; the one of --config if left out");
  auto* print = app.add_subcommand("print-config", "Print the settings in force, with the environment's");
  auto* apply = app.add_subcommand("apply", "Put the file's queues and agents in force (while stopped)");
  auto* replay = app.add_subcommand("replay", "Fold the journal from its beginning and compare (while stopped)");
  auto* explain = app.add_subcommand("explain", "Tell the life of one conversation, event by event and clock by clock");
  ExplainRequest asked;
  explain->add_option("conversation", asked.conversation, "Its id, or at least the first 6 digits")->required();
  explain->add_flag("--text", asked.text, "Also what was said (personal data)");
  explain->add_flag("--json", asked.json, "As JSON");
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
  auto* set_password = app.add_subcommand("set-password", "Set an agent's password, read from standard input");
  std::string login;
  set_password->add_option("login", login, "The agent's login")->required();
  auto* logins = app.add_subcommand("logins", "List the agents that have a password");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }

  if (check->parsed()) return check_config(checked.empty() ? file : checked);
  const auto settings = settings_of(file, run->parsed());
  if (!settings) return verify->parsed() ? verify_cannot_read : exit_failed;
  if (run->parsed()) return heti::serve(*settings, [&file] { return load(file); });
  if (print->parsed()) std::cout << config::print_config(*settings);
  if (apply->parsed()) return heti::apply(*settings);
  if (replay->parsed()) return heti::replay(*settings);
  if (explain->parsed()) return heti::explain(*settings, asked);
  if (verify->parsed()) return heti::verify_journal(*settings);
  if (show->parsed()) return heti::show_journal(*settings, shown);
  if (backup->parsed()) return heti::make_backup(*settings, to_back_up);
  if (restore->parsed()) return heti::restore_backup(*settings, to_restore);
  if (set_password->parsed()) return heti::set_password(*settings, login);
  if (logins->parsed()) return heti::list_logins(*settings);
  return exit_ok;
}

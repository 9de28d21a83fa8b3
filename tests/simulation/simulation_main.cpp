// The simulator's command line. See --help; the exit code is 1 if anything was violated, or too little happened to
// prove anything.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "service/base/planted.hpp"
#include "tests/simulation/report.hpp"
#include "tests/simulation/runner.hpp"
#include "tests/simulation/shrink.hpp"
#include "tests/simulation/world.hpp"

namespace heti::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view help =
    "simulation                    the runs of CI: 2,000 small seeds and 360 hours of whole days\n"
    "simulation --seeds A..B       these small seeds only\n"
    "simulation --hours N          so many hours of whole days only\n"
    "simulation --long             20,000 hours and 50,000 small seeds\n"
    "simulation --seed N [--day]   one run; -v prints everything that happens\n"
    "simulation --script FILE      the actions of a file, or of the command line if there is no such file\n"
    "           --memory           a journal without a disk\n"
    "           --no-model         without the naive model\n"
    "           --workers N        processes (2)\n"
    "           --failures N       go on until so many seeds have failed (5)\n"
    "           --quick            do not look for the shortest script of a failure\n"
    "simulation_planted --planted  finds each planted bug, or the one that --bug NAME says\n"
    "simulation_planted --bug NAME runs with that bug\n";

struct Line {
  std::vector<Job> jobs;
  RunOptions run;
  std::optional<Job> single;
  std::string script;
  bool verbose = false;
  bool planted = false;
  bool shrinks = true;
  bool judged = true;  // for enough traffic
  std::string bug;
};

void add_small(std::vector<Job>& jobs, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t seed = from; seed <= to; ++seed) jobs.push_back({.seed = seed, .shape = Shape::small});
}
void add_days(std::vector<Job>& jobs, std::uint64_t hours) {
  for (std::uint64_t day = 1; (day - 1) * 24 < hours; ++day) jobs.push_back({.seed = day, .shape = Shape::day});
}

std::optional<Line> read_line(int argc, char** argv) {
  Line line;
  bool chosen = false;
  bool day = false;
  std::optional<std::uint64_t> seed;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--seeds") {
      const std::string range = value();
      const std::size_t dots = range.find("..");
      if (dots == std::string::npos) return std::nullopt;
      add_small(line.jobs, std::strtoull(range.c_str(), nullptr, 10),
                std::strtoull(range.c_str() + dots + 2, nullptr, 10));
      chosen = true;
      line.judged = false;
    } else if (word == "--hours") {
      add_days(line.jobs, std::strtoull(value().c_str(), nullptr, 10));
      chosen = true;
      line.judged = false;
    } else if (word == "--long") {
      add_days(line.jobs, 20'000);
      add_small(line.jobs, 1, 50'000);
      chosen = true;
    } else if (word == "--seed") {
      seed = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--day") {
      day = true;
    } else if (word == "--script") {
      line.script = value();
    } else if (word == "--bug") {
      line.bug = value();
    } else if (word == "--planted") {
      line.planted = true;
    } else if (word == "--memory") {
      line.run.memory = true;
    } else if (word == "--no-model") {
      line.run.model = false;
    } else if (word == "--workers") {
      line.run.workers = static_cast<unsigned>(std::strtoul(value().c_str(), nullptr, 10));
    } else if (word == "--failures") {
      line.run.failures_max = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--quick") {
      line.shrinks = false;
    } else if (word == "-v") {
      line.verbose = true;
    } else {
      return std::nullopt;
    }
  }
  if (seed) line.single = Job{.seed = *seed, .shape = day ? Shape::day : Shape::small};
  if (!chosen) {  // Days first: they are long, and the small ones fill the rest of the time evenly.
    add_days(line.jobs, 360);
    add_small(line.jobs, 1, 2000);
  }
  return line;
}

// Shows how little is needed for a failure.
std::size_t explain(const Failure& failure, const RunOptions& options, std::chrono::milliseconds budget, bool print) {
  const Single first = run_one({.seed = failure.job.seed, .shape = failure.job.shape, .actions = {}}, options, true);
  if (first.what.empty()) {
    if (print) std::printf("  the same seed again shows nothing: the run is not reproducible\n");
    return 0;
  }
  const std::string rule = rule_of(first.what);
  const auto breaks = [&](const Script& script) { return rule_of(run_one(script, options, false).what); };
  if (breaks(first.script) != rule) {
    if (print) std::printf("  its actions alone do not show it\n");
    return first.script.actions.size();
  }
  const Shrunk shrunk = shrink(first.script, rule, breaks, budget);
  if (print) {
    std::printf("  %zu of %zu actions are enough (%zu runs):\n  %s\n", shrunk.script.actions.size(),
                first.script.actions.size(), shrunk.runs, to_text(shrunk.script).c_str());
  }
  return shrunk.script.actions.size();
}

int run_many(const Line& line) {
  const auto start = std::chrono::steady_clock::now();
  Runs runs = run_all(line.jobs, line.run);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const Failure& failure : runs.failures) {
    std::printf("VIOLATION in seed %llu (%s):\n%s", static_cast<unsigned long long>(failure.job.seed),
                failure.job.shape == Shape::day ? "day" : "small", failure.what.c_str());
    if (line.shrinks) explain(failure, line.run, failure.job.shape == Shape::day ? 120s : 40s, true);
    std::fflush(stdout);
  }
  print_report(runs.tally, seconds);
  const std::vector<std::string> missing = line.judged ? too_little(runs.tally) : std::vector<std::string>{};
  for (const std::string& what : missing) std::printf("TOO LITTLE: %s\n", what.c_str());
  return runs.failures.empty() && runs.tally.violations == 0 && missing.empty() ? 0 : 1;
}

int run_single(const Line& line, Script script, bool by_people) {
  World world(script, {.directory = std::filesystem::temp_directory_path() / "heti-simulation-single",
                       .memory = line.run.memory,
                       .verbose = line.verbose,
                       .model = line.run.model,
                       .log = -1});
  const Outcome outcome = by_people ? world.run_people() : world.run_script();
  for (const std::string& what : outcome.violations) std::printf("VIOLATION: %s\n", what.c_str());
  print_report(outcome.tally, 0);
  return outcome.violations.empty() ? 0 : 1;
}

#ifdef HETI_PLANTED_BUGS
// Each bug must be found by what is asked of every run, within the seeds 1 to 500.
int find_planted(Line line) {
  std::printf("%-24s %5s  %-44s %s\n", "bug", "seed", "said by", "actions");
  bool all = true;
  for (std::size_t i = 1; i < first_of_cluster; ++i) {
    if (!line.bug.empty() && line.bug != planted_names[i]) continue;
    line.run.in_worker = [i] { plant(static_cast<Planted>(i)); };
    line.run.failures_max = 1;
    std::vector<Job> jobs;
    add_small(jobs, 1, 500);
    const Runs runs = run_all(jobs, line.run);
    const std::string name(planted_names[i]);
    if (runs.failures.empty()) {
      std::printf("%-24s  NOT FOUND in 500 seeds\n", name.c_str());
      all = false;
      continue;
    }
    const Failure& failure = runs.failures.front();
    const std::size_t actions = explain(failure, line.run, 6s, line.verbose);
    std::printf("%-24s %5llu  %-44s %zu\n", name.c_str(), static_cast<unsigned long long>(failure.job.seed),
                rule_of(failure.what).substr(0, 44).c_str(), actions);
    std::fflush(stdout);
  }
  return all ? 0 : 1;
}

bool plant_named(const std::string& name) {
  for (std::size_t i = 0; i < planted_names.size(); ++i) {
    if (planted_names[i] == name) return plant(static_cast<Planted>(i)), true;
  }
  return false;
}
#endif

int main_of(int argc, char** argv) {
  auto line = read_line(argc, argv);
  if (!line) {
    std::fputs(std::string(help).c_str(), stderr);
    return 2;
  }
#ifdef HETI_PLANTED_BUGS
  if (line->planted) return find_planted(*line);
  if (!line->bug.empty()) {
    if (!plant_named(line->bug)) return std::fprintf(stderr, "no bug is called %s\n", line->bug.c_str()), 2;
  }
#else
  if (line->planted || !line->bug.empty()) {
    return std::fputs("this build has no planted bugs: use simulation_planted\n", stderr), 2;
  }
#endif
  if (!line->script.empty()) {
    std::string text = line->script;
    if (std::ifstream file(line->script); file) {
      std::ostringstream all;
      all << file.rdbuf();
      text = all.str();
    }
    auto script = script_from(text);
    if (!script) return std::fprintf(stderr, "%s\n", script.error().c_str()), 2;
    return run_single(*line, std::move(*script), false);
  }
  if (line->single) {
    return run_single(*line, {.seed = line->single->seed, .shape = line->single->shape, .actions = {}}, true);
  }
  return run_many(*line);
}

}  // namespace
}  // namespace heti::simulation

int main(int argc, char** argv) { return heti::simulation::main_of(argc, argv); }

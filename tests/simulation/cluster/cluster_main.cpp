// The cluster simulator's command line. The exit code is 1 if anything was violated, or too little happened to prove
// anything.
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "tests/simulation/cluster/cluster_world.hpp"

namespace heti::simulation::cluster {
namespace {

constexpr const char* help =
    "cluster_simulation                the runs of CI: 1,000 seeds\n"
    "cluster_simulation --seeds A..B   these seeds\n"
    "cluster_simulation --long         50,000 seeds\n"
    "cluster_simulation --seed N -v    one run, in this process; -v prints everything that happens\n"
    "cluster_simulation --planted      finds each planted bug within 500 seeds, or the one that --bug NAME says\n"
    "                   --bug NAME     runs with that bug\n"
    "                   --workers N    processes (2)\n";

struct Failure {
  std::uint64_t seed = 0;
  std::string what;
};

std::filesystem::path scratch() { return "/dev/shm/heti-cluster-" + std::to_string(::getpid()); }

Outcome run_seed(std::uint64_t seed, bool verbose) { return ClusterWorld(seed, scratch(), verbose).run(); }

struct Worker {
  pid_t pid = 0;
  int pipe = -1;
  FILE* errors = nullptr;
  std::uint64_t seed = 0;
  std::string text;
};

// Each seed in a process of its own: what died in it is not cleaned up, and a CHECK that fails ends one run only.
void start(Worker& worker, std::uint64_t seed) {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  worker.errors = ::tmpfile();
  std::fflush(nullptr);
  worker.seed = seed;
  worker.text.clear();
  worker.pid = ::fork();
  CHECK(worker.pid >= 0);
  if (worker.pid == 0) {
    ::dup2(::fileno(worker.errors), STDERR_FILENO);
    ::alarm(120);
    const Outcome outcome = run_seed(seed, false);
    std::string text(reinterpret_cast<const char*>(&outcome.counts), sizeof outcome.counts);
    for (const std::string& violation : outcome.violations) text += violation + "\n";
    CHECK(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  worker.pipe = ends[0];
}

std::string last_words(FILE* errors) {
  char buffer[400];
  std::rewind(errors);
  const std::size_t size = std::fread(buffer, 1, sizeof buffer, errors);
  return {buffer, size};
}

struct Runs {
  Counts counts;
  std::vector<Failure> failures;
};

Runs run_all(std::uint64_t from, std::uint64_t to, std::size_t workers, std::size_t failures_max) {
  Runs runs;
  std::uint64_t next = from;
  std::vector<Worker> all(workers);
  for (;;) {
    for (Worker& worker : all) {
      if (worker.pipe < 0 && next <= to && runs.failures.size() < failures_max) start(worker, next++);
    }
    std::vector<pollfd> waiting;
    for (const Worker& worker : all) {
      if (worker.pipe >= 0) waiting.push_back({.fd = worker.pipe, .events = POLLIN, .revents = 0});
    }
    if (waiting.empty()) return runs;
    ::poll(waiting.data(), waiting.size(), -1);
    for (Worker& worker : all) {
      const bool ready = worker.pipe >= 0 && std::ranges::any_of(waiting, [&](const pollfd& p) {
                           return p.fd == worker.pipe && p.revents != 0;
                         });
      if (!ready) continue;
      char buffer[65536];
      const ssize_t got = ::read(worker.pipe, buffer, sizeof buffer);
      if (got > 0) {
        worker.text.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      ::close(std::exchange(worker.pipe, -1));
      int status = 0;
      ::waitpid(worker.pid, &status, 0);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || worker.text.size() < sizeof(Counts)) {
        const bool late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        runs.failures.push_back(
            {worker.seed, late ? "does not come to an end\n" : "died: " + last_words(worker.errors)});
        std::error_code ignored;
        std::filesystem::remove_all("/dev/shm/heti-cluster-" + std::to_string(worker.pid), ignored);
      } else {
        Counts counts;
        std::memcpy(static_cast<void*>(&counts), worker.text.data(), sizeof counts);
        runs.counts.add(counts);
        if (worker.text.size() > sizeof counts)
          runs.failures.push_back({worker.seed, worker.text.substr(sizeof counts)});
      }
      std::fclose(worker.errors);
    }
  }
}

void print(const Counts& counts, double seconds) {
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%llu runs, %.1f hours simulated in %.0f s; %llu commands of Redis, %llu batches handed on\n",
              n(counts.runs), static_cast<double>(counts.simulated_ms) / 3.6e6, seconds, n(counts.calls),
              n(counts.durables));
  std::printf(
      "%llu acknowledgements; Redis was allowed to lose in %llu runs and did in %llu: %llu times it got its "
      "end again, %llu new histories, %llu offered again\n",
      n(counts.acks), n(counts.may_lose), n(counts.lost), n(counts.healed), n(counts.histories), n(counts.again));
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    std::printf("%s%s %llu", i == 0 ? "faults: " : ", ", fault_names[i], n(counts.faults[i]));
  }
  std::printf("\n");
}

// What a pass means nothing without.
std::vector<std::string> too_little(const Counts& counts) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < fault_kinds; ++i) {
    if (counts.faults[i] < 100) missing.push_back(std::string("under 100 times: ") + fault_names[i]);
  }
  if (counts.acks < 100 * counts.runs) missing.emplace_back("under 100 acknowledgements a run");
  if (counts.lost * 20 < counts.runs) missing.emplace_back("Redis lost something in under a twentieth of the runs");
  return missing;
}

int run_many(std::uint64_t from, std::uint64_t to, std::size_t workers, bool judged) {
  const auto begun = std::chrono::steady_clock::now();
  const Runs runs = run_all(from, to, workers, 5);
  for (const Failure& failure : runs.failures) {
    std::printf("VIOLATION in seed %llu:\n%s", static_cast<unsigned long long>(failure.seed), failure.what.c_str());
  }
  print(runs.counts, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  const auto missing = judged ? too_little(runs.counts) : std::vector<std::string>{};
  for (const std::string& what : missing) std::printf("TOO LITTLE: %s\n", what.c_str());
  return runs.failures.empty() && missing.empty() ? 0 : 1;
}

int find_planted(const std::string& only, std::size_t workers) {
  std::printf("%-24s %5s  %s\n", "bug", "seed", "said by");
  bool all = true;
  for (std::size_t i = first_of_cluster; i < first_of_processes; ++i) {
    const std::string name(planted_names[i]);
    if (!only.empty() && only != name) continue;
    plant(static_cast<Planted>(i));
    const Runs runs = run_all(1, 500, workers, 1);
    if (runs.failures.empty()) {
      std::printf("%-24s  NOT FOUND in 500 seeds\n", name.c_str());
      all = false;
      continue;
    }
    const Failure& failure = runs.failures.front();
    const std::string said = failure.what.substr(0, failure.what.find('\n'));
    std::printf("%-24s %5llu  %.90s\n", name.c_str(), static_cast<unsigned long long>(failure.seed), said.c_str());
    std::fflush(stdout);
  }
  return all ? 0 : 1;
}

int main_of(int argc, char** argv) {
  std::uint64_t from = 1;
  std::uint64_t to = 1000;
  std::optional<std::uint64_t> single;
  bool verbose = false;
  bool find = false;
  bool judged = true;
  std::size_t workers = 2;
  std::string bug;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--seeds") {
      const std::string range = value();
      const auto dots = range.find("..");
      if (dots == std::string::npos) return std::fputs(help, stderr), 2;
      from = std::strtoull(range.c_str(), nullptr, 10);
      to = std::strtoull(range.c_str() + dots + 2, nullptr, 10);
      judged = false;
    } else if (word == "--long") {
      to = 50'000;
    } else if (word == "--seed") {
      single = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--planted") {
      find = true;
    } else if (word == "--bug") {
      bug = value();
    } else if (word == "--workers") {
      workers = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "-v") {
      verbose = true;
    } else {
      return std::fputs(help, stderr), 2;
    }
  }
  spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::off);
  if (find) return find_planted(bug, workers);
  if (!bug.empty()) {
    const auto found = std::ranges::find(planted_names, bug);
    if (found == planted_names.end()) return std::fprintf(stderr, "no bug is called %s\n", bug.c_str()), 2;
    plant(static_cast<Planted>(found - planted_names.begin()));
  }
  if (!single) return run_many(from, to, workers, judged);
  const Outcome outcome = run_seed(*single, verbose);
  for (const std::string& what : outcome.violations) std::printf("VIOLATION: %s\n", what.c_str());
  print(outcome.counts, 0);
  return outcome.violations.empty() ? 0 : 1;
}

}  // namespace
}  // namespace heti::simulation::cluster

int main(int argc, char** argv) { return heti::simulation::cluster::main_of(argc, argv); }

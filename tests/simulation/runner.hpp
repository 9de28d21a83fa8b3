#pragma once
// Many runs in a few worker processes, so that a CHECK that fails, or a run that never ends, is one violation with its
// seed and not the end of everything.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/script.hpp"
#include "tests/simulation/tally.hpp"

namespace heti::simulation {

struct Job {
  std::uint64_t seed = 0;
  Shape shape{};
};

struct Failure {
  Job job;
  std::string what;  // one violation a line
};

struct RunOptions {
  bool memory = false;
  bool model = true;
  unsigned workers = 2;
  unsigned patience_s = 300;          // for one run
  std::size_t failures_max = 5;       // then the rest is left out
  std::function<void()> in_worker{};  // before the first run of a process
};

struct Runs {
  Tally tally;
  std::vector<Failure> failures;
};

// Runs all jobs; their order between workers matters to nobody, since each is one seed.
[[nodiscard]] Runs run_all(const std::vector<Job>& jobs, const RunOptions& options);

// One run in a process of its own: by its people if the script has no actions, else of its actions alone.
struct Single {
  Script script;     // as carried out; empty if the process died
  std::string what;  // empty: nothing was wrong
};
[[nodiscard]] Single run_one(const Script& script, const RunOptions& options, bool by_people);

// The head of a violation, which says which rule it was.
[[nodiscard]] std::string rule_of(const std::string& what);

}  // namespace heti::simulation

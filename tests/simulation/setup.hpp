#pragma once
// What a seed decides before anything happens: the rules of the workspace, its hours, the place in the calendar where
// the run begins, and how the people and the faults of this run are minded.
#include <cstdint>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"
#include "service/core/settings.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/script.hpp"

namespace heti::simulation {

struct Setup {
  core::Settings settings;
  Instant start;
  Millis length{};  // people act until then; timers run out after it
  std::uint32_t visitors = 0;
  std::uint32_t supervisor = 1;  // the agent who is one
  Millis append_takes{};         // between an append and its answer
  Millis keep_alive{};
  bool timer_first = false;    // of what happens in the same instant
  bool checkpoints = false;    // the log is moved into the database now and then, by the writer
  bool memory = false;         // journal without a disk
  std::uint64_t chaos = 0;     // mean ms between two things that should not happen
  std::uint64_t answers = 0;   // permille of visitor messages that agents answer
  std::uint64_t declines = 0;  // permille of offers declined
  std::uint64_t ignores = 0;   // permille of offers left to expire
  std::uint64_t edges = 0;     // permille of times that are moved to the nearest deadline, or 1 ms beside it
};

[[nodiscard]] Setup setup_of(std::uint64_t seed, Shape shape);

// Other rules, made of those in force and of the first ones by a seed: a slot less, somebody gone or back, another
// mode or time. What names nothing is never in them.
[[nodiscard]] core::Settings changed(const core::Settings& now, const core::Settings& first, std::uint64_t seed);

// The same hours, but today (a local date) closed or open from the minute of `now` for some minutes.
[[nodiscard]] Schedule today(const Schedule& schedule, Instant now, std::int64_t minutes, bool open);

// Compiled far enough for the whole run and the time in which its timers run out.
[[nodiscard]] std::vector<Interval> compiled(const Schedule& schedule, Instant start, Millis length);

// Addresses that pages of the site have, by number; 0 is no page.
[[nodiscard]] std::string page_url(std::int64_t page);

}  // namespace heti::simulation

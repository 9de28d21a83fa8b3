#include "service/sequencer/journal_clock.hpp"

#include <algorithm>
#include <ctime>

#include "service/base/check.hpp"

namespace heti::sequencer {
namespace {

constexpr Millis step_tolerated{2000};
constexpr Millis together_within{50};
constexpr int tries_max = 10;

std::chrono::microseconds read_finely(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::seconds{t.tv_sec} +
                                                       std::chrono::nanoseconds{t.tv_nsec});
}

Millis read_clock(clockid_t id) { return std::chrono::floor<Millis>(read_finely(id)); }

}  // namespace

JournalClock::JournalClock()
    : JournalClock([] { return read_clock(CLOCK_REALTIME); }, [] { return read_clock(CLOCK_BOOTTIME); }) {}

JournalClock::JournalClock(Read wall, Read boot)
    : wall_(std::move(wall)), boot_(std::move(boot)), last_boot_(boot_()), last_(wall_()) {}

JournalClock JournalClock::scaled(std::uint32_t speed, Instant start) {
  return scaled(speed, start, [] { return read_finely(CLOCK_BOOTTIME); });
}

JournalClock JournalClock::scaled(std::uint32_t speed, Instant start, ReadFinely boot) {
  CHECK(speed >= 1);
  const auto fast = [speed, boot = std::move(boot)] { return std::chrono::floor<Millis>(boot() * speed); };
  JournalClock clock([start] { return start.time_since_epoch(); }, fast);
  clock.wall_ = nullptr;
  clock.speed_ = speed;
  return clock;
}

Instant JournalClock::carry_on() {
  const Millis boot = boot_();
  last_ += boot - last_boot_;
  last_boot_ = boot;
  return last_;
}

Instant JournalClock::now() {
  if (!wall_) return carry_on();
  // A process that is held between the two looks would take its own pause for a step.
  Millis boot = boot_();
  Instant wall{wall_()};
  for (int tries = 1; tries < tries_max && boot_() - boot > together_within; ++tries) {
    boot = boot_();
    wall = Instant{wall_()};
  }
  const Instant carried = last_ + (boot - last_boot_);
  const bool agrees = std::chrono::abs(wall - carried) <= step_tolerated;
  if (!agrees && !stepped_) ++steps_;
  stepped_ = !agrees;
  last_ = agrees ? std::max(last_, wall) : carried;
  last_boot_ = boot;
  return last_;
}

void JournalClock::agree_with(Instant leader) {
  if (std::chrono::abs(now() - leader) > step_tolerated) last_ = leader;
}

void JournalClock::not_before(Instant tail) { last_ = std::max(last_, tail); }

}  // namespace heti::sequencer

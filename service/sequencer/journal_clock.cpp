#include "service/sequencer/journal_clock.hpp"

#include <algorithm>
#include <ctime>

namespace heti::sequencer {
namespace {

constexpr Millis step_tolerated{2000};

Millis read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::duration_cast<Millis>(std::chrono::nanoseconds{t.tv_nsec});
}

}  // namespace

JournalClock::JournalClock()
    : JournalClock([] { return read_clock(CLOCK_REALTIME); }, [] { return read_clock(CLOCK_BOOTTIME); }) {}

JournalClock::JournalClock(Read wall, Read boot)
    : wall_(std::move(wall)), boot_(std::move(boot)), last_wall_(wall_()), last_boot_(boot_()) {
  last_ = Instant{last_wall_};
}

Instant JournalClock::now() {
  const Millis wall = wall_();
  const Millis boot = boot_();
  const Millis walked = wall - last_wall_;
  const Millis passed = boot - last_boot_;
  if (!stepped_ && std::chrono::abs(walked - passed) > step_tolerated) {
    stepped_ = true;
    ++steps_;
  }
  last_ = stepped_ ? last_ + passed : std::max(last_, Instant{wall});
  last_wall_ = wall;
  last_boot_ = boot;
  return last_;
}

void JournalClock::not_before(Instant tail) { last_ = std::max(last_, tail); }

}  // namespace heti::sequencer

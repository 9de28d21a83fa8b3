#pragma once
// Journal time: t_n = max(t_{n-1}, wall) while the wall clock and the boot-time clock advance within 2 s of each other.
// After a larger jump of the wall clock, either way, time runs on with the boot-time clock and the jump is counted; a
// restart takes the new wall clock.
#include <cstdint>
#include <functional>

#include "service/base/time.hpp"

namespace heti::sequencer {

class JournalClock {
 public:
  using Read = std::function<Millis()>;  // milliseconds since some epoch

  // The real clocks: CLOCK_REALTIME and CLOCK_BOOTTIME.
  JournalClock();
  // For tests: `wall` since the Unix epoch, `boot` since any instant, never going back.
  JournalClock(Read wall, Read boot);

  // Never earlier than the last value, nor than what not_before() was told.
  Instant now();
  void not_before(Instant tail);

  std::uint64_t steps() const { return steps_; }
  bool stepped() const { return stepped_; }  // runs on the boot-time clock since a jump

 private:
  Read wall_;
  Read boot_;
  Millis last_wall_;
  Millis last_boot_;
  Instant last_{};
  std::uint64_t steps_ = 0;
  bool stepped_ = false;
};

}  // namespace heti::sequencer

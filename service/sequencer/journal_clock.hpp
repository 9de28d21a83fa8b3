#pragma once
// Journal time: the time of the last value, carried on by the boot-time clock. The wall clock corrects that while the
// two are within 2 s of each other: t_n = max(t_{n-1}, wall). Further off, either way, it is not followed: time runs on
// with the boot-time clock, and the step is counted, until the wall clock is right again or a restart takes it. A wall
// clock that is behind the journal at the start is such a step too: otherwise journal time would stand still, and every
// timer with it, until the wall clock has caught up.
//
// A demonstration's clock runs faster than real time and follows no wall clock: scaled().
#include <cstdint>
#include <functional>

#include "service/base/time.hpp"

namespace heti::sequencer {

class JournalClock {
 public:
  using Read = std::function<Millis()>;  // milliseconds since some epoch
  using ReadFinely = std::function<std::chrono::microseconds()>;

  // The real clocks: CLOCK_REALTIME and CLOCK_BOOTTIME.
  JournalClock();
  // For tests: `wall` since the Unix epoch, `boot` since any instant, never going back.
  JournalClock(Read wall, Read boot);

  // For demonstrations and tests: from `start` on, `speed` times as fast as the boot-time clock (at least 1), which is
  // read in microseconds: a thousandth of a second would be leaps of `speed` thousandths.
  static JournalClock scaled(std::uint32_t speed, Instant start);
  static JournalClock scaled(std::uint32_t speed, Instant start, ReadFinely boot);

  // Never earlier than the last value, nor than what not_before() was told: the end of the journal.
  Instant now();
  void not_before(Instant tail);

  // What the clock of the node that leads shows: this one goes on from there if the two are more than 2 s apart,
  // forward or back. Only while nothing is decided by this one.
  void agree_with(Instant leader);

  std::uint64_t steps() const { return steps_; }
  bool stepped() const { return stepped_; }  // the wall clock was more than 2 s off when now() looked last

  // How many times as fast as real time journal time runs.
  std::uint32_t speed() const { return speed_; }
  // How long a stretch of journal time takes in real time, rounded up: whoever waits so long has waited long enough.
  Millis real(Millis journal_time) const { return (journal_time + Millis{speed_ - 1}) / speed_; }

 private:
  Instant carry_on();

  Read wall_;  // empty: no wall clock is followed
  Read boot_;  // of a scaled clock: already as fast as its journal time
  Millis last_boot_;
  Instant last_;
  std::uint64_t steps_ = 0;
  bool stepped_ = false;
  std::uint32_t speed_ = 1;
};

}  // namespace heti::sequencer

#pragma once
// Instants of journal time as the wall clock shows them. Prometheus compares gauges of instants with its own time(),
// which is the wall clock's: a demonstration whose time runs faster has to show when that instant was, or will be,
// there.
#include <cstdint>

#include "service/base/time.hpp"

namespace heti::monitor {

struct WallTime {
  Instant journal_now;
  Instant wall_now;
  std::uint32_t speed = 1;  // of journal time, at least 1

  // At speed 1 journal time is the wall's, to within what the clock tolerates, and is shown as it is.
  Instant shows(Instant journal_time) const {
    if (speed == 1) return journal_time;
    return wall_now + (journal_time - journal_now) / static_cast<std::int64_t>(speed);
  }
};

}  // namespace heti::monitor

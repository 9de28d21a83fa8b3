#pragma once
// A stretch of absolute time, half-open [open, close): what a calendar delivers and business time is counted in.
#include <tuple>

#include "service/base/time.hpp"

namespace heti {

struct Interval {
  Instant open{};   // The first millisecond inside.
  Instant close{};  // The first millisecond after it; later than `open`.
  friend bool operator==(const Interval&, const Interval&) = default;
  auto fields() { return std::tie(open, close); }
};

}  // namespace heti

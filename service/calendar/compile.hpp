#pragma once
// Opening hours of one zone as absolute time. Whoever reads the posted hours and a wall clock and concludes "open" is
// never wrong: an opening is the convex hull of the instants whose wall clock reads inside its interval, so a boundary
// in a gap of the local time lies at the transition, an opening in an overlap takes the first occurrence and a closing
// the last, and no interval is ever split in two.
#include <expected>
#include <string>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::calendar {

// The open time of `schedule` within [from, to): sorted, touching and overlapping openings merged, cut at `from` and
// at `to` (so an interval that ends at `to` says nothing about what comes then). Empty when from >= to.
// Error: a zone that does not exist here.
[[nodiscard]] std::expected<std::vector<Interval>, std::string> compile(const Schedule& schedule, Instant from,
                                                                        Instant to);

}  // namespace heti::calendar

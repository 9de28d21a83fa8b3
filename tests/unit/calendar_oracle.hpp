#pragma once
// The opening-hours clock by its definition and by nothing else: somebody stands before the wall clock of a zone with
// the posted hours in hand and writes down the first and the last minute at which the clock reads inside an interval.
// It goes from UTC to the reading only, so it knows neither gaps nor overlaps; what the service computes from the
// posted hours backwards must agree with it. Depends on the zone library and service/base alone.
#include <string>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::tests {

// The open time of `schedule` within [from, to): sorted, touching and overlapping openings merged, cut at `from` and
// `to`; empty when from >= to. Costs about 10 microseconds for each day of the range and for four more.
// Throws what the zone library throws when the zone does not exist.
std::vector<Interval> open_time_by_wall_clock(const Schedule& schedule, Instant from, Instant to);

// What is open, counted the plain way: the open time within [from, to), and whether `t` lies in it.
Millis time_within(const std::vector<Interval>& open, Instant from, Instant to);
bool inside(const std::vector<Interval>& open, Instant t);

// A schedule as text, a line for each weekday and exception, for the report of a failing case.
std::string told(const Schedule& schedule);

// A change of what a zone's wall clock shows, or of its abbreviation alone.
struct Transition {
  Instant at;
  Millis before;  // How far the wall clock was ahead of UTC.
  Millis after;
  friend bool operator==(const Transition&, const Transition&) = default;
};

// Those within [from, to), in order.
std::vector<Transition> transitions_of(const std::string& zone, Instant from, Instant to);

// The zones of the tz database, sorted. Links are left out, for they are the data of their target under a second name;
// where the installation does not say which names are links, all names count as zones.
std::vector<std::string> zone_names();

}  // namespace heti::tests

#include "service/calendar/compile.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "service/calendar/zone.hpp"

namespace heti::calendar {
namespace {

using Minutes = std::chrono::minutes;
using LocalMillis = date::local_time<Millis>;

// The first instant at which a wall clock reads `local`; in a gap, the transition.
Instant start_of(const date::time_zone& zone, LocalMillis local) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return Instant{local.time_since_epoch() - info.first.offset};
}

// 1 ms after the last instant at which a wall clock reads `local` - 1 ms; in a gap, the transition. The millisecond
// matters: a closing at exactly the start of an overlap closes at its first occurrence.
Instant end_of(const date::time_zone& zone, LocalMillis local) {
  const LocalMillis last = local - Millis{1};
  const date::local_info info = zone.get_info(last);
  if (info.result == date::local_info::nonexistent) return info.first.end;
  const auto offset = info.result == date::local_info::ambiguous ? info.second.offset : info.first.offset;
  return Instant{last.time_since_epoch() - offset} + Millis{1};
}

std::vector<Interval> sorted_and_merged(std::vector<Interval> openings) {
  std::sort(openings.begin(), openings.end(), [](const Interval& a, const Interval& b) { return a.open < b.open; });
  std::vector<Interval> merged;
  for (const Interval& next : openings) {
    if (!merged.empty() && next.open <= merged.back().close) {
      merged.back().close = std::max(merged.back().close, next.close);
    } else {
      merged.push_back(next);
    }
  }
  return merged;
}

}  // namespace

std::expected<std::vector<Interval>, std::string> compile(const Schedule& schedule, Instant from, Instant to) {
  const date::time_zone* zone = find_zone(schedule.timezone);
  if (zone == nullptr) return std::unexpected("time zone \"" + schedule.timezone + "\" does not exist here");
  if (from >= to) return std::vector<Interval>{};

  std::map<std::chrono::sys_days, const std::vector<LocalInterval>*> exceptions;
  for (const ScheduleException& exception : schedule.exceptions) {
    exceptions[std::chrono::sys_days{exception.date}] = &exception.intervals;
  }

  // An interval reaches into the day after its own, and a zone may once have skipped or repeated a whole date: two
  // days before and one after cover both. Dates are counted as if they were UTC; only start_of and end_of know better.
  const auto date_of = [&](Instant t) {
    return std::chrono::floor<std::chrono::days>(Instant{zone->to_local(t).time_since_epoch()});
  };
  const std::chrono::sys_days last = date_of(to) + std::chrono::days{1};
  std::vector<Interval> openings;
  for (std::chrono::sys_days date = date_of(from) - std::chrono::days{2}; date <= last; date += std::chrono::days{1}) {
    const auto exception = exceptions.find(date);
    const std::vector<LocalInterval>& intervals = exception != exceptions.end()
                                                      ? *exception->second
                                                      : schedule.weekly[std::chrono::weekday{date}.iso_encoding() - 1];
    const LocalMillis midnight{date.time_since_epoch()};
    for (const LocalInterval& interval : intervals) {
      const bool next_day = interval.close_minute <= interval.open_minute;
      const int close_minute = interval.close_minute + (next_day ? 24 * 60 : 0);
      const Instant open = std::max(from, start_of(*zone, midnight + Minutes{interval.open_minute}));
      const Instant close = std::min(to, end_of(*zone, midnight + Minutes{close_minute}));
      if (open < close) openings.push_back({open, close});
    }
  }
  return sorted_and_merged(std::move(openings));
}

}  // namespace heti::calendar

#include "tests/unit/calendar_oracle.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

namespace heti::tests {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

// While the wall clock goes at the pace of UTC, ahead of it by `offset`.
struct Stretch {
  Instant begin;
  Instant end;
  seconds offset;
};

// One interval on one date, and when the wall clock was seen inside it. All in ticks, of UTC and of the wall clock,
// since either read 1970-01-01 00:00:00.
struct Posted {
  std::int64_t open;
  std::int64_t close;
  std::int64_t first_seen = std::numeric_limits<std::int64_t>::max();
  std::int64_t after_last_seen = std::numeric_limits<std::int64_t>::min();
};

std::vector<Stretch> watch(const date::time_zone& zone, Instant from, Instant to) {
  std::vector<Stretch> stretches;
  for (Instant t = from; t < to; t = stretches.back().end) {
    const date::sys_info info = zone.get_info(t);
    stretches.push_back({t, std::min<Instant>(to, info.end), info.offset});
  }
  return stretches;
}

// Minutes will do when the wall clock changes its minute whenever UTC does, as everywhere since 1972.
Millis tick_of(const std::vector<Stretch>& stretches) {
  const bool whole = std::all_of(stretches.begin(), stretches.end(), [](const Stretch& s) {
    return s.offset % minutes{1} == seconds{0} && s.begin.time_since_epoch() % minutes{1} == Millis{0};
  });
  return whole ? Millis{minutes{1}} : Millis{seconds{1}};
}

std::vector<Posted> posted_on(const Schedule& schedule, sys_days date, Millis tick) {
  const std::vector<LocalInterval>* intervals = &schedule.weekly[std::chrono::weekday{date}.iso_encoding() - 1];
  for (const ScheduleException& exception : schedule.exceptions) {
    if (sys_days{exception.date} == date) intervals = &exception.intervals;
  }
  std::vector<Posted> posted;
  for (const auto& [open, close] : *intervals) {
    const minutes midnight = date.time_since_epoch();
    const minutes end = midnight + minutes{close} + (close <= open ? days{1} : days{0});
    posted.push_back({(midnight + minutes{open}) / tick, end / tick});
  }
  return posted;
}

std::string told(const std::vector<LocalInterval>& intervals) {
  std::string text = intervals.empty() ? " closed" : "";
  for (const LocalInterval& i : intervals) {
    std::array<char, 64> hours{};
    std::snprintf(hours.data(), hours.size(), " %02d:%02d-%02d:%02d", i.open_minute / 60, i.open_minute % 60,
                  i.close_minute / 60, i.close_minute % 60);
    text += hours.data();
  }
  return text;
}

}  // namespace

std::vector<Interval> open_time_by_wall_clock(const Schedule& schedule, Instant from, Instant to) {
  if (from >= to) return {};
  // An interval is at most a day long and a repeated date makes it two: what it shows within the range begins and ends
  // within two days of it. The readings may be off UTC by a day more, and belong to their date or to the one before.
  const Instant watch_begin = std::chrono::floor<days>(from) - days{2};
  const Instant watch_end = std::chrono::ceil<days>(to) + days{2};
  const sys_days first_date = std::chrono::floor<days>(watch_begin) - days{2};
  const std::vector<Stretch> stretches = watch(*date::locate_zone(schedule.timezone), watch_begin, watch_end);
  const Millis tick = tick_of(stretches);
  std::vector<std::vector<Posted>> by_date;
  for (sys_days date = first_date; date < watch_end + days{2}; date += days{1}) {
    by_date.push_back(posted_on(schedule, date, tick));
  }

  const std::int64_t ticks_of_a_day = days{1} / tick;
  const std::int64_t first_midnight = first_date.time_since_epoch() / tick;
  for (const Stretch& stretch : stretches) {
    const std::int64_t end = stretch.end.time_since_epoch() / tick;
    for (std::int64_t utc = stretch.begin.time_since_epoch() / tick; utc < end; ++utc) {
      const std::int64_t reading = utc + stretch.offset / tick;
      const std::int64_t today = (reading - first_midnight) / ticks_of_a_day;
      for (const std::int64_t date : {today, today - 1}) {
        for (Posted& posted : by_date[static_cast<std::size_t>(date)]) {
          if (reading < posted.open || reading >= posted.close) continue;
          posted.first_seen = std::min(posted.first_seen, utc);
          posted.after_last_seen = utc + 1;
        }
      }
    }
  }

  std::vector<Interval> seen;
  for (const std::vector<Posted>& day : by_date) {
    for (const Posted& posted : day) {
      if (posted.first_seen >= posted.after_last_seen) continue;
      const Interval hull{std::max(Instant{posted.first_seen * tick}, from),
                          std::min(Instant{posted.after_last_seen * tick}, to)};
      if (hull.open < hull.close) seen.push_back(hull);
    }
  }
  std::sort(seen.begin(), seen.end(), [](const Interval& a, const Interval& b) { return a.open < b.open; });
  std::vector<Interval> merged;
  for (const Interval& next : seen) {
    if (merged.empty() || next.open > merged.back().close) merged.push_back(next);
    merged.back().close = std::max(merged.back().close, next.close);
  }
  return merged;
}

Millis time_within(const std::vector<Interval>& open, Instant from, Instant to) {
  Millis sum{0};
  for (const Interval& i : open) sum += std::max(Millis{0}, std::min(i.close, to) - std::max(i.open, from));
  return sum;
}

bool inside(const std::vector<Interval>& open, Instant t) {
  return std::any_of(open.begin(), open.end(), [t](const Interval& i) { return i.open <= t && t < i.close; });
}

std::string told(const Schedule& schedule) {
  std::string text = schedule.timezone;
  for (std::size_t day = 0; day < schedule.weekly.size(); ++day) {
    text += "\n  weekday " + std::to_string(day + 1) + told(schedule.weekly[day]);
  }
  for (const ScheduleException& e : schedule.exceptions) {
    text += "\n  " + date::format("%F", sys_days{e.date}) + told(e.intervals);
  }
  return text;
}

std::vector<Transition> transitions_of(const std::string& name, Instant from, Instant to) {
  const date::time_zone* zone = date::locate_zone(name);
  std::vector<Transition> transitions;
  date::sys_info info = zone->get_info(from - Millis{1});
  while (info.end < to) {
    const date::sys_info next = zone->get_info(info.end);
    transitions.push_back({info.end, info.offset, next.offset});
    info = next;
  }
  return transitions;
}

std::vector<std::string> zone_names() {
  std::set<std::string> links;
  std::ifstream file("/usr/share/zoneinfo/tzdata.zi");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);  // "L Europe/Helsinki Europe/Mariehamn": the second is the link.
    std::string kind, target, name;
    if (words >> kind >> target >> name && kind == "L") links.insert(name);
  }
  std::vector<std::string> names;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    if (!links.contains(zone.name())) names.push_back(zone.name());
  }
  return names;
}

}  // namespace heti::tests

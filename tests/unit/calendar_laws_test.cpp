// The laws of the opening-hours clock on random schedules, and compile() against a model that knows nothing of gaps
// and overlaps: it reads the wall clock every five minutes and takes the first and the last reading inside.
#include <date/tz.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "service/calendar/compile.hpp"

namespace heti::calendar {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr int cases = 2'000;
constexpr int step = 5;  // Minutes; since 2012 every transition of the zones below lies on this grid.

unsigned seed() {
  const char* given = std::getenv("TEST_SEED");
  const unsigned value =
      given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("seed %u (repeat with TEST_SEED=%u)\n", value, value);
  return value;
}

class Chance {
 public:
  explicit Chance(unsigned seed) : engine_(seed) {}
  int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(engine_); }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(up_to(static_cast<int>(list.size()) - 1))];
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> zones{"Europe/Helsinki",  "America/New_York", "Australia/Lord_Howe",
                                     "Africa/Cairo",     "Asia/Kathmandu",   "UTC",
                                     "America/St_Johns", "Pacific/Apia",     "America/Sao_Paulo",
                                     "Asia/Tehran",      "Pacific/Chatham",  "Africa/Casablanca",
                                     "Antarctica/Troll"};

std::vector<LocalInterval> random_day(Chance& chance) {
  std::vector<LocalInterval> intervals;
  for (int count = chance.up_to(2); count > 0; --count) {
    const int open = chance.up_to(24 * 60 / step - 1) * step;
    const int close = chance.up_to(24 * 60 / step) * step;
    if (close != open) intervals.push_back({open, close});
  }
  return intervals;
}

// An instant of 2012 to 2034, most often within three days of a transition of that zone.
Instant random_instant(Chance& chance, const std::string& timezone) {
  Instant at = sys_days{std::chrono::year{2012 + chance.up_to(22)} / 1 / 1} + days{chance.up_to(364)};
  const date::sys_info info = date::locate_zone(timezone)->get_info(at);
  if (info.end < sys_days{std::chrono::year{2036} / 1 / 1} && chance.up_to(9) < 8) {
    at = Instant{info.end.time_since_epoch()} - days{3};
  }
  return at + minutes{chance.up_to(3 * 24 * 60)};
}

struct Case {
  Schedule schedule;
  Instant from;
  Instant to;
};

Case random_case(Chance& chance) {
  Case out;
  out.schedule.timezone = chance.one_of(zones);
  for (auto& day : out.schedule.weekly) day = random_day(chance);
  out.from = random_instant(chance, out.schedule.timezone);
  out.to = out.from + minutes{chance.up_to(5 * 24 * 60)} + Millis{chance.up_to(60'000)};
  if (chance.up_to(2) == 0) {
    const auto date = std::chrono::floor<days>(out.from) + days{chance.up_to(4)};
    out.schedule.exceptions.push_back({std::chrono::year_month_day{date}, random_day(chance), "random"});
  }
  return out;
}

std::vector<Interval> open_time(const Schedule& schedule, Instant from, Instant to) {
  auto open = compile(schedule, from, to);
  EXPECT_TRUE(open) << open.error();
  return std::move(open).value_or(std::vector<Interval>{});
}

Millis business(const Schedule& schedule, Instant from, Instant to) {
  Millis sum{0};
  for (const Interval& interval : open_time(schedule, from, to)) sum += interval.close - interval.open;
  return sum;
}

std::string told(const std::vector<Interval>& intervals) {
  std::string out;
  for (const Interval& i : intervals)
    out += std::to_string(to_ms(i.open)) + ".." + std::to_string(to_ms(i.close)) + " ";
  return out;
}

// The convex hull by definition: for each date and interval the first and the last reading of the wall clock inside.
std::vector<Interval> open_time_of_model(const Schedule& schedule, Instant from, Instant to) {
  const date::time_zone* zone = date::locate_zone(schedule.timezone);
  std::map<std::pair<std::int64_t, std::size_t>, Interval> hulls;  // By date and index of the interval.
  const Instant first = std::chrono::floor<days>(from) - days{2};
  date::sys_info info = zone->get_info(first);
  for (Instant t = first; t < to + days{2}; t += minutes{step}) {
    if (t >= info.end) info = zone->get_info(t);
    const Instant wall = t + info.offset;
    const auto today = std::chrono::floor<days>(wall);
    for (const sys_days date : {today, today - days{1}}) {
      const std::vector<LocalInterval>* intervals = &schedule.weekly[std::chrono::weekday{date}.iso_encoding() - 1];
      for (const ScheduleException& exception : schedule.exceptions) {
        if (sys_days{exception.date} == date) intervals = &exception.intervals;
      }
      const auto reading = std::chrono::duration_cast<minutes>(wall - date).count();
      for (std::size_t i = 0; i < intervals->size(); ++i) {
        const auto [open, close] = (*intervals)[i];
        if (reading < open || reading >= (close <= open ? close + 24 * 60 : close)) continue;
        const auto [hull, fresh] = hulls.try_emplace({date.time_since_epoch().count(), i}, Interval{t, t});
        hull->second.close = t + minutes{step};
      }
    }
  }
  std::vector<Interval> sorted;
  for (const auto& [key, hull] : hulls) sorted.push_back({std::max(hull.open, from), std::min(hull.close, to)});
  std::erase_if(sorted, [](const Interval& i) { return i.open >= i.close; });
  std::sort(sorted.begin(), sorted.end(), [](const Interval& a, const Interval& b) { return a.open < b.open; });
  std::vector<Interval> merged;
  for (const Interval& next : sorted) {
    if (merged.empty() || next.open > merged.back().close) merged.push_back(next);
    merged.back().close = std::max(merged.back().close, next.close);
  }
  return merged;
}

TEST(CalendarLawsTest, CompileAgreesWithTheModelThatReadsTheWallClock) {
  Chance chance(seed());
  int with_transition = 0;
  for (int n = 0; n < cases; ++n) {
    const Case c = random_case(chance);
    const auto compiled = open_time(c.schedule, c.from, c.to);
    const auto model = open_time_of_model(c.schedule, c.from, c.to);
    ASSERT_EQ(compiled, model) << "case " << n << " " << c.schedule.timezone << " from " << to_ms(c.from) << " to "
                               << to_ms(c.to) << "\ncompiled " << told(compiled) << "\nmodel    " << told(model);
    const date::time_zone* zone = date::locate_zone(c.schedule.timezone);
    if (zone->get_info(c.from).offset != zone->get_info(c.to).offset) ++with_transition;
  }
  EXPECT_GT(with_transition, cases / 10);  // Else the cases would prove little.
}

TEST(CalendarLawsTest, IntervalsAreSortedApartAndWithinTheRange) {
  Chance chance(seed());
  for (int n = 0; n < cases; ++n) {
    const Case c = random_case(chance);
    Instant previous = c.from - Millis{1};
    for (const Interval& interval : open_time(c.schedule, c.from, c.to)) {
      ASSERT_LT(previous, interval.open) << "case " << n;
      ASSERT_LT(interval.open, interval.close) << "case " << n;
      ASSERT_LE(interval.close, c.to) << "case " << n;
      previous = interval.close;
    }
  }
}

TEST(CalendarLawsTest, BusinessTimeIsAdditiveBoundedAndMonotone) {
  Chance chance(seed());
  for (int n = 0; n < cases; ++n) {
    const Case c = random_case(chance);
    const Instant middle = c.from + Millis{chance.up_to(static_cast<int>((c.to - c.from).count()))};
    const Millis whole = business(c.schedule, c.from, c.to);
    const Millis first = business(c.schedule, c.from, middle);
    ASSERT_EQ(first + business(c.schedule, middle, c.to), whole) << "case " << n;
    ASSERT_LE(Millis{0}, first) << "case " << n;
    ASSERT_LE(first, whole) << "case " << n;
    ASSERT_LE(whole, c.to - c.from) << "case " << n;
    ASSERT_EQ(business(c.schedule, c.to, c.from), Millis{0}) << "case " << n;
  }
}

TEST(CalendarLawsTest, DeadlineOfABudgetHoldsExactlyTheBudget) {
  Chance chance(seed());
  for (int n = 0; n < cases; ++n) {
    const Case c = random_case(chance);
    const Millis whole = business(c.schedule, c.from, c.to);
    if (whole == Millis{0}) continue;
    Millis left{1 + chance.up_to(static_cast<int>(whole.count()) - 1)};
    const Millis budget = left;
    std::optional<Instant> deadline;
    for (const Interval& interval : open_time(c.schedule, c.from, c.to)) {
      if (left <= interval.close - interval.open) {
        deadline = interval.open + left;
        break;
      }
      left -= interval.close - interval.open;
    }
    ASSERT_TRUE(deadline) << "case " << n;
    ASSERT_EQ(business(c.schedule, c.from, *deadline), budget) << "case " << n;
    ASSERT_EQ(business(c.schedule, c.from, *deadline - Millis{1}), budget - Millis{1}) << "case " << n;
  }
}

TEST(CalendarLawsTest, AnInstantIsOpenIffItsMillisecondCounts) {
  Chance chance(seed());
  for (int n = 0; n < cases; ++n) {
    const Case c = random_case(chance);
    const auto open = open_time(c.schedule, c.from, c.to);
    Instant at = c.from + Millis{chance.up_to(static_cast<int>((c.to - c.from).count()))};
    if (!open.empty() && n % 2 == 0) at = n % 4 == 0 ? open.front().open : open.back().close - Millis{1};
    if (at >= c.to) continue;
    const bool inside =
        std::any_of(open.begin(), open.end(), [at](const Interval& i) { return i.open <= at && at < i.close; });
    ASSERT_EQ(business(c.schedule, at, at + Millis{1}), Millis{inside ? 1 : 0}) << "case " << n;
  }
}

TEST(CalendarLawsTest, SplittingAnIntervalChangesNothing) {
  Chance chance(seed());
  int splits = 0;
  for (int n = 0; n < cases; ++n) {
    const Case c = random_case(chance);
    Schedule split = c.schedule;
    for (auto& day : split.weekly) {
      if (day.empty()) continue;
      const auto [open, close] = day.front();
      const int end = close <= open ? 24 * 60 : close;  // The seam stays on the day that the interval starts on.
      if (end - open < 2) continue;
      const int seam = open + 1 + chance.up_to(end - open - 2);
      day.front() = {open, seam};
      day.push_back({seam, close});
      ++splits;
    }
    ASSERT_EQ(open_time(split, c.from, c.to), open_time(c.schedule, c.from, c.to)) << "case " << n;
  }
  EXPECT_GT(splits, cases);
}

TEST(CalendarLawsTest, AroundTheClockIsAllTimeInEveryZone) {
  Chance chance(seed());
  Schedule schedule;
  for (auto& day : schedule.weekly) day = {{0, 24 * 60}};
  for (int n = 0; n < cases; ++n) {
    schedule.timezone = chance.one_of(zones);
    const Instant from = random_instant(chance, schedule.timezone);
    const Instant to = from + minutes{1 + chance.up_to(40 * 24 * 60)};
    ASSERT_EQ(open_time(schedule, from, to), (std::vector<Interval>{{from, to}})) << schedule.timezone;
  }
}

TEST(CalendarLawsTest, ShiftingTheHoursOfAFixedOffsetShiftsTheOpenTime) {
  Chance chance(seed());
  const std::vector<std::string> fixed{"UTC", "Asia/Kathmandu", "Etc/GMT+5", "Asia/Tokyo"};
  for (int n = 0; n < cases; ++n) {
    Case c = random_case(chance);
    c.schedule.timezone = chance.one_of(fixed);
    c.schedule.exceptions.clear();
    const int shift = chance.up_to(24 * 60 - 1);
    Schedule shifted;
    shifted.timezone = c.schedule.timezone;
    for (std::size_t day = 0; day < 7; ++day) {
      for (const LocalInterval& interval : c.schedule.weekly[day]) {
        const int length = interval.close_minute - interval.open_minute +
                           (interval.close_minute <= interval.open_minute ? 24 * 60 : 0);
        const int open = interval.open_minute + shift;
        const std::size_t later = static_cast<std::size_t>(open / (24 * 60));
        const int close = open % (24 * 60) + length;
        shifted.weekly[(day + later) % 7].push_back({open % (24 * 60), close > 24 * 60 ? close - 24 * 60 : close});
      }
    }
    auto expected = open_time(c.schedule, c.from, c.to);
    for (Interval& interval : expected) {
      interval.open += minutes{shift};
      interval.close += minutes{shift};
    }
    ASSERT_EQ(open_time(shifted, c.from + minutes{shift}, c.to + minutes{shift}), expected) << "case " << n;
  }
}

}  // namespace
}  // namespace heti::calendar

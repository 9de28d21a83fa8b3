// The laws of the opening-hours clock on readings that were worked out by hand, for the service and for the oracle that
// the random tests believe in, and on calendars long enough for the horizon of 400 days and several versions.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "service/calendar/compile.hpp"
#include "service/core/business_time.hpp"
#include "tests/unit/calendar_oracle.hpp"

namespace heti::calendar {
namespace {

using core::BusinessTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;
using tests::inside;
using tests::time_within;

Instant instant(const std::string& text) {  // "2026-03-29 01:00:00", UTC.
  int year = 0, hour = 0, minute = 0, second = 0;
  unsigned month = 0, day = 0;
  EXPECT_EQ(std::sscanf(text.c_str(), "%d-%u-%u %d:%d:%d", &year, &month, &day, &hour, &minute, &second), 6) << text;
  return sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}} + hours{hour} +
         minutes{minute} + std::chrono::seconds{second};
}

// ---- Worked out by hand.

// Hours on one date and none on any other, in a zone; the opening that the wall clock of that zone makes of them.
struct Reading {
  const char* why;
  const char* zone;
  const char* date;
  LocalInterval hours;
  const char* open;  // UTC; empty when it never opens.
  const char* close;
};

constexpr int at(int hour, int minute = 0) { return hour * 60 + minute; }

const std::vector<Reading> readings{
    // 03:00 becomes 04:00 at 01:00 UTC.
    {"closes in a gap",
     "Europe/Helsinki",
     "2026-03-29",
     {at(1), at(3, 30)},
     "2026-03-28 23:00:00",
     "2026-03-29 01:00:00"},
    {"opens in a gap",
     "Europe/Helsinki",
     "2026-03-29",
     {at(3, 30), at(5)},
     "2026-03-29 01:00:00",
     "2026-03-29 02:00:00"},
    {"lies in a gap", "Europe/Helsinki", "2026-03-29", {at(3, 10), at(3, 50)}, "", ""},
    {"closes as a gap begins",
     "Europe/Helsinki",
     "2026-03-29",
     {at(2), at(3)},
     "2026-03-29 00:00:00",
     "2026-03-29 01:00:00"},
    {"opens as a gap ends",
     "Europe/Helsinki",
     "2026-03-29",
     {at(4), at(5)},
     "2026-03-29 01:00:00",
     "2026-03-29 02:00:00"},
    {"crosses midnight into a gap",
     "Europe/Helsinki",
     "2026-03-28",
     {at(22), at(3, 30)},
     "2026-03-28 20:00:00",
     "2026-03-29 01:00:00"},
    // 04:00 becomes 03:00 at 01:00 UTC.
    {"opens in an overlap: the first time",
     "Europe/Helsinki",
     "2026-10-25",
     {at(3, 30), at(5)},
     "2026-10-25 00:30:00",
     "2026-10-25 03:00:00"},
    {"closes in an overlap: the last time",
     "Europe/Helsinki",
     "2026-10-25",
     {at(2), at(3, 30)},
     "2026-10-24 23:00:00",
     "2026-10-25 01:30:00"},
    {"lies in an overlap, and is one opening",
     "Europe/Helsinki",
     "2026-10-25",
     {at(3, 15), at(3, 30)},
     "2026-10-25 00:15:00",
     "2026-10-25 01:30:00"},
    {"closes as an overlap begins",
     "Europe/Helsinki",
     "2026-10-25",
     {at(2), at(3)},
     "2026-10-24 23:00:00",
     "2026-10-25 00:00:00"},
    {"opens as an overlap ends",
     "Europe/Helsinki",
     "2026-10-25",
     {at(4), at(5)},
     "2026-10-25 02:00:00",
     "2026-10-25 03:00:00"},
    {"a day of 25 hours",
     "Europe/Helsinki",
     "2026-10-25",
     {at(0), at(24)},
     "2026-10-24 21:00:00",
     "2026-10-25 22:00:00"},
    {"a day of 23 hours",
     "Europe/Helsinki",
     "2026-03-29",
     {at(0), at(24)},
     "2026-03-28 22:00:00",
     "2026-03-29 21:00:00"},
    {"from eight to eight of the next day",
     "Europe/Helsinki",
     "2026-10-24",
     {at(8), at(8)},
     "2026-10-24 05:00:00",
     "2026-10-25 06:00:00"},
    // Half an hour: 02:00 becomes 01:30 at 15:00 UTC of the day before.
    {"an overlap of half an hour",
     "Australia/Lord_Howe",
     "2026-04-05",
     {at(1, 15), at(1, 45)},
     "2026-04-04 14:15:00",
     "2026-04-04 15:15:00"},
    // 00:01 becomes 23:01 of the day before at 02:31 UTC: the first minute of a date comes and is taken back.
    {"an overlap across midnight",
     "America/St_Johns",
     "2010-11-06",
     {at(23, 30), at(24)},
     "2010-11-07 02:00:00",
     "2010-11-07 03:30:00"},
    {"a date that begins twice",
     "America/St_Johns",
     "2010-11-07",
     {at(0), at(1)},
     "2010-11-07 02:30:00",
     "2010-11-07 04:30:00"},
    // No 30th: 24:00 of the 29th is 00:00 of the 31st, at 10:00 UTC.
    {"a date that never was", "Pacific/Apia", "2011-12-30", {at(8), at(16)}, "", ""},
    {"crosses midnight into a date that never was",
     "Pacific/Apia",
     "2011-12-29",
     {at(20), at(6)},
     "2011-12-30 06:00:00",
     "2011-12-30 10:00:00"},
    {"crosses midnight out of a date that never was",
     "Pacific/Apia",
     "2011-12-30",
     {at(20), at(6)},
     "2011-12-30 10:00:00",
     "2011-12-30 16:00:00"},
    // Seconds: 00:00:00 becomes 00:44:30 at 00:44:30 UTC.
    {"closes at a gap of minutes and seconds",
     "Africa/Monrovia",
     "1972-01-06",
     {at(23), at(24)},
     "1972-01-06 23:44:30",
     "1972-01-07 00:44:30"},
    {"opens in a gap of minutes and seconds",
     "Africa/Monrovia",
     "1972-01-07",
     {at(0, 30), at(1)},
     "1972-01-07 00:44:30",
     "1972-01-07 01:00:00"},
    // The 19th at 15:33:32 becomes the 18th at 15:33:32 at 00:31:13 UTC of the 19th.
    {"a whole day again",
     "America/Juneau",
     "1867-10-18",
     {at(15), at(16)},
     "1867-10-17 23:57:41",
     "1867-10-19 00:57:41"},
};

TEST(CalendarLawsTest, ReadingsWorkedOutByHandHoldForServiceAndOracle) {
  for (const Reading& reading : readings) {
    SCOPED_TRACE(std::string(reading.zone) + ": " + reading.why);
    const sys_days date = std::chrono::floor<days>(instant(std::string(reading.date) + " 00:00:00"));
    const Schedule schedule{reading.zone, {}, {{date, {reading.hours}, ""}}};
    std::vector<Interval> expected;
    if (*reading.open != '\0') expected.push_back({instant(reading.open), instant(reading.close)});
    const Instant from = date - days{3}, to = date + days{4};
    EXPECT_EQ(compile(schedule, from, to), expected);
    EXPECT_EQ(tests::open_time_by_wall_clock(schedule, from, to), expected);
    // Whoever begins to look, or stops looking, in the middle of it sees the rest of the same opening.
    for (const Interval& whole : expected) {
      const Instant middle = whole.open + (whole.close - whole.open) / 2 + Millis{1};
      EXPECT_EQ(compile(schedule, middle, to), (std::vector<Interval>{{middle, whole.close}}));
      EXPECT_EQ(compile(schedule, from, middle), (std::vector<Interval>{{whole.open, middle}}));
      EXPECT_EQ(tests::open_time_by_wall_clock(schedule, middle, to), (std::vector<Interval>{{middle, whole.close}}));
    }
  }
}

TEST(CalendarLawsTest, AnExceptionReplacesWhatStartsOnItsDateAndLeavesTheSpillOver) {
  Schedule schedule{"UTC", {}, {{std::chrono::year{2026} / 1 / 7, {{at(12), at(13)}}, ""}}};
  for (auto& day : schedule.weekly) day = {{at(22), at(2)}};
  const std::vector<Interval> expected{{instant("2026-01-06 22:00:00"), instant("2026-01-07 02:00:00")},
                                       {instant("2026-01-07 12:00:00"), instant("2026-01-07 13:00:00")},
                                       {instant("2026-01-08 22:00:00"), instant("2026-01-09 00:00:00")}};
  const Instant from = instant("2026-01-06 12:00:00"), to = instant("2026-01-09 00:00:00");
  EXPECT_EQ(compile(schedule, from, to), expected);
  EXPECT_EQ(tests::open_time_by_wall_clock(schedule, from, to), expected);
}

// St. John's sets 00:01 back to 23:01 of the day before, at 02:31 UTC. For a minute the wall clock shows a date that is
// then taken back: hours of two dates earlier still hold, and those of the next date have begun.
TEST(CalendarLawsTest, HoursHoldWhileTheWallClockShowsADateThatIsTakenBack) {
  const auto november = std::chrono::year{2010} / 11;
  Schedule schedule{"America/St_Johns", {}, {{november / 5, {{at(23, 50), at(23, 40)}}, ""}}};
  const Instant first_midnight = instant("2010-11-07 02:30:00");
  std::vector<Interval> expected{{first_midnight, instant("2010-11-07 03:10:00")}};  // The second 23:40 of the 6th.
  EXPECT_EQ(compile(schedule, first_midnight, first_midnight + hours{5}), expected);
  EXPECT_EQ(tests::open_time_by_wall_clock(schedule, first_midnight, first_midnight + hours{5}), expected);

  schedule.exceptions = {{november / 7, {{at(0), at(1)}}, ""}};
  const Instant on_the_6th_again = instant("2010-11-07 02:45:00");
  expected = {{first_midnight, on_the_6th_again}};
  EXPECT_EQ(compile(schedule, first_midnight - hours{5}, on_the_6th_again), expected);
  EXPECT_EQ(tests::open_time_by_wall_clock(schedule, first_midnight - hours{5}, on_the_6th_again), expected);
}

// ---- Long calendars.

class CalendarLongTest : public testing::Test {
 protected:
  CalendarLongTest() {
    const char* given = std::getenv("TEST_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    std::printf("seed %u (repeat with TEST_SEED=%u)\n", seed, seed);
    engine_.seed(seed);
  }

  template <class T>
  T up_to(T most) {
    return std::uniform_int_distribution<T>(0, most)(engine_);
  }
  Instant between(Instant from, Instant to) { return from + Millis{up_to((to - from).count())}; }

  // From a few minutes a week to nearly always open, in a zone that changes its clock.
  std::vector<Interval> open_time(Instant from, Instant to) {
    const std::vector<std::string> zones{"Europe/Helsinki",  "America/New_York",  "Australia/Lord_Howe",
                                         "America/St_Johns", "Africa/Casablanca", "America/Asuncion",
                                         "Antarctica/Troll", "Asia/Gaza"};
    Schedule schedule{zones[up_to(zones.size() - 1)], {}, {}};
    const int often = up_to(4);
    for (auto& day : schedule.weekly) {
      if (up_to(4) > often) continue;
      day.push_back({up_to(1439), up_to(1440)});
      if (up_to(3) == 0) day.push_back({up_to(1439), up_to(1440)});
    }
    auto open = compile(schedule, from, to);
    EXPECT_TRUE(open) << open.error();
    return std::move(open).value_or(std::vector<Interval>{});
  }

  const Instant start_ = instant("2026-01-01 00:00:00");

 private:
  std::mt19937_64 engine_;
};

TEST_F(CalendarLongTest, DeadlineIsTheFirstInstantWithTheBudgetUpTo400DaysAndNeverBeyond) {
  int never_seen = 0, near_horizon = 0;
  for (int n = 0; n < 300; ++n) {
    const Instant end = start_ + days{600};
    const std::vector<Interval> open = open_time(start_, end);
    const BusinessTime clock(open);
    const Instant from = between(start_, start_ + days{30});
    const Instant horizon = from + days{400};
    const Millis most = time_within(open, from, horizon);
    const Millis budget = n % 3 == 0   ? most + Millis{up_to(2) - 1}
                          : n % 3 == 1 ? most + Millis{up_to(Millis{days{3}}.count())}
                                       : Millis{up_to(most.count() + 1)};
    // inf{ t >= from : B(from, t) >= budget }, by halving: B only grows.
    Instant low = from, high = horizon + Millis{1};
    while (low < high) {
      const Instant middle = low + (high - low) / 2;
      if (time_within(open, from, middle) >= budget) {
        high = middle;
      } else {
        low = middle + Millis{1};
      }
    }
    const Instant expected = low > horizon ? never : low;
    ASSERT_EQ(clock.deadline(from, budget), expected)
        << "case " << n << " from " << to_ms(from) << " budget " << budget.count();
    never_seen += expected == never ? 1 : 0;
    near_horizon += expected != never && expected > horizon - days{7} ? 1 : 0;
  }
  EXPECT_GT(never_seen, 30);
  EXPECT_GT(near_horizon, 30);
}

TEST_F(CalendarLongTest, ChangesAreTheInstantsWhereOpenTurnsToClosedAndBack) {
  int too_far = 0;
  for (int n = 0; n < 300; ++n) {
    std::vector<Interval> open = open_time(start_, start_ + days{900});
    // Some calendars with hardly anything in them, so that a change may lie beyond 400 days.
    if (n % 3 == 0) std::erase_if(open, [&](const Interval&) { return up_to(200) != 0; });
    const BusinessTime clock(open);
    std::vector<Instant> changes;
    for (const Interval& i : open) changes.insert(changes.end(), {i.open, i.close});
    for (int k = 0; k < 20; ++k) {
      Instant t = between(start_, start_ + days{40});
      if (!changes.empty() && k % 2 == 0) t = changes[up_to(std::min<std::size_t>(changes.size() - 1, 50))];
      const auto after = std::upper_bound(changes.begin(), changes.end(), t);
      const bool soon = after != changes.end() && *after - t <= days{400};
      too_far += after != changes.end() && !soon ? 1 : 0;
      ASSERT_EQ(clock.next_change(t), soon ? *after : never) << "case " << n << " at " << to_ms(t);
      ASSERT_EQ(clock.last_change(t), after == changes.begin() ? Instant{} : *std::prev(after)) << "case " << n;
      if (soon) {
        ASSERT_NE(clock.is_open(*after), clock.is_open(*after - Millis{1})) << "case " << n;
      }
    }
  }
  EXPECT_GT(too_far, 50);
}

TEST_F(CalendarLongTest, WhateverTheVersionsTheOneInForceDecidesAndAccruedTimeStays) {
  for (int n = 0; n < 200; ++n) {
    const Instant end = start_ + days{60};
    // Millisecond-true pieces of the versions, each from its own instant on until the next.
    std::vector<Interval> in_force = open_time(start_, end);
    BusinessTime clock(in_force);
    Instant effective = start_;
    for (int version = 0; version < 4; ++version) {
      effective = between(effective, end);
      const BusinessTime before = clock;
      const std::vector<Interval> new_hours = open_time(start_, end);
      clock.replace_from(effective, new_hours);
      for (Interval& i : in_force) i.close = std::min(i.close, effective);
      for (const Interval& i : new_hours) in_force.push_back({std::max(i.open, effective), i.close});
      std::erase_if(in_force, [](const Interval& i) { return i.open >= i.close; });

      for (int k = 0; k < 10; ++k) {
        const Instant a = between(start_, end), b = between(a, end);
        const Instant accrued_to = between(start_, effective);
        ASSERT_EQ(clock.elapsed(a, b), time_within(in_force, a, b)) << "case " << n << " version " << version;
        ASSERT_EQ(clock.elapsed(start_, accrued_to), before.elapsed(start_, accrued_to)) << "case " << n;
        ASSERT_EQ(clock.is_open(a), inside(in_force, a)) << "case " << n;
      }
      const auto& kept = clock.intervals();
      for (std::size_t i = 1; i < kept.size(); ++i) ASSERT_LT(kept[i - 1].close, kept[i].open) << "case " << n;
    }
    BusinessTime forgetful = clock;
    const Instant since = between(start_, end), until = between(since, end);
    forgetful.forget_before(since);
    ASSERT_EQ(forgetful.elapsed(since, until), clock.elapsed(since, until)) << "case " << n;
    ASSERT_EQ(forgetful.deadline(since, hours{5}), clock.deadline(since, hours{5})) << "case " << n;
  }
}

TEST(CalendarLawsTest, NoTimePassesBackwards) {
  const Instant open = instant("2026-01-05 08:00:00");
  const BusinessTime clock({{open, open + hours{8}}});
  EXPECT_EQ(clock.elapsed(open + hours{2}, open + hours{1}), Millis{0});  // Both within the same opening.
  EXPECT_EQ(clock.elapsed(open + hours{9}, open - hours{1}), Millis{0});
  EXPECT_EQ(clock.elapsed(open + hours{1}, open + hours{1}), Millis{0});
}

}  // namespace
}  // namespace heti::calendar

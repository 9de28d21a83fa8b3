#include "service/demo/script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

namespace heti::demo {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

// Monday to Friday from 8 to 20, Saturday from 10 to 16.
Wishes week(std::uint64_t seed = 1) {
  Wishes wishes{.seed = seed};
  const Instant monday = sys_days{2026y / November / 23};
  for (int day = 0; day < 5; ++day) {
    wishes.days.push_back({.open = monday + days{day} + 8h, .close = monday + days{day} + 20h});
  }
  wishes.days.push_back({.open = monday + days{5} + 10h, .close = monday + days{5} + 16h});
  return wishes;
}

const Interval* day_of(const Wishes& wishes, Instant at, Millis before = 0ms, Millis after = 0ms) {
  for (const Interval& day : wishes.days) {
    if (at >= day.open - before && at < day.close + after) return &day;
  }
  return nullptr;
}

TEST(DemoScriptTest, TheSameSeedIsTheSameWeekAndAnotherIsNot) {
  EXPECT_EQ(write_script(week(7)), write_script(week(7)));
  EXPECT_NE(write_script(week(7)), write_script(week(8)));
  EXPECT_NE(write_script(week(7)).visits.front(), write_script(week(8)).visits.front());
}

TEST(DemoScriptTest, TheVisitorsOfEachDayAreThoseThatWereWished) {
  const Wishes wishes = week();
  const Script script = write_script(wishes);
  std::map<const Interval*, std::size_t> of_day;
  for (const Visit& visit : script.visits) ++of_day[day_of(wishes, visit.at)];
  EXPECT_EQ(of_day.count(nullptr), 0U) << "nobody comes while it is closed";
  for (std::size_t day = 0; day < 5; ++day) EXPECT_EQ(of_day[&wishes.days[day]], 300U);
  EXPECT_EQ(of_day[&wishes.days[5]], 150U) << "half as long";
  EXPECT_EQ(script.visits.size(), 5U * 300 + 150);
}

TEST(DemoScriptTest, OneDayMoreLeavesTheOthersAsTheyWere) {
  Wishes shorter = week();
  shorter.days.resize(2);
  const Script few = write_script(shorter);
  const Script all = write_script(week());
  ASSERT_EQ(few.visits.size(), 600U);
  EXPECT_TRUE(std::equal(few.visits.begin(), few.visits.end(), all.visits.begin()));
}

TEST(DemoScriptTest, VisitsAreInOrderAndEndBeforeTheClosing) {
  const Wishes wishes = week();
  const Script script = write_script(wishes);
  EXPECT_TRUE(std::is_sorted(script.visits.begin(), script.visits.end(),
                             [](const Visit& a, const Visit& b) { return a.at < b.at; }));
  for (const Visit& visit : script.visits) {
    const Interval* const day = day_of(wishes, visit.at);
    ASSERT_NE(day, nullptr);
    EXPECT_LT(visit.at, day->close - quiet_before_closing);
  }
}

TEST(DemoScriptTest, EveryVisitIsWhole) {
  for (const Visit& visit : write_script(week()).visits) {
    EXPECT_GE(visit.messages(), 1U);
    EXPECT_LE(visit.messages(), 8U);
    EXPECT_EQ(visit.answers.size(), visit.messages());
    EXPECT_GE(visit.patience, 20s);
    EXPECT_LE(visit.rating, 5U);
    EXPECT_GE(visit.accepts, 1s);
    EXPECT_LT(visit.accepts, 20s) << "the offer would run out";
    EXPECT_TRUE(visit.leaving != Leaving::vanishes || visit.rating == 0);
    for (const Millis pause : visit.pauses) EXPECT_GE(pause, 6s);
    for (const Millis answer : visit.answers) EXPECT_GE(answer, 8s);
  }
}

TEST(DemoScriptTest, EverythingThatShallBeSeenHappens) {
  const Script script = write_script(week());
  std::array<int, 3> leaving{};
  std::array<int, 6> rating{};
  int declined = 0;
  int handed_on = 0;
  int unanswered_long = 0;
  for (const Visit& visit : script.visits) {
    ++leaving.at(static_cast<std::size_t>(visit.leaving));
    ++rating.at(visit.rating);
    declined += visit.declined ? 1 : 0;
    handed_on += visit.handed_on ? 1 : 0;
    unanswered_long += visit.patience < 60s ? 1 : 0;
  }
  for (const int count : leaving) EXPECT_GT(count, 50);
  for (const int count : rating) EXPECT_GT(count, 10);
  EXPECT_GT(declined, 20);
  EXPECT_GT(handed_on, 20);
  EXPECT_GT(unanswered_long, 50) << "some have little patience";
}

TEST(DemoScriptTest, TheOpeningAndTheHourAfterLunchAreRushes) {
  const Wishes wishes = week();
  std::array<int, 12> hours{};
  for (const Visit& visit : write_script(wishes).visits) {
    const Interval* const day = day_of(wishes, visit.at);
    if (day->close - day->open != 12h) continue;
    ++hours.at(static_cast<std::size_t>((visit.at - day->open) / 1h));
  }
  // From 8 on: the first hour is busier than each of those until lunch, 12:30 to 14 busier than what is around it.
  EXPECT_GT(hours[0], 3 * hours[3] / 2);
  EXPECT_GT(hours[5], 3 * hours[3] / 2);
  EXPECT_GT(hours[5], 3 * hours[7] / 2);
  EXPECT_LT(hours[11], hours[7]);
  EXPECT_GT(hours[11], 0) << "an evening";
}

TEST(DemoScriptTest, NobodyWorksOutsideTheDaysAndNobodyTwiceAtATime) {
  const Wishes wishes = week();
  std::map<std::size_t, Instant> busy_until;
  for (const Shift& shift : write_script(wishes).shifts) {
    EXPECT_LT(shift.agent, wishes.agents);
    EXPECT_LT(shift.from, shift.to);
    const Interval* const day = day_of(wishes, shift.from, early);
    ASSERT_NE(day, nullptr);
    EXPECT_LE(shift.to, day->close + late);
    EXPECT_GE(shift.from, busy_until[shift.agent]);
    busy_until[shift.agent] = shift.to;
  }
}

int staffed(const Script& script, Instant at) {
  int count = 0;
  for (const Shift& shift : script.shifts) count += at >= shift.from && at < shift.to ? 1 : 0;
  for (const Loss& loss : script.losses) count -= at >= loss.at && at < loss.back ? 1 : 0;
  return count;
}

TEST(DemoScriptTest, LunchIsThinAndOnOneDayThereIsNobody) {
  const Wishes wishes = week();
  const Script script = write_script(wishes);
  for (std::size_t day = 0; day < 5; ++day) {
    const Instant morning = wishes.days[day].open;
    EXPECT_EQ(staffed(script, morning + 2h), 3) << day;
    EXPECT_EQ(staffed(script, morning + 4h), day == 0 ? 0 : 1) << day;
    EXPECT_EQ(staffed(script, morning + 11h), 1) << day;
    EXPECT_EQ(staffed(script, morning + 13h), 0) << "the night of day " << day;
    EXPECT_EQ(staffed(script, morning - 1h), 0) << day;
  }
}

TEST(DemoScriptTest, TheLostAgentIsLostInTheMiddleOfAShift) {
  const Script script = write_script(week());
  ASSERT_EQ(script.losses.size(), 1U);
  const Loss& loss = script.losses.front();
  EXPECT_EQ(loss.back - loss.at, 25min);
  EXPECT_TRUE(std::any_of(script.shifts.begin(), script.shifts.end(), [&](const Shift& shift) {
    return shift.agent == loss.agent && shift.from < loss.at && loss.back <= shift.to;
  }));
}

TEST(DemoScriptTest, OneAgentAloneAndADayOfMinutesAreNoTrouble) {
  Wishes wishes = week();
  wishes.agents = 1;
  const Instant sunday = wishes.days.front().open + days{6};
  wishes.days.push_back({.open = sunday, .close = sunday + 4min});
  const Script script = write_script(wishes);
  EXPECT_EQ(script.visits.size(), 5U * 300 + 150);
  EXPECT_FALSE(script.shifts.empty());
}

}  // namespace
}  // namespace heti::demo

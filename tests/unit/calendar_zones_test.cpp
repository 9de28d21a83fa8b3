#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "service/calendar/compile.hpp"
#include "service/calendar/zones.hpp"

namespace heti::calendar {
namespace {

constexpr Instant now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

TEST(CalendarZonesTest, PlacesAndUtcExist) {
  for (const std::string name : {"Europe/Helsinki", "America/Argentina/Buenos_Aires", "Etc/UTC", "UTC"}) {
    EXPECT_TRUE(zone_exists(name)) << name;
  }
}

TEST(CalendarZonesTest, AbbreviationsCopiesAndInventionsDoNot) {
  for (const std::string name :
       {"", "/", "EET", "EST", "EST5EDT", "GMT", "CET", "Turkey", "utc", "europe/helsinki", "Europe/Helsingfors",
        "Europe/", "/Helsinki", "posix/Europe/Helsinki", "right/Europe/Helsinki", "Europe/../Europe/Helsinki"}) {
    EXPECT_FALSE(zone_exists(name)) << name;
  }
}

TEST(CalendarZonesTest, VersionOfTheDataIsAYearAndALetter) {
  const std::string version = tzdata_version();
  ASSERT_EQ(version.size(), 5u) << version;
  EXPECT_EQ(version.substr(0, 2), "20");
  EXPECT_TRUE(version[4] >= 'a' && version[4] <= 'z') << version;
}

TEST(CalendarZonesTest, SummerTimeIsSeenWhereThereIsOneAndOnlyThere) {
  EXPECT_TRUE(has_summer_time("Europe/Helsinki", now));
  EXPECT_TRUE(has_summer_time("Australia/Lord_Howe", now));
  EXPECT_FALSE(has_summer_time("Asia/Kathmandu", now));
  EXPECT_FALSE(has_summer_time("UTC", now));
  EXPECT_FALSE(has_summer_time("Europe/Helsingfors", now));
}

TEST(CalendarZonesTest, DataOfThisMachineIsGood) {
  const auto good = check_zone_data(now);
  EXPECT_TRUE(good) << good.error();
}

TEST(CalendarZonesTest, DataWithoutTheTransitionsOfNextYearIsNamed) {
  // The listed transitions end in 2037; after that the library is as blind as with "slim" files today.
  const auto blind = check_zone_data(std::chrono::sys_days{std::chrono::year{2060} / 1 / 1});
  ASSERT_FALSE(blind);
  EXPECT_NE(blind.error().find("Europe/Helsinki has no summer time next year"), std::string::npos) << blind.error();
}

TEST(CalendarZonesTest, AnInstantBelongsToADateThatBeganAtItsMidnight) {
  using namespace std::chrono_literals;
  using std::chrono::sys_days, std::chrono::year;
  const auto day = [](int y, unsigned m, unsigned d) { return Instant{sys_days{year{y} / m / d}}; };
  EXPECT_EQ(local_midnight("UTC", day(2026, 11, 22) + 23h), day(2026, 11, 22));
  EXPECT_EQ(local_midnight("UTC", day(2026, 11, 22)), day(2026, 11, 22)) << "midnight itself is of the new date";
  // Nepal is 5:45 ahead.
  EXPECT_EQ(local_midnight("Asia/Kathmandu", day(2026, 11, 22) + 18h + 15min), day(2026, 11, 22) + 18h + 15min);
  EXPECT_EQ(local_midnight("Asia/Kathmandu", day(2026, 11, 22) + 18h + 15min - 1ms), day(2026, 11, 21) + 18h + 15min);
  EXPECT_EQ(local_midnight("Asia/Kathmandu", day(2026, 11, 22) + 12h), day(2026, 11, 21) + 18h + 15min);
  // Finland: a day of 25 hours in October, one of 23 in March.
  EXPECT_EQ(local_midnight("Europe/Helsinki", day(2026, 10, 25) + 21h + 59min), day(2026, 10, 24) + 21h);
  EXPECT_EQ(local_midnight("Europe/Helsinki", day(2026, 10, 25) + 22h), day(2026, 10, 25) + 22h);
  EXPECT_EQ(local_midnight("Europe/Helsinki", day(2027, 3, 28) + 20h + 59min), day(2027, 3, 27) + 22h);
  EXPECT_EQ(local_midnight("Europe/Helsinki", day(2027, 3, 28) + 21h), day(2027, 3, 28) + 21h);
  // Chile goes from 23:59 to 01:00 in September: the date begins without its midnight.
  EXPECT_EQ(local_midnight("America/Santiago", day(2026, 9, 6) + 12h), day(2026, 9, 6) + 4h);
  EXPECT_EQ(local_midnight("America/Santiago", day(2026, 9, 6) + 4h - 1ms), day(2026, 9, 5) + 4h);
  // Cuba turns 01:00 back to 00:00 in November: of two midnights the first began the date.
  EXPECT_EQ(local_midnight("America/Havana", day(2026, 11, 1) + 5h + 30min), day(2026, 11, 1) + 4h);
  EXPECT_EQ(local_midnight("America/Havana", day(2026, 11, 1) + 4h + 30min), day(2026, 11, 1) + 4h);
  EXPECT_EQ(local_midnight("No/Where", day(2026, 11, 22) + 7h), day(2026, 11, 22));
}

TEST(CalendarCompileTest, UnknownZoneIsAnErrorThatNamesIt) {
  const auto open = compile({"Europe/Helsingfors", {}, {}}, now, now + std::chrono::days{1});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error(), "time zone \"Europe/Helsingfors\" does not exist here");
}

TEST(CalendarCompileTest, EmptyAndBackwardRangesHoldNothing) {
  Schedule schedule{"UTC", {}, {}};
  for (auto& day : schedule.weekly) day = {{0, 24 * 60}};
  EXPECT_TRUE(compile(schedule, now, now)->empty());
  EXPECT_TRUE(compile(schedule, now, now - Millis{1})->empty());
  EXPECT_EQ(*compile(schedule, now, now + Millis{1}), (std::vector<Interval>{{now, now + Millis{1}}}));
}

}  // namespace
}  // namespace heti::calendar

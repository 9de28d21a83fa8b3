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

#include "service/print_rules.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace heti {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

const Instant monday = sys_days{2026y / November / 23};

Schedule weekdays(int open, int close, int days = 5) {
  Schedule schedule;
  schedule.timezone = "Europe/Helsinki";
  for (std::size_t day = 0; day < static_cast<std::size_t>(days); ++day) {
    schedule.weekly[day] = {{.open_minute = open * 60, .close_minute = close * 60}};
  }
  return schedule;
}

config::QueueSettings queue_of(std::string name, Schedule schedule, double first_response, double reply) {
  config::QueueSettings queue;
  queue.name = std::move(name);
  queue.schedule = std::move(schedule);
  queue.sla.first_response_goal = first_response;
  queue.sla.reply_goal = reply;
  return queue;
}

config::Settings settings_of(std::vector<config::QueueSettings> queues) {
  config::Settings settings;
  settings.queues = std::move(queues);
  return settings;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(OpenHoursTest, OfficeHours) {
  const OpenHours hours = open_hours(weekdays(8, 16), monday);
  EXPECT_EQ(hours, (OpenHours{.month = 160h, .hour = 1h, .six_hours = 6h, .three_days = 24h}));
}

TEST(OpenHoursTest, AMonthWithoutHolidaysCountsWhicheverDayItIs) {
  Schedule schedule = weekdays(8, 16);
  for (unsigned day = 21; day <= 31; ++day) {
    schedule.exceptions.push_back({.date = 2026y / December / day, .intervals = {}, .note = "closed"});
  }
  for (int day = 0; day < 60; day += 5) EXPECT_EQ(open_hours(schedule, monday + days{day}).month, 160h) << day;
}

TEST(OpenHoursTest, HolidaysInEveryMonthCount) {
  Schedule schedule = weekdays(8, 16);
  for (sys_days day = floor<days>(monday); day < monday + days{400}; day += days{7}) {
    schedule.exceptions.push_back({.date = day, .intervals = {}, .note = "every Monday"});
  }
  const OpenHours hours = open_hours(schedule, monday);
  EXPECT_EQ(hours.month, 128h);
  EXPECT_EQ(hours.three_days, 24h) << "Tuesday to Thursday";
}

TEST(OpenHoursTest, ALongDayOnceMakesTheFullestMonth) {
  Schedule schedule = weekdays(8, 16);
  schedule.exceptions.push_back(
      {.date = 2027y / February / 13, .intervals = {{.open_minute = 600, .close_minute = 840}}, .note = "a Saturday"});
  EXPECT_EQ(open_hours(schedule, monday).month, 164h);
}

TEST(OpenHoursTest, BreaksAndRoundTheClockAndNever) {
  Schedule lunch = weekdays(8, 12);
  for (std::size_t day = 0; day < 5; ++day)
    lunch.weekly[day].push_back({.open_minute = 13 * 60, .close_minute = 17 * 60});
  EXPECT_EQ(open_hours(lunch, monday), (OpenHours{.month = 160h, .hour = 1h, .six_hours = 5h, .three_days = 24h}));
  // Also over the change to winter time, whose Sunday has 25 hours.
  EXPECT_EQ(open_hours(weekdays(0, 24, 7), monday),
            (OpenHours{.month = 672h, .hour = 1h, .six_hours = 6h, .three_days = 72h}));
  EXPECT_EQ(open_hours(weekdays(0, 0, 0), monday), OpenHours{});
}

TEST(OpenHoursTest, SummerTimeMakesNoMonthLonger) {
  // In Helsinki two at night is midnight in UTC while it is winter, and the day before while it is summer.
  Schedule schedule = weekdays(2, 3, 1);
  EXPECT_EQ(open_hours(schedule, monday).month, 4h);
}

TEST(OpenHoursTest, AWindowMayBeFullestAtItsEnd) {
  Schedule schedule = weekdays(0, 0, 0);
  schedule.weekly[0] = {{.open_minute = 0, .close_minute = 60}, {.open_minute = 300, .close_minute = 660}};
  EXPECT_EQ(open_hours(schedule, monday).six_hours, 6h);
  schedule.weekly[0] = {{.open_minute = 0, .close_minute = 10}, {.open_minute = 60, .close_minute = 420}};
  EXPECT_EQ(open_hours(schedule, monday).six_hours, 6h);
}

TEST(BurnTest, TheTableOfTheDefaults) {
  EXPECT_NEAR(burn_of(0.02, 160h, 1h), 3.2, 1e-12);
  EXPECT_NEAR(burn_of(0.06, 160h, 6h), 1.6, 1e-12);
  EXPECT_NEAR(burn_of(0.2, 160h, 24h), 4.0 / 3, 1e-12);
  EXPECT_NEAR(burn_max(0.8), 5, 1e-9);
}

TEST(BurnTest, AtTheLimitATierCanFireAndAMillisecondBeyondItCannot) {
  // 0.02 * 250 h / 1 h = 5 = 1 / (1 - 0.8), which is no round number in binary.
  EXPECT_TRUE(can_fire(0.02, 250h, 1h, 0.8));
  EXPECT_FALSE(can_fire(0.02, 250h + 1ms, 1h, 0.8));
  EXPECT_TRUE(can_fire(0.02, 500h, 1h, 0.9));
  EXPECT_FALSE(can_fire(0.02, 500h + 1ms, 1h, 0.9));
  EXPECT_TRUE(can_fire(0.2, 100h, 1h, 0.95)) << "1 / (1 - 0.95) is a little below 20 in binary";
  EXPECT_FALSE(can_fire(0.02, Millis{}, Millis{}, 0.9)) << "never open";
}

TEST(BurnRulesTest, TheDefaultsHaveThreeRulesAndTheirNumbers) {
  const auto rules = burn_rules(settings_of({queue_of("support", weekdays(8, 16), 0.8, 0.9)}), monday, false);
  ASSERT_TRUE(rules.has_value());
  EXPECT_EQ(count(*rules, "- alert: "), 3U);
  EXPECT_EQ(count(*rules, "unless"), 0U);
  EXPECT_EQ(count(*rules, "queue support, 160 open hours in 28 days: 3.2, 1.6, 1.33\n"), 1U) << *rules;
  EXPECT_EQ(count(*rules, "first_response 80 %: a burn of 5 at most\n"), 1U);
  EXPECT_EQ(count(*rules, "reply 90 %: a burn of 10 at most\n"), 1U);
}

TEST(BurnRulesTest, WhatCannotFireIsRefusedWithQueueTierNumbersAndRemedy) {
  // Round the clock: 13.44 and 6.72 are asked for, 5 and 10 can be had.
  const auto settings =
      settings_of({queue_of("support", weekdays(8, 16), 0.8, 0.9), queue_of("nights", weekdays(0, 24, 7), 0.8, 0.9)});
  const auto rules = burn_rules(settings, monday, false);
  ASSERT_FALSE(rules.has_value());
  ASSERT_EQ(rules.error().size(), 3U);
  const std::string& first = rules.error().front();
  for (const char* part : {"queue.nights: ChatSLOFastBurn for first_response", "672 open hours", "a burn of 13.44",
                           "a goal of 80 % burns at 5", "raise sla.first_response_goal to 0.926"}) {
    EXPECT_NE(first.find(part), std::string::npos) << part << " in: " << first;
  }
  EXPECT_EQ(rules.error()[1].find("queue.nights: ChatSLOSlowBurn for first_response"), 0U);
  EXPECT_EQ(rules.error()[2].find("queue.nights: ChatSLOFastBurn for reply"), 0U);
}

TEST(BurnRulesTest, TheGoalThatIsNamedIsEnoughAndOneThousandthLessIsNot) {
  const auto with = [](double goal) {
    return burn_rules(settings_of({queue_of("nights", weekdays(0, 24, 7), goal, 0.99)}), monday, false).has_value();
  };
  EXPECT_TRUE(with(0.926));
  EXPECT_FALSE(with(0.925));
}

TEST(BurnRulesTest, OnlyThePromiseThatCannotFireIsLeftOut) {
  const auto settings =
      settings_of({queue_of("support", weekdays(8, 16), 0.8, 0.9), queue_of("nights", weekdays(0, 24, 7), 0.8, 0.95)});
  const auto rules = burn_rules(settings, monday, true);
  ASSERT_TRUE(rules.has_value());
  EXPECT_EQ(count(*rules, "- alert: "), 3U);
  EXPECT_EQ(count(*rules, R"(unless queue:heti_sla_bad:increase1h{queue="nights",sla="first_response"})"), 1U);
  EXPECT_EQ(count(*rules, R"(unless queue:heti_sla_bad:increase6h{queue="nights",sla="first_response"})"), 1U);
  EXPECT_EQ(count(*rules, "unless"), 2U) << *rules;
  EXPECT_EQ(count(*rules, "sla=\"first_response\"}\n        for: "), 2U) << "the last line of the expression";
  EXPECT_EQ(count(*rules, "# Left out: queue.nights"), 2U);
}

TEST(BurnRulesTest, ATierWithoutAnybodyLeftIsACommentAlone) {
  const auto settings = settings_of({queue_of("nights", weekdays(0, 24, 7), 0.8, 0.8)});
  const auto rules = burn_rules(settings, monday, true);
  ASSERT_TRUE(rules.has_value());
  EXPECT_EQ(count(*rules, "- alert: ChatSLOBudgetTicket"), 1U);
  EXPECT_EQ(count(*rules, "- alert: "), 1U);
  EXPECT_EQ(count(*rules, "# Left out: queue.nights: ChatSLOFastBurn"), 2U);
}

TEST(BurnRulesTest, AQueueThatNeverOpensRefusesNothing) {
  const auto rules = burn_rules(settings_of({queue_of("shut", weekdays(0, 0, 0), 0.8, 0.9)}), monday, false);
  ASSERT_TRUE(rules.has_value());
  EXPECT_EQ(count(*rules, "queue shut, 0 open hours in 28 days: never open"), 1U);
  EXPECT_EQ(count(*rules, "- alert: "), 3U);
}

}  // namespace
}  // namespace heti

// Edges of the arithmetic on open time; the laws that hold for every calendar are in tests/unit/calendar_laws_test.cpp.
#include "service/core/business_time.hpp"

#include <gtest/gtest.h>

namespace heti::tests {
namespace {

using namespace std::chrono_literals;
using core::BusinessTime;
using std::chrono::days;

const Instant midnight = instant_from_ms(1'780'272'000'000);  // 2026-06-01T00:00:00Z

Interval between(Millis open, Millis close) { return {.open = midnight + open, .close = midnight + close}; }

TEST(BusinessTimeTest, HoursThatTouchOrOverlapAreOneOpening) {
  EXPECT_EQ(BusinessTime({between(8h, 10h), between(10h, 12h)}).intervals(), std::vector{between(8h, 12h)});
  EXPECT_EQ(BusinessTime({between(8h, 12h), between(9h, 10h)}).intervals(), std::vector{between(8h, 12h)});
  EXPECT_EQ(BusinessTime({between(8h, 12h), between(9h, 9h)}).intervals(), std::vector{between(8h, 12h)});
  EXPECT_EQ(BusinessTime({between(8h, 10h), between(11h, 12h)}).intervals().size(), 2u);
}

TEST(BusinessTimeTest, HoursOutOfOrderAreAFaultOfTheProgram) {
  EXPECT_DEATH(BusinessTime({between(11h, 12h), between(8h, 10h)}), "CHECK failed");
}

TEST(BusinessTimeTest, NewHoursInTheMiddleOfAnOpeningDoNotSplitIt) {
  BusinessTime hours({between(8h, 16h)});
  hours.replace_from(midnight + 12h, {between(8h, 18h), between(20h, 21h)});
  EXPECT_EQ(hours.intervals(), (std::vector{between(8h, 18h), between(20h, 21h)}));
  hours.replace_from(midnight + 9h, {});
  EXPECT_EQ(hours.intervals(), std::vector{between(8h, 9h)}) << "what has passed stays";
}

TEST(BusinessTimeTest, WhatClosedBeforeIsForgottenAndWhatIsOpenStaysWhole) {
  BusinessTime hours({between(8h, 10h), between(12h, 14h), between(16h, 18h)});
  hours.forget_before(midnight + 13h);
  EXPECT_EQ(hours.intervals(), (std::vector{between(12h, 14h), between(16h, 18h)}));
  hours.forget_before(midnight + 14h);
  EXPECT_EQ(hours.intervals(), std::vector{between(16h, 18h)});
}

TEST(BusinessTimeTest, NothingIsDueAtOnceAlsoWhileClosed) {
  const BusinessTime hours({between(8h, 10h)});
  EXPECT_EQ(hours.deadline(midnight + 3h, 0ms), midnight + 3h);
  EXPECT_EQ(hours.deadline(midnight + 3h, 1ms), midnight + 8h + 1ms);
  EXPECT_EQ(hours.deadline(midnight + 3h, 2h), midnight + 10h) << "the last open millisecond is still inside";
  EXPECT_EQ(hours.deadline(midnight + 3h, 2h + 1ms), never) << "the calendar does not reach that far";
}

TEST(BusinessTimeTest, ADeadlineLiesAtMostFourHundredDaysAhead) {
  const BusinessTime hours({between(0h, 1h), between(days{400} - 1h, days{400} + 1h)});
  EXPECT_EQ(hours.deadline(midnight, 2h), midnight + days{400});
  EXPECT_EQ(hours.deadline(midnight, 2h + 1ms), never) << "it would be reached one millisecond too late";
  const BusinessTime later({between(days{401}, days{402})});
  EXPECT_EQ(later.deadline(midnight, 1ms), never) << "it would begin too late";
  EXPECT_EQ(later.deadline(midnight + days{2}, 1ms), midnight + days{401} + 1ms);
}

TEST(BusinessTimeTest, TheNextChangeLiesAtMostFourHundredDaysAhead) {
  const BusinessTime hours({between(days{400}, days{900})});
  EXPECT_EQ(hours.next_change(midnight), midnight + days{400});
  EXPECT_EQ(hours.next_change(midnight - 1ms), never);
  EXPECT_EQ(hours.next_change(midnight + days{400}), never) << "open, and for longer than that";
  EXPECT_EQ(hours.next_change(midnight + days{500}), midnight + days{900});
  EXPECT_EQ(hours.next_change(midnight + days{900}), never) << "after the last there is none";
  EXPECT_EQ(hours.next_change(midnight - days{9000}, Millis::max()), midnight + days{400}) << "unless asked further";
}

TEST(BusinessTimeTest, TheLastChangeIsThePresentOpeningOrTheClosingBefore) {
  const BusinessTime hours({between(8h, 10h), between(12h, 14h)});
  EXPECT_EQ(hours.last_change(midnight + 8h - 1ms), Instant{}) << "there was none yet";
  EXPECT_EQ(hours.last_change(midnight + 8h), midnight + 8h);
  EXPECT_EQ(hours.last_change(midnight + 10h - 1ms), midnight + 8h);
  EXPECT_EQ(hours.last_change(midnight + 10h), midnight + 10h);
  EXPECT_EQ(hours.last_change(midnight + 13h), midnight + 12h);
  EXPECT_EQ(hours.last_change(midnight + 20h), midnight + 14h);
}

}  // namespace
}  // namespace heti::tests

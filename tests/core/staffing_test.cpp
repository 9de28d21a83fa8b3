// How long too few agents were there: the integrals over open time, and the stretch that is going on now.
#include "service/core/staffing.hpp"

#include <gtest/gtest.h>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

Millis nobody_since(const Desk& desk, Millis t) {
  return unstaffed_streak(desk.core.state().queues.at(Desk::queue), desk.start + t);
}
Millis too_few_since(const Desk& desk, Millis t) {
  return understaffed_streak(desk.core.state().queues.at(Desk::queue), desk.start + t);
}

TEST(StaffingTest, TheStretchEndsWhenEnoughAgentsAreReadyAndBeginsWhenOneIsMissing) {
  Desk desk([](Settings& s) { s.queues[0].min_agents = 2; });
  desk.connects("aino", 5s);
  EXPECT_EQ(nobody_since(desk, 10s), Millis{10s}) << "logged in is not ready";
  desk.ready("aino", 10s);
  EXPECT_EQ(nobody_since(desk, 15s), Millis{0});
  EXPECT_EQ(too_few_since(desk, 15s), Millis{15s}) << "one of two";
  desk.ready("eero", 20s);
  EXPECT_EQ(too_few_since(desk, 25s), Millis{0});
  desk.drops("eero", 30s);
  EXPECT_EQ(too_few_since(desk, 34s), Millis{4s});
  EXPECT_EQ(nobody_since(desk, 34s), Millis{0});
  desk.sets("aino", AgentStatus::away, 40s);
  EXPECT_EQ(nobody_since(desk, 41s), Millis{1s});
  EXPECT_EQ(too_few_since(desk, 41s), Millis{11s});
}

TEST(StaffingTest, AStretchIsCountedFromTheLastOpeningAndNotWhileClosed) {
  Desk desk;
  desk.hours(10s, {{.open = desk.start + 1h, .close = desk.start + 2h}});
  desk.tick(11s);
  EXPECT_EQ(nobody_since(desk, 30s), Millis{0}) << "closed: nobody is missing";
  desk.tick(1h);
  EXPECT_EQ(nobody_since(desk, 1h + 7s), Millis{7s}) << "what was before the night is another stretch";
  EXPECT_EQ(too_few_since(desk, 1h + 7s), Millis{7s});
}

TEST(StaffingTest, EachOpenMillisecondIsCountedOnceByHowManyWereThere) {
  Desk desk([](Settings& s) {
    s.queues[0].min_agents = 2;
    s.agents[0].capacity = 1;
  });
  desk.ready("aino", 10s);
  desk.says(1, 20s);
  desk.accepts("aino", 1, 22s);
  desk.ready("eero", 30s);
  desk.hours(40s, {});
  const StaffingTotals totals = totals_at(desk.core.state().queues.at(Desk::queue), desk.start + 1h);
  EXPECT_EQ(totals.open, Millis{40s});
  EXPECT_EQ(totals.unstaffed, Millis{10s});
  EXPECT_EQ(totals.understaffed, Millis{30s});
  EXPECT_EQ(totals.staffed, Millis{10s});
  EXPECT_EQ(totals.saturated, Millis{10s}) << "an offer takes the only slot, from 20 s until eero comes";
  EXPECT_EQ(totals.shortfall, 2 * Millis{10s} + Millis{20s});
}

}  // namespace
}  // namespace heti::tests

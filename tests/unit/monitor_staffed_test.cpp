// Shares of the day, the week and the month, and what agents did: exact, and the shares survive restarts.
#include "service/monitor/staffed.hpp"

#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

using core::AgentStatus;

LabelMap of(const char* period) { return {{"queue", "support"}, {"period", period}}; }

TEST(MonitorStaffedTest, AShareIsOfTheTimeThatWasOpen) {
  World world;
  const auto share = [&](Instant now, const char* period) {
    return world.scrape(now).all("heti_queue_staffed_ratio", of(period));
  };
  EXPECT_TRUE(share(monday - 30min, "today").empty()) << "not open yet: no share, not 0";
  world.comes(monday + 2h, aino);
  EXPECT_EQ(share(monday + 2h, "today"), std::vector{0.0});
  EXPECT_EQ(share(monday + 4h, "today"), std::vector{0.5});
  EXPECT_EQ(share(monday + 4h, "week"), std::vector{0.5});
  EXPECT_EQ(share(monday + 20h, "month"), std::vector{0.75}) << "closed at 16:00: 6 of 8 hours";
  EXPECT_TRUE(share(monday + 16h, "today").empty()) << "midnight has passed, and nothing was open since";
  world.loses(monday + 24h + 15min, aino);
  EXPECT_EQ(share(monday + 25h, "today"), std::vector{0.25});
  EXPECT_EQ(share(monday + 25h, "week"), std::vector{6.25 / 9});
  EXPECT_EQ(share(monday + 7 * 24h + 4h, "week"), std::vector{(4 - 0 + 0.25) / (4 + 8)})
      << "seven days before it was 12:00 on Monday";
}

TEST(MonitorStaffedTest, AShareSurvivesARestartAndTheDowntimeCountsAsUnstaffed) {
  World world;
  world.comes(monday, aino);
  world.restarts(monday + 3h, monday + 4h);
  const Samples s = world.scrape(monday + 4h);
  EXPECT_EQ(s("heti_queue_staffed_ratio", of("today")), 0.75);
  EXPECT_EQ(s("heti_queue_staffed_seconds_total"), 0) << "a counter begins with the process";
  EXPECT_EQ(s("heti_queue_open_seconds_total"), 3600);
}

TEST(MonitorStaffedTest, TodayBeginsAtTheMidnightOfTheQueuesZone) {
  core::QueueSettings settings{.name = "support", .display_name = "Support"};
  settings.schedule.timezone = "Asia/Tokyo";  // Its 2nd of June begins at 15:00 UTC, while the queue is open.
  World world(settings);
  world.comes(monday + 7h + 30min, aino);
  EXPECT_EQ(world.scrape(monday + 7h)("heti_queue_staffed_ratio", of("week")), 0);
  EXPECT_EQ(world.scrape(monday + 8h)("heti_queue_staffed_ratio", of("today")), 0.5);
}

TEST(MonitorStaffedTest, AgentSecondsAndSlotSecondsAreExact) {
  World world;
  world.comes(monday, aino);
  world.logs_in(monday, eero);
  world.writes(monday + 1h, 1);
  world.accepts(monday + 1h + 1ms, aino, 1);
  world.answers(monday + 1h + 2s, aino, 1);
  world.ends(monday + 1h + 10min, aino, 1);
  world.is_done(monday + 1h + 10min + 1ms, aino, 1);
  world.sets(monday + 2h, aino, AgentStatus::away);
  const Samples s = world.scrape(monday + 3h + 250ms);
  const auto status = [&](const char* word) {
    return s("heti_agent_presence_seconds_total", {{"workspace", "default"}, {"status", word}});
  };
  EXPECT_EQ(status("online"), 7200);
  EXPECT_EQ(status("away"), 3600.25 + 3 * 3600 + 0.25);
  EXPECT_EQ(status("offline"), 2 * 3600) << "both, in the hour before the opening";
  EXPECT_EQ(status("lost"), 0);
  EXPECT_EQ(status("finishing"), 0);
  EXPECT_EQ(s("heti_slot_seconds_total", {{"state", "busy"}}), 600.001);
  EXPECT_EQ(s("heti_slot_seconds_total", {{"state", "capacity"}}), 2 * 7200);
}

TEST(MonitorStaffedTest, AfterARestartTheIntegralsBeginAtZeroWithoutTheDowntime) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.restarts(monday + 1h, monday + 2h);
  const Samples s = world.scrape(monday + 2h + 10s);
  EXPECT_EQ(s("heti_agent_presence_seconds_total", {{"status", "online"}}), 0);
  EXPECT_EQ(s("heti_agent_presence_seconds_total", {{"status", "lost"}}), 10);
  EXPECT_EQ(s("heti_slot_seconds_total", {{"state", "busy"}}), 0) << "only slots of ONLINE agents";
  world.logs_in(monday + 2h + 20s, aino);
  const Samples back = world.scrape(monday + 2h + 21s);
  EXPECT_EQ(back("heti_agent_presence_seconds_total", {{"status", "lost"}}), 20);
  EXPECT_EQ(back("heti_agent_presence_seconds_total", {{"status", "online"}}), 1);
  EXPECT_EQ(back("heti_slot_seconds_total", {{"state", "busy"}}), 1);
}

TEST(MonitorStaffedTest, WhatIsTheServicesOwnIsInNoNumber) {
  World world;
  const std::string before = world.text(monday + 1h);
  world.settings().queues.push_back({.name = "heti-probe", .display_name = "Probe"});
  world.settings().agents.push_back(
      {.name = "heti-probe", .display_name = "Probe", .queues = {"heti-probe", "support"}, .capacity = 5});
  world.apply_settings(monday + 1h);
  constexpr core::AgentId probe{3};
  ASSERT_EQ(world.state().agents.at(probe).settings.name, "heti-probe");
  world.comes(monday + 1h, probe);
  const Samples s = world.scrape(monday + 2h);
  EXPECT_EQ(world.text(monday + 2h).find("queue=\"heti-probe\""), std::string::npos);
  EXPECT_EQ(s("heti_agent_presence_seconds_total", {{"status", "online"}}), 0);
  EXPECT_EQ(s("heti_slot_seconds_total", {{"state", "capacity"}}), 0);
  EXPECT_EQ(s("heti_slots", {{"state", "free"}}), 0);
  EXPECT_EQ(s("heti_agents", {{"status", "free"}}), 0);
}

}  // namespace
}  // namespace heti::tests

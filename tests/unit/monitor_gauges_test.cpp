// How things stand at a scrape: exact to the millisecond of open time.
#include <random>

#include "service/monitor/gauges.hpp"
#include "service/monitor/text.hpp"
#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

using core::AgentStatus;

const LabelMap first{{"queue", "support"}, {"workspace", "default"}, {"sla", "first_response"}};
const LabelMap reply{{"queue", "support"}, {"workspace", "default"}, {"sla", "reply"}};

double unix_seconds(Instant at) { return static_cast<double>(to_ms(at)) / 1000.0; }

core::QueueSettings waits_over_night() {
  return {.name = "support", .display_name = "Support", .after_hours = core::AfterHours::queue};
}

TEST(MonitorGaugesTest, TheWaitOfAVisitorRisesWithOpenTimeOnly) {
  World world(waits_over_night());
  const Instant closing = monday + 8h;
  world.writes(closing - 29'750ms, 1);
  const auto oldest = [&](Instant now) { return world.scrape(now)("heti_queue_oldest_unanswered_seconds", first); };
  EXPECT_EQ(oldest(closing - 29'750ms), 0);
  EXPECT_EQ(oldest(closing - 29'749ms), 0.001);
  EXPECT_EQ(oldest(closing - 20s), 9.75);
  EXPECT_EQ(oldest(closing), 29.75);
  world.tick(closing);
  EXPECT_EQ(oldest(closing + 3h), 29.75);
  EXPECT_EQ(oldest(monday + 24h), 29.75);
  world.tick(monday + 24h);
  EXPECT_EQ(oldest(monday + 24h + 10s), 39.75);
  EXPECT_EQ(world.scrape(monday + 24h + 10s)("heti_queue_oldest_wait_seconds"), 39.75);
}

TEST(MonitorGaugesTest, APromiseIsOverdueOneMillisecondAfterItsTarget) {
  World world;
  world.writes(monday, 1);
  EXPECT_EQ(world.scrape(monday + 59'999ms)("heti_queue_overdue", first), 0);
  EXPECT_EQ(world.scrape(monday + 60s)("heti_queue_overdue", first), 0);
  EXPECT_EQ(world.scrape(monday + 60'001ms)("heti_queue_overdue", first), 1);
  EXPECT_EQ(world.scrape(monday + 60'001ms)("heti_queue_overdue", reply), 0);
}

TEST(MonitorGaugesTest, AHeldVisitorIsWaitingButNeitherOldestNorOverdue) {
  World world;
  world.writes(monday, 1);
  world.leaves(monday + 50s, 1);
  const Samples away = world.scrape(monday + 70s);
  EXPECT_EQ(away("heti_queue_waiting"), 1);
  EXPECT_EQ(away("heti_conversations", {{"state", "queued"}}), 1);
  EXPECT_EQ(away("heti_queue_oldest_wait_seconds"), 0);
  EXPECT_EQ(away("heti_queue_oldest_unanswered_seconds", first), 0);
  EXPECT_EQ(away("heti_queue_overdue", first), 0);

  world.returns(monday + 80s, 1);
  const Samples back = world.scrape(monday + 80s);
  EXPECT_EQ(back("heti_queue_oldest_wait_seconds"), 80);
  EXPECT_EQ(back("heti_queue_oldest_unanswered_seconds", first), 80);
  EXPECT_EQ(back("heti_queue_overdue", first), 1);
}

TEST(MonitorGaugesTest, AVisitorWhoLeavesAfterABrokenPromiseStaysOverdue) {
  World world;
  world.writes(monday, 1);
  world.tick(monday + 61s);
  world.leaves(monday + 62s, 1);
  const Samples samples = world.scrape(monday + 70s);
  EXPECT_EQ(samples("heti_queue_oldest_unanswered_seconds", first), 70);
  EXPECT_EQ(samples("heti_queue_overdue", first), 1);
}

TEST(MonitorGaugesTest, AnAssignedVisitorWithoutAnAnswerStillCounts) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 10s, 1);
  EXPECT_EQ(world.scrape(monday + 12s)("heti_conversations", {{"state", "offered"}}), 1);
  world.accepts(monday + 15s, aino, 1);
  const Samples silent = world.scrape(monday + 100s);
  EXPECT_EQ(silent("heti_queue_waiting"), 0);
  EXPECT_EQ(silent("heti_queue_oldest_wait_seconds"), 0);
  EXPECT_EQ(silent("heti_conversations", {{"state", "assigned"}}), 1);
  EXPECT_EQ(silent("heti_queue_oldest_unanswered_seconds", first), 90);
  EXPECT_EQ(silent("heti_queue_overdue", first), 1);

  world.answers(monday + 100s, aino, 1);
  world.says(monday + 110s, 1);
  world.says(monday + 115s, 1);
  const Samples turn = world.scrape(monday + 140s);
  EXPECT_EQ(turn("heti_queue_oldest_unanswered_seconds", first), 0);
  EXPECT_EQ(turn("heti_queue_oldest_unanswered_seconds", reply), 30);
  EXPECT_EQ(turn("heti_queue_overdue", reply), 0);
}

TEST(MonitorGaugesTest, ATransferBeginsANewWaitButNotANewPromise) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 10s, 1);
  world.accepts(monday + 15s, aino, 1);
  world.get<core::Done>(monday + 40s, cmd::Transfer{.agent = aino, .conversation = public_id(1)});
  const Samples samples = world.scrape(monday + 45s);
  EXPECT_EQ(samples("heti_queue_oldest_wait_seconds"), 5);
  EXPECT_EQ(samples("heti_queue_oldest_unanswered_seconds", first), 35);
}

TEST(MonitorGaugesTest, AChatReopenedDuringItsWrapUpIsCountedOnce) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.answers(monday + 3s, aino, 1);
  world.ends(monday + 4s, aino, 1);
  EXPECT_EQ(world.scrape(monday + 4s)("heti_conversations", {{"state", "wrapup"}}), 1);
  world.says(monday + 10s, 1);
  world.accepts(monday + 11s, aino, 1);
  const Samples samples = world.scrape(monday + 20s);
  EXPECT_EQ(samples("heti_conversations", {{"state", "wrapup"}}), 0);
  EXPECT_EQ(samples("heti_conversations", {{"state", "assigned"}}), 1);
  EXPECT_EQ(samples("heti_slots", {{"state", "busy"}}), 2) << "the wrap-up holds its slot";
  EXPECT_EQ(samples("heti_queue_oldest_unanswered_seconds", first), 10);
}

TEST(MonitorGaugesTest, OpeningHoursAreShownAsInstants) {
  World world;
  const Samples before = world.scrape(monday - 10min);
  EXPECT_EQ(before("heti_queue_open"), 0);
  EXPECT_EQ(before("heti_queue_open_since_timestamp_seconds"), 0);
  EXPECT_EQ(before("heti_queue_next_change_timestamp_seconds"), unix_seconds(monday));
  world.tick(monday);
  const Samples open = world.scrape(monday + 1h);
  EXPECT_EQ(open("heti_queue_open"), 1);
  EXPECT_EQ(open("heti_queue_closing"), 0);
  EXPECT_EQ(open("heti_queue_open_since_timestamp_seconds"), unix_seconds(monday));
  EXPECT_EQ(open("heti_queue_next_change_timestamp_seconds"), unix_seconds(monday + 8h));
  world.tick(monday + 8h);
  EXPECT_EQ(world.scrape(monday + 8h + 1min)("heti_queue_closing"), 1);
  world.tick(monday + 32h);
  world.tick(monday + 33h);
  const Samples after = world.scrape(monday + 33h);
  EXPECT_EQ(after("heti_queue_closing"), 0);
  EXPECT_EQ(after("heti_queue_next_change_timestamp_seconds"), 0) << "the calendar knows no later opening";
}

// Prometheus' time() is the wall clock's, whatever the journal's is: 240 times as fast, an hour ago is 15 seconds ago.
TEST(MonitorGaugesTest, UnderAScaledClockInstantsAreShownAsTheWallClockReadsThem) {
  World world;
  world.tick(monday);
  const Instant wall = monday + std::chrono::days{100} + 7ms;
  const auto scrape = [&](Instant now, std::uint32_t speed) {
    monitor::Sheet sheet;
    monitor::write_gauges(sheet, {.state = world.state(),
                                  .now = now,
                                  .wall = {.journal_now = now, .wall_now = wall, .speed = speed},
                                  .workspace = "default",
                                  .totals_at_start = {}});
    return Samples(monitor::text_of(sheet.take()));
  };
  const Samples fast = scrape(monday + 1h, 240);
  EXPECT_EQ(fast("heti_queue_open_since_timestamp_seconds"), unix_seconds(wall - 15s));
  EXPECT_EQ(fast("heti_queue_next_change_timestamp_seconds"), unix_seconds(wall + 105s));
  EXPECT_EQ(fast("heti_queue_unstaffed_streak_seconds"), 3600) << "a duration is journal time";
  EXPECT_EQ(scrape(monday + 1h, 1)("heti_queue_open_since_timestamp_seconds"), unix_seconds(monday));
  world.tick(monday + 8h);
  EXPECT_EQ(scrape(monday + 9h, 240)("heti_queue_open_since_timestamp_seconds"), 0) << "closed is no instant";
  world.tick(monday + 24h);
  world.tick(monday + 33h);
  EXPECT_EQ(scrape(monday + 33h, 240)("heti_queue_next_change_timestamp_seconds"), 0) << "never is no instant";
}

TEST(MonitorGaugesTest, AChangeThatIsDueAndHasNotHappenedIsShownInThePast) {
  World world;
  world.tick(monday);
  const Samples stuck = world.scrape(monday + 8h + 45s);
  EXPECT_EQ(stuck("heti_queue_open"), 1);
  EXPECT_EQ(stuck("heti_queue_open_since_timestamp_seconds"), unix_seconds(monday));
  EXPECT_EQ(stuck("heti_queue_next_change_timestamp_seconds"), unix_seconds(monday + 8h));
}

TEST(MonitorGaugesTest, StreaksBeginAtTheOpeningAndEndWithTheFirstAgent) {
  World world;
  EXPECT_EQ(world.scrape(monday - 1s)("heti_queue_unstaffed_streak_seconds"), 0);
  world.tick(monday);
  EXPECT_EQ(world.scrape(monday)("heti_queue_unstaffed_streak_seconds"), 0);
  EXPECT_EQ(world.scrape(monday + 61s)("heti_queue_unstaffed_streak_seconds"), 61);
  EXPECT_EQ(world.scrape(monday + 61s)("heti_queue_understaffed_streak_seconds"), 61);
  world.logs_in(monday + 70s, aino);
  EXPECT_EQ(world.scrape(monday + 75s)("heti_queue_unstaffed_streak_seconds"), 75) << "logged in is not ready";
  world.sets(monday + 80s, aino, AgentStatus::online);
  EXPECT_EQ(world.scrape(monday + 90s)("heti_queue_unstaffed_streak_seconds"), 0);
  EXPECT_EQ(world.scrape(monday + 90s)("heti_queue_understaffed_streak_seconds"), 0);
}

TEST(MonitorGaugesTest, AgentsAreCountedByWhatTheyCanDo) {
  World world;
  const auto agents = [&](Instant now, const char* status) {
    return world.scrape(now)("heti_agents", {{"queue", "support"}, {"status", status}});
  };
  EXPECT_EQ(agents(monday, "offline"), 2);
  world.logs_in(monday, aino);
  EXPECT_EQ(agents(monday, "away"), 1);
  world.sets(monday, aino, AgentStatus::online);
  EXPECT_EQ(agents(monday, "free"), 1);
  EXPECT_EQ(world.scrape(monday)("heti_slots", {{"state", "free"}}), 2);
  world.writes(monday + 1s, 1);
  world.writes(monday + 2s, 2);
  EXPECT_EQ(agents(monday + 2s, "full"), 1) << "offers take slots";
  EXPECT_EQ(world.scrape(monday + 2s)("heti_slots", {{"state", "busy"}}), 2);
  EXPECT_EQ(world.scrape(monday + 2s)("heti_slots", {{"state", "free"}}), 0);
  world.accepts(monday + 3s, aino, 1);
  world.accepts(monday + 3s, aino, 2);
  world.loses(monday + 4s, aino);
  EXPECT_EQ(agents(monday + 4s, "lost"), 1);
  EXPECT_EQ(agents(monday + 4s, "offline"), 1);
  world.logs_in(monday + 5s, aino);
  world.sets(monday + 6s, aino, AgentStatus::finishing);
  EXPECT_EQ(agents(monday + 6s, "finishing"), 1);
  EXPECT_EQ(world.scrape(monday)("heti_agents_required", {{"basis", "configured"}}), 1);
}

TEST(MonitorGaugesTest, StaffingIntegralsAreExact) {
  World world;
  world.comes(monday + 10s, aino);  // unstaffed 10 s
  world.writes(monday + 20s, 1);
  world.writes(monday + 30'500ms, 2);  // full
  world.accepts(monday + 31s, aino, 1);
  world.accepts(monday + 31s, aino, 2);
  world.loses(monday + 40s, aino);  // saturated 9.5 s; staffed 30 s
  const Samples samples = world.scrape(monday + 45'250ms);
  const auto total = [&](const char* which) {
    return samples(std::string("heti_queue_") + which + "_seconds_total", {{"queue", "support"}});
  };
  EXPECT_EQ(total("open"), 45.25);
  EXPECT_EQ(total("staffed"), 30);
  EXPECT_EQ(total("unstaffed"), 15.25);
  EXPECT_EQ(total("understaffed"), 15.25);
  EXPECT_EQ(total("saturated"), 9.5);
  EXPECT_EQ(total("shortfall_agent"), 15.25);
}

// The process before has shown what was until it was last alive; the state's own sums may be much older.
TEST(MonitorGaugesTest, IntegralsBeginAtZeroWithTheProcessAndTheOutageCountsAsUnstaffed) {
  World world;
  world.comes(monday, aino);
  const Instant alive_until = monday + 2h;
  EXPECT_EQ(world.scrape(alive_until)("heti_queue_staffed_seconds_total"), 7200);
  world.restarts(alive_until, alive_until + 40s);
  const Samples samples = world.scrape(alive_until + 45s);
  EXPECT_EQ(samples("heti_queue_staffed_seconds_total"), 0);
  EXPECT_EQ(samples("heti_queue_open_seconds_total"), 45);
  EXPECT_EQ(samples("heti_queue_unstaffed_seconds_total"), 45);
}

// A reading of the whole state, slow and plain, tells the same as the walk along lines and slots.
TEST(MonitorGaugesTest, ALongDayAgreesWithAPlainCountOfAllConversations) {
  World world;
  world.comes(monday, aino);
  world.comes(monday, eero);
  std::mt19937 random(20260601);
  Instant now = monday;
  std::uint64_t visitors = 0;
  for (int step = 0; step < 1500; ++step) {
    now += Millis{1 + random() % 20'000};
    const core::AgentId agent{1 + static_cast<std::uint32_t>(random() % 2)};
    const std::uint64_t visitor = std::max<std::uint64_t>(visitors, 8) - random() % 8;  // of the last few
    const core::Sender sender = core::Sender::of_agent(agent);
    const PublicId conversation = public_id(visitor);
    switch (random() % 10) {
      case 0:
        if (random() % 2 == 0) world.writes(now, ++visitors);
        break;
      case 1:
        if (random() % 4 == 0) world.start(now, ++visitors);
        break;
      case 2: world.at(now, cmd::Accept{.agent = agent, .conversation = conversation}); break;
      case 3:
      case 4:
        world.at(now, cmd::Post{.sender = sender,
                                .conversation = conversation,
                                .author = core::Author::agent,
                                .stream = "",
                                .n = 0,
                                .text = "yes"});
        break;
      case 5:
        world.at(now, cmd::Close{.sender = sender, .conversation = conversation, .spam = random() % 8 == 0});
        break;
      case 6: world.at(now, cmd::Transfer{.agent = agent, .conversation = conversation}); break;
      case 7: world.leaves(now, visitor); break;
      case 8: world.at(now, cmd::FinishWrapUp{.agent = agent, .conversation = conversation}); break;
      case 9:
        world.at(now, cmd::Post{.sender = core::Sender::of_visitor(public_id(100 + visitor)),
                                .conversation = conversation,
                                .author = core::Author::visitor,
                                .stream = "",
                                .n = 0,
                                .text = "hm"});
        break;
    }
    if (step == 300 || step == 600) {
      world.restarts(now, now + 1s);
      now += 1s;
      world.comes(now, aino);
      world.comes(now, eero);
    }

    std::map<core::ConversationState, int> plain;
    for (const auto& [id, c] : world.state().conversations) ++plain[c.state];
    const Samples samples = world.scrape(now);
    const auto conversations = [&](const char* state) { return samples("heti_conversations", {{"state", state}}); };
    ASSERT_EQ(conversations("new"), plain[core::ConversationState::fresh]) << "step " << step;
    ASSERT_EQ(conversations("queued"), plain[core::ConversationState::queued]) << "step " << step;
    ASSERT_EQ(conversations("offered"), plain[core::ConversationState::offered]) << "step " << step;
    ASSERT_EQ(conversations("assigned"), plain[core::ConversationState::assigned]) << "step " << step;
    ASSERT_EQ(conversations("wrapup"), plain[core::ConversationState::wrapup]) << "step " << step;
    ASSERT_EQ(samples("heti_queue_waiting"), conversations("queued") + conversations("offered"));
  }
  EXPECT_GT(visitors, 60u);
  const Samples all_day = world.scrape(now);
  EXPECT_GT(all_day("heti_reopened_total"), 10);
}

}  // namespace
}  // namespace heti::tests

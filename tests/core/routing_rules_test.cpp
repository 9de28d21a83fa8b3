// Who may be served by whom, and in which order: priorities, skills, overflow, the hold for the agent of last time,
// transfers, chats that an agent begins, and waiting that is given up.
#include <gtest/gtest.h>

#include "service/core/staffing.hpp"
#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

// A second queue "sales" with eero and sini; support has aino and ville.
void two_queues(Settings& s) {
  s.queues.push_back({.name = "sales", .display_name = "Sales"});
  s.agents[1].queues = {"sales"};
  s.agents.push_back({.name = "sini", .display_name = "sini", .queues = {"sales"}, .capacity = 1});
}
constexpr QueueId sales{2};

struct TwoQueues : Desk {
  explicit TwoQueues(const std::function<void(Settings&)>& change = [](Settings&) {})
      : Desk([&](Settings& s) {
          two_queues(s);
          change(s);
        }) {
    core.get<Done>(start, cmd::SetCalendar{.queue = sales,
                                           .effective_from = start,
                                           .open = {{.open = start, .close = start + std::chrono::days{500}}},
                                           .tzdata_version = "test"});
  }
  Answer transfers(const std::string& name, std::uint64_t v, Millis t, std::optional<QueueId> line,
                   const std::string& to = "") {
    return core.at(start + t, cmd::Transfer{.agent = agent(name),
                                            .conversation = public_id(1000 + v),
                                            .to_queue = line,
                                            .to_agent = to.empty() ? std::nullopt : std::optional{agent(to)}});
  }
};

Answer says_from(Desk& desk, std::uint64_t v, Millis t, const std::string& page) {
  desk.core.at(desk.start + t, cmd::Start{.visitor = public_id(v),
                                          .conversation = public_id(1000 + v),
                                          .queue = Desk::queue,
                                          .connection = ConnectionId{.node = 1, .incarnation = 1, .number = 900 + v},
                                          .facts = {.name = "", .email = "", .page_url = page, .page_title = ""},
                                          .bot_first = false});
  return desk.posts(v, t, "s", 1, "hello");
}

TEST(RoutingRulesTest, APriorityIsAHeadStartNotAPrivilege) {
  Desk desk([](Settings& s) {
    s.priorities = {{.name = "vip", .credit = 120s}};
    s.queues[0].pages = {{.prefix = "https://shop/checkout", .priority = "vip", .skills = {}}};
    for (AgentSettings& agent : s.agents) agent.capacity = 1;
  });
  desk.says(1, 0s);                                       // key 0
  desk.says(2, 30s);                                      // key 30
  says_from(desk, 3, 121s, "https://shop/checkout?a=1");  // key 1: after the first, before the second
  desk.ready("aino", 130s);
  EXPECT_EQ(desk.offered_to(1), "aino");
  desk.ready("eero", 131s);
  EXPECT_EQ(desk.offered_to(3), "eero");
  desk.ready("ville", 132s);
  EXPECT_EQ(desk.offered_to(2), "ville");
  const auto started = desk.core.all<event::ConversationStarted>();
  EXPECT_EQ(started.back().priority, "vip");
  EXPECT_EQ(started.back().credit, Millis{120s});
  EXPECT_EQ(desk.chat(3).contact->t_enq, desk.start + 121s) << "the promise knows nothing of the credit";
}

TEST(RoutingRulesTest, SkillsAreAskedForAndNobodyIsWaitedFor) {
  Desk desk([](Settings& s) {
    s.queues[0].pages = {{.prefix = "https://shop/de", .priority = "", .skills = {"german", "billing"}}};
    s.agents[0].skills = {"german"};
    s.agents[1].skills = {"billing", "english", "german"};
  });
  says_from(desk, 1, 0s, "https://shop/de/hilfe");
  desk.says(2, 1s);
  desk.ready("aino", 2s);
  EXPECT_EQ(desk.offered_to(1), "") << "aino does not know billing";
  EXPECT_EQ(desk.offered_to(2), "aino") << "who waits behind is served meanwhile";
  desk.ready("eero", 3s);
  EXPECT_EQ(desk.offered_to(1), "eero");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::only_one);
}

TEST(RoutingRulesTest, AfterAWhileAnotherQueueHelpsOut) {
  TwoQueues desk([](Settings& s) {
    s.queues[0].overflow = "sales";
    s.queues[0].overflow_after = 90s;
  });
  desk.ready("eero", 0s);
  desk.says(1, 10s);
  desk.tick(100s - 1ms);
  EXPECT_EQ(desk.offered_to(1), "");
  EXPECT_EQ(refusal(desk.accepts("eero", 1, 100s - 1ms)), Refusal::not_found) << "not theirs to see yet";
  desk.tick(100s);
  EXPECT_EQ(desk.offered_to(1), "eero");
  EXPECT_TRUE(done(desk.accepts("eero", 1, 101s)));
  EXPECT_EQ(seq(desk.answers("eero", 1, 102s)), 3u);
  EXPECT_EQ(desk.chat(1).queue, Desk::queue) << "the promise stays that of the queue where the visitor came in";
  EXPECT_TRUE(done(desk.closes("eero", 1, 103s)));
  EXPECT_EQ(desk.chat(1).state, ConversationState::wrapup);
  EXPECT_EQ(desk.core.all<event::RoutingWidened>().size(), 1u);
}

TEST(RoutingRulesTest, OverflowCountsOpenTimeOnly) {
  TwoQueues desk([](Settings& s) {
    s.queues[0].overflow = "sales";
    s.queues[0].overflow_after = 90s;
    s.queues[0].after_hours = AfterHours::queue;
  });
  desk.ready("eero", 0s);
  desk.says(1, 10s);
  desk.hours(20s, {{.open = desk.start + 1h, .close = desk.start + 2h}});
  desk.tick(1h + 79s);
  EXPECT_EQ(desk.offered_to(1), "");
  desk.tick(1h + 80s);
  EXPECT_EQ(desk.offered_to(1), "eero") << "10 s before closing and 80 s after opening";
}

TEST(RoutingRulesTest, AVisitorIsHeldForAnAgentWhoIsThereButFull) {
  Desk desk([](Settings& s) {
    s.queues[0].sticky_hold = 30s;
    s.queues[0].wrapup = Millis{0};
    s.agents[0].capacity = 1;
  });
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.closes("aino", 1, 4s);
  desk.says(2, 5s);
  desk.accepts("aino", 2, 6s);
  desk.ready("eero", 7s);
  desk.says(1, 10s, "one more thing");
  EXPECT_EQ(desk.offered_to(1), "") << "held for aino";
  desk.tick(40s);
  EXPECT_EQ(desk.offered_to(1), "") << "a command at exactly the due instant comes first";
  desk.tick(40s + 1ms);
  EXPECT_EQ(desk.offered_to(1), "eero");

  desk.declines("eero", 1, 41s);
  desk.answers("aino", 2, 42s);
  desk.closes("aino", 2, 43s);
  EXPECT_EQ(desk.offered_to(1), "aino");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::sticky);
}

TEST(RoutingRulesTest, NobodyIsHeldForAnAgentWhoIsAway) {
  Desk desk([](Settings& s) { s.queues[0].sticky_hold = 30s; });
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.closes("aino", 1, 4s);
  desk.sets("aino", AgentStatus::away, 5s);
  desk.ready("eero", 6s);
  desk.says(1, 10s, "again");
  EXPECT_EQ(desk.offered_to(1), "eero");
}

TEST(RoutingRulesTest, WaitingWithoutAnEndIsGivenUpAfterMaxWait) {
  Desk desk([](Settings& s) { s.queues[0].max_wait = 5min; });
  desk.says(1, 0s);
  desk.tick(5min);
  EXPECT_EQ(desk.chat(1).state, ConversationState::queued);
  desk.tick(5min + 1ms);
  EXPECT_EQ(desk.chat(1).state, ConversationState::closed);
  const auto ended = desk.core.all<event::ContactEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].outcome, Outcome::missed);
  EXPECT_EQ(ended[0].reason, EndReason::timeout);
  EXPECT_EQ(ended[0].waited, Millis{5min + 1ms});
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(RoutingRulesTest, WhoWasAnsweredIsNotGivenUp) {
  Desk desk([](Settings& s) { s.queues[0].max_wait = 5min; });
  desk.ready("aino", 0s);
  desk.says(1, 0s);
  desk.accepts("aino", 1, 1s);
  desk.answers("aino", 1, 2s);
  desk.drops("aino", 3s);
  desk.tick(20min);
  EXPECT_EQ(desk.chat(1).state, ConversationState::queued) << "requeued, and it has been answered before";
}

TEST(RoutingRulesTest, ATransferToAQueueKeepsKeyAndPromise) {
  TwoQueues desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  EXPECT_TRUE(done(desk.transfers("aino", 1, 10s, sales)));
  EXPECT_EQ(desk.chat(1).state, ConversationState::queued);
  EXPECT_EQ(desk.chat(1).contact->line, sales);
  EXPECT_EQ(desk.chat(1).contact->key, desk.start + 1s);
  EXPECT_EQ(desk.offered_to(1), "") << "nobody of sales is there, and aino is not of it";
  desk.ready("sini", 12s);
  EXPECT_EQ(desk.offered_to(1), "sini");
  desk.accepts("sini", 1, 13s);
  EXPECT_EQ(desk.core.all<event::ChatAssigned>().back().stage, Stage::transfer);
  EXPECT_EQ(desk.core.all<event::ChatAssigned>().back().wait, Millis{3s}) << "one sample for each stay";
  desk.answers("sini", 1, 14s);
  EXPECT_EQ(desk.core.all<event::FirstResponseGiven>().back().time, Millis{13s}) << "the first response ran on";
  EXPECT_EQ(desk.core.all<event::ChatRequeued>().back().handle, Millis{8s});
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(RoutingRulesTest, ATransferToAnAgentIsAnOfferToThatAgent) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.ready("eero", 3s);
  desk.ready("ville", 3s);
  const auto to = [&](const std::string& name, Millis t) {
    return desk.core.at(desk.start + t, cmd::Transfer{.agent = desk.agent("aino"),
                                                      .conversation = public_id(1001),
                                                      .to_queue = std::nullopt,
                                                      .to_agent = desk.agent(name)});
  };
  desk.sets("ville", AgentStatus::away, 4s);
  EXPECT_EQ(refusal(to("ville", 5s)), Refusal::agent_unavailable);
  EXPECT_EQ(refusal(to("aino", 5s)), Refusal::agent_unavailable) << "it is with aino already";
  EXPECT_TRUE(done(to("eero", 6s)));
  EXPECT_EQ(desk.offered_to(1), "eero");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::transferred);
  desk.tick(6s + 20s + 1ms);
  EXPECT_EQ(desk.offered_to(1), "aino") << "eero let it pass, and nobody else is there";
  EXPECT_EQ(desk.held_by(1), "");
}

TEST(RoutingRulesTest, ATransferIntoAClosedQueueIsRefused) {
  TwoQueues desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.core.get<Done>(
      desk.start + 3s,
      cmd::SetCalendar{.queue = sales, .effective_from = desk.start + 3s, .open = {}, .tzdata_version = "test"});
  EXPECT_EQ(refusal(desk.transfers("aino", 1, 4s, sales)), Refusal::queue_closed);
  EXPECT_EQ(refusal(desk.transfers("aino", 1, 4s, QueueId{9})), Refusal::not_found);
  EXPECT_EQ(refusal(desk.transfers("eero", 1, 4s, sales)), Refusal::not_found);
  EXPECT_EQ(desk.held_by(1), "aino");
}

TEST(RoutingRulesTest, AnAgentMayBeginAChat) {
  Desk desk;
  desk.connects("aino", 0s);
  const auto begins = [&](Millis t) {
    return desk.core.at(desk.start + t, cmd::Initiate{.agent = desk.agent("aino"),
                                                      .visitor = public_id(1),
                                                      .conversation = public_id(1001),
                                                      .queue = Desk::queue});
  };
  EXPECT_EQ(refusal(begins(1s)), Refusal::agent_unavailable);
  desk.ready("aino", 2s);
  EXPECT_TRUE(std::holds_alternative<ConversationView>(begins(3s)));
  EXPECT_EQ(desk.held_by(1), "aino");
  EXPECT_EQ(refusal(begins(4s)), Refusal::wrong_state);
  desk.answers("aino", 1, 5s, "we found your parcel");
  desk.posts(1, 10s, "s", 1, "great");
  desk.answers("aino", 1, 15s, "yes");
  EXPECT_TRUE(desk.core.all<event::ContactQueued>().empty()) << "not offered";
  EXPECT_TRUE(desk.core.all<event::FirstResponseGiven>().empty()) << "nobody waited for a first response";
  ASSERT_EQ(desk.core.all<event::ReplyGiven>().size(), 1u) << "the visitor's first message opened a turn";
  EXPECT_EQ(desk.core.all<event::ReplyGiven>()[0].time, Millis{5s});
  desk.closes("aino", 1, 20s);
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().outcome, Outcome::outbound);
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(RoutingRulesTest, ASupervisorSendsSomebodyAwayButCallsNobodyReady) {
  Desk desk([](Settings& s) { s.agents[2].supervisor = true; });
  desk.ready("aino", 0s);
  desk.connects("ville", 0s);
  const auto says = [&](const std::string& by, AgentStatus status, Millis t) {
    return desk.core.at(desk.start + t,
                        cmd::SetStatus{.agent = desk.agent("aino"), .status = status, .by = desk.agent(by)});
  };
  EXPECT_EQ(refusal(says("eero", AgentStatus::away, 1s)), Refusal::not_allowed);
  EXPECT_TRUE(done(says("ville", AgentStatus::away, 2s)));
  EXPECT_EQ(desk.agent_state("aino").reason, StatusReason::supervisor);
  EXPECT_EQ(refusal(says("ville", AgentStatus::online, 3s)), Refusal::not_allowed);
  EXPECT_TRUE(done(says("ville", AgentStatus::offline, 4s)));
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::offline);
  desk.sets("aino", AgentStatus::online, 5s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::online) << "still connected: logged in again";
}

TEST(RoutingRulesTest, AThousandExpiriesAtATimeAndTheCommandAfterThem) {
  Desk desk;
  for (std::uint64_t v = 1; v <= 1500; ++v) desk.says(v, 1s);
  State state = *state_from_bytes(state_bytes(desk.core.state()));
  const Decision first = decide(state, desk.start + 2min, cmd::Tick{});
  EXPECT_FALSE(first.finished);
  EXPECT_EQ(first.events.size(), expired_events_max);
  const Decision second = decide(state, desk.start + 2min, cmd::Tick{});
  EXPECT_TRUE(second.finished);
  EXPECT_EQ(second.events.size(), 500u);
  for (const Event& event : second.events) EXPECT_EQ(event.at, desk.start + 61s + 1ms) << "each at its own instant";
}

TEST(RoutingRulesTest, PresenceIsIntegratedToTheMillisecond) {
  Desk desk;
  desk.connects("aino", 0s);
  desk.ready("aino", 10s);
  desk.says(1, 20s);
  desk.accepts("aino", 1, 21s);
  desk.says(2, 30s);
  desk.accepts("aino", 2, 31s);
  desk.answers("aino", 1, 32s);
  desk.answers("aino", 2, 33s);
  desk.closes("aino", 1, 41s);
  desk.tick(41s + 60s + 1ms);  // wrap-up of the first is over at 101 s
  desk.closes("aino", 2, 111s);
  const PresenceTotals t = totals_at(desk.agent_state("aino"), desk.start + 111s);
  EXPECT_EQ(t.status[static_cast<std::size_t>(AgentStatus::away)], Millis{10s});
  EXPECT_EQ(t.status[static_cast<std::size_t>(AgentStatus::online)], Millis{101s});
  EXPECT_EQ(t.capacity, Millis{202s});
  EXPECT_EQ(t.engaged, Millis{90s}) << "21 s to 111 s";
  EXPECT_EQ(t.chats, Millis{10s + 140s + 10s});
  EXPECT_EQ(t.busy, Millis{1s + 9s + 2 * 1s + 140s + 10s}) << "offers take a slot too";
  const auto ended = desk.core.all<event::WrapUpEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].handle, Millis{80s});
  EXPECT_EQ(ended[0].focus, Millis{10s + 35s}) << "ten seconds alone, seventy shared by two";
}

TEST(RoutingRulesTest, AHoldOutlivesTheReopenWindowInWhichTheVisitorCameBack) {
  Desk desk([](Settings& s) {
    s.queues[0].sticky_hold = 60s;
    s.queues[0].reopen_window = 20s;
    s.queues[0].wrapup = Millis{0};
    s.agents[0].capacity = 1;
  });
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.closes("aino", 1, 4s);
  desk.says(2, 5s);
  desk.accepts("aino", 2, 6s);
  desk.says(1, 10s, "one more thing");
  desk.ready("eero", 30s);
  EXPECT_EQ(desk.offered_to(1), "") << "came back in time: held for aino, also when the window would be over";
  desk.answers("aino", 2, 31s);
  desk.closes("aino", 2, 32s);
  EXPECT_EQ(desk.offered_to(1), "aino");
}

TEST(RoutingRulesTest, AnOperatorEndsTheClosingAlsoWhereContactsMayWaitForTheMorning) {
  for (const AfterHours policy : {AfterHours::message, AfterHours::queue}) {
    Desk desk([&](Settings& settings) { settings.queues[0].after_hours = policy; });
    desk.says(1, 1s);
    desk.hours(2s, {});
    ASSERT_EQ(desk.chat(1).state, ConversationState::queued);
    EXPECT_TRUE(done(desk.core.at(desk.start + 3s, cmd::EndClosing{.queue = Desk::queue})));
    EXPECT_EQ(desk.chat(1).state, ConversationState::closed);
    EXPECT_EQ(desk.core.all<event::ContactEnded>().back().reason, EndReason::queue_closed);
    const Answer again = desk.core.at(desk.start + 4s, cmd::EndClosing{.queue = Desk::queue});
    EXPECT_EQ(refusal(again), Refusal::wrong_state) << "it is closed, and not closing any more";
  }
}

TEST(RoutingRulesTest, ABotHandsOverToAClosedQueueAsAMessage) {
  for (const AfterHours policy : {AfterHours::message, AfterHours::refuse, AfterHours::queue}) {
    Desk desk([&](Settings& settings) { settings.queues[0].after_hours = policy; });
    desk.core.at(desk.start + 1s, cmd::Start{.visitor = public_id(1),
                                             .conversation = public_id(1001),
                                             .queue = Desk::queue,
                                             .connection = ConnectionId{.node = 1, .incarnation = 1, .number = 7},
                                             .facts = {},
                                             .bot_first = true});
    desk.hours(2s, {});
    const Answer answer = desk.core.at(desk.start + 3s, cmd::HandOver{.conversation = public_id(1001)});
    if (policy == AfterHours::refuse) {
      EXPECT_EQ(refusal(answer), Refusal::queue_closed);
    } else {
      EXPECT_EQ(desk.chat(1).state,
                policy == AfterHours::message ? ConversationState::offline_message : ConversationState::queued);
    }
  }
}

TEST(RoutingRulesTest, SpamIsExcludedEverywhereALateTurnToo) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.says(1, 4s);
  desk.tick(5min);
  desk.core.get<Done>(
      desk.start + 6min,
      cmd::Close{.sender = Sender::of_agent(desk.agent("aino")), .conversation = public_id(1001), .spam = true});
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().outcome, Outcome::spam);
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().reason, EndReason::none);
}

TEST(RoutingRulesTest, WhoIsHelpedStaysHelpedWhenTheSettingsChange) {
  TwoQueues desk([](Settings& s) {
    s.queues[0].overflow = "sales";
    s.queues[0].overflow_after = 90s;
  });
  desk.says(1, 0s);
  desk.tick(91s);
  Settings changed = desk.settings;
  changed.queues[0].overflow.clear();
  desk.core.get<Done>(desk.start + 92s, cmd::ApplySettings{.settings = changed, .replaces_version = 1});
  desk.ready("eero", 93s);
  EXPECT_EQ(desk.offered_to(1), "eero");
}

}  // namespace
}  // namespace heti::tests

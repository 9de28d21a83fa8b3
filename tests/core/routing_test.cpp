#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

TEST(RoutingTest, AFreeAgentIsOfferedTheVisitorAtOnce) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 5s);
  EXPECT_EQ(desk.offered_to(1), "aino");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::only_one);
  EXPECT_TRUE(done(desk.accepts("aino", 1, 8s)));
  EXPECT_EQ(desk.core.all<event::ChatAssigned>().back().wait, Millis{3s});
}

TEST(RoutingTest, AVisitorWhoWaitsIsOfferedWhenAnAgentBecomesReady) {
  Desk desk;
  desk.says(1, 0s);
  desk.connects("aino", 1s);
  EXPECT_EQ(desk.offered_to(1), "") << "logging in is not being ready";
  desk.ready("aino", 2s);
  EXPECT_EQ(desk.offered_to(1), "aino");
}

TEST(RoutingTest, TheLeastBusyAgentIsChosenThenTheLongestIdleThenTheLowestId) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.ready("eero", 0s);
  desk.says(1, 1s);
  EXPECT_EQ(desk.offered_to(1), "aino");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::lowest_id);
  desk.says(2, 2s);
  EXPECT_EQ(desk.offered_to(2), "eero");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::least_busy);
  desk.accepts("eero", 2, 3s);
  desk.accepts("aino", 1, 4s);
  desk.says(3, 5s);
  EXPECT_EQ(desk.offered_to(3), "eero") << "idle for longer";
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::longest_idle);
}

TEST(RoutingTest, NobodyGetsMoreThanTheirCapacityAndTheOldestWaiterIsNext) {
  Desk desk;
  desk.ready("aino", 0s);
  for (std::uint64_t v = 1; v <= 4; ++v) desk.says(v, std::chrono::seconds{v});
  EXPECT_EQ(desk.agent_state("aino").busy(), 2u);
  EXPECT_EQ(desk.offered_to(3), "");
  desk.accepts("aino", 1, 5s);
  desk.accepts("aino", 2, 5s);
  desk.closes("aino", 1, 6s);
  EXPECT_EQ(desk.offered_to(3), "") << "the slot is busy until wrap-up has ended";
  desk.core.get<Done>(desk.start + 7s, cmd::FinishWrapUp{.agent = desk.agent("aino"), .conversation = public_id(1001)});
  EXPECT_EQ(desk.offered_to(3), "aino");
  EXPECT_EQ(desk.offered_to(4), "");
}

TEST(RoutingTest, WrapUpEndsByItselfAndFreesTheSlotAtItsDueInstant) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 0s);
  desk.says(2, 0s);
  desk.says(3, 0s);
  desk.accepts("aino", 1, 1s);
  desk.accepts("aino", 2, 1s);
  desk.closes("aino", 1, 2s);
  desk.tick(200s);
  const auto offers = desk.core.all<event::ChatOffered>();
  EXPECT_EQ(offers.at(2).due, desk.start + 62s + 20s) << "offered at the end of the wrap-up, not at the late tick";
}

TEST(RoutingTest, ADeclinedVisitorGoesToSomebodyElseWithTheSameKey) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.ready("eero", 0s);
  desk.says(1, 1s);
  const Instant key = desk.chat(1).contact->key;
  EXPECT_TRUE(done(desk.declines("aino", 1, 2s)));
  EXPECT_EQ(desk.offered_to(1), "eero");
  EXPECT_EQ(desk.chat(1).contact->key, key);
}

TEST(RoutingTest, ABarredAgentWhoIsTheOnlyOneIsAskedAgainAfterTenSeconds) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.declines("aino", 1, 2s);
  desk.tick(12s);
  EXPECT_EQ(desk.offered_to(1), "") << "a command at the due instant comes first";
  desk.tick(12s + 1ms);
  EXPECT_EQ(desk.offered_to(1), "aino");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::barred_but_only_one);
}

TEST(RoutingTest, ABarredAgentIsNotAskedForAMinuteWhileSomebodyElseStaffsTheQueue) {
  Desk desk([](Settings& s) { s.agents[1].capacity = 1; });
  desk.ready("aino", 0s);
  desk.ready("eero", 0s);
  desk.says(1, 1s);
  desk.says(2, 1s);
  ASSERT_EQ(desk.offered_to(2), "eero");
  desk.accepts("eero", 2, 2s);
  desk.declines("aino", 1, 2s);
  desk.tick(61s);
  EXPECT_EQ(desk.offered_to(1), "");
  desk.tick(62s + 1ms);
  EXPECT_EQ(desk.offered_to(1), "aino");
}

TEST(RoutingTest, TwoExpiredOffersInARowMakeTheAgentAway) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 0s);
  desk.tick(20s);
  EXPECT_EQ(desk.offered_to(1), "aino");
  desk.tick(21s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::online);
  desk.tick(60s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::away);
  EXPECT_EQ(desk.agent_state("aino").reason, StatusReason::offers_missed);
  EXPECT_EQ(desk.core.all<event::OfferEnded>().size(), 2u);
}

TEST(RoutingTest, AnAcceptAtExactlyTheEndOfTheOfferCounts) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 0s);
  EXPECT_TRUE(done(desk.accepts("aino", 1, 20s)));
  Desk late;
  late.ready("aino", 0s);
  late.says(1, 0s);
  EXPECT_EQ(refusal(late.accepts("aino", 1, 20s + 1ms)), Refusal::not_allowed);
}

TEST(RoutingTest, AReturningVisitorComesBackToTheAgentWhoKnowsThem) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.closes("aino", 1, 4s);
  desk.tick(100s);
  desk.ready("eero", 101s);
  desk.says(1, 200s);
  EXPECT_EQ(desk.offered_to(1), "aino");
  EXPECT_EQ(desk.core.all<event::ChatOffered>().back().rule, RoutedBy::sticky);
}

TEST(RoutingTest, TheFirstClaimWinsInPullMode) {
  Desk desk([](Settings& s) { s.queues[0].mode = RoutingMode::pull; });
  desk.ready("aino", 0s);
  desk.ready("eero", 0s);
  desk.says(1, 1s);
  EXPECT_EQ(desk.offered_to(1), "");
  EXPECT_TRUE(done(desk.accepts("eero", 1, 2s)));
  EXPECT_EQ(refusal(desk.accepts("aino", 1, 2s)), Refusal::already_assigned);
  EXPECT_TRUE(done(desk.accepts("eero", 1, 3s))) << "the same wish again is no error";
}

TEST(RoutingTest, AnAgentOfAnotherQueueSeesNothing) {
  Desk desk([](Settings& s) {
    s.queues.push_back({.name = "sales", .display_name = "Sales"});
    s.agents[1].queues = {"sales"};
  });
  desk.ready("eero", 0s);
  desk.says(1, 1s);
  EXPECT_EQ(desk.offered_to(1), "");
  EXPECT_EQ(refusal(desk.accepts("eero", 1, 2s)), Refusal::not_found);
  EXPECT_EQ(refusal(desk.answers("eero", 1, 2s)), Refusal::not_found);
  EXPECT_EQ(refusal(desk.core.at(desk.start + 3s, cmd::Open{.sender = Sender::of_agent(desk.agent("eero")),
                                                            .conversation = public_id(1001),
                                                            .after = 0})),
            Refusal::not_found);
}

}  // namespace
}  // namespace heti::tests

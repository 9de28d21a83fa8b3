#include "service/core/staffing.hpp"
#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

TEST(PresenceTest, ALostAgentIsNotStaffedAndKeepsTheChatThroughTheGrace) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.drops("aino", 10s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::lost);
  EXPECT_EQ(desk.core.state().queues.at(Desk::queue).staffed, 0u);
  desk.tick(40s);
  EXPECT_EQ(desk.held_by(1), "aino") << "thirty seconds are still inside";
  desk.connects("aino", 40s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::online);
  EXPECT_EQ(desk.held_by(1), "aino");
}

TEST(PresenceTest, AfterTheGraceTheChatGoesBackToTheLineWithItsOldKey) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.drops("aino", 10s);
  desk.tick(40s + 1ms);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::offline);
  EXPECT_EQ(desk.chat(1).state, ConversationState::queued);
  EXPECT_EQ(desk.chat(1).contact->t_enq, desk.start + 1s);
  EXPECT_EQ(desk.chat(1).contact->stay_since, desk.start + 10s);
}

TEST(PresenceTest, ASecondTabNeitherSwitchesOnNorOff) {
  Desk desk;
  desk.connects("aino", 0s);
  const ConnectionId first = desk.connection_of["aino"];
  desk.connects("aino", 1s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::away);
  desk.ready("aino", 2s);
  desk.core.get<Done>(desk.start + 3s, cmd::AgentGone{.agent = desk.agent("aino"), .connection = first});
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::online);
  desk.drops("aino", 4s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::lost);
}

TEST(PresenceTest, GoingAwayRescindsOffersButKeepsChats) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.says(2, 3s);
  ASSERT_EQ(desk.offered_to(2), "aino");
  desk.sets("aino", AgentStatus::away, 4s);
  EXPECT_EQ(desk.offered_to(2), "");
  EXPECT_EQ(desk.core.all<event::OfferEnded>().back().result, OfferEnd::rescinded);
  EXPECT_EQ(desk.held_by(1), "aino");
}

TEST(PresenceTest, EndOfShiftTakesNoNewChatsAndEndsWithTheLast) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.sets("aino", AgentStatus::finishing, 3s);
  desk.says(2, 4s);
  EXPECT_EQ(desk.offered_to(2), "");
  desk.closes("aino", 1, 5s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::finishing);
  desk.tick(66s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::offline);
}

TEST(PresenceTest, AHeldVerdictIsGivenAtOnceWhenTheVisitorReturnsTooLate) {
  Desk desk;
  desk.says(1, 0s);
  desk.leaves(1, 30s);
  desk.tick(80s);
  EXPECT_TRUE(desk.core.all<event::VerdictGiven>().empty()) << "held while the visitor is away";
  desk.returns(1, 85s);
  const auto verdicts = desk.core.all<event::VerdictGiven>();
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].verdict, Verdict::bad);
  EXPECT_EQ(verdicts[0].elapsed, Millis{85s});
}

TEST(PresenceTest, AVerdictGivenBeforeTheDisconnectStays) {
  Desk desk;
  desk.says(1, 0s);
  desk.tick(61s);
  desk.leaves(1, 62s);
  desk.tick(200s);
  const auto verdicts = desk.core.all<event::VerdictGiven>();
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].verdict, Verdict::bad);
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().reason, EndReason::abandoned_after);
}

TEST(PresenceTest, AnAnsweredVisitorWhoLeavesIsClosedAfterTenMinutes) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.leaves(1, 10s);
  desk.tick(10s + 10min);
  EXPECT_EQ(desk.chat(1).state, ConversationState::assigned);
  desk.tick(10s + 10min + 1ms);
  EXPECT_EQ(desk.chat(1).state, ConversationState::wrapup);
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().outcome, Outcome::answered);
}

TEST(PresenceTest, WhoLeavesBeforeTheFirstWordIsForgottenWithoutAContact) {
  Desk desk;
  const ConnectionId connection{.node = 1, .incarnation = 1, .number = 77};
  desk.core.get<ConversationView>(desk.start, cmd::Start{.visitor = public_id(1),
                                                         .conversation = public_id(1001),
                                                         .queue = Desk::queue,
                                                         .connection = connection,
                                                         .facts = {},
                                                         .bot_first = false});
  desk.core.get<Done>(desk.start + 5s, cmd::VisitorGone{.visitor = public_id(1), .connection = connection});
  desk.tick(65s);
  EXPECT_EQ(desk.chat(1).state, ConversationState::fresh);
  desk.tick(65s + 1ms);
  EXPECT_EQ(desk.chat(1).state, ConversationState::closed);
  EXPECT_EQ(desk.core.all<event::ChatClosed>().back().reason, CloseReason::abandoned);
  EXPECT_TRUE(desk.core.all<event::ContactEnded>().empty()) << "nobody was asked for, so nobody is counted";
}

TEST(PresenceTest, DowntimeOfOursMarksNobodyAwayOrAbandoned) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.ready("eero", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.says(2, 3s);
  ASSERT_EQ(desk.offered_to(2), "eero");
  // Down from 10 s to 610 s.
  desk.core.get<Done>(desk.start + 610s,
                      cmd::ResumeService{.alive_until = desk.start + 10s, .node = 1, .incarnation = 2});
  EXPECT_EQ(desk.core.all<event::OfferEnded>().back().result, OfferEnd::service);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::lost);
  desk.tick(640s);
  EXPECT_EQ(desk.held_by(1), "aino") << "the grace starts again at the start";
  desk.connects("aino", 640s);
  desk.connects("eero", 640s);
  desk.returns(1, 640s);
  desk.returns(2, 640s);
  EXPECT_EQ(desk.agent_state("aino").status, AgentStatus::online);
  EXPECT_EQ(desk.offered_to(2), "aino") << "the first to be back";
  EXPECT_EQ(desk.agent_state("eero").expiries, 0u);
  // The promise to the visitor did run: 637 s without an answer is a breach.
  const auto verdicts = desk.core.all<event::VerdictGiven>();
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(verdicts[0].verdict, Verdict::bad);
  const StaffingTotals totals = totals_at(desk.core.state().queues.at(Desk::queue), desk.start + 640s);
  EXPECT_EQ(totals.open, Millis{640s});
  EXPECT_EQ(totals.unstaffed, Millis{630s}) << "ten minutes down and the half minute until they were back";
  desk.core.expect_replay_gives_the_same_bytes();
}

}  // namespace
}  // namespace heti::tests

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

TEST(PostingTest, ARepeatedPostIsAnsweredWithItsOldPlaceAndAddsNothing) {
  Desk desk;
  EXPECT_EQ(seq(desk.says(1, 0s, "one")), 1u);
  EXPECT_EQ(seq(desk.posts(1, 1s, "s", 2, "two")), 2u);
  EXPECT_EQ(seq(desk.posts(1, 2s, "s", 1, "one")), 1u);
  EXPECT_EQ(seq(desk.posts(1, 2s, "s", 2, "two")), 2u);
  EXPECT_EQ(desk.core.all<event::MessagePosted>().size(), 2u);
}

TEST(PostingTest, AnotherTextUnderTheSameNumberIsAConflict) {
  Desk desk;
  desk.says(1, 0s, "one");
  EXPECT_EQ(refusal(desk.posts(1, 1s, "s", 1, "uno")), Refusal::conflict);
}

TEST(PostingTest, AMissingNumberIsAskedForByName) {
  Desk desk;
  desk.says(1, 0s, "one");
  const Answer answer = desk.posts(1, 1s, "s", 4, "four");
  EXPECT_EQ(refusal(answer), Refusal::resend_from);
  EXPECT_EQ(std::get<Refused>(answer).resend_from, 2u);
}

TEST(PostingTest, TwoTabsNumberForThemselves) {
  Desk desk;
  desk.says(1, 0s, "one");
  EXPECT_EQ(seq(desk.posts(1, 1s, "othertab", 1, "from the other tab")), 2u);
}

TEST(PostingTest, AStartIsIdempotentUntilTheConversationIsFinal) {
  Desk desk;
  desk.says(1, 0s);
  const auto again = desk.core.get<ConversationView>(desk.start + 1s, cmd::Start{.visitor = public_id(1),
                                                                                 .conversation = public_id(77),
                                                                                 .queue = Desk::queue,
                                                                                 .connection = std::nullopt,
                                                                                 .facts = {},
                                                                                 .bot_first = false});
  EXPECT_EQ(again.conversation, public_id(1001));
  EXPECT_EQ(desk.core.state().conversations.size(), 1u);
}

TEST(PostingTest, ARepeatedStartTeachesWhatIsNewAndForgetsNothing) {
  Desk desk;
  desk.says(1, 0s);
  const auto again = [&](Millis t, VisitorFacts facts) {
    desk.core.get<ConversationView>(desk.start + t, cmd::Start{.visitor = public_id(1),
                                                               .conversation = public_id(77),
                                                               .queue = Desk::queue,
                                                               .connection = std::nullopt,
                                                               .facts = std::move(facts),
                                                               .bot_first = false});
  };
  again(1s, {.name = "Venla", .email = "", .page_url = "", .page_title = "Beans"});
  again(2s, {.name = "", .email = "venla@example.net", .page_url = "", .page_title = ""});
  again(3s, {});
  EXPECT_EQ(desk.chat(1).facts,
            (VisitorFacts{.name = "Venla", .email = "venla@example.net", .page_url = "", .page_title = "Beans"}));
  EXPECT_EQ(desk.core.all<event::VisitorFactsChanged>().size(), 2u);
}

TEST(PostingTest, ARepeatIsKnownEvenAfterTheChatWasClosedAndIsFinalOnlyAfterADay) {
  Desk desk;
  desk.says(1, 0s, "one");
  desk.ready("aino", 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.closes("aino", 1, 4s);
  desk.tick(120s);
  EXPECT_EQ(seq(desk.posts(1, 121s, "s", 1, "one")), 1u);
  EXPECT_EQ(desk.chat(1).state, ConversationState::closed) << "a repeat does not reopen";
  desk.tick(4s + 24h);
  EXPECT_NE(desk.core.state().find(public_id(1001)), nullptr);
  desk.tick(4s + 24h + 1ms);
  EXPECT_EQ(desk.core.state().find(public_id(1001)), nullptr);
  EXPECT_EQ(refusal(desk.posts(1, 4s + 24h + 1s, "s", 1, "one")), Refusal::not_found);
  ASSERT_EQ(desk.core.all<event::ConversationFinal>().size(), 1u);
  EXPECT_EQ(desk.core.all<event::ConversationFinal>()[0].resolution, Millis{4s});
  EXPECT_TRUE(desk.core.state().due.size() <= 2u) << "nothing is left to run";
}

TEST(PostingTest, SequenceNumbersHaveNoGapAcrossAllKindsOfLines) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s);
  desk.closes("aino", 1, 4s);
  desk.core.get<Done>(
      desk.start + 5s,
      cmd::Rate{.visitor = public_id(1), .conversation = public_id(1001), .score = 5, .comment = "quick"});
  desk.says(1, 6s, "one more thing");
  std::uint64_t expected = 0;
  for (const Event& event : desk.core.events()) {
    if (const auto line = entry_of(desk.core.state(), event)) {
      EXPECT_EQ(line->second.seq, ++expected);
    }
  }
  EXPECT_EQ(expected, 7u) << "message, assigned, message, closed, rated, reopened, message";
}

TEST(PostingTest, AnAgentWhoDoesNotHoldTheChatMayNotAnswerInIt) {
  Desk desk([](Settings& s) { s.agents[2].supervisor = true; });
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  EXPECT_EQ(refusal(desk.answers("aino", 1, 2s)), Refusal::wrong_state) << "offered, not accepted";
  desk.accepts("aino", 1, 2s);
  EXPECT_EQ(refusal(desk.answers("eero", 1, 3s)), Refusal::not_allowed);
  desk.answers("ville", 1, 4s);
  EXPECT_EQ(desk.core.all<event::FirstResponseGiven>().size(), 1u) << "a supervisor's answer counts";
}

TEST(PostingTest, AnotherVisitorsConversationLooksAbsent) {
  Desk desk;
  desk.says(1, 0s);
  EXPECT_EQ(refusal(desk.core.at(desk.start + 1s, cmd::Post{.sender = Sender::of_visitor(public_id(2)),
                                                            .conversation = public_id(1001),
                                                            .author = Author::visitor,
                                                            .stream = "s",
                                                            .n = 1,
                                                            .text = "mine?"})),
            Refusal::not_found);
  EXPECT_EQ(refusal(desk.core.at(
                desk.start + 1s,
                cmd::Open{.sender = Sender::of_visitor(public_id(2)), .conversation = public_id(1001), .after = 0})),
            Refusal::not_found);
}

TEST(PostingTest, WhileClosedAMessageIsLeftOutsideEveryClock) {
  Desk desk;
  desk.hours(1h, {{.open = desk.start + 24h, .close = desk.start + 30h}});
  desk.says(1, 2h, "call me");
  EXPECT_EQ(desk.chat(1).state, ConversationState::offline_message);
  EXPECT_TRUE(desk.core.all<event::ContactQueued>().empty());
  desk.ready("aino", 25h);
  desk.answers("aino", 1, 25h);
  EXPECT_TRUE(desk.core.all<event::FirstResponseGiven>().empty());
  EXPECT_TRUE(done(desk.closes("aino", 1, 26h)));
  EXPECT_EQ(desk.chat(1).state, ConversationState::closed);
}

TEST(PostingTest, AStartThatComesTooLateBecomesAMessage) {
  Desk desk;
  desk.core.get<ConversationView>(desk.start, cmd::Start{.visitor = public_id(1),
                                                         .conversation = public_id(1001),
                                                         .queue = Desk::queue,
                                                         .connection = std::nullopt,
                                                         .facts = {},
                                                         .bot_first = false});
  desk.hours(1s, {});
  desk.numbers[1] = 0;
  EXPECT_EQ(seq(desk.says(1, 2s)), 1u);
  EXPECT_EQ(desk.chat(1).state, ConversationState::offline_message);
}

TEST(PostingTest, WhoStillWaitsAtTheEndOfClosingIsToldAndCountedAsMissed) {
  Desk desk;
  desk.says(1, 0s);
  desk.hours(10s, {});
  desk.tick(10s + 30min);
  EXPECT_EQ(desk.chat(1).state, ConversationState::queued);
  desk.tick(10s + 30min + 1ms);
  EXPECT_EQ(desk.chat(1).state, ConversationState::closed);
  const auto ended = desk.core.all<event::ContactEnded>();
  EXPECT_EQ(ended.back().outcome, Outcome::missed);
  EXPECT_EQ(ended.back().reason, EndReason::queue_closed);
  EXPECT_EQ(desk.core.all<event::VerdictGiven>().back().verdict, Verdict::bad);
}

TEST(PostingTest, ARatingIsTakenOnceAfterTheEndAndOnlyIfSomebodyAnswered) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  const auto rate = [&](Millis t, std::uint32_t score) {
    return desk.core.at(
        desk.start + t,
        cmd::Rate{.visitor = public_id(1), .conversation = public_id(1001), .score = score, .comment = ""});
  };
  EXPECT_EQ(refusal(rate(2s, 5)), Refusal::wrong_state);
  desk.accepts("aino", 1, 3s);
  desk.answers("aino", 1, 4s);
  desk.closes("aino", 1, 5s);
  EXPECT_EQ(refusal(rate(6s, 6)), Refusal::not_allowed);
  EXPECT_TRUE(done(rate(7s, 4)));
  EXPECT_TRUE(done(rate(8s, 4))) << "the same again is no error";
  EXPECT_EQ(refusal(rate(9s, 1)), Refusal::conflict);
  EXPECT_EQ(desk.chat(1).rating, 4u);
}

TEST(PostingTest, AClosedConversationIsAStubWithoutText) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s, "a secret");
  desk.accepts("aino", 1, 2s);
  desk.answers("aino", 1, 3s, "another secret");
  desk.closes("aino", 1, 4s);
  desk.tick(65s);
  EXPECT_TRUE(desk.chat(1).recent.empty());
  EXPECT_EQ(state_bytes(desk.core.state()).find("secret"), std::string::npos);
}

}  // namespace
}  // namespace heti::tests

// What the model finds in stories of people and agents, and what it complains of when the service breaks a rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/model_story.hpp"

namespace heti::simulation {
namespace {

using core::AgentStatus;
using core::CloseReason;
using core::RoutingMode;
using core::StatusReason;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> nothing;

core::Settings two_queues() {
  core::Settings settings = one_queue();
  settings.queues.push_back({.name = "sales", .display_name = "Sales"});
  settings.agents[1].queues = {"sales"};
  return settings;
}

TEST(ModelPromisesTest, BreaksAtTheFirstMillisecondBeyondTheTargetThoughNobodyAnswers) {
  Story story;
  story.at(0s).asks(1);
  EXPECT_THAT(story.figures(60s, Measure::verdict), IsEmpty());
  const Model late = story.model(story.begin() + 60'001ms);
  ASSERT_EQ(late.figures().size(), 2u);
  EXPECT_EQ(told(late.figures()[1]),
            "verdict of first response: bad after 60001 ms, clock since 1780293600000, at "
            "1780293660001");
}

TEST(ModelPromisesTest, IsHeldWhileTheVisitorIsAwayAndJudgedOnReturn) {
  Story story;
  story.at(0s).asks(1).at(50s).leaves(1).at(100s).returns(1);
  EXPECT_THAT(story.figures(200s, Measure::verdict),
              ElementsAre("verdict of first response: bad after 100000 ms, clock since 1780293600000"));
}

TEST(ModelPromisesTest, AbandonedIsJudgedByTheDisconnectWhenTheGraceEnds) {
  Story story;
  story.at(0s).asks(1).at(60s).leaves(1);
  story.at(200s).asks(2).at(260'001ms).leaves(2);
  EXPECT_THAT(story.figures(400s, Measure::verdict),
              ElementsAre("verdict of first response: excluded after 120000 ms, clock since 1780293600000",
                          "verdict of first response: bad after 60001 ms, clock since 1780293800000"));
  EXPECT_THAT(story.figures(400s, Measure::ended), ElementsAre("contact ended: abandoned within, waited 60000 ms",
                                                               "contact ended: abandoned after, waited 60001 ms"));
  EXPECT_EQ(story.complaints(400s), nothing);
}

TEST(ModelPromisesTest, ShortAbandonEndsBeforeTenSeconds) {
  Story story;
  story.at(0s).asks(1).at(9'999ms).closes(1).at(20s).asks(2).at(30s).closes(2);
  EXPECT_THAT(story.figures(60s, Measure::ended), ElementsAre("contact ended: abandoned short, waited 9999 ms",
                                                              "contact ended: abandoned within, waited 10000 ms"));
}

TEST(ModelPromisesTest, SpamIsExcludedUnlessItsVerdictWasGivenBefore) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(5s).accepts(1, 1).at(60s).agent_closes(1, 1, true);
  story.at(130s).asks(2).offered(2, 1).at(135s).accepts(2, 1).at(190'001ms).agent_closes(2, 1, true);
  EXPECT_THAT(story.figures(400s, Measure::verdict),
              ElementsAre("verdict of first response: excluded after 60000 ms, clock since 1780293600000",
                          "verdict of first response: bad after 60001 ms, clock since 1780293730000"));
  EXPECT_THAT(story.figures(400s, Measure::ended),
              ElementsAre("contact ended: spam, waited 60000 ms", "contact ended: spam, waited 60001 ms"));
  EXPECT_EQ(story.complaints(400s), nothing);
}

TEST(ModelPromisesTest, OpenTurnsEndExcludedInTimeAndUnansweredWhenLate) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(5s).answers(1, 1).at(10s).writes(1);
  story.at(130s).agent_closes(1, 1).at(140s).writes(1).offered(1, 1).accepts(1, 1).answers(1, 1);
  story.at(150s).writes(1).at(270'001ms).agent_closes(1, 1);
  EXPECT_THAT(story.figures(500s, Measure::ended),
              ElementsAre("contact ended: answered, waited 130000 ms",
                          "contact ended: answered unanswered_turn, waited 130001 ms"));
  EXPECT_THAT(story.figures(500s, Measure::wrapup), ElementsAre("wrap-up of agent 1: 60000 ms, handled 190000 ms",
                                                                "wrap-up of agent 1: 60000 ms, handled 190001 ms"));
  EXPECT_EQ(story.complaints(500s), nothing);
}

TEST(ModelPromisesTest, IdleChatsAreClosedTenMinutesAfterTheVisitorLeft) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(5s).answers(1, 1).at(10s).leaves(1);
  EXPECT_EQ(story.complaints(20min), nothing);
  EXPECT_THAT(story.figures(20min, Measure::ended), ElementsAre("contact ended: answered, waited 10000 ms"));
  story.quiet();
  Story forgotten;
  forgotten.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(5s).answers(1, 1).quiet().at(10s).leaves(1);
  EXPECT_THAT(forgotten.complaints(610s), IsEmpty());
  EXPECT_THAT(forgotten.complaints(610'001ms), ElementsAre(HasSubstr("visitor has been away too long")));
}

TEST(ModelPromisesTest, ResolutionIsFromTheFirstContactToTheLastClosingAndGivenOnce) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).answers(1, 1).at(100s).agent_closes(1, 1);
  story.at(1h).writes(1).offered(1, 1).accepts(1, 1).answers(1, 1).at(1h + 30s).agent_closes(1, 1);
  EXPECT_THAT(story.figures(25h + 30s, Measure::resolution), IsEmpty());
  EXPECT_THAT(story.figures(25h + 31s, Measure::resolution), ElementsAre("resolution: 3630000 ms"));
  EXPECT_EQ(story.complaints(26h), nothing);
}

TEST(ModelPromisesTest, ClosingEndsWaitingAsMissedAndTakesNewOnesAsMessages) {
  const Instant monday_evening = instant_from_ms(1'780'318'770'000);  // 12:59:30 UTC, half a minute before closing
  Story story(one_queue(), monday_evening);
  story.hours(office("Europe/Helsinki")).at(0s).asks(1);
  story.at(40s).starts(2).see(seen::OfflineMessage{2}).writes(2);
  story.at(30s + 30min).closed_by_system(1, CloseReason::queue_closed);
  EXPECT_EQ(story.complaints(1h), nothing);
  EXPECT_THAT(story.figures(1h, Measure::ended), ElementsAre("contact ended: missed queue_closed, waited 30000 ms"));
  EXPECT_THAT(story.figures(1h, Measure::verdict),
              ElementsAre("verdict of first response: bad after 30000 ms, clock since 1780318770000"));

  Story early(one_queue(), monday_evening);
  early.hours(office("Europe/Helsinki")).at(0s).asks(1).at(30s + 30min - 1ms);
  early.closed_by_system(1, CloseReason::queue_closed);
  EXPECT_THAT(early.complaints(1h), ElementsAre(HasSubstr("no closing time ends now")));

  Story forgotten(one_queue(), monday_evening);
  forgotten.hours(office("Europe/Helsinki")).at(0s).asks(1);
  EXPECT_THAT(forgotten.complaints(1h), ElementsAre(HasSubstr("still waits when the closing of its queue ends")));
}

TEST(ModelPromisesTest, AnOperatorMayEndTheClosingBeforeItsTime) {
  const Instant monday_evening = instant_from_ms(1'780'318'770'000);
  Story forgotten(one_queue(), monday_evening);
  forgotten.hours(office("Europe/Helsinki")).at(0s).asks(1).at(50s).see(seen::ClosingEnded{.queue = 1});
  Story story = forgotten;
  EXPECT_THAT(forgotten.complaints(51s), Contains(HasSubstr("waits on though the closing of its line was ended")));
  story.closed_by_system(1, CloseReason::queue_closed);
  EXPECT_EQ(story.complaints(1h), nothing);

  Story open;
  open.at(0s).asks(1).at(50s).see(seen::ClosingEnded{.queue = 1});
  EXPECT_THAT(open.complaints(1h), Contains(HasSubstr("a queue that is not closing")));
}

TEST(ModelPromisesTest, MaxWaitEndsWaitingAsTimeout) {
  core::Settings settings = one_queue();
  settings.queues[0].max_wait = 90s;
  Story story(settings);
  story.at(0s).asks(1).at(90'001ms).closed_by_system(1, CloseReason::timeout);
  EXPECT_EQ(story.complaints(5min), nothing);
  EXPECT_THAT(story.figures(5min, Measure::ended), ElementsAre("contact ended: missed timeout, waited 90001 ms"));
  Story early(settings);
  early.at(0s).asks(1).at(90s).closed_by_system(1, CloseReason::timeout);
  EXPECT_THAT(early.complaints(5min), ElementsAre(HasSubstr("given up after 90000 ms")));
  Story late(settings);
  late.at(0s).asks(1).at(90'002ms).closed_by_system(1, CloseReason::timeout);
  EXPECT_THAT(late.complaints(5min), ElementsAre(HasSubstr("still waits after 90001 ms")));
}

TEST(ModelPromisesTest, ChatsThatAnAgentBeginsHaveTurnsButNoFirstResponse) {
  Story story;
  story.at(0s).ready(1).see(seen::Initiated{.conversation = 1, .visitor = 1, .queue = 1, .agent = 1});
  story.returns(1).answers(1, 1).at(100s).writes(1).at(130s).answers(1, 1).at(200s);
  story.see(seen::AgentClosed{.conversation = 1, .agent = 1, .spam = false});
  story.see(seen::Closed{.conversation = 1, .by = core::ClosedBy::agent, .reason = CloseReason::closed});
  story.at(210s).done(1, 1);
  EXPECT_EQ(story.complaints(300s), nothing);
  EXPECT_THAT(story.figures(300s, Measure::verdict),
              ElementsAre("verdict of reply: good after 30000 ms, clock since 1780293700000"));
  EXPECT_THAT(story.figures(300s, Measure::wait), IsEmpty());
  EXPECT_THAT(story.figures(300s, Measure::ended), ElementsAre("contact ended: outbound, waited 200000 ms"));
  EXPECT_THAT(story.figures(300s, Measure::wrapup), ElementsAre("wrap-up of agent 1: 10000 ms, handled 210000 ms"));
}

TEST(ModelDowntimeTest, PromisesRunThroughItGracesDoNotAndNobodyStaffsIt) {
  core::Settings settings = one_queue();
  Story story(settings);
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).asks(2).offered(2, 1);
  const Instant gone = story.begin() + 20s;
  story.at(50s).see(seen::Down{.from = gone});
  story.at(20s).see(seen::OfferGone{.conversation = 2, .agent = 1, .how = core::OfferEnd::service}).quiet();
  story.at(80s);
  story.status(1, AgentStatus::offline, StatusReason::grace_over).see(seen::Left{.conversation = 1, .agent = 1});
  for (const std::uint64_t chat : {1u, 2u}) {
    story.at(110s).see(
        seen::Closed{.conversation = chat, .by = core::ClosedBy::visitor, .reason = CloseReason::abandoned});
  }
  std::vector<std::string> complaints;
  const Model model = story.model(story.begin() + 3min, &complaints);
  EXPECT_EQ(complaints, nothing);
  EXPECT_THAT(story.figures(3min, Measure::requeue),
              ElementsAre("back in line: requeue since 1780293620000, agent 1 held it 20000 ms"));
  EXPECT_THAT(story.figures(3min, Measure::ended), ElementsAre("contact ended: abandoned within, waited 20000 ms",
                                                               "contact ended: abandoned within, waited 10000 ms"));
  const QueueFigures figures = model.queue_figures(1);
  EXPECT_EQ(figures.open, 240'000);
  EXPECT_EQ(figures.staffed, 20'000);
  EXPECT_EQ(figures.unstaffed, 220'000);
  EXPECT_EQ(figures.shortfall, 220'000);
}

TEST(ModelDowntimeTest, OffersDoNotOutliveTheServiceThatMadeThem) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(15s).see(seen::Down{.from = story.begin() + 10s});
  story.at(10s).quiet();
  Story forgotten = story;
  EXPECT_THAT(forgotten.complaints(11s), Contains(HasSubstr("is still offered though we were down")));
  story.see(seen::OfferGone{.conversation = 1, .agent = 1, .how = core::OfferEnd::service});
  // Journal time stands still until the wall clock is there: what is offered then is not of the time before.
  story.reconnects(1).offered(1, 1);
  EXPECT_EQ(story.complaints(11s), nothing);
}

TEST(ModelDowntimeTest, AbandoningSomebodyBecauseWeWereAwayIsWrong) {
  Story story;
  story.at(0s).asks(1).at(50s).see(seen::Down{.from = story.begin() + 10s});
  story.at(70s).see(seen::Closed{.conversation = 1, .by = core::ClosedBy::visitor, .reason = CloseReason::abandoned});
  EXPECT_THAT(story.complaints(3min), ElementsAre(HasSubstr("no grace ends now, but at 1780293710000")));
}

TEST(ModelPresenceTest, LostAgentsAreGivenUpWhenTheirGraceEndsNotBeforeNotAfter) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).drops(1).at(40s).asks(9).at(41s);
  EXPECT_EQ(story.complaints(1min), nothing);
  EXPECT_THAT(story.figures(1min, Measure::requeue),
              ElementsAre("back in line: requeue since 1780293610000, agent 1 held it 10000 ms"));

  Story early;
  early.at(0s).ready(1).at(10s).quiet().drops(1).at(39'999ms).status(1, AgentStatus::offline, StatusReason::grace_over);
  EXPECT_THAT(early.complaints(1min), ElementsAre(HasSubstr("no grace ends now")));
  Story never_given_up;
  never_given_up.at(0s).ready(1).at(10s).quiet().drops(1);
  EXPECT_THAT(never_given_up.complaints(1min), ElementsAre(HasSubstr("grace is over")));
}

TEST(ModelPresenceTest, RequeuedContactsWaitFromTheDisconnectWithTheOldClock) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(5s).accepts(1, 1).at(10s).drops(1);
  story.at(50s).ready(2).offered(1, 2).at(55s).accepts(1, 2).at(58s).answers(1, 2);
  EXPECT_EQ(story.complaints(70s), nothing);
  EXPECT_THAT(story.figures(70s, Measure::wait),
              ElementsAre("wait: first 5000 ms, agent 1", "wait: requeue 45000 ms, agent 2"));
  EXPECT_THAT(story.figures(70s, Measure::first_response), ElementsAre("first response: 58000 ms"));
}

TEST(ModelPresenceTest, TwoMissedOffersInARowSendTheAgentAway) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(20s).expires(1, 1).at(25s).asks(2).offered(2, 1);
  story.at(28s).declines(2, 1).at(30s).offered(1, 1).at(38s).offered(2, 1).at(50s).expires(1, 1);
  EXPECT_EQ(story.complaints(51s), nothing);  // A decline is an answer: this was the first in a row.
  story.at(58s).expires(2, 1);
  EXPECT_THAT(story.complaints(59s), ElementsAre(HasSubstr("two offers in a row and is still ONLINE")));
  story.at(58s).status(1, AgentStatus::away, StatusReason::offers_missed);
  EXPECT_EQ(story.complaints(59s), nothing);
  Story early;
  early.at(0s).ready(1).asks(1).offered(1, 1).at(20s).expires(1, 1);
  early.status(1, AgentStatus::away, StatusReason::offers_missed);
  EXPECT_THAT(early.complaints(30s), ElementsAre(HasSubstr("after 1 missed offers")));
}

TEST(ModelPresenceTest, EndOfShiftIsOfflineOnlyWhenTheLastSlotIsFree) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).status(1, AgentStatus::finishing);
  story.at(20s).agent_closes(1, 1).at(30s).done(1, 1).status(1, AgentStatus::offline, StatusReason::last_chat_closed);
  story.quiet();
  EXPECT_EQ(story.complaints(1min), nothing);
  Story early;
  early.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).status(1, AgentStatus::finishing);
  early.at(20s).status(1, AgentStatus::offline, StatusReason::last_chat_closed);
  EXPECT_THAT(early.complaints(1min),
              ElementsAre(HasSubstr("goes home with 1 slots"), HasSubstr("is OFFLINE and has")));
}

TEST(ModelPresenceTest, WrapUpEndsAtItsTimeUnlessTheAgentSaysSo) {
  Story early;
  early.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).quiet().agent_closes(1, 1);
  early.at(69s).see(seen::SlotFree{.conversation = 1, .agent = 1});
  EXPECT_THAT(early.complaints(2min), ElementsAre(HasSubstr("wrap-up early")));
  Story late;
  late.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).quiet().agent_closes(1, 1);
  EXPECT_EQ(late.complaints(70s), nothing);
  EXPECT_THAT(late.complaints(71s), ElementsAre(HasSubstr("keeps the slot of C1 after wrap-up")));
}

TEST(ModelPresenceTest, OfTwoWrapUpsOfOneChatTheLaterMayEndFirst) {
  core::Settings settings = one_queue();
  Story story(settings);
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).answers(1, 1).at(10s).quiet().agent_closes(1, 1);
  settings.queues.front().wrapup = 0ms;
  story.at(15s).settings(settings);
  story.at(20s).writes(1).offered(1, 1).accepts(1, 1).answers(1, 1).at(30s).agent_closes(1, 1);
  story.see(seen::SlotFree{.conversation = 1, .agent = 1}).at(70s).see(seen::SlotFree{.conversation = 1, .agent = 1});
  EXPECT_EQ(story.complaints(2min), nothing);
  EXPECT_THAT(story.figures(2min, Measure::wrapup), ElementsAre("wrap-up of agent 1: 0 ms, handled 10000 ms",
                                                                "wrap-up of agent 1: 60000 ms, handled 70000 ms"));
}

TEST(ModelHoursTest, ReplacedHoursLeaveTheElapsedTimeAlone) {
  Story story;
  story.at(0s).asks(1).at(30s).hours(closed_always()).at(10min).hours(always());
  EXPECT_THAT(story.figures(10min + 30s, Measure::verdict), IsEmpty());
  EXPECT_THAT(story.figures(10min + 31s, Measure::verdict),
              ElementsAre("verdict of first response: bad after 60001 ms, clock since 1780293600000"));
  EXPECT_EQ(story.model(story.begin() + 11min).queue_figures(1).open, 60'000 + 30'000 + 60'000);
}

TEST(ModelHoursTest, AQueueTransferKeepsThePromisesOfHome) {
  Story story(two_queues());
  story.hours(closed_always(), 1).at(0s).hours(always(), 1);
  story.ready(1).ready(2).asks(1).offered(1, 1).accepts(1, 1).at(10s).transfers(1, 2).offered(1, 2);
  story.at(15s).accepts(1, 2).at(61s).answers(1, 2);
  EXPECT_EQ(story.complaints(2min), nothing);
  EXPECT_THAT(story.figures(2min, Measure::wait),
              ElementsAre("wait: first 0 ms, agent 1", "wait: transfer 5000 ms, agent 2"));
  EXPECT_THAT(story.figures(2min, Measure::first_response), ElementsAre("first response: 61000 ms"));
}

}  // namespace
}  // namespace heti::simulation

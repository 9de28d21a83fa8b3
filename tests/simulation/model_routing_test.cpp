// Offers and assignments: each rule of routing, kept and broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/model_story.hpp"

namespace heti::simulation {
namespace {

using core::AgentStatus;
using core::RoutingMode;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> nothing;

core::Settings with_sales() {
  core::Settings settings = one_queue();
  settings.queues.push_back({.name = "sales", .display_name = "Sales"});
  settings.agents[1].queues = {"sales"};
  return settings;
}

TEST(ModelRoutingTest, AnHonestChatGivesNoComplaint) {
  Story story;
  story.at(0s).ready(1).ready(2).at(5s).asks(1).offered(1, 1).at(9s).accepts(1, 1).at(20s).answers(1, 1);
  story.at(30s).asks(2).offered(2, 2).at(35s).closes(2).at(60s).agent_closes(1, 1).at(70s).done(1, 1);
  story.quiet();
  EXPECT_EQ(story.complaints(5min), nothing);
}

TEST(ModelRoutingTest, OnlyOnlineAgentsAreOffered) {
  Story story;
  story.at(0s).ready(1).status(1, AgentStatus::away).at(1s).asks(1).offered(1, 1);
  EXPECT_THAT(story.complaints(5s), Contains(HasSubstr("goes to agent 1 with status 1")));
}

TEST(ModelRoutingTest, CapacityIsNeverExceededAndACutEvictsNobody) {
  core::Settings settings = one_queue();
  settings.agents[0].capacity = 2;
  Story story(settings);
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).asks(2).offered(2, 1);
  settings.agents[0].capacity = 1;
  story.at(5s).settings(settings).at(6s).accepts(2, 1);
  EXPECT_EQ(story.complaints(10s), nothing);
  story.at(12s).asks(3);
  EXPECT_EQ(story.complaints(13s), nothing);
  story.at(14s).offered(3, 1);
  EXPECT_THAT(story.complaints(15s), ElementsAre(HasSubstr("goes to agent 1 with 2 of 1 slots taken")));
}

TEST(ModelRoutingTest, WrapUpKeepsItsSlot) {
  core::Settings settings = one_queue();
  settings.agents[0].capacity = 1;
  Story story(settings);
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).agent_closes(1, 1).at(20s).asks(2);
  EXPECT_EQ(story.complaints(69s), nothing);
  story.at(69s).offered(2, 1);
  EXPECT_THAT(story.complaints(69s), ElementsAre(HasSubstr("1 of 1 slots taken")));
}

TEST(ModelRoutingTest, NobodyWaitsWhileAnAgentIsFree) {
  Story story;
  story.at(0s).ready(1).at(1s).asks(1);
  EXPECT_THAT(story.complaints(5s), ElementsAre(HasSubstr("waits though agent 1 has a free slot")));
}

TEST(ModelRoutingTest, MembersWithAllSkillsOnly) {
  core::Settings settings = with_sales();
  settings.agents[0].skills = {"swedish"};
  Story story(settings);
  story.at(0s).ready(1).ready(2).at(1s).starts(1, 1, 0ms, {"finnish", "swedish"}).writes(1);
  EXPECT_EQ(story.complaints(5s), nothing);
  story.at(6s).offered(1, 1);
  EXPECT_THAT(story.complaints(7s), ElementsAre(HasSubstr("does not serve that line or lacks a skill")));
  Story member(settings);
  member.at(0s).ready(2).at(1s).asks(1).offered(1, 2);
  EXPECT_THAT(member.complaints(7s), ElementsAre(HasSubstr("does not serve that line or lacks a skill")));
}

TEST(ModelRoutingTest, TheSmallestKeyIsServedFirstAndPriorityIsACredit) {
  core::Settings settings = one_queue();
  settings.agents[0].capacity = 1;
  for (const bool right : {true, false}) {
    Story story(settings);
    story.at(0s).asks(1).at(100s).starts(2, 1, 120s).writes(2).at(110s).starts(3, 1, 5s).writes(3);
    story.at(120s).ready(1).offered(right ? 2 : 1, 1);
    if (right) {
      EXPECT_EQ(story.complaints(121s), nothing);
    } else {
      EXPECT_THAT(story.complaints(121s), ElementsAre(HasSubstr("goes to agent 1 before C2 whose key is 20000 ms")));
    }
  }
}

TEST(ModelRoutingTest, ARequeuedContactKeepsItsPlace) {
  core::Settings settings = one_queue();
  for (auto& agent : settings.agents) agent.capacity = 1;
  for (const bool right : {true, false}) {
    Story story(settings);
    story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(5s).asks(2).at(10s).drops(1);
    story.at(45s).ready(2).offered(right ? 1 : 2, 2);
    EXPECT_EQ(story.complaints(46s).empty(), right);
  }
}

TEST(ModelRoutingTest, LeastBusyByRatioThenLongestIdleThenLowestNumber) {
  core::Settings settings = one_queue();
  settings.agents[1].capacity = 6;
  Story story(settings);
  story.at(0s).ready(2).asks(1).offered(1, 2).accepts(1, 2).at(1s).ready(1).asks(2).offered(2, 1).at(2s).accepts(2, 1);
  story.at(3s).asks(3).offered(3, 2).at(4s).accepts(3, 2);  // 1 of 6 is less busy than 1 of 3.
  EXPECT_EQ(story.complaints(5s), nothing);
  story.at(6s).asks(4).offered(4, 2);  // 2 of 6 are as busy, but agent 1 has been idle for longer.
  EXPECT_THAT(story.complaints(7s), ElementsAre(HasSubstr("though agent 1 comes first")));
  Story fresh;
  fresh.at(0s).ready(2).ready(1).at(1s).asks(1).offered(1, 2);
  EXPECT_THAT(fresh.complaints(7s), ElementsAre(HasSubstr("though agent 1 comes first")));
}

TEST(ModelRoutingTest, TheAgentOfLastTimeComesFirst) {
  for (const bool right : {true, false}) {
    Story story;
    story.at(0s).ready(2).asks(1).offered(1, 2).accepts(1, 2).answers(1, 2).at(10s).agent_closes(1, 2);
    story.at(20s).ready(1).at(30s).writes(1).offered(1, right ? 2 : 1);
    EXPECT_EQ(story.complaints(31s).empty(), right);
  }
}

TEST(ModelRoutingTest, AStickyHoldKeepsTheVisitorForAWhile) {
  core::Settings settings = one_queue();
  settings.queues[0].sticky_hold = 30s;
  settings.agents[0].capacity = 1;
  Story story(settings);
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).answers(1, 1).at(10s).agent_closes(1, 1);
  story.at(20s).ready(2).at(30s).writes(1);
  EXPECT_EQ(story.complaints(59s), nothing);
  EXPECT_THAT(story.complaints(61s), ElementsAre(HasSubstr("waits though agent 2 has a free slot")));
  story.at(59s).offered(1, 2);
  EXPECT_THAT(story.complaints(61s), ElementsAre(HasSubstr("while it is kept for agent 1")));
}

TEST(ModelRoutingTest, WhoDeclinedIsBarredUnlessNobodyElseIsThere) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(5s).declines(1, 1);
  EXPECT_EQ(story.complaints(14'999ms), nothing);
  EXPECT_THAT(story.complaints(15'001ms), ElementsAre(HasSubstr("waits though agent 1")));
  story.at(15s).offered(1, 1);
  EXPECT_EQ(story.complaints(20s), nothing);
  Story others;
  others.at(0s).ready(1).ready(2).asks(1).offered(1, 1).at(5s).declines(1, 1).offered(1, 2).at(20s).declines(1, 2);
  EXPECT_THAT(others.complaints(21s), ElementsAre(HasSubstr("waits though agent 1")));  // Barred, but the only one.
  others.at(20s).offered(1, 1);
  EXPECT_EQ(others.complaints(39s), nothing);
  Story barred;
  barred.at(0s).ready(1).asks(1).offered(1, 1).at(5s).declines(1, 1).at(14s).offered(1, 1);
  EXPECT_THAT(barred.complaints(20s), ElementsAre(HasSubstr("who is barred")));
  Story soft;
  soft.at(0s).ready(1).asks(1).offered(1, 1).at(5s).declines(1, 1).at(15s).ready(2).offered(1, 1);
  EXPECT_THAT(soft.complaints(20s), ElementsAre(HasSubstr("though others staff the line")));
}

TEST(ModelRoutingTest, OffersEndExactlyAtTheirTime) {
  Story early;
  early.at(0s).ready(1).asks(1).offered(1, 1).at(19'999ms).expires(1, 1);
  EXPECT_THAT(early.complaints(25s), ElementsAre(HasSubstr("has its offer expire, due at")));
  Story late;
  late.at(0s).ready(1).asks(1).offered(1, 1);
  EXPECT_EQ(late.complaints(20s), nothing);
  EXPECT_THAT(late.complaints(21s), ElementsAre(HasSubstr("still offered after the time to accept")));
}

TEST(ModelRoutingTest, OffersAreTakenBackOnlyForACause) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(5s);
  story.see(seen::OfferGone{.conversation = 1, .agent = 1, .how = core::OfferEnd::rescinded});
  EXPECT_THAT(story.complaints(5s), Contains(HasSubstr("taken back from agent 1 without a cause")));
  Story away;
  away.at(0s).ready(1).asks(1).offered(1, 1).at(5s).status(1, AgentStatus::away);
  EXPECT_THAT(away.complaints(6s), ElementsAre(HasSubstr("not ONLINE and is offered C1")));
  away.at(5s).see(seen::OfferGone{.conversation = 1, .agent = 1, .how = core::OfferEnd::rescinded});
  EXPECT_EQ(away.complaints(6s), nothing);
}

TEST(ModelRoutingTest, HelpersJoinAfterTheOverflowTime) {
  core::Settings settings = with_sales();
  settings.queues[0].overflow = "sales";
  settings.queues[0].overflow_after = 30s;
  Story story(settings);
  story.at(0s).ready(2).asks(1);
  EXPECT_EQ(story.complaints(29'999ms), nothing);
  EXPECT_THAT(story.complaints(30'001ms), ElementsAre(HasSubstr("waits though agent 2")));
  story.at(30s).offered(1, 2);
  EXPECT_EQ(story.complaints(40s), nothing);
  Story early(settings);
  early.at(0s).ready(2).asks(1).at(29'999ms).offered(1, 2);
  EXPECT_THAT(early.complaints(29'999ms), ElementsAre(HasSubstr("does not serve that line")));
}

TEST(ModelRoutingTest, ModesAreKept) {
  core::Settings settings = one_queue();
  settings.queues[0].mode = RoutingMode::pull;
  Story pull(settings);
  pull.at(0s).ready(1).asks(1).asks(2).at(5s).takes(2, 1);
  EXPECT_EQ(pull.complaints(6s), nothing);
  pull.at(7s).offered(1, 1);
  EXPECT_THAT(pull.complaints(8s), ElementsAre(HasSubstr("makes no offers")));
  settings.queues[0].mode = RoutingMode::push_auto;
  Story push(settings);
  push.at(0s).ready(1).asks(1).takes(1, 1);
  EXPECT_EQ(push.complaints(6s), nothing);
  Story asked;
  asked.at(0s).ready(1).asks(1).takes(1, 1);
  EXPECT_THAT(asked.complaints(6s), ElementsAre(HasSubstr("assigned without an offer")));
}

TEST(ModelRoutingTest, ATransferToAnAgentIsOfferedToThatAgentAtOnce) {
  Story story;
  story.at(0s).ready(1).ready(2).ready(3).asks(1).offered(1, 1).accepts(1, 1).at(10s).transfers(1, {}, 3);
  EXPECT_THAT(story.complaints(11s), Contains(HasSubstr("was transferred to an agent and waits")));
  story.at(10s).offered(1, 3).at(12s).accepts(1, 3);
  EXPECT_EQ(story.complaints(20s), nothing);
  EXPECT_THAT(story.figures(20s, Measure::wait),
              ElementsAre("wait: first 0 ms, agent 1", "wait: transfer 2000 ms, agent 3"));
}

TEST(ModelRoutingTest, WhoTransferredIsBarred) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(10s).transfers(1).at(15s).offered(1, 1);
  EXPECT_THAT(story.complaints(16s), ElementsAre(HasSubstr("who is barred")));
}

TEST(ModelRoutingTest, ScreensThatShowWhatNobodyDidAreNoticed) {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(5s);
  story.see(seen::Closed{.conversation = 1, .by = core::ClosedBy::agent, .reason = core::CloseReason::closed});
  EXPECT_THAT(story.complaints(5s), ElementsAre(HasSubstr("closed for an agent who did not ask")));
  Story left;
  left.at(0s).ready(1).asks(1).offered(1, 1).accepts(1, 1).at(5s).see(seen::Left{.conversation = 1, .agent = 1});
  EXPECT_THAT(left.complaints(5s), Contains(HasSubstr("leaves agent 1 without a cause")));
  Story twice;
  twice.at(0s).asks(1).at(1s).see(seen::VisitorPosted{.conversation = 1, .seq = 1});
  EXPECT_THAT(twice.complaints(5s), ElementsAre(HasSubstr("numbers a message 1 after 1")));
}

}  // namespace
}  // namespace heti::simulation

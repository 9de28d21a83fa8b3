// What nodes tell each other, and who of them lives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "service/cluster/connections.hpp"
#include "service/cluster/incarnation.hpp"
#include "service/cluster/messages.hpp"
#include "service/cluster/roll.hpp"
#include "service/cluster/state_marks.hpp"

namespace heti::cluster {
namespace {

namespace cmd = core::command;

Beat beat(std::uint32_t node, std::uint64_t incarnation) {
  Beat beat;
  beat.name = "a:80";
  beat.node = node;
  beat.incarnation = incarnation;
  beat.role = Role::leads;
  beat.position = 7;
  beat.version = "1";
  beat.settings_version = 1;
  return beat;
}

sequencer::Sent sent(std::uint64_t n, std::string text) {
  return {.number = {.node = 5, .incarnation = 9, .n = n},
          .command = cmd::Post{.sender = core::Sender::of_visitor({1, 2}),
                               .conversation = {3, 4},
                               .author = core::Author::visitor,
                               .stream = "s",
                               .n = n,
                               .text = std::move(text)}};
}

TEST(ClusterMessagesTest, CommandsKeepTheirNumbersAndTheirWords) {
  const auto read = from_message(to_message(Commands{.sent = {sent(41, "hello"), sent(42, std::string("\0x", 2))}}));
  ASSERT_TRUE(read.has_value());
  const auto& commands = std::get<Commands>(*read).sent;
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[1].number, (core::CommandNumber{.node = 5, .incarnation = 9, .n = 42}));
  EXPECT_EQ(std::get<cmd::Post>(commands[0].command).text, "hello");
  EXPECT_EQ(std::get<cmd::Post>(commands[1].command).text, std::string("\0x", 2));
}

TEST(ClusterMessagesTest, TheOthersComeAsTheyWent) {
  Beat spoken = beat(3, 4);
  spoken.states = {{.position = 1024, .hash = 5}, {.position = 2048, .hash = 6}};
  const auto beats = from_message(to_message(spoken));
  ASSERT_TRUE(beats.has_value());
  EXPECT_EQ(std::get<Beat>(*beats).states, spoken.states);
  EXPECT_EQ(std::get<Beat>(*beats).name, "a:80");
  EXPECT_EQ(std::get<Beat>(*beats).position, 7u);
  const auto typing = from_message(to_message(Typing{
      .node = 3, .typing = {.conversation = {1, 2}, .from_visitor = true, .agent = core::AgentId{4}, .frame = "{}"}}));
  ASSERT_TRUE(typing.has_value());
  EXPECT_EQ(std::get<Typing>(*typing).typing.frame, "{}");
  const auto announce = std::get<Announce>(*from_message(to_message(Announce{.node = 8, .number = 9})));
  EXPECT_EQ(announce.node, 8u);
  EXPECT_EQ(announce.number, 9u);
}

TEST(ClusterMessagesTest, WhatIsCutOrOfAnotherVersionIsNone) {
  const std::string whole = to_message(Commands{.sent = {sent(1, "hello"), sent(2, "again")}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(from_message(std::string_view(whole).substr(0, size)).has_value()) << size;
  }
  EXPECT_TRUE(from_message(whole + "x").has_value()) << "a later build may say more";
  std::string later = whole;
  later[0] = 9;
  EXPECT_FALSE(from_message(later).has_value());
  later = whole;
  later[1] = 9;
  EXPECT_FALSE(from_message(later).has_value());
}

using Marks = std::vector<StateMark>;

TEST(StateMarksTest, TheLatestPositionThatAllHaveToldIsCompared) {
  const Marks one{{1024, 5}, {2048, 6}};
  const Marks late{{1024, 5}};
  const Marks none;
  EXPECT_EQ(compare(one, {}, true).agreement, Agreement::unknown);
  EXPECT_EQ(compare(one, {&one, &none}, true).agreement, Agreement::unknown);
  const Compared both = compare(one, {&one, &one}, false);
  EXPECT_EQ(both.agreement, Agreement::same);
  EXPECT_EQ(both.position, 2048u);
  EXPECT_EQ(compare(one, {&late, &one}, false).position, 1024u);
}

TEST(StateMarksTest, WhomMostContradictIsWrongAndOfTwoTheOneThatFollows) {
  const Marks good{{1024, 5}};
  const Marks bad{{1024, 6}};
  EXPECT_EQ(compare(good, {&good, &bad}, false).agreement, Agreement::others_differ);
  EXPECT_EQ(compare(bad, {&good, &good}, false).agreement, Agreement::this_differs);
  EXPECT_EQ(compare(bad, {&good, &good}, true).agreement, Agreement::this_differs) << "an owner, too";
  EXPECT_EQ(compare(good, {&bad}, true).agreement, Agreement::others_differ);
  EXPECT_EQ(compare(good, {&bad}, false).agreement, Agreement::this_differs);
}

TEST(StateMarksTest, EqualStatesHaveEqualHashesAndTheLatestFewAreKept) {
  StateMarks north(2);
  StateMarks south(2);
  core::State state;
  for (std::uint64_t position = 1; position <= 20; ++position) {
    state.last_contact = position;
    const std::vector<core::Event> none;
    const sequencer::Durable batch{.position = journal::Position{position}, .events = none, .state = state, .now = {}};
    north.on_durable(batch);
    if (position == 20) state.last_contact = 0;
    south.on_durable(batch);
  }
  ASSERT_EQ(north.latest().size(), 4u);
  EXPECT_EQ(north.latest().front().position, 14u);
  EXPECT_TRUE(std::equal(north.latest().begin(), north.latest().end() - 1, south.latest().begin()));
  EXPECT_NE(north.latest().back(), south.latest().back());
}

class IncarnationTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory); }
  void TearDown() override { std::filesystem::remove_all(directory); }
  const std::filesystem::path directory = testing::TempDir() + "heti_incarnation_" + std::to_string(::getpid());
  const std::filesystem::path file = directory / "default.incarnation";
};

TEST_F(IncarnationTest, RisesWithEveryStartAlsoWhenTheClockWasSetBack) {
  EXPECT_EQ(next_incarnation(file, 1000), 1000u);
  EXPECT_EQ(next_incarnation(file, 2000), 2000u);
  EXPECT_EQ(next_incarnation(file, 500), 2001u);
  EXPECT_EQ(next_incarnation(file, 2001), 2002u);
}

TEST_F(IncarnationTest, AFileThatSaysNothingIsWrittenAnew) {
  std::ofstream(file) << "what";
  EXPECT_EQ(next_incarnation(file, 7), 7u);
  EXPECT_EQ(next_incarnation(file, 7), 8u);
}

TEST_F(IncarnationTest, WhereNothingCanBeWrittenIsSaid) {
  const auto none = next_incarnation(directory / "absent" / "file", 7);
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error(), testing::HasSubstr("absent/file"));
}

TEST(RollTest, ANodeIsLostAfterFiveSecondsOfSilenceOnceAndBackWhenItIsHeard) {
  Roll roll;
  EXPECT_EQ(roll.heard(beat(1, 10), Millis{0}), Roll::News::came);
  EXPECT_EQ(roll.heard(beat(1, 10), Millis{1000}), Roll::News::none);
  EXPECT_TRUE(roll.lost(Millis{5999}).empty());
  EXPECT_EQ(roll.lost(Millis{6000}), (std::vector<Start>{{.node = 1, .incarnation = 10}}));
  EXPECT_TRUE(roll.lost(Millis{7000}).empty());
  EXPECT_EQ(roll.heard(beat(1, 10), Millis{8000}), Roll::News::back);
  EXPECT_EQ(roll.lost(Millis{13000}).size(), 1u);
}

TEST(RollTest, ALaterStartEndsTheEarlierOneWhoseLastWordsSayNothing) {
  Roll roll;
  EXPECT_EQ(roll.heard(beat(1, 10), Millis{0}), Roll::News::came);
  EXPECT_EQ(roll.heard(beat(1, 11), Millis{1000}), Roll::News::restarted);
  EXPECT_EQ(roll.heard(beat(1, 10), Millis{5500}), Roll::News::none);
  EXPECT_EQ(roll.lost(Millis{6000}), (std::vector<Start>{{.node = 1, .incarnation = 11}}));
  // Restarted while it was lost: no earlier connections can be back.
  EXPECT_EQ(roll.heard(beat(1, 12), Millis{7000}), Roll::News::restarted);
}

TEST(RollTest, ANodeThatIsGoneForGoodLeavesTheRoll) {
  Roll roll;
  roll.heard(beat(1, 10), Millis{0});
  roll.heard(beat(2, 10), Millis{3'599'000});
  EXPECT_EQ(roll.lost(Millis{3'600'000}).size(), 1u);
  EXPECT_EQ(roll.members().size(), 1u);
  EXPECT_TRUE(roll.members().contains(2));
}

TEST(ConnectionsTest, OfANodeTheConnectionsOfItsEarlierStartsEndAndNobodyElses) {
  core::State state;
  const core::ConnectionId old{.node = 1, .incarnation = 10, .number = 1};
  const core::ConnectionId present{.node = 1, .incarnation = 11, .number = 1};
  const core::ConnectionId other{.node = 2, .incarnation = 5, .number = 1};
  state.agents[core::AgentId{4}].connections = {old, present, other};
  core::Conversation& conversation = state.conversations[core::ConversationId{6}];
  conversation.visitor = {7, 8};
  conversation.connections = {old, other};
  const auto ends = ends_of(state, 1, 10);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(std::get<cmd::AgentGone>(ends[0]).connection, old);
  EXPECT_EQ(std::get<cmd::AgentGone>(ends[0]).agent, core::AgentId{4});
  EXPECT_EQ(std::get<cmd::VisitorGone>(ends[1]).connection, old);
  EXPECT_EQ(std::get<cmd::VisitorGone>(ends[1]).visitor, (PublicId{7, 8}));
  EXPECT_EQ(ends_of(state, 1, 11).size(), 3u);
}

}  // namespace
}  // namespace heti::cluster

// Commands of other nodes: each once, in order; what is said of them in the journal is enough to answer.
#include <gtest/gtest.h>

#include "service/base/bytes.hpp"
#include "service/core/evolve.hpp"
#include "service/core/remote.hpp"
#include "service/core/stored_event.hpp"
#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

constexpr CommandNumber number(std::uint64_t incarnation, std::uint64_t n, std::uint32_t node = 7) {
  return {.node = node, .incarnation = incarnation, .n = n};
}

TEST(RemoteTest, OfEachStartOfANodeOneCommandAfterTheOtherIsNext) {
  State state;
  EXPECT_TRUE(is_next(state, number(5, 1)));
  EXPECT_FALSE(is_next(state, number(5, 2)));
  EXPECT_FALSE(is_past(state, number(5, 1)));
  state.last_decided[7] = number(5, 3);
  EXPECT_FALSE(is_next(state, number(5, 3)));
  EXPECT_TRUE(is_past(state, number(5, 3)));
  EXPECT_TRUE(is_next(state, number(5, 4)));
  EXPECT_FALSE(is_next(state, number(5, 5)));
  EXPECT_FALSE(is_past(state, number(5, 5)));
  // A later start begins anew, and nothing of an earlier one is ever next again.
  EXPECT_TRUE(is_next(state, number(6, 1)));
  EXPECT_FALSE(is_next(state, number(6, 4)));
  EXPECT_FALSE(is_next(state, number(4, 4)));
  EXPECT_TRUE(is_past(state, number(4, 4)));
  // Another node has its own numbers.
  EXPECT_TRUE(is_next(state, number(1, 1, 8)));
}

TEST(RemoteTest, WhatWasDecidedIsStateAndSurvivesASnapshot) {
  Desk desk;
  desk.core.ask_from_another_node();
  desk.ready("aino", Millis{10});
  desk.says(1, Millis{20});
  EXPECT_EQ(desk.core.state().last_decided.at(7), number(3, 4));  // hello, ready, start, post
  EXPECT_EQ(desk.core.all<event::CommandDecided>().size(), 4u);
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(RemoteTest, ARefusalIsSaidInTheJournalToo) {
  Desk desk;
  desk.core.ask_from_another_node();
  desk.says(1, Millis{10});
  const Answer answer = desk.posts(1, Millis{20}, "s", 5, "a number is missing");
  const auto told = desk.core.all<event::CommandDecided>().back();
  EXPECT_EQ(told.told, Told::refused);
  EXPECT_EQ(told.n, std::get<Refused>(answer).resend_from);
}

TEST(RemoteTest, EveryKindOfCommandComesThereAsItWent) {
  const Sender sender = Sender::of_agent(AgentId{3});
  const ConnectionId connection{.node = 1, .incarnation = 2, .number = 3};
  Settings settings;
  settings.queues.emplace_back().name = "support";
  const std::vector<Command> all{
      cmd::Tick{},
      cmd::ApplySettings{.settings = settings, .replaces_version = 4},
      cmd::SetCalendar{.queue = QueueId{1}, .effective_from = {}, .open = {}, .tzdata_version = "t"},
      cmd::ResumeService{.alive_until = {}, .node = 1, .incarnation = 2},
      cmd::EndClosing{.queue = QueueId{1}},
      cmd::AgentHello{.agent = AgentId{3}, .connection = connection},
      cmd::AgentGone{.agent = AgentId{3}, .connection = connection},
      cmd::SetStatus{.agent = AgentId{3}, .status = AgentStatus::away, .by = AgentId{4}},
      cmd::VisitorHello{.visitor = public_id(1), .queue = QueueId{1}, .connection = connection},
      cmd::VisitorGone{.visitor = public_id(1), .connection = connection},
      cmd::Start{.visitor = public_id(1),
                 .conversation = public_id(2),
                 .queue = QueueId{1},
                 .connection = connection,
                 .facts = {.name = "Veikko", .email = "", .page_url = "", .page_title = ""},
                 .bot_first = true},
      cmd::Open{.sender = sender, .conversation = public_id(2), .after = 7},
      cmd::Post{.sender = sender,
                .conversation = public_id(2),
                .author = Author::agent,
                .stream = "s",
                .n = 1,
                .text = "hello"},
      cmd::HandOver{.conversation = public_id(2)},
      cmd::Accept{.agent = AgentId{3}, .conversation = public_id(2)},
      cmd::Decline{.agent = AgentId{3}, .conversation = public_id(2)},
      cmd::Close{.sender = sender, .conversation = public_id(2), .spam = true},
      cmd::FinishWrapUp{.agent = AgentId{3}, .conversation = public_id(2)},
      cmd::Transfer{.agent = AgentId{3}, .conversation = public_id(2), .to_queue = QueueId{2}, .to_agent = AgentId{5}},
      cmd::Initiate{.agent = AgentId{3}, .visitor = public_id(1), .conversation = public_id(2), .queue = QueueId{1}},
      cmd::Rate{.visitor = public_id(1), .conversation = public_id(2), .score = 5, .comment = "good"},
      cmd::RaiseFeatureLevel{.level = 40}};
  ASSERT_EQ(all.size(), std::variant_size_v<Command>);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].index(), i);
    const auto there = command_from_bytes(command_bytes(all[i]));
    ASSERT_TRUE(there.has_value()) << i;
    EXPECT_EQ(there->index(), i);
    EXPECT_EQ(command_bytes(*there), command_bytes(all[i])) << i;
  }
}

// The driver compares what the other node finds with what the owner answered.
TEST(RemoteTest, WhatIsOpenedOrBegunFromAnotherNodeIsShownThere) {
  Desk desk;
  desk.core.ask_from_another_node();
  desk.ready("aino", Millis{10});
  desk.says(1, Millis{20});
  desk.core.get<ConversationView>(
      desk.start + Millis{30},
      cmd::Open{.sender = Sender::of_visitor(public_id(1)), .conversation = public_id(1001), .after = 0});
  desk.core.get<ConversationView>(
      desk.start + Millis{40},
      cmd::Initiate{
          .agent = desk.agent("aino"), .visitor = public_id(9), .conversation = public_id(1009), .queue = Desk::queue});
  EXPECT_EQ(desk.core.all<event::CommandDecided>().back().told, Told::shown);
}

TEST(RemoteTest, BytesThatAreNoCommandAreNone) {
  const std::string bytes = command_bytes(cmd::Accept{.agent = AgentId{3}, .conversation = public_id(4)});
  EXPECT_TRUE(command_from_bytes(bytes).has_value());
  EXPECT_FALSE(command_from_bytes(bytes + "x").has_value());
  EXPECT_FALSE(command_from_bytes(bytes.substr(0, bytes.size() - 1)).has_value());
  EXPECT_FALSE(command_from_bytes("\x7f").has_value());
  EXPECT_FALSE(command_from_bytes("").has_value());
}

TEST(FeatureLevelTest, WhatEveryBuildReadsNeedsNoLevelAndWhatThisOneDoesNotReadIsRefused) {
  Desk desk;
  desk.core.get<Done>(desk.start + 1s, cmd::RaiseFeatureLevel{.level = first_feature_level});
  EXPECT_EQ(desk.core.all<event::FeatureLevelRaised>().size(), 0u);
  const Answer answer = desk.core.at(desk.start + 2s, cmd::RaiseFeatureLevel{.level = feature_level() + 1});
  EXPECT_EQ(std::get<Refused>(answer).code, Refusal::not_allowed);
  EXPECT_EQ(desk.core.state().feature_level, 0u);
  State state;
  evolve(state, {.at = desk.start, .body = event::FeatureLevelRaised{.level = 77}});
  EXPECT_EQ(state.feature_level, 77u);
}

TEST(FeatureLevelTest, TheEventIsReadAsItWasWritten) {
  ByteWriter out;
  write_event(out, {.at = instant_from_ms(5), .body = event::FeatureLevelRaised{.level = 40}});
  const std::string bytes = std::move(out).take();
  ByteReader in(bytes);
  const Event read = read_event(in);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(std::get<event::FeatureLevelRaised>(read.body).level, 40u);
}

TEST(FeatureLevelTest, AnEventHasTheTypeOfItsNewestVersion) {
  EXPECT_EQ(type_of(event::CalendarSet{}), 1u);
  EXPECT_EQ(type_of(event::ServiceResumed{}), 36u);
  EXPECT_EQ(type_of(event::FeatureLevelRaised{}), 38u);
}

}  // namespace
}  // namespace heti::tests

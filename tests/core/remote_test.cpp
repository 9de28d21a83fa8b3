// Commands of other nodes: each once, in order; what is said of them in the journal is enough to answer.
#include <gtest/gtest.h>

#include "service/core/remote.hpp"
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

TEST(RemoteTest, BytesThatAreNoCommandAreNone) {
  const std::string bytes = command_bytes(cmd::Accept{.agent = AgentId{3}, .conversation = public_id(4)});
  EXPECT_TRUE(command_from_bytes(bytes).has_value());
  EXPECT_FALSE(command_from_bytes(bytes + "x").has_value());
  EXPECT_FALSE(command_from_bytes(bytes.substr(0, bytes.size() - 1)).has_value());
  EXPECT_FALSE(command_from_bytes("\x7f").has_value());
  EXPECT_FALSE(command_from_bytes("").has_value());
}

}  // namespace
}  // namespace heti::tests

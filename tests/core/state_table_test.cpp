// Every pair of state and wish, asked of the real core: what the table refuses is refused, what it allows is done.
#include "service/core/state_table.hpp"

#include <gtest/gtest.h>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

// Brings visitor 1's conversation into a state, held by aino where somebody holds it.
void bring(Desk& desk, ConversationState to) {
  const bool offline = to == ConversationState::offline_message;
  if (offline) desk.hours(0s, {});
  desk.core.at(desk.start + 1s, cmd::Start{.visitor = public_id(1),
                                           .conversation = public_id(1001),
                                           .queue = Desk::queue,
                                           .connection = ConnectionId{.node = 1, .incarnation = 1, .number = 77},
                                           .facts = {},
                                           .bot_first = false});
  if (to == ConversationState::fresh) return;
  desk.posts(1, 2s, "s", 1, "hello");
  if (to == ConversationState::queued || offline) return;
  desk.ready("aino", 3s);
  if (to == ConversationState::offered) return;
  desk.accepts("aino", 1, 4s);
  if (to == ConversationState::assigned) return;
  desk.answers("aino", 1, 5s);
  desk.closes("aino", 1, 6s);
  if (to == ConversationState::wrapup) return;
  desk.core.get<Done>(desk.start + 7s, cmd::FinishWrapUp{.agent = desk.agent("aino"), .conversation = public_id(1001)});
}

Answer ask(Desk& desk, Ask what) {
  const Instant t = desk.start + 8s;
  const PublicId chat = public_id(1001);
  const AgentId aino = desk.agent("aino");
  const auto post = [&](Author author) {
    Sender sender = Sender::of_agent(aino);
    if (author == Author::visitor) sender = Sender::of_visitor(public_id(1));
    if (author == Author::bot) sender = Sender{};
    return desk.core.at(
        t, cmd::Post{.sender = sender, .conversation = chat, .author = author, .stream = "", .n = 0, .text = "x"});
  };
  switch (what) {
    case Ask::visitor_message: return post(Author::visitor);
    case Ask::agent_message: return post(Author::agent);
    case Ask::machine_message: return post(Author::bot);
    case Ask::note: return post(Author::note);
    case Ask::hand_over: return desk.core.at(t, cmd::HandOver{.conversation = chat});
    case Ask::accept: return desk.core.at(t, cmd::Accept{.agent = aino, .conversation = chat});
    case Ask::decline: return desk.core.at(t, cmd::Decline{.agent = aino, .conversation = chat});
    case Ask::transfer:
      return desk.core.at(
          t, cmd::Transfer{.agent = aino, .conversation = chat, .to_queue = std::nullopt, .to_agent = std::nullopt});
    case Ask::agent_close:
      return desk.core.at(t, cmd::Close{.sender = Sender::of_agent(aino), .conversation = chat, .spam = false});
    case Ask::visitor_close:
      return desk.core.at(t,
                          cmd::Close{.sender = Sender::of_visitor(public_id(1)), .conversation = chat, .spam = false});
    case Ask::finish_wrapup: return desk.core.at(t, cmd::FinishWrapUp{.agent = aino, .conversation = chat});
    case Ask::rate:
      return desk.core.at(t, cmd::Rate{.visitor = public_id(1), .conversation = chat, .score = 4, .comment = ""});
    case Ask::initiate:
      return desk.core.at(
          t,
          cmd::Initiate{.agent = aino, .visitor = public_id(1), .conversation = public_id(1001), .queue = Desk::queue});
  }
  return Done{};
}

TEST(StateTableTest, WhatTheTableSaysIsWhatTheCoreDoes) {
  for (const ConversationState state :
       {ConversationState::fresh, ConversationState::queued, ConversationState::offered, ConversationState::assigned,
        ConversationState::wrapup, ConversationState::closed, ConversationState::offline_message}) {
    for (int i = 0; i <= static_cast<int>(Ask::initiate); ++i) {
      const auto what = static_cast<Ask>(i);
      SCOPED_TRACE("state " + std::to_string(static_cast<int>(state)) + ", ask " + std::to_string(i));
      Desk desk;
      bring(desk, state);
      ASSERT_EQ(desk.chat(1).state, state);
      // A claim needs pull mode, and to begin a chat one must be ready: the wish must fail for its state alone.
      if (what == Ask::accept && state == ConversationState::queued) continue;
      if (what == Ask::initiate && desk.agent_state("aino").status != AgentStatus::online) desk.ready("aino", 8s);
      const std::size_t before = desk.core.events().size();
      const Answer answer = ask(desk, what);
      const auto* refused = std::get_if<Refused>(&answer);
      switch (allowed(state, what)) {
        case Allowed::yes:
          EXPECT_EQ(refused, nullptr) << (refused != nullptr ? name_of(refused->code) : "");
          EXPECT_GT(desk.core.events().size(), before);
          break;
        case Allowed::already:
          EXPECT_EQ(refused, nullptr);
          EXPECT_EQ(desk.core.events().size(), before);
          break;
        case Allowed::no:
          ASSERT_NE(refused, nullptr);
          EXPECT_EQ(refused->code, Refusal::wrong_state);
          EXPECT_EQ(desk.core.events().size(), before);
          break;
      }
    }
  }
}

TEST(StateTableTest, TheAgentsTableToo) {
  const auto bring_agent = [](Desk& desk, AgentStatus to) {
    desk.connects("aino", 1s);
    if (to == AgentStatus::offline) desk.sets("aino", AgentStatus::offline, 2s);
    if (to == AgentStatus::online || to == AgentStatus::finishing) desk.ready("aino", 2s);
    if (to == AgentStatus::finishing) {
      desk.says(1, 3s);
      desk.accepts("aino", 1, 4s);
      desk.sets("aino", AgentStatus::finishing, 5s);
    }
    if (to == AgentStatus::lost) desk.drops("aino", 6s);
  };
  constexpr std::array wishes{AgentStatus::online, AgentStatus::away, AgentStatus::finishing, AgentStatus::offline};
  for (const AgentStatus from :
       {AgentStatus::offline, AgentStatus::away, AgentStatus::online, AgentStatus::finishing, AgentStatus::lost}) {
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      SCOPED_TRACE("status " + std::to_string(static_cast<int>(from)) + ", ask " + std::to_string(i));
      Desk desk;
      bring_agent(desk, from);
      ASSERT_EQ(desk.agent_state("aino").status, from);
      const Answer answer =
          desk.core.at(desk.start + 7s, cmd::SetStatus{.agent = desk.agent("aino"), .status = wishes[i]});
      const Allowed said = allowed(from, static_cast<AgentAsk>(i));
      EXPECT_EQ(std::holds_alternative<Refused>(answer), said == Allowed::no);
      if (said != Allowed::no && !(wishes[i] == AgentStatus::finishing && from != AgentStatus::finishing)) {
        EXPECT_EQ(desk.agent_state("aino").status, wishes[i]);
      }
    }
  }
}

}  // namespace
}  // namespace heti::tests

// Who is told what of which chat: whatever happens, a console that has heard all frames lists what its agent may see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <random>

#include "protocol/codec.hpp"
#include "service/gateway/chat_lists.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {
namespace {

using core::AgentId;
using core::ConversationId;
using core::ConversationState;
using core::QueueId;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant now = instant_from_ms(1'780'293'600'000);
const std::array<std::vector<std::uint32_t>, 6> served{{{1}, {1}, {1, 2}, {2}, {2, 3}, {3}}};

PublicId public_id(std::uint64_t id) { return {.high = 7, .low = id}; }

class ChatListsTest : public testing::Test {
 protected:
  ChatListsTest() {
    for (std::uint32_t id = 1; id <= 3; ++id) {
      core::Queue& queue = state.queues[QueueId{id}];
      queue.id = QueueId{id};
      queue.settings.name = "queue" + std::to_string(id);
    }
    for (std::uint32_t id = 1; id <= served.size(); ++id) {
      core::Agent& agent = state.agents[AgentId{id}];
      agent.id = AgentId{id};
      agent.settings.name = "agent" + std::to_string(id);
      for (const std::uint32_t queue : served[id - 1]) agent.queues.emplace_back(queue);
    }
  }

  core::Conversation& chat(std::uint64_t id, ConversationState status, std::uint32_t queue = 1) {
    core::Conversation& chat = state.conversations[ConversationId{id}];
    chat.id = ConversationId{id};
    chat.public_id = public_id(id);
    chat.queue = QueueId{queue};
    chat.state = status;
    ++chat.last_seq;
    const bool waits = status == ConversationState::queued || status == ConversationState::offered;
    if ((waits || status == ConversationState::assigned) && !chat.contact) {
      chat.contact = core::Contact{};
      chat.contact->line = QueueId{queue};
    }
    if (status == ConversationState::wrapup || status == ConversationState::closed) chat.contact.reset();
    if (status != ConversationState::offered) chat.offer.reset();
    return chat;
  }
  core::Conversation& offered(std::uint64_t id, std::uint32_t agent, std::uint32_t queue = 1) {
    core::Conversation& offered = chat(id, ConversationState::offered, queue);
    offered.offer = core::Offer{.agent = AgentId{agent}, .due = now};
    offered.agent.reset();
    return offered;
  }
  core::Conversation& held(std::uint64_t id, ConversationState status, std::uint32_t agent, std::uint32_t queue = 1) {
    core::Conversation& held = chat(id, status, queue);
    held.agent = held.last_agent = AgentId{agent};
    return held;
  }

  // What a screen knows of a chat.
  using List = std::map<std::string, std::pair<std::string, std::uint64_t>>;
  static List list_of(const core::ConsoleView& view) {
    List list;
    for (const core::ChatView& one : view.chats) {
      const protocol::Chat told = to_wire(one);
      const auto frame = boost::json::parse(protocol::encode(protocol::ChatChanged{.chat = told})).at("chat");
      list[std::string(frame.at("conversation").as_string())] = {std::string(frame.at("state").as_string()),
                                                                 one.last_seq};
    }
    return list;
  }
  List should_list(AgentId agent) const { return list_of(core::console_view(state, state.agents.at(agent), now)); }

  void come(std::uint32_t id) {
    const AgentId agent{id};
    const core::ConsoleView view = core::console_view(state, state.agents.at(agent), now);
    consoles.add(agent);
    lists.greeted(agent, view, state);
    screens[agent] = list_of(view);
  }
  void go(std::uint32_t agent) {
    consoles.remove(AgentId{agent});
    screens.erase(AgentId{agent});
  }
  void hear(const Consoles::Agents& agents, const std::string& text) {
    EXPECT_TRUE(std::ranges::is_sorted(agents));
    EXPECT_EQ(std::ranges::adjacent_find(agents), agents.end()) << "one is told twice";
    const auto frame = boost::json::parse(text);
    for (const AgentId agent : agents) {
      ++frames;
      if (!screens.contains(agent)) continue;
      if (frame.at("t").as_string() == "gone") {
        screens[agent].erase(std::string(frame.at("conversation").as_string()));
      } else {
        const auto& told = frame.at("chat");
        screens[agent][std::string(told.at("conversation").as_string())] = {
            std::string(told.at("state").as_string()), told.at("last_seq").to_number<std::uint64_t>()};
      }
    }
  }
  void send_gathered() {
    lists.begin_round();
    lists.send_some(state, now, 1000);
    EXPECT_TRUE(lists.nothing_gathered());
  }
  void change(const core::Conversation& conversation) { lists.changed(state, conversation, now); }
  bool knows(std::uint32_t agent, const core::Conversation& conversation) {
    const std::string id = to_string(conversation.public_id);
    const List should = should_list(AgentId{agent});
    const List& does = screens.at(AgentId{agent});
    const auto wanted = should.find(id);
    const auto found = does.find(id);
    if (wanted == should.end() || found == does.end()) return (wanted == should.end()) == (found == does.end());
    return wanted->second == found->second;
  }

  core::State state;
  Consoles consoles;
  std::map<AgentId, List> screens;
  std::uint64_t frames = 0;
  ChatLists lists{[this](Consoles::Agents agents, const std::string& frame, ChatLists::Urgent) { hear(agents, frame); },
                  consoles};
};

TEST_F(ChatListsTest, ConsolesOfSeveralQueuesAreThoseOfAnyOfThem) {
  for (std::uint32_t id = 1; id <= served.size(); ++id) consoles.add(AgentId{id});
  EXPECT_THAT(consoles.of({.queues = {QueueId{1}}, .agents = {}}, state),
              ElementsAre(AgentId{1}, AgentId{2}, AgentId{3}));
  EXPECT_THAT(consoles.of({.queues = {QueueId{3}, QueueId{3}, QueueId{1}}, .agents = {AgentId{4}, AgentId{1}}}, state),
              ElementsAre(AgentId{1}, AgentId{2}, AgentId{3}, AgentId{4}, AgentId{5}, AgentId{6}));
  EXPECT_THAT(consoles.of({}, state), IsEmpty());
  consoles.remove(AgentId{2});
  EXPECT_THAT(consoles.of({.queues = {QueueId{1}}, .agents = {AgentId{2}, AgentId{9}}}, state),
              ElementsAre(AgentId{1}, AgentId{3}));
  state.agents.at(AgentId{3}).removed = true;
  state.agents.at(AgentId{6}).queues.emplace_back(1);
  consoles.settings_changed();
  EXPECT_THAT(consoles.of({.queues = {QueueId{1}}, .agents = {AgentId{3}}}, state),
              ElementsAre(AgentId{1}, AgentId{6}));
}

TEST_F(ChatListsTest, WhoIsAskedKnowsAtOnceAndTheTeamALittleLater) {
  for (const std::uint32_t agent : {1, 2, 3}) come(agent);
  change(offered(1, 2));
  EXPECT_EQ(frames, 1u);
  EXPECT_TRUE(knows(2, state.conversations.at(ConversationId{1})));
  EXPECT_THAT(screens.at(AgentId{1}), IsEmpty());
  send_gathered();
  EXPECT_EQ(frames, 3u) << "the others, and only they";
  EXPECT_TRUE(knows(1, state.conversations.at(ConversationId{1})));

  // The offer goes to another: the one before must not go on ringing.
  change(offered(1, 1));
  EXPECT_EQ(frames, 5u);
  EXPECT_TRUE(knows(1, state.conversations.at(ConversationId{1})));
  EXPECT_TRUE(knows(2, state.conversations.at(ConversationId{1})));
}

TEST_F(ChatListsTest, WhoWaitsUnaskedIsSeenByEverybodyAtOnce) {
  for (const std::uint32_t agent : {1, 2, 3, 4}) come(agent);
  change(chat(1, ConversationState::queued));
  EXPECT_EQ(frames, 3u);
  for (const std::uint32_t agent : {1, 2, 3, 4}) EXPECT_TRUE(knows(agent, state.conversations.at(ConversationId{1})));
  send_gathered();
  EXPECT_EQ(frames, 3u);
}

TEST_F(ChatListsTest, AChatThatIsOverBeforeItWasToldIsNotToldToTheTeam) {
  for (const std::uint32_t agent : {1, 2, 3}) come(agent);
  change(offered(1, 2));
  change(held(1, ConversationState::assigned, 2));
  change(held(1, ConversationState::wrapup, 2));
  change(chat(1, ConversationState::closed));
  state.conversations.erase(ConversationId{1});
  lists.forget(ConversationId{1}, state);
  send_gathered();
  for (const std::uint32_t agent : {1, 2, 3}) EXPECT_THAT(screens.at(AgentId{agent}), IsEmpty());
  EXPECT_EQ(frames, 4u) << "all of them to agent 2";
}

// A welcome shows the state in the middle of a lot; the others were told of the one before it.
TEST_F(ChatListsTest, AWelcomeThatSawWhatNobodyElseSawIsTakenBack) {
  come(1);
  change(chat(1, ConversationState::queued, 1));
  chat(1, ConversationState::queued, 3).contact->line = QueueId{3};
  come(6);
  EXPECT_EQ(screens.at(AgentId{6}).size(), 1u);
  chat(1, ConversationState::queued, 1).contact->line = QueueId{1};
  change(state.conversations.at(ConversationId{1}));
  EXPECT_THAT(screens.at(AgentId{6}), IsEmpty());
  EXPECT_TRUE(knows(1, state.conversations.at(ConversationId{1})));
}

TEST_F(ChatListsTest, WhateverHappensEveryConsoleListsWhatItsAgentMaySee) {
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n) + 1; };
    for (int step = 0; step < 100; ++step) {
      const std::uint64_t id = seed * 10 + pick(6);
      const auto known = state.conversations.find(ConversationId{id});
      const bool lives = known != state.conversations.end();
      core::Conversation* touched = nullptr;
      switch (random() % 12) {
        case 0: come(pick(6)); break;
        case 1: go(pick(6)); break;
        case 2: touched = &chat(id, ConversationState::queued, pick(3)); break;
        case 3:
        case 4: touched = &offered(id, pick(6), pick(3)); break;
        case 5:
        case 6: touched = &held(id, ConversationState::assigned, pick(6), pick(3)); break;
        case 7: touched = &held(id, ConversationState::wrapup, pick(6), pick(3)); break;
        case 8:
          if (!lives) break;
          if (random() % 2 == 0) touched = &chat(id, ConversationState::closed);
          if (random() % 2 == 0) {
            state.conversations.erase(ConversationId{id});
            lists.forget(ConversationId{id}, state);
            touched = nullptr;
          } else if (touched == nullptr) {
            touched = &known->second;
          }
          break;
        case 9:  // a line is written: told with what is gathered
          if (!lives) break;
          ++known->second.last_seq;
          lists.gather(ConversationId{id});
          break;
        case 10:
          if (lives && known->second.contact) {
            known->second.contact->overflow = QueueId{pick(3)};
            touched = &known->second;
          }
          break;
        default:
          if (!lists.in_round()) lists.begin_round();
          lists.send_some(state, now, random() % 4);
      }
      if (touched != nullptr) {
        change(*touched);
        for (const auto& [agent, list] : screens) {
          const bool concerned = touched->agent == agent || (touched->offer && touched->offer->agent == agent) ||
                                 touched->state == ConversationState::queued;
          ASSERT_TRUE(!concerned || knows(agent.value(), *touched)) << "agent " << agent.value() << ", step " << step;
        }
      }
    }
    send_gathered();
    for (const auto& [agent, list] : screens) ASSERT_EQ(list, should_list(agent)) << "agent " << agent.value();
    while (!state.conversations.empty()) {
      const ConversationId id = state.conversations.begin()->first;
      state.conversations.erase(id);
      lists.forget(id, state);
    }
    for (const auto& [agent, list] : screens) ASSERT_THAT(list, IsEmpty()) << "agent " << agent.value();
  }
}

}  // namespace
}  // namespace heti::gateway

#include "service/core/state.hpp"

#include <algorithm>

#include "service/base/bytes.hpp"
#include "service/base/check.hpp"
#include "service/core/decider.hpp"
#include "service/core/timers.hpp"

namespace heti::core {

Conversation* State::find(const PublicId& id) {
  const auto found = by_public_id.find(id);
  return found == by_public_id.end() ? nullptr : found->second;
}

const Conversation* State::find(const PublicId& id) const {
  const auto found = by_public_id.find(id);
  return found == by_public_id.end() ? nullptr : found->second;
}

const Queue* State::queue_named(std::string_view name) const {
  for (const auto& [id, queue] : queues) {
    if (!queue.removed && queue.settings.name == name) return &queue;
  }
  return nullptr;
}

const Agent* State::agent_named(std::string_view login) const {
  for (const auto& [id, agent] : agents) {
    if (!agent.removed && agent.settings.name == login) return &agent;
  }
  return nullptr;
}

std::string state_bytes(const State& state) { return to_bytes(state); }

std::optional<State> state_from_bytes(std::string_view bytes) {
  auto state = from_bytes<State>(bytes);
  if (!state) return std::nullopt;
  reindex_all(*state);
  return state;
}

const Queue& queue_of(const State& state, const Conversation& conversation) {
  return state.queues.at(conversation.queue);
}

Queue& queue_of(State& state, const Conversation& conversation) { return state.queues.at(conversation.queue); }

Agent& agent_at(State& state, AgentId id) {
  const auto found = state.agents.find(id);
  CHECK(found != state.agents.end());
  return found->second;
}

Conversation& conversation_at(State& state, ConversationId id) {
  const auto found = state.by_id.find(id.value());
  CHECK(found != state.by_id.end());
  return *found->second;
}

bool serves(const Agent& agent, QueueId queue) {
  return std::find(agent.queues.begin(), agent.queues.end(), queue) != agent.queues.end();
}

bool may_see(const Agent& agent, const Conversation& conversation) {
  if (agent.removed) return false;
  if (serves(agent, conversation.queue)) return true;
  if (conversation.agent == agent.id || conversation.last_agent == agent.id) return true;
  if (!conversation.contact) return false;
  const Contact& contact = *conversation.contact;
  return serves(agent, contact.line) || (contact.overflow && serves(agent, *contact.overflow));
}

std::uint64_t next_seq(const Conversation& conversation) { return conversation.last_seq + 1; }

}  // namespace heti::core

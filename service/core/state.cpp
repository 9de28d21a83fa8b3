#include "service/core/state.hpp"

#include <algorithm>

#include "service/base/bytes.hpp"
#include "service/base/check.hpp"
#include "service/core/decider.hpp"
#include "service/core/timers.hpp"

namespace heti::core {
namespace {

template <class Owner, class Id>
bool keyed_by_its_id(const std::map<Id, Owner>& owners) {
  return std::ranges::all_of(owners, [](const auto& entry) { return entry.second.id == entry.first; });
}

// Whether everything is filed under its own id, and names only queues, agents and conversations that are there too: the
// indexes follow these names without asking.
bool names_only_its_own(const State& state) {
  const auto all_there = [](const auto& ids, const auto& owners) {
    return std::ranges::all_of(ids, [&](const auto& id) { return owners.contains(id); });
  };
  if (!keyed_by_its_id(state.queues) || !keyed_by_its_id(state.agents) || !keyed_by_its_id(state.conversations)) {
    return false;
  }
  for (const auto& [key, queue] : state.queues) {
    const bool all_wait = std::ranges::all_of(
        queue.waiting, [&](const auto& place) { return state.conversations.contains(place.second); });
    if (!all_wait) return false;
  }
  for (const auto& [key, agent] : state.agents) {
    const bool all_held = std::ranges::all_of(agent.engagements, [&](const auto& entry) {
      return entry.second.ended || state.conversations.contains(entry.second.conversation);
    });
    if (!all_held || !all_there(agent.queues, state.queues) || !all_there(agent.offers, state.conversations))
      return false;
  }
  for (const auto& [key, conversation] : state.conversations) {
    if (!state.queues.contains(conversation.queue) || (conversation.waits() && !conversation.live())) return false;
    if (conversation.offer && !state.agents.contains(conversation.offer->agent)) return false;
    if (conversation.agent && !state.agents.contains(*conversation.agent)) return false;
    if (!conversation.contact) continue;
    const Contact& contact = *conversation.contact;
    if (!state.queues.contains(contact.line)) return false;
    if (contact.overflow && !state.queues.contains(*contact.overflow)) return false;
  }
  return true;
}

}  // namespace

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
  if (!state || !names_only_its_own(*state)) return std::nullopt;
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

Seers seers_of(const Conversation& conversation) {
  Seers seers{.queues = {conversation.queue}, .agents = {conversation.agent, conversation.last_agent}};
  if (!conversation.contact) return seers;
  seers.queues[1] = conversation.contact->line;
  seers.queues[2] = conversation.contact->overflow;
  return seers;
}

bool is_among(const Agent& agent, const Seers& seers) {
  if (agent.removed) return false;
  return std::ranges::any_of(seers.queues, [&](const auto& queue) { return queue && serves(agent, *queue); }) ||
         std::ranges::find(seers.agents, std::optional(agent.id)) != seers.agents.end();
}

bool may_see(const Agent& agent, const Conversation& conversation) { return is_among(agent, seers_of(conversation)); }

std::uint64_t next_seq(const Conversation& conversation) { return conversation.last_seq + 1; }

}  // namespace heti::core

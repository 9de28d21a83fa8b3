#include "service/core/timers.hpp"

#include <algorithm>

#include "service/base/check.hpp"
#include "service/core/decide.hpp"
#include "service/core/decider.hpp"

namespace heti::core {
namespace {

void keep_first(std::optional<Due>& first, Instant at, DueRank rank) {
  if (at == never) return;
  if (!first || std::tie(at, rank) < std::tie(first->at, first->rank)) {
    first = Due{.at = at, .rank = rank, .kind = {}, .id = 0};
  }
}

void store(State& state, Due::Kind kind, std::uint64_t id, std::optional<Due> due) {
  unindex(state, kind, id);
  if (!due) return;
  due->kind = kind;
  due->id = id;
  state.due.insert(*due);
  state.due_of.insert({{kind, id}, *due});
}

}  // namespace

void unindex(State& state, Due::Kind kind, std::uint64_t id) {
  const auto old = state.due_of.find({kind, id});
  if (old == state.due_of.end()) return;
  state.due.erase(old->second);
  state.due_of.erase(old);
}

void reindex(State& state, const Queue& queue) {
  std::optional<Due> first;
  if (!queue.removed) {
    const bool open_now = queue.hours.is_open(state.now);
    keep_first(first, open_now != queue.open ? state.now : queue.hours.next_change(state.now), DueRank::at_instant);
    keep_first(first, queue.closing_until, DueRank::after_instant);
  }
  store(state, Due::Kind::queue, queue.id.value(), first);
}

void reindex(State& state, const Agent& agent) {
  std::optional<Due> first;
  keep_first(first, agent.grace_due, DueRank::after_instant);
  for (const auto& [id, engagement] : agent.engagements) {
    keep_first(first, engagement.wrapup_due, DueRank::after_instant);
  }
  store(state, Due::Kind::agent, agent.id.value(), first);
}

void reindex(State& state, const Conversation& conversation) {
  std::optional<Due> first;
  if (conversation.contact) {
    const Contact& contact = *conversation.contact;
    // While the visitor is away, within the grace, the first-response verdict is held.
    if (!contact.first_response.judged && !conversation.gone_at) {
      keep_first(first, contact.first_response.breach_at, DueRank::at_instant);
    }
    if (contact.turn && !contact.turn->judged) keep_first(first, contact.turn->breach_at, DueRank::at_instant);
  }
  keep_first(first, conversation.gone_due, DueRank::after_instant);
  if (conversation.offer) keep_first(first, conversation.offer->due, DueRank::after_instant);
  for (const auto& [agent, bar] : conversation.barred) {
    keep_first(first, bar.soft ? bar.until : std::min(bar.soft_at, bar.until), DueRank::after_instant);
  }
  keep_first(first, conversation.final_due, DueRank::after_instant);
  store(state, Due::Kind::conversation, conversation.id.value(), first);
}

void reindex_all(State& state) {
  state.due.clear();
  state.due_of.clear();
  for (const auto& [id, queue] : state.queues) reindex(state, queue);
  for (const auto& [id, agent] : state.agents) reindex(state, agent);
  for (const auto& [id, conversation] : state.conversations) reindex(state, conversation);
}

Instant next_deadline(const State& state) {
  if (state.due.empty()) return never;
  const Due& first = *state.due.begin();
  return first.rank == DueRank::at_instant ? first.at : first.at + Millis{1};
}

void expire(Decider& d, Instant now) {
  State& state = d.state;
  while (!state.due.empty() && next_deadline(state) <= now) {
    const Due due = *state.due.begin();
    const std::size_t events_before = d.events.size();
    d.at = std::max(due.at, state.now);
    switch (due.kind) {
      case Due::Kind::queue: expire_queue(d, state.queues.at(QueueId{static_cast<std::uint32_t>(due.id)})); break;
      case Due::Kind::agent: expire_agent(d, state.agents.at(AgentId{static_cast<std::uint32_t>(due.id)})); break;
      case Due::Kind::conversation: expire_conversation(d, state.conversations.at(ConversationId{due.id})); break;
    }
    CHECK(d.events.size() > events_before);  // What is due becomes a fact, or it would be due for ever.
    route(d);
  }
}

}  // namespace heti::core

#include "service/core/timers.hpp"

#include <algorithm>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
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

template <class Owner>
void store(State& state, Owner& owner, Due::Kind kind, std::optional<Due> due) {
  if (due) {
    due->kind = kind;
    due->id = owner.id.value();
  }
  if (due == owner.due_as) return;
  if (owner.due_as) state.due.erase(*owner.due_as);
  if (due) state.due.insert(*due);
  owner.due_as = due;
}

// Who staffs its queues, and who of them could take a chat now.
void index_free(State& state, Agent& agent) {
  for (const QueueId id : agent.counted_in) {
    Queue& queue = state.queues.at(id);
    --queue.staffed;
    if (agent.free_as) queue.free.erase(*agent.free_as);
  }
  agent.counted_in.clear();
  agent.free_as.reset();
  const bool there = agent.staffs() || (planted(Planted::lost_is_staffed) && agent.status == AgentStatus::lost);
  if (agent.removed || !there) return;
  agent.counted_in = agent.queues;
  std::uint32_t busy = agent.busy();
  if (planted(Planted::wrapup_frees_slot)) {
    for (const auto& [id, engagement] : agent.engagements) busy -= engagement.ended ? 1 : 0;
  }
  const std::uint32_t slots = agent.settings.capacity + (planted(Planted::capacity_off_by_one) ? 1 : 0);
  if (agent.staffs() && busy < slots) {
    agent.free_as = FreeAgent{
        .busy = busy, .capacity = agent.settings.capacity, .last_assigned = agent.last_assigned, .id = agent.id};
  }
  for (const QueueId id : agent.counted_in) {
    Queue& queue = state.queues.at(id);
    ++queue.staffed;
    if (agent.free_as) queue.free.insert(*agent.free_as);
  }
}

}  // namespace

void unindex(State& state, Conversation& conversation) {
  store(state, conversation, Due::Kind::conversation, std::nullopt);
}

void reindex(State& state, Queue& queue) {
  std::optional<Due> first;
  if (!queue.removed) {
    const bool open_now = queue.hours.is_open(state.now);
    // However far it is: an index of today and one that is made anew next month must say the same.
    const Instant change = queue.hours.next_change(state.now, Millis::max());
    keep_first(first, open_now != queue.open ? state.now : change, DueRank::at_instant);
    keep_first(first, queue.closing_until, DueRank::after_instant);
  }
  store(state, queue, Due::Kind::queue, first);
}

void reindex(State& state, Agent& agent) {
  std::optional<Due> first;
  keep_first(first, agent.grace_due, DueRank::after_instant);
  for (const auto& [id, engagement] : agent.engagements) {
    keep_first(first, engagement.wrapup_due, DueRank::after_instant);
  }
  store(state, agent, Due::Kind::agent, first);
  index_free(state, agent);
}

void reindex(State& state, Conversation& conversation) {
  std::optional<Due> first;
  if (conversation.contact) {
    const Contact& contact = *conversation.contact;
    // While the visitor is away, within the grace, the first-response verdict is held.
    const bool held = conversation.gone_at && !planted(Planted::held_verdict_given);
    if (!contact.first_response.judged && !held && !planted(Planted::verdict_at_reply)) {
      keep_first(first, contact.first_response.breach_at, DueRank::at_instant);
    }
    if (contact.turn && !contact.turn->judged) keep_first(first, contact.turn->breach_at, DueRank::at_instant);
    if (conversation.waits()) {
      keep_first(first, contact.widen_at, DueRank::at_instant);
      if (!contact.first_response_time) keep_first(first, contact.give_up_at, DueRank::at_instant);
      keep_first(first, contact.held_until, DueRank::after_instant);
    }
  }
  keep_first(first, conversation.gone_due, DueRank::after_instant);
  if (conversation.offer) keep_first(first, conversation.offer->due, DueRank::after_instant);
  for (const auto& [agent, bar] : conversation.barred) {
    keep_first(first, bar.soft ? bar.until : std::min(bar.soft_at, bar.until), DueRank::after_instant);
  }
  keep_first(first, conversation.final_due, DueRank::after_instant);
  store(state, conversation, Due::Kind::conversation, first);
}

void reindex_all(State& state) {
  state.due.clear();
  state.by_public_id.clear();
  state.by_id.clear();
  for (auto& [id, queue] : state.queues) {
    queue.due_as.reset();
    queue.staffed = 0;
    queue.free.clear();
    queue.unoffered.clear();
    queue.helped = false;
    reindex(state, queue);
  }
  for (auto& [id, agent] : state.agents) {
    agent.due_as.reset();
    agent.counted_in.clear();
    agent.free_as.reset();
    reindex(state, agent);
  }
  for (auto& [id, conversation] : state.conversations) {
    conversation.due_as.reset();
    conversation.recent_text = 0;
    for (const Entry& entry : conversation.recent) conversation.recent_text += entry.text.size();
    const bool helped = conversation.contact && conversation.contact->overflow;
    if (helped) state.queues.at(conversation.contact->line).helped = true;
    state.by_public_id[conversation.public_id] = state.by_id[id.value()] = &conversation;
    if (conversation.state == ConversationState::queued) {
      const Contact& contact = *conversation.contact;
      state.queues.at(contact.line).unoffered.insert({contact.key, id});
    }
    reindex(state, conversation);
  }
}

Instant next_deadline(const State& state) {
  if (state.due.empty()) return never;
  const Due& first = *state.due.begin();
  return first.rank == DueRank::at_instant ? first.at : first.at + Millis{1};
}

bool expire(Decider& d, Instant now, std::size_t events_max) {
  State& state = d.state;
  while (!state.due.empty() && next_deadline(state) <= now) {
    if (d.events.size() >= events_max) return false;
    const Due due = *state.due.begin();
    const std::size_t events_before = d.events.size();
    d.at = std::max(planted(Planted::late_tick_stamps_now) ? now : due.at, state.now);
    switch (due.kind) {
      case Due::Kind::queue: expire_queue(d, state.queues.at(QueueId{static_cast<std::uint32_t>(due.id)})); break;
      case Due::Kind::agent: expire_agent(d, state.agents.at(AgentId{static_cast<std::uint32_t>(due.id)})); break;
      case Due::Kind::conversation: expire_conversation(d, state.conversations.at(ConversationId{due.id})); break;
    }
    CHECK(d.events.size() > events_before);  // What is due becomes a fact, or it would be due for ever.
    route(d);
  }
  return true;
}

}  // namespace heti::core

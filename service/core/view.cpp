#include "service/core/view.hpp"

#include <algorithm>

#include "service/core/decider.hpp"
#include "service/core/state.hpp"

namespace heti::core {
namespace {

std::string display_name(const State& state, AgentId id) {
  const auto agent = state.agents.find(id);
  return agent == state.agents.end() ? std::string{} : agent->second.settings.display_name;
}

std::optional<WaitView> wait_of(const Queue& queue, const Conversation& conversation, Instant now) {
  if (!conversation.contact) return std::nullopt;
  const Contact& contact = *conversation.contact;
  const bool first = !contact.first_response_time;
  if (!first && !contact.turn) return std::nullopt;
  const Promise& promise = first ? contact.first_response : *contact.turn;
  const Millis elapsed = queue.hours.elapsed(promise.started, now);
  return WaitView{.sla = first ? Sla::first_response : Sla::reply,
                  .elapsed = elapsed,
                  .running = queue.open && !(first && conversation.gone_at),
                  .target = promise.threshold,
                  .breached = elapsed > promise.threshold};
}

std::optional<std::uint32_t> position_of(const State& state, const Conversation& conversation) {
  if (!conversation.waits()) return std::nullopt;
  const Queue& queue = state.queues.at(conversation.contact->line);
  return static_cast<std::uint32_t>(queue.waiting.rank({conversation.contact->key, conversation.id})) + 1;
}

// The visible line that an event adds, by kind of event.
struct EntryOf {
  const State& state;
  Instant at;
  using Line = std::optional<std::pair<ConversationId, Entry>>;

  Line line(ConversationId conversation, std::uint64_t seq, EntryKind kind) const {
    if (seq == 0) return std::nullopt;
    Entry entry;
    entry.seq = seq;
    entry.at = at;
    entry.kind = kind;
    return Line{{conversation, std::move(entry)}};
  }
  Line operator()(const event::MessagePosted& e) const {
    Line made = line(e.conversation, e.seq, EntryKind::message);
    if (!made) return made;
    Entry& entry = made->second;
    entry.author = e.author;
    if (e.author == Author::agent) entry.name = display_name(state, e.agent);
    entry.text = e.text;
    entry.stream = e.stream;
    entry.n = e.n;
    return made;
  }
  Line operator()(const event::ContactQueued& e) const { return line(e.conversation, e.seq, EntryKind::reopened); }
  Line operator()(const event::ContactInitiated& e) const {
    Line made = line(e.conversation, e.seq, EntryKind::assigned);
    if (made) made->second.name = display_name(state, e.agent);
    return made;
  }
  Line operator()(const event::ChatAssigned& e) const {
    Line made = line(e.conversation, e.seq, EntryKind::assigned);
    if (made) made->second.name = display_name(state, e.agent);
    return made;
  }
  Line operator()(const event::ChatRequeued& e) const {
    Line made = line(e.conversation, e.seq, EntryKind::left);
    if (made) made->second.name = display_name(state, e.agent);
    return made;
  }
  Line operator()(const event::ChatClosed& e) const {
    Line made = line(e.conversation, e.seq, EntryKind::closed);
    if (made) {
      made->second.by = e.by;
      made->second.reason = e.reason;
    }
    return made;
  }
  Line operator()(const event::RatingGiven& e) const {
    Line made = line(e.conversation, e.seq, EntryKind::rated);
    if (made) made->second.score = e.score;
    return made;
  }
  Line operator()(const auto&) const { return std::nullopt; }
};

}  // namespace

QueueView view_of(const Queue& queue, Instant now) {
  const Instant change = queue.hours.next_change(now);
  return {.id = queue.id,
          .name = queue.settings.name,
          .display_name = queue.settings.display_name,
          .open = queue.open,
          .closing = queue.closing(),
          .next_change = change == never ? std::nullopt : std::optional{change},
          .after_hours = queue.settings.after_hours,
          .waiting = static_cast<std::uint32_t>(queue.waiting.size()),
          .staffed = queue.staffed};
}

AgentView view_of(const Agent& agent) {
  return {.id = agent.id,
          .name = agent.settings.name,
          .display_name = agent.settings.display_name,
          .status = agent.status,
          .reason = agent.reason,
          .capacity = agent.settings.capacity,
          .busy = agent.busy()};
}

ChatView chat_view(const State& state, const Conversation& conversation, Instant now) {
  const Queue& queue = queue_of(state, conversation);
  ChatView view;
  view.id = conversation.id;
  view.conversation = conversation.public_id;
  view.queue_id = conversation.contact ? conversation.contact->line : conversation.queue;
  view.queue = state.queues.at(view.queue_id).settings.name;
  view.state = conversation.state;
  view.visitor = conversation.visitor;
  view.facts = conversation.facts;
  if (conversation.agent) {
    const Agent& agent = state.agents.at(*conversation.agent);
    view.agent = agent.id;
    view.agent_name = agent.settings.name;
    view.agent_display_name = agent.settings.display_name;
  }
  if (conversation.offer) {
    view.offered_to = conversation.offer->agent;
    view.offered_to_name = state.agents.at(conversation.offer->agent).settings.name;
    view.offer_left = std::max(Millis{0}, conversation.offer->due - now);
  }
  view.preview = conversation.preview;
  view.preview_author = conversation.preview_author;
  view.last_seq = conversation.last_seq;
  view.visitor_online = !conversation.connections.empty();
  view.created = conversation.created;
  view.wait = wait_of(queue, conversation, now);
  view.as_of = now;
  view.rating = conversation.rating;
  return view;
}

ConversationView conversation_view(const State& state, const Conversation& conversation, std::uint64_t after) {
  const Queue& queue = queue_of(state, conversation);
  const bool over = conversation.state == ConversationState::wrapup || conversation.state == ConversationState::closed;
  ConversationView view;
  view.id = conversation.id;
  view.conversation = conversation.public_id;
  view.queue_id = conversation.queue;
  view.queue = queue.settings.name;
  view.state = conversation.state;
  view.last_seq = conversation.last_seq;
  if (conversation.agent) {
    view.agent_display_name = display_name(state, *conversation.agent);
    view.agent_online = !state.agents.at(*conversation.agent).connections.empty();
  }
  view.visitor_online = !conversation.connections.empty();
  view.rating = conversation.rating;
  view.can_rate = over && conversation.answered && conversation.rating == 0;
  view.position = position_of(state, conversation);
  view.visitor = conversation.visitor;
  view.facts = conversation.facts;
  for (const Entry& entry : conversation.recent) {
    if (entry.seq > after) view.entries.push_back(entry);
  }
  return view;
}

Seers listed_for(const Conversation& conversation) {
  switch (conversation.state) {
    case ConversationState::fresh:
    case ConversationState::closed:
    case ConversationState::final: break;
    case ConversationState::wrapup: return {.agents = {conversation.agent}};
    case ConversationState::queued:
    case ConversationState::offered:
    case ConversationState::assigned: return seers_of(conversation);
    case ConversationState::offline_message: return conversation.last_seq > 0 ? seers_of(conversation) : Seers{};
  }
  return {};
}

ConsoleView console_view(const State& state, const Agent& agent, Instant now) {
  ConsoleView view{.agent = view_of(agent), .queues = {}, .chats = {}};
  for (const QueueId id : agent.queues) view.queues.push_back(view_of(state.queues.at(id), now));
  for (const auto& [id, conversation] : state.conversations) {
    if (is_among(agent, listed_for(conversation))) view.chats.push_back(chat_view(state, conversation, now));
  }
  return view;
}

std::optional<std::pair<ConversationId, Entry>> entry_of(const State& state, const Event& event) {
  return std::visit(EntryOf{.state = state, .at = event.at}, event.body);
}

}  // namespace heti::core

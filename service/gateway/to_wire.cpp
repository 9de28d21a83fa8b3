#include "service/gateway/to_wire.hpp"

#include <cstdlib>
#include <utility>

#include "protocol/codec.hpp"

namespace heti::gateway {

namespace {

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

protocol::AuthorRole role_of(core::Author author) {
  switch (author) {
    case core::Author::visitor: return protocol::AuthorRole::visitor;
    case core::Author::agent: return protocol::AuthorRole::agent;
    case core::Author::bot: return protocol::AuthorRole::bot;
    case core::Author::automatic: return protocol::AuthorRole::automatic;
    case core::Author::system: return protocol::AuthorRole::system;
    case core::Author::note: break;  // Notes carry no seq and are no entries: they never come here.
  }
  std::abort();
}

protocol::ClosedBy to_wire(core::ClosedBy by) {
  switch (by) {
    case core::ClosedBy::visitor: return protocol::ClosedBy::visitor;
    case core::ClosedBy::agent: return protocol::ClosedBy::agent;
    case core::ClosedBy::system: return protocol::ClosedBy::system;
  }
  std::abort();
}

protocol::CloseReason to_wire(core::CloseReason reason) {
  switch (reason) {
    case core::CloseReason::closed: return protocol::CloseReason::closed;
    case core::CloseReason::abandoned: return protocol::CloseReason::abandoned;
    case core::CloseReason::queue_closed: return protocol::CloseReason::queue_closed;
    case core::CloseReason::spam: return protocol::CloseReason::spam;
    case core::CloseReason::timeout: return protocol::CloseReason::timeout;
  }
  std::abort();
}

protocol::AfterHours to_wire(core::AfterHours value) {
  switch (value) {
    case core::AfterHours::message: return protocol::AfterHours::message;
    case core::AfterHours::queue: return protocol::AfterHours::queue;
    case core::AfterHours::refuse: return protocol::AfterHours::refuse;
  }
  std::abort();
}

protocol::Sla to_wire(core::Sla sla) {
  switch (sla) {
    case core::Sla::first_response: return protocol::Sla::first_response;
    case core::Sla::reply: return protocol::Sla::reply;
  }
  std::abort();
}

protocol::EntryBody body_of(core::Entry&& entry) {
  switch (entry.kind) {
    case core::EntryKind::message: {
      protocol::MessageEntry message{
          .author = {.role = role_of(entry.author), .name = unless_empty(std::move(entry.name))},
          .text = std::move(entry.text),
          .stream = unless_empty(std::move(entry.stream)),
          .n = {}};
      if (message.stream) message.n = entry.n;
      return message;
    }
    case core::EntryKind::assigned: return protocol::AssignedEntry{.agent = std::move(entry.name)};
    case core::EntryKind::left: return protocol::LeftEntry{.agent = std::move(entry.name)};
    case core::EntryKind::closed:
      return protocol::ClosedEntry{.by = to_wire(entry.by), .reason = to_wire(entry.reason)};
    case core::EntryKind::rated: return protocol::RatedEntry{.score = entry.score};
    case core::EntryKind::reopened: return protocol::ReopenedEntry{};
  }
  std::abort();
}

}  // namespace

protocol::ConversationState to_wire(core::ConversationState state) {
  switch (state) {
    case core::ConversationState::fresh: return protocol::ConversationState::fresh;
    case core::ConversationState::queued: return protocol::ConversationState::queued;
    case core::ConversationState::offered: return protocol::ConversationState::offered;
    case core::ConversationState::assigned: return protocol::ConversationState::assigned;
    case core::ConversationState::wrapup: return protocol::ConversationState::wrapup;
    case core::ConversationState::closed: return protocol::ConversationState::closed;
    case core::ConversationState::final: return protocol::ConversationState::final;
    case core::ConversationState::offline_message: return protocol::ConversationState::offline_message;
  }
  std::abort();
}

protocol::AgentStatus to_wire(core::AgentStatus status) {
  switch (status) {
    case core::AgentStatus::offline: return protocol::AgentStatus::offline;
    case core::AgentStatus::away: return protocol::AgentStatus::away;
    case core::AgentStatus::online: return protocol::AgentStatus::online;
    case core::AgentStatus::finishing: return protocol::AgentStatus::finishing;
    case core::AgentStatus::lost: return protocol::AgentStatus::lost;
  }
  std::abort();
}

protocol::StatusReason to_wire(core::StatusReason reason) {
  switch (reason) {
    case core::StatusReason::chosen: return protocol::StatusReason::chosen;
    case core::StatusReason::connected: return protocol::StatusReason::connected;
    case core::StatusReason::disconnected: return protocol::StatusReason::disconnected;
    case core::StatusReason::reconnected: return protocol::StatusReason::reconnected;
    case core::StatusReason::grace_over: return protocol::StatusReason::grace_over;
    case core::StatusReason::offers_missed: return protocol::StatusReason::offers_missed;
    case core::StatusReason::service: return protocol::StatusReason::service;
    case core::StatusReason::removed: return protocol::StatusReason::removed;
    case core::StatusReason::last_chat_closed: return protocol::StatusReason::last_chat_closed;
    case core::StatusReason::supervisor: return protocol::StatusReason::supervisor;
  }
  std::abort();
}

protocol::RefusalCode to_wire(core::Refusal refusal) {
  switch (refusal) {
    case core::Refusal::not_found: return protocol::RefusalCode::not_found;
    case core::Refusal::not_allowed: return protocol::RefusalCode::not_allowed;
    case core::Refusal::wrong_state: return protocol::RefusalCode::wrong_state;
    case core::Refusal::queue_closed: return protocol::RefusalCode::queue_closed;
    case core::Refusal::already_assigned: return protocol::RefusalCode::already_assigned;
    case core::Refusal::conflict: return protocol::RefusalCode::conflict;
    case core::Refusal::resend_from: return protocol::RefusalCode::resend_from;
    case core::Refusal::agent_unavailable: return protocol::RefusalCode::agent_unavailable;
  }
  std::abort();
}

protocol::QueueState to_wire(const core::QueueView& view, protocol::Role audience) {
  protocol::QueueState out{.name = view.name,
                           .display_name = view.display_name,
                           .open = view.open,
                           .closing = view.closing,
                           .next_change = view.next_change,
                           .after_hours = to_wire(view.after_hours),
                           .waiting = {},
                           .staffed = {}};
  if (audience == protocol::Role::agent) {
    out.waiting = view.waiting;
    out.staffed = view.staffed;
  }
  return out;
}

protocol::Entry to_wire(core::Entry entry) {
  return protocol::Entry{.seq = entry.seq, .at = entry.at, .body = body_of(std::move(entry))};
}

std::vector<protocol::Entry> to_wire(const std::vector<core::Entry>& entries) {
  std::vector<protocol::Entry> out;
  out.reserve(entries.size());
  for (const core::Entry& entry : entries) out.push_back(to_wire(entry));
  return out;
}

protocol::ConversationView to_wire(const core::ConversationView& view, protocol::Role audience) {
  protocol::ConversationView out{.id = view.conversation,
                                 .queue = view.queue,
                                 .state = to_wire(view.state),
                                 .last_seq = view.last_seq,
                                 .agent = unless_empty(view.agent_display_name),
                                 .visitor_online = view.visitor_online,
                                 .agent_online = view.agent_online,
                                 .position = {},
                                 .rating = {},
                                 .can_rate = view.can_rate,
                                 .visitor = {}};
  if (view.position) out.position = *view.position;
  if (view.rating != 0) out.rating = view.rating;
  if (audience == protocol::Role::agent) {
    out.visitor = protocol::VisitorView{.id = view.visitor,
                                        .name = unless_empty(view.facts.name),
                                        .email = unless_empty(view.facts.email),
                                        .page_url = unless_empty(view.facts.page_url),
                                        .page_title = unless_empty(view.facts.page_title)};
  }
  return out;
}

protocol::Chat to_wire(const core::ChatView& view) {
  protocol::Chat out{.conversation = view.conversation,
                     .queue = view.queue,
                     .state = to_wire(view.state),
                     .visitor = {.id = view.visitor,
                                 .name = unless_empty(view.facts.name),
                                 .page_title = unless_empty(view.facts.page_title)},
                     .agent = {},
                     .agent_name = {},
                     .offered_to = {},
                     .offer = view.offer_left,
                     .preview = unless_empty(protocol::preview_of(view.preview)),
                     .preview_role = {},
                     .last_seq = view.last_seq,
                     .visitor_online = view.visitor_online,
                     .created = view.created,
                     .wait = {},
                     .as_of = view.as_of,
                     .rating = {}};
  if (view.agent) {
    out.agent = view.agent_name;
    out.agent_name = view.agent_display_name;
  }
  if (view.offered_to) out.offered_to = view.offered_to_name;
  if (out.preview) out.preview_role = role_of(view.preview_author);
  if (view.wait) {
    out.wait = protocol::Wait{.sla = to_wire(view.wait->sla),
                              .elapsed = view.wait->elapsed,
                              .running = view.wait->running,
                              .target = view.wait->target,
                              .breached = view.wait->breached};
  }
  if (view.rating != 0) out.rating = view.rating;
  return out;
}

protocol::AgentChanged to_wire(const core::AgentView& view) {
  return protocol::AgentChanged{
      .status = to_wire(view.status), .reason = to_wire(view.reason), .capacity = view.capacity, .busy = view.busy};
}

protocol::StateChanged state_frame(const core::ConversationView& view) {
  protocol::StateChanged out{.conversation = view.conversation,
                             .state = to_wire(view.state),
                             .agent = unless_empty(view.agent_display_name),
                             .visitor_online = view.visitor_online,
                             .agent_online = view.agent_online,
                             .can_rate = view.can_rate,
                             .position = {}};
  if (view.position) out.position = *view.position;
  return out;
}

protocol::VisitorWelcome visitor_welcome(const core::WelcomeView& view, std::string token, PublicId visitor,
                                         std::string_view history, Instant now) {
  protocol::VisitorWelcome out{.token = std::move(token),
                               .visitor = visitor,
                               .history = std::string(history),
                               .server_time = now,
                               .queue = to_wire(view.queue, protocol::Role::visitor),
                               .conversation = {},
                               .name = {}};
  if (view.conversation) {
    out.conversation = protocol::VisitorWelcome::Present{.id = view.conversation->conversation,
                                                         .state = to_wire(view.conversation->state),
                                                         .last_seq = view.conversation->last_seq};
    out.name = unless_empty(view.conversation->facts.name);
  }
  return out;
}

protocol::AgentWelcome agent_welcome(const core::ConsoleView& view, std::string_view history, Instant now) {
  protocol::AgentWelcome out{.history = std::string(history),
                             .server_time = now,
                             .agent = {.name = view.agent.name,
                                       .display_name = view.agent.display_name,
                                       .status = to_wire(view.agent.status),
                                       .reason = to_wire(view.agent.reason),
                                       .capacity = view.agent.capacity,
                                       .busy = view.agent.busy},
                             .queues = {},
                             .chats = {}};
  for (const core::QueueView& queue : view.queues) out.queues.push_back(to_wire(queue, protocol::Role::agent));
  for (const core::ChatView& chat : view.chats) out.chats.push_back(to_wire(chat));
  return out;
}

std::vector<core::Entry> newest_within(std::vector<core::Entry> entries, std::size_t bytes_max) {
  std::size_t bytes = 0;
  std::size_t kept = 0;
  while (kept < entries.size()) {
    // JSON may double a text at worst (all quotes); 200 bytes are the rest of an entry.
    bytes += entries[entries.size() - 1 - kept].text.size() + 200;
    if (kept > 0 && bytes > bytes_max) break;
    ++kept;
  }
  entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kept));
  return entries;
}

}  // namespace heti::gateway

// What the archive knows of a conversation that is over, in words of the wire.
#include "protocol/codec.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

protocol::AuthorRole role_of(core::Author author) {
  switch (author) {
    case core::Author::visitor: return protocol::AuthorRole::visitor;
    case core::Author::agent: return protocol::AuthorRole::agent;
    case core::Author::bot: return protocol::AuthorRole::bot;
    case core::Author::automatic: return protocol::AuthorRole::automatic;
    case core::Author::system:
    case core::Author::note: return protocol::AuthorRole::system;
  }
  return protocol::AuthorRole::system;
}

}  // namespace

protocol::ClosedChat closed_chat(const archive::Record& record, Instant now) {
  protocol::ClosedChat out;
  protocol::Chat& chat = out.chat;
  chat.conversation = record.conversation;
  chat.queue = record.queue;
  chat.state = protocol::ConversationState::closed;
  chat.visitor = {.id = record.visitor,
                  .name = unless_empty(record.facts.name),
                  .page_title = unless_empty(record.facts.page_title)};
  chat.agent = unless_empty(record.agent_name);
  chat.agent_name = unless_empty(record.agent_display_name);
  if (!record.preview.empty()) {
    chat.preview = protocol::preview_of(record.preview);
    chat.preview_role = role_of(record.preview_author);
  }
  chat.last_seq = record.last_seq;
  chat.created = record.created;
  chat.as_of = now;
  if (record.rating != 0) chat.rating = record.rating;
  out.closed_at = record.closed_at.value_or(record.created);
  return out;
}

protocol::ConversationView conversation_of(const archive::Record& record) {
  protocol::ConversationView out;
  out.id = record.conversation;
  out.queue = record.queue;
  // The archive does not follow the state of a chat that goes on; whoever asks for one of those opens it on a socket.
  out.state = record.closed_at ? protocol::ConversationState::closed : protocol::ConversationState::assigned;
  out.last_seq = record.last_seq;
  out.agent = unless_empty(record.agent_display_name);
  if (record.rating != 0) out.rating = record.rating;
  out.visitor = protocol::VisitorView{.id = record.visitor,
                                      .name = unless_empty(record.facts.name),
                                      .email = unless_empty(record.facts.email),
                                      .page_url = unless_empty(record.facts.page_url),
                                      .page_title = unless_empty(record.facts.page_title)};
  return out;
}

}  // namespace heti::gateway

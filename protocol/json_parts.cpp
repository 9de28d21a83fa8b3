#include "protocol/json_parts.hpp"

namespace heti::protocol {

void append_json(TextBuffer& out, const QueueState& part) {
  Fields(out)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("open", part.open)
      .add("closing", part.closing)
      .add("next_change", part.next_change)
      .add("after_hours", part.after_hours)
      .add("waiting", part.waiting)
      .add("staffed", part.staffed)
      .end();
}

void append_json(TextBuffer& out, const Author& part) {
  Fields(out).add("role", part.role).add("name", part.name).end();
}

namespace {

void add_body(Fields& out, const MessageEntry& body) {
  out.word("kind", "message").add("author", body.author).add("text", body.text);
  out.add("stream", body.stream).add("n", body.n);
}
void add_body(Fields& out, const AssignedEntry& body) { out.word("kind", "assigned").add("agent", body.agent); }
void add_body(Fields& out, const LeftEntry& body) { out.word("kind", "left").add("agent", body.agent); }
void add_body(Fields& out, const ClosedEntry& body) {
  out.word("kind", "closed").add("by", body.by).add("reason", body.reason);
}
void add_body(Fields& out, const RatedEntry& body) { out.word("kind", "rated").add("score", body.score); }
void add_body(Fields& out, const ReopenedEntry&) { out.word("kind", "reopened"); }

}  // namespace

void append_json(TextBuffer& out, const Entry& part) {
  Fields fields(out);
  fields.add("seq", part.seq).add("at", part.at);
  std::visit([&](const auto& body) { add_body(fields, body); }, part.body);
  fields.end();
}

void append_json(TextBuffer& out, const VisitorView& part) {
  Fields(out)
      .add("id", part.id)
      .add("name", part.name)
      .add("email", part.email)
      .add("page_url", part.page_url)
      .add("page_title", part.page_title)
      .end();
}

void append_json(TextBuffer& out, const ConversationView& part) {
  Fields(out)
      .add("id", part.id)
      .add("queue", part.queue)
      .add("state", part.state)
      .add("last_seq", part.last_seq)
      .add("agent", part.agent)
      .add("visitor_online", part.visitor_online)
      .add("agent_online", part.agent_online)
      .add("position", part.position)
      .add("rating", part.rating)
      .add("can_rate", part.can_rate)
      .add("visitor", part.visitor)
      .end();
}

void append_json(TextBuffer& out, const Wait& part) {
  Fields(out)
      .add("sla", part.sla)
      .add("elapsed_ms", part.elapsed)
      .add("running", part.running)
      .add("target_ms", part.target)
      .add("breached", part.breached)
      .end();
}

void append_json(TextBuffer& out, const Chat::Visitor& part) {
  Fields(out).add("id", part.id).add("name", part.name).add("page_title", part.page_title).end();
}

Fields chat_fields(TextBuffer& out, const Chat& part) {
  Fields fields(out);
  fields.add("conversation", part.conversation)
      .add("queue", part.queue)
      .add("state", part.state)
      .add("visitor", part.visitor)
      .add("agent", part.agent)
      .add("agent_name", part.agent_name)
      .add("offered_to", part.offered_to)
      .add("offer_ms", part.offer)
      .add("preview", part.preview)
      .add("preview_role", part.preview_role)
      .add("last_seq", part.last_seq)
      .add("visitor_online", part.visitor_online)
      .add("created", part.created)
      .add("wait", part.wait)
      .add("as_of", part.as_of)
      .add("rating", part.rating);
  return fields;
}

void append_json(TextBuffer& out, const Chat& part) { chat_fields(out, part).end(); }

void append_json(TextBuffer& out, const VisitorWelcome::Present& part) {
  Fields(out).add("id", part.id).add("state", part.state).add("last_seq", part.last_seq).end();
}

void append_json(TextBuffer& out, const AgentWelcome::Self& part) {
  Fields(out)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("status", part.status)
      .add("reason", part.reason)
      .add("capacity", part.capacity)
      .add("busy", part.busy)
      .end();
}

void append_json(TextBuffer& out, const Colleague& part) {
  Fields(out)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("status", part.status)
      .add("capacity", part.capacity)
      .add("busy", part.busy)
      .add("queues", part.queues)
      .end();
}

void append_json(TextBuffer& out, const TransferQueue& part) {
  Fields(out)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("open", part.open)
      .add("staffed", part.staffed)
      .end();
}

}  // namespace heti::protocol

#include "protocol/json_parts.hpp"

#include <chrono>
#include <cstdio>

namespace heti::protocol {

namespace json = boost::json;

json::value to_json(bool value, const Arena& arena) { return json::value(value, arena); }
json::value to_json(std::uint64_t value, const Arena& arena) { return json::value(value, arena); }
json::value to_json(std::string_view value, const Arena& arena) { return json::string(value, arena); }
json::value to_json(const std::string& value, const Arena& arena) { return json::string(value, arena); }
json::value to_json(const PublicId& value, const Arena& arena) { return json::string(to_string(value), arena); }
json::value to_json(Millis value, const Arena& arena) { return json::value(std::int64_t{value.count()}, arena); }

json::value to_json(Instant value, const Arena& arena) {
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{value - day};
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                                 unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
                                 static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                                 static_cast<int>(time.subseconds().count()));
  return json::string(std::string_view(text, static_cast<std::size_t>(size)), arena);
}

json::value to_json(const QueueState& part, const Arena& arena) {
  return Fields(arena)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("open", part.open)
      .add("closing", part.closing)
      .add("next_change", part.next_change)
      .add("after_hours", part.after_hours)
      .add("waiting", part.waiting)
      .add("staffed", part.staffed)
      .take();
}

json::value to_json(const Author& part, const Arena& arena) {
  return Fields(arena).add("role", part.role).add("name", part.name).take();
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

json::value to_json(const Entry& part, const Arena& arena) {
  Fields out(arena);
  out.add("seq", part.seq).add("at", part.at);
  std::visit([&](const auto& body) { add_body(out, body); }, part.body);
  return out.take();
}

json::value to_json(const VisitorView& part, const Arena& arena) {
  return Fields(arena)
      .add("id", part.id)
      .add("name", part.name)
      .add("email", part.email)
      .add("page_url", part.page_url)
      .add("page_title", part.page_title)
      .take();
}

json::value to_json(const ConversationView& part, const Arena& arena) {
  return Fields(arena)
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
      .take();
}

json::value to_json(const Wait& part, const Arena& arena) {
  return Fields(arena)
      .add("sla", part.sla)
      .add("elapsed_ms", part.elapsed)
      .add("running", part.running)
      .add("target_ms", part.target)
      .add("breached", part.breached)
      .take();
}

json::value to_json(const Chat::Visitor& part, const Arena& arena) {
  return Fields(arena).add("id", part.id).add("name", part.name).add("page_title", part.page_title).take();
}

Fields chat_fields(const Chat& part, const Arena& arena) {
  Fields out(arena);
  out.add("conversation", part.conversation)
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
  return out;
}

json::value to_json(const Chat& part, const Arena& arena) { return chat_fields(part, arena).take(); }

json::value to_json(const VisitorWelcome::Present& part, const Arena& arena) {
  return Fields(arena).add("id", part.id).add("state", part.state).add("last_seq", part.last_seq).take();
}

json::value to_json(const AgentWelcome::Self& part, const Arena& arena) {
  return Fields(arena)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("status", part.status)
      .add("reason", part.reason)
      .add("capacity", part.capacity)
      .add("busy", part.busy)
      .take();
}

json::value to_json(const Colleague& part, const Arena& arena) {
  return Fields(arena)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("status", part.status)
      .add("capacity", part.capacity)
      .add("busy", part.busy)
      .add("queues", part.queues)
      .take();
}

json::value to_json(const TransferQueue& part, const Arena& arena) {
  return Fields(arena)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("open", part.open)
      .add("staffed", part.staffed)
      .take();
}

}  // namespace heti::protocol

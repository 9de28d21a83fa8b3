#include "protocol/codec.hpp"
#include "protocol/json_parts.hpp"

namespace heti::protocol {
namespace {

template <class Build>
std::string frame_of(std::string_view t, const Build& build) {
  return text_of([&](Fields& out) {
    out.word("t", t);
    build(out);
  });
}

// Only a demonstration's clock is told of.
void add_clock_speed(Fields& out, std::uint64_t speed) {
  if (speed != 1) out.add("clock_speed", speed);
}

}  // namespace

std::string encode(const VisitorWelcome& frame) {
  return frame_of("welcome", [&](Fields& out) {
    out.add("role", Role::visitor)
        .add("token", frame.token)
        .add("visitor", frame.visitor)
        .add("history", frame.history)
        .add("server_time", frame.server_time)
        .add("queue", frame.queue)
        .add("conversation", frame.conversation)
        .add("name", frame.name);
    add_clock_speed(out, frame.clock_speed);
  });
}

std::string encode(const AgentWelcome& frame) {
  return frame_of("welcome", [&](Fields& out) {
    out.add("role", Role::agent)
        .add("history", frame.history)
        .add("server_time", frame.server_time)
        .add("agent", frame.agent)
        .add("queues", frame.queues)
        .add("chats", frame.chats);
    add_clock_speed(out, frame.clock_speed);
  });
}

std::string encode(const Opened& frame) {
  return frame_of("opened", [&](Fields& out) {
    out.add("ref", frame.ref).add("conversation", frame.conversation).add("entries", frame.entries);
  });
}

std::string encode(const Page& frame) {
  return frame_of("page", [&](Fields& out) {
    out.add("ref", frame.ref).add("conversation", frame.conversation).add("entries", frame.entries);
  });
}

std::string encode(const EntryAdded& frame) {
  return frame_of("entry", [&](Fields& out) { out.add("conversation", frame.conversation).add("entry", frame.entry); });
}

std::string encode(const Acked& frame) {
  return frame_of("acked", [&](Fields& out) {
    out.add("conversation", frame.conversation).add("stream", frame.stream).add("n", frame.n).add("seq", frame.seq);
  });
}

std::string encode(const Ok& frame) {
  return frame_of("ok", [&](Fields& out) { out.add("ref", frame.ref).add("at", frame.at); });
}

std::string encode(const Refused& frame) {
  return frame_of("refused", [&](Fields& out) {
    out.add("code", frame.code);
    if (const auto* ref = std::get_if<std::uint64_t>(&frame.what)) {
      out.add("ref", *ref);
    } else {
      const auto& post = std::get<PostKey>(frame.what);
      out.add("conversation", post.conversation).add("stream", post.stream).add("n", post.n);
    }
    out.add("resend_from", frame.resend_from).add("retry_after_ms", frame.retry_after);
  });
}

std::string encode(const StateChanged& frame) {
  return frame_of("state", [&](Fields& out) {
    out.add("conversation", frame.conversation)
        .add("state", frame.state)
        .add("agent", frame.agent)
        .add("visitor_online", frame.visitor_online)
        .add("agent_online", frame.agent_online)
        .add("can_rate", frame.can_rate)
        .add("position", frame.position);
  });
}

std::string encode(const ChatChanged& frame) {
  return frame_of("chat", [&](Fields& out) { out.add("chat", frame.chat); });
}

std::string encode(const ChatGone& frame) {
  return frame_of("gone", [&](Fields& out) { out.add("conversation", frame.conversation); });
}

std::string encode(const AgentChanged& frame) {
  return frame_of("agent", [&](Fields& out) {
    out.add("status", frame.status).add("reason", frame.reason).add("capacity", frame.capacity).add("busy", frame.busy);
  });
}

std::string encode(const QueueChanged& frame) {
  return frame_of("queue", [&](Fields& out) { out.add("queue", frame.queue); });
}

std::string encode(const Colleagues& frame) {
  return frame_of("colleagues", [&](Fields& out) {
    out.add("agents", frame.agents).add("queues", frame.queues).add("supervisor", frame.supervisor);
  });
}

std::string encode(const PeerTyping& frame) {
  return frame_of("typing", [&](Fields& out) {
    out.add("conversation", frame.conversation).add("role", frame.role).add("name", frame.name);
  });
}

std::string encode(const Failed& frame) {
  return frame_of("error", [&](Fields& out) { out.add("code", frame.code); });
}

std::string encode(const ServerFrame& frame) {
  return std::visit([](const auto& one) { return encode(one); }, frame);
}

}  // namespace heti::protocol

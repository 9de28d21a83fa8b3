#include <algorithm>
#include <array>
#include <utility>

#include "protocol/codec.hpp"
#include "protocol/field_set.hpp"
#include "protocol/unicode.hpp"

namespace heti::protocol {
namespace {

std::uint64_t ref_of(FieldSet& in) { return in.number("ref", 1, number_max); }
PublicId conversation_of(FieldSet& in) { return in.id("conversation"); }

bool is_stream(std::string_view text) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  return !text.empty() && text.size() <= stream_length_max && std::ranges::all_of(text, fits);
}

// ---- One function per frame. Braced lists are evaluated from left to right.

ClientFrame start(FieldSet& in) {
  return Start{ref_of(in), in.optional_text("page_url", page_url_length_max),
               in.optional_text("page_title", page_title_length_max), in.optional_text("name", name_length_max),
               in.optional_text("email", email_length_max)};
}

ClientFrame open(FieldSet& in) { return Open{ref_of(in), conversation_of(in), in.number("after", 0, number_max)}; }

ClientFrame history(FieldSet& in) {
  return History{ref_of(in), conversation_of(in), in.number("before", 1, number_max),
                 in.number_or("limit", 1, history_limit_max, history_limit_default)};
}

ClientFrame post(FieldSet& in) {
  Post frame{conversation_of(in), in.text("stream"), in.number("n", 1, number_max), in.text("text")};
  if (!is_stream(frame.stream)) in.fail();
  return frame;
}

ClientFrame typing(FieldSet& in) { return Typing{conversation_of(in)}; }
ClientFrame visitor_close(FieldSet& in) { return Close{ref_of(in), conversation_of(in), false}; }
ClientFrame agent_close(FieldSet& in) { return Close{ref_of(in), conversation_of(in), in.flag_or("spam", false)}; }

ClientFrame rate(FieldSet& in) {
  return Rate{ref_of(in), conversation_of(in), in.number("score", 1, score_max),
              in.optional_text("comment", comment_length_max)};
}

ClientFrame status(FieldSet& in) {
  Status frame{ref_of(in), AgentStatus::away};
  const std::string word = in.text("status");
  if (word == to_string(AgentStatus::online)) {
    frame.status = AgentStatus::online;
  } else if (word != to_string(AgentStatus::away)) {
    in.fail();
  }
  return frame;
}

ClientFrame accept(FieldSet& in) { return Accept{ref_of(in), conversation_of(in)}; }
ClientFrame decline(FieldSet& in) { return Decline{ref_of(in), conversation_of(in)}; }
ClientFrame done(FieldSet& in) { return Done{ref_of(in), conversation_of(in)}; }

ClientFrame transfer(FieldSet& in) {
  return Transfer{ref_of(in), conversation_of(in), in.optional_text("queue", queue_length_max),
                  in.optional_text("agent", agent_length_max)};
}

ClientFrame set_status(FieldSet& in) {
  SetStatus frame{ref_of(in), in.text("agent", 1, agent_length_max), AgentStatus::away};
  const std::string word = in.text("status");
  if (word == to_string(AgentStatus::finishing)) {
    frame.status = AgentStatus::finishing;
  } else if (word == to_string(AgentStatus::offline)) {
    frame.status = AgentStatus::offline;
  } else if (word != to_string(AgentStatus::away)) {
    in.fail();
  }
  return frame;
}

// hello is the one frame that says its role; it is taken out before.
ClientFrame visitor_hello(FieldSet& in) {
  return VisitorHello{in.optional_text("token", token_length_max), in.text("queue", 1, queue_length_max)};
}
ClientFrame agent_hello(FieldSet& in) { return AgentHello{in.text("ticket", 1, token_length_max)}; }

struct Event {
  std::string_view name;
  ClientFrame (*visitor)(FieldSet&);  // null: not for visitors
  ClientFrame (*agent)(FieldSet&);    // null: not for agents
};

constexpr std::array events{
    Event{"post", post, post},
    Event{"typing", typing, typing},
    Event{"open", open, open},
    Event{"history", history, history},
    Event{"start", start, nullptr},
    Event{"close", visitor_close, agent_close},
    Event{"rate", rate, nullptr},
    Event{"status", nullptr, status},
    Event{"accept", nullptr, accept},
    Event{"decline", nullptr, decline},
    Event{"done", nullptr, done},
    Event{"hello", visitor_hello, agent_hello},
    Event{"transfer", nullptr, transfer},
    Event{"set_status", nullptr, set_status},
};

// A hello of the other role is forbidden, before its other fields are looked at.
std::optional<ErrorCode> check_hello_role(Role role, FieldSet& in) {
  const std::string word = in.text("role");
  if (word == to_string(role)) return std::nullopt;
  const bool other = word == to_string(Role::visitor) || word == to_string(Role::agent);
  return other ? ErrorCode::forbidden : ErrorCode::bad_frame;
}

}  // namespace

std::expected<ClientFrame, ErrorCode> decode(Role role, std::string_view text) noexcept {
  auto fields = read_flat_object(text);
  if (!fields) return std::unexpected(fields.error());
  FieldSet in(std::move(*fields));

  const std::string name = in.text("t");
  if (!in.ok()) return std::unexpected(ErrorCode::bad_frame);
  const auto event = std::ranges::find(events, name, &Event::name);
  if (event == events.end()) return std::unexpected(ErrorCode::unknown_event);
  const auto read = role == Role::visitor ? event->visitor : event->agent;
  if (read == nullptr) return std::unexpected(ErrorCode::forbidden);
  if (name == "hello") {
    if (const auto error = check_hello_role(role, in)) return std::unexpected(*error);
  }

  ClientFrame frame = read(in);
  if (!in.complete()) return std::unexpected(ErrorCode::bad_frame);
  return frame;
}

std::optional<RefusalCode> check_text(std::string_view text) {
  if (text.size() > text_bytes_max) return RefusalCode::too_long;
  if (is_blank(text)) return RefusalCode::empty;
  return std::nullopt;
}

std::string preview_of(std::string_view text) { return one_line(text, preview_length_max); }

}  // namespace heti::protocol

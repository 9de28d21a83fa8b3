#pragma once
// What a client sends. Every frame is flat; the fields are those of schemas/client_frame.json.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "protocol/limits.hpp"
#include "protocol/words.hpp"
#include "service/base/public_id.hpp"

namespace heti::protocol {

// First frame of a visitor's socket.
struct VisitorHello {
  std::optional<std::string> token;  // from an earlier welcome
  std::string queue;
  friend bool operator==(const VisitorHello&, const VisitorHello&) = default;
};

// First frame of an agent's socket.
struct AgentHello {
  std::string ticket;  // from POST /api/ticket, good for 30 s and one use
  friend bool operator==(const AgentHello&, const AgentHello&) = default;
};

// Visitor. Optional texts that came empty are absent here.
struct Start {
  std::uint64_t ref = 0;
  std::optional<std::string> page_url;
  std::optional<std::string> page_title;
  std::optional<std::string> name;
  std::optional<std::string> email;
  friend bool operator==(const Start&, const Start&) = default;
};

struct Open {
  std::uint64_t ref = 0;
  PublicId conversation;
  std::uint64_t after = 0;  // the last seq that the client has; 0: nothing
  friend bool operator==(const Open&, const Open&) = default;
};

struct History {
  std::uint64_t ref = 0;
  PublicId conversation;
  std::uint64_t before = 0;
  std::uint64_t limit = history_limit_default;
  friend bool operator==(const History&, const History&) = default;
};

// The text has any length that fits a frame and may be blank: check_text() tells the refusal.
struct Post {
  PublicId conversation;
  std::string stream;
  std::uint64_t n = 0;
  std::string text;
  friend bool operator==(const Post&, const Post&) = default;
};

struct Typing {
  PublicId conversation;
  friend bool operator==(const Typing&, const Typing&) = default;
};

struct Close {
  std::uint64_t ref = 0;
  PublicId conversation;
  bool spam = false;  // agents only
  friend bool operator==(const Close&, const Close&) = default;
};

// Visitor.
struct Rate {
  std::uint64_t ref = 0;
  PublicId conversation;
  std::uint64_t score = 0;  // 1 ... 5
  std::optional<std::string> comment;
  friend bool operator==(const Rate&, const Rate&) = default;
};

// Agent: online or away, nothing else can be chosen.
struct Status {
  std::uint64_t ref = 0;
  AgentStatus status = AgentStatus::away;
  friend bool operator==(const Status&, const Status&) = default;
};

// Agent.
struct Accept {
  std::uint64_t ref = 0;
  PublicId conversation;
  friend bool operator==(const Accept&, const Accept&) = default;
};

// Agent.
struct Decline {
  std::uint64_t ref = 0;
  PublicId conversation;
  friend bool operator==(const Decline&, const Decline&) = default;
};

// Agent: ends the wrap-up.
struct Done {
  std::uint64_t ref = 0;
  PublicId conversation;
  friend bool operator==(const Done&, const Done&) = default;
};

// Agent: hands the chat on. Neither: back to the line it came from; both: to an agent of that queue.
struct Transfer {
  std::uint64_t ref = 0;
  PublicId conversation;
  std::optional<std::string> queue;
  std::optional<std::string> agent;  // login name
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

// Supervisor, for a colleague: away, finishing or offline, nothing else can be chosen.
struct SetStatus {
  std::uint64_t ref = 0;
  std::string agent;  // login name
  AgentStatus status = AgentStatus::away;
  friend bool operator==(const SetStatus&, const SetStatus&) = default;
};

using ClientFrame = std::variant<VisitorHello, AgentHello, Start, Open, History, Post, Typing, Close, Rate, Status,
                                 Accept, Decline, Done, Transfer, SetStatus>;

}  // namespace heti::protocol

#pragma once
// Bodies of the HTTP endpoints that both faces use (PROTOCOL.md, "HTTP").
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/server_frames.hpp"

namespace heti::protocol {

// POST /api/login. The password is bytes to be checked, never logged.
struct Login {
  std::string name;
  std::string password;
};
// Total like decode() of a frame: bad_json, bad_frame or too_big.
[[nodiscard]] std::expected<Login, ErrorCode> decode_login(std::string_view body) noexcept;

// Answer of POST /api/login and GET /api/me.
struct Account {
  std::string name;
  std::string display_name;
};

// Answer of POST /api/ticket.
struct Ticket {
  std::string ticket;
};

// Answer of GET /api/site.
struct Site {
  struct Wording {
    std::string title;
    std::string greeting;
    std::string closed;
    std::string placeholder;
  };
  QueueState queue;  // without waiting and staffed
  Wording wording;
  std::string websocket = "/ws/visitor";
};

// Answer of GET /api/chats/closed.
struct ClosedChat {
  Chat chat;
  Instant closed_at;
};
struct ClosedChats {
  std::vector<ClosedChat> chats;
};

// Answer of GET /api/chats/ID.
struct Transcript {
  ConversationView conversation;
  std::vector<Entry> entries;
};

// Answer of GET /api/wall. What is absent is not known.
struct Wall {
  struct Hour {
    double arrivals = 0;
    std::uint64_t agents_required = 0;
  };
  struct Queue {
    std::string name;
    std::string display_name;
    bool open = false;
    bool closing = false;
    std::optional<Millis> next_change;  // since the epoch: on the wire a number
    std::uint64_t waiting = 0;
    Millis oldest_wait{};
    Millis oldest_unanswered{};
    Millis target{};
    double goal = 0;
    std::uint64_t overdue = 0;
    double predicted_breaches = 0;
    std::optional<Millis> estimated_wait;
    std::uint64_t staffed = 0;
    std::uint64_t free_slots = 0;
    std::uint64_t min_agents = 0;
    std::optional<std::uint64_t> agents_required;
    std::optional<double> staffed_today;
    std::optional<double> service_level_today;
    std::uint64_t good_today = 0;
    std::uint64_t bad_today = 0;
    std::optional<Hour> next_hour;
  };
  Millis at{};  // since the epoch
  std::uint64_t clock_speed = 1;
  std::vector<Queue> queues;
};

// Body of every other HTTP answer.
enum class HttpFailure : std::uint8_t {
  bad_request,     // 400
  wrong_password,  // 401
  signed_out,      // 401: no session, or it is over
  origin,          // 403
  not_found,       // 404
  wrong_method,    // 405
  too_big,         // 413
  wrong_type,      // 415: Content-Type is not application/json
  rate_limited,    // 429, with Retry-After
  internal,        // 500
  try_later,       // 503, with Retry-After
};
std::string_view to_string(HttpFailure failure);
unsigned http_status_of(HttpFailure failure);

[[nodiscard]] std::string encode(const Account& body);
[[nodiscard]] std::string encode(const Ticket& body);
[[nodiscard]] std::string encode(const Site& body);
[[nodiscard]] std::string encode(const ClosedChats& body);
[[nodiscard]] std::string encode(const Transcript& body);
[[nodiscard]] std::string encode(const Wall& body);
[[nodiscard]] std::string encode(HttpFailure failure);  // {"code":"origin"}

}  // namespace heti::protocol

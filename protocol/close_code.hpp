#pragma once
// How a socket ends, and why a frame or a wish is turned down. A client reads the range of a close code, not the list:
// 4000-4499 reconnect and resume, 4500-4999 do not reconnect by yourself.
#include <cstdint>
#include <string_view>

namespace heti::protocol {

enum class CloseCode : std::uint16_t {
  // RFC 6455.
  bye = 1000,               // The client asked for the end of the connection.
  going_away = 1001,        // The server stops; reconnect.
  protocol_error = 1002,    // The WebSocket framing was broken.
  invalid_text = 1007,      // A text frame was not UTF-8.
  policy_violation = 1008,  // A binary frame: heti.v1 knows text only.
  frame_too_big = 1009,     // A frame over 65,536 bytes.
  // Reconnect with back-off and resume.
  slow_consumer = 4008,    // The client read more slowly than the server had to say; what it missed is sent again.
  draining = 4012,         // This node hands its sockets over before it stops.
  overloaded = 4013,       // There is no room for more work now.
  rate_limited = 4029,     // The client sent more frames than its allowance.
  history_changed = 4040,  // Positions have lost meaning: welcome will name another history.
  // Do not reconnect by yourself.
  auth_timeout = 4501,  // No hello within 5 seconds, or another frame came first.
  auth_failed = 4503,   // The ticket or token was not accepted.
  forbidden = 4504,     // The role may not send that frame, or the queue of hello does not exist.
  bad_frame = 4505,     // A frame was not what this protocol describes: a bug of the client.
};

// Sent in `error`, after which the socket is closed.
enum class ErrorCode : std::uint8_t {
  bad_json,       // Not JSON by the strict reading: malformed, too deep, a name twice, a lone surrogate, not UTF-8.
  bad_frame,      // JSON, but not a frame: a field is missing, unknown or ill-typed, or a value is out of its bounds.
  unknown_event,  // `t` names no frame.
  too_big,        // More than 65,536 bytes.
  auth_timeout,   // No hello in time, or another frame before it.
  auth_failed,    // Ticket or token not accepted.
  forbidden,      // The frame belongs to the other role, or the queue of hello does not exist.
  rate_limited,   // Too many frames.
};

// Sent in `refused`; the socket goes on.
enum class RefusalCode : std::uint8_t {
  not_found,          // There is no such conversation that you may see.
  not_allowed,        // You may see it, but not do that.
  wrong_state,        // The conversation is not in a state that allows it.
  queue_closed,       // The queue is closed by its hours and takes nothing now.
  already_assigned,   // Another agent was first.
  conflict,           // This stream and n were used for another text.
  resend_from,        // n is too large: send again from `resend_from`.
  agent_unavailable,  // The colleague who is meant is not online, has no free slot, or may not take this chat.
  too_long,           // The text is over 16,000 bytes.
  empty,              // The text is nothing but white space.
  rate_limited,       // Too many of these; wait for `retry_after_ms`.
  try_later,          // The journal does not take anything at the moment; wait for `retry_after_ms`.
  overloaded,         // No room for new chats now; wait for `retry_after_ms`.
};

std::string_view to_string(CloseCode code);
std::string_view to_string(ErrorCode code);
std::string_view to_string(RefusalCode code);

// The close that follows an `error` frame.
CloseCode close_code_of(ErrorCode code);

// True if a client should come back by itself after this close.
constexpr bool reconnects(CloseCode code) {
  const auto number = static_cast<std::uint16_t>(code);
  return code == CloseCode::going_away || (number >= 4000 && number < 4500);
}

}  // namespace heti::protocol

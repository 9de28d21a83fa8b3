#pragma once
// Text of a WebSocket frame into a value and back. Pure functions: no state, safe from any thread.
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/frames.hpp"

namespace heti::protocol {

// Total: any bytes in, a frame or a code out, never an exception, and nothing of the input in the answer. `role` is
// that of the socket; a frame of the other role is ErrorCode::forbidden. Returns bad_json, bad_frame, unknown_event,
// too_big or forbidden.
[[nodiscard]] std::expected<ClientFrame, ErrorCode> decode(Role role, std::string_view text) noexcept;

// Why a posted text is refused (empty or too_long), or nothing.
[[nodiscard]] std::optional<RefusalCode> check_text(std::string_view text);

// The first 120 characters of a message, white space runs as one space, never half a character.
[[nodiscard]] std::string preview_of(std::string_view text);

// One frame as JSON text without line breaks. All texts must be UTF-8, and all instants within the years 0 to 9999.
[[nodiscard]] std::string encode(const VisitorWelcome& frame);
[[nodiscard]] std::string encode(const AgentWelcome& frame);
[[nodiscard]] std::string encode(const Opened& frame);
[[nodiscard]] std::string encode(const Page& frame);
[[nodiscard]] std::string encode(const EntryAdded& frame);
[[nodiscard]] std::string encode(const Acked& frame);
[[nodiscard]] std::string encode(const Ok& frame);
[[nodiscard]] std::string encode(const Refused& frame);
[[nodiscard]] std::string encode(const StateChanged& frame);
[[nodiscard]] std::string encode(const ChatChanged& frame);
[[nodiscard]] std::string encode(const ChatGone& frame);
[[nodiscard]] std::string encode(const AgentChanged& frame);
[[nodiscard]] std::string encode(const QueueChanged& frame);
[[nodiscard]] std::string encode(const Colleagues& frame);
[[nodiscard]] std::string encode(const PeerTyping& frame);
[[nodiscard]] std::string encode(const Failed& frame);
[[nodiscard]] std::string encode(const ServerFrame& frame);

}  // namespace heti::protocol

#pragma once
// Where a WebSocket frame of a client ends, by its header alone (RFC 6455, 5.2). Whether the frame is right is Beast's
// to judge; this only cuts whole frames out of what the socket gave, so that Beast never waits in the middle of one.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heti::gateway {

struct WsFrameHeader {
  std::uint8_t opcode = 0;
  bool fin = false;
  std::size_t header_size = 0;  // with the masking key
  std::uint64_t payload_size = 0;
  bool is_control() const { return opcode >= 8; }
  bool is_close() const { return opcode == 8; }
};

// Nothing while the header is not complete.
std::optional<WsFrameHeader> read_ws_header(std::string_view bytes);

}  // namespace heti::gateway

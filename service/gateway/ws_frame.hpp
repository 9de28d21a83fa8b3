#pragma once
// Headers of WebSocket frames (RFC 6455, 5.2). Of a client's: where it ends. Whether the frame is right is Beast's to
// judge; this only cuts whole frames out of what the socket gave, so that Beast never waits in the middle of one. And
// that of the one kind of frame that goes out for each message.
#include <array>
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

// The header of a whole text frame as a server writes it: final and not masked.
struct WsTextHeader {
  explicit WsTextHeader(std::size_t payload_size);
  std::string_view bytes() const { return {text_.data(), size_}; }

 private:
  std::array<char, 10> text_;
  std::size_t size_;
};

}  // namespace heti::gateway

#include "service/gateway/ws_frame.hpp"

namespace heti::gateway {

std::optional<WsFrameHeader> read_ws_header(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto byte = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  WsFrameHeader header;
  header.fin = (byte(0) & 0x80) != 0;
  header.opcode = byte(0) & 0x0f;
  const bool masked = (byte(1) & 0x80) != 0;
  const std::uint8_t length = byte(1) & 0x7f;
  const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  header.header_size = 2 + extra + (masked ? 4 : 0);
  if (bytes.size() < header.header_size) return std::nullopt;
  header.payload_size = length;
  if (extra > 0) {
    header.payload_size = 0;
    for (std::size_t i = 0; i < extra; ++i) header.payload_size = (header.payload_size << 8) | byte(2 + i);
  }
  return header;
}

WsTextHeader::WsTextHeader(std::size_t payload_size) : text_{static_cast<char>(0x81)} {
  std::size_t extra = 0;
  if (payload_size < 126) {
    text_[1] = static_cast<char>(payload_size);
  } else {
    extra = payload_size <= 0xffff ? 2 : 8;
    text_[1] = extra == 2 ? 126 : 127;
  }
  for (std::size_t i = 0; i < extra; ++i) {
    text_[2 + i] = static_cast<char>((payload_size >> (8 * (extra - 1 - i))) & 0xff);
  }
  size_ = 2 + extra;
}

}  // namespace heti::gateway

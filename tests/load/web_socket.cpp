#include "tests/load/web_socket.hpp"

#include <charconv>
#include <cstring>

namespace heti::load {

namespace {

std::uint32_t next_mask() {
  static std::uint64_t state = 0x9e3779b97f4a7c15;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::uint32_t>(state >> 32);
}

void append_head(std::string& out, unsigned opcode, std::size_t size, unsigned mask_bit) {
  out.push_back(static_cast<char>(0x80 | opcode));
  if (size < 126) {
    out.push_back(static_cast<char>(mask_bit | size));
    return;
  }
  const unsigned bytes = size < 65536 ? 2 : 8;
  out.push_back(static_cast<char>(mask_bit | (bytes == 2 ? 126U : 127U)));
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>((size >> (8 * i)) & 0xff));
}

}  // namespace

std::optional<ServerFrame> front_frame(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto byte = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::uint64_t size = byte(1) & 0x7fU;
  std::size_t at = 2;
  if (size >= 126) {
    const std::size_t extended = size == 126 ? 2 : 8;
    if (bytes.size() < at + extended) return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < extended; ++i) size = size << 8 | byte(at + i);
    at += extended;
  }
  if (bytes.size() - at < size) return std::nullopt;
  return ServerFrame{.opcode = byte(0) & 0x0fU, .body = bytes.substr(at, size), .size = at + size};
}

void append_frame(std::string& out, unsigned opcode, std::string_view body) {
  append_head(out, opcode, body.size(), 0x80);
  const std::uint32_t mask = next_mask();
  const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
  char of_mask[4];
  std::memcpy(of_mask, &mask, sizeof mask);
  out.append(of_mask, sizeof of_mask);
  const std::size_t begin = out.size();
  out.append(body);
  char* const bytes = out.data() + begin;
  std::size_t i = 0;
  for (; i + sizeof wide <= body.size(); i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < body.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ of_mask[i % 4]);
}

void append_bare_frame(std::string& out, unsigned opcode, std::string_view body) {
  append_head(out, opcode, body.size(), 0);
  out.append(body);
}

std::string upgrade_request(const std::string& host, const std::string& path, const std::string& protocol) {
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
                        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!protocol.empty()) request += "Sec-WebSocket-Protocol: " + protocol + "\r\n";
  return request + "\r\n";
}

std::optional<HttpHead> http_head(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  HttpHead head{.status = 0, .size = end + 4};
  if (bytes.size() > 12) std::from_chars(bytes.data() + 9, bytes.data() + 12, head.status);
  return head;
}

}  // namespace heti::load

#pragma once
// A client's side of RFC 6455, as much as a load needs: masked text frames out, unfragmented frames in.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heti::load {

struct ServerFrame {
  unsigned opcode = 0;  // 1 text, 8 close, 9 ping, 10 pong
  std::string_view body;
  std::size_t size = 0;  // with its head
};

// The frame at the front, if it is whole.
std::optional<ServerFrame> front_frame(std::string_view bytes);

// Appends a masked frame. The mask changes with each frame, as the RFC wants it.
void append_frame(std::string& out, unsigned opcode, std::string_view body);
// The same without a mask: for relays that only pass bytes on.
void append_bare_frame(std::string& out, unsigned opcode, std::string_view body);

std::string upgrade_request(const std::string& host, const std::string& path, const std::string& protocol);

// The head of an HTTP answer: its status and how long it is, once it is whole.
struct HttpHead {
  int status = 0;
  std::size_t size = 0;
};
std::optional<HttpHead> http_head(std::string_view bytes);

}  // namespace heti::load

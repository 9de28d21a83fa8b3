#pragma once
// The strict check of an HTTP/1 request head, before any parser sees it. Beast 1.81 is lenient where two parsers in a
// row may disagree about where a request ends (smuggling): a Transfer-Encoding other than chunked taken for "no body",
// two Hosts, folded lines, equal double Content-Lengths. Whatever is not plainly right is refused here and the
// connection closed. Pure.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heti::gateway {

inline constexpr std::size_t head_bytes_max = 8 * 1024;
inline constexpr std::size_t target_bytes_max = 4 * 1024;
inline constexpr std::size_t headers_max = 64;
inline constexpr std::size_t body_bytes_max = 64 * 1024;

struct HeadCheck {
  unsigned status = 200;  // else 400, 405, 413, 414, 431 or 505: answer that and close
  std::size_t head_size = 0;
  std::size_t content_length = 0;
  bool keep_alive = true;
};

// Nothing while the head is not complete and may still become one. `bytes` starts with the request.
std::optional<HeadCheck> check_head(std::string_view bytes);

}  // namespace heti::gateway

#pragma once
// Where a Redis is: "redis://host:port" (port 6379 unless said) or "unix:///path/of/the/socket".
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace heti::journal::redis {

struct Address {
  std::string socket{};  // The path of a Unix socket; if empty, host and port count.
  std::string host{};
  std::uint16_t port = 6379;
  friend bool operator==(const Address&, const Address&) = default;
};

[[nodiscard]] std::string to_string(const Address& address);

// The error says what is wrong and how to write it; it never repeats a password.
[[nodiscard]] std::expected<Address, std::string> parse_address(std::string_view text);

}  // namespace heti::journal::redis

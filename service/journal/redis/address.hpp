#pragma once
// Where a Redis is: "redis://host:port" (port 6379 unless said), "unix:///path/of/the/socket", or whoever is the master
// now, as Sentinels say: "sentinel://host:port,host:port/master" (port 26379 unless said).
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace heti::journal::redis {

struct Place {
  std::string host{};
  std::uint16_t port = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

struct Address {
  std::string socket{};  // The path of a Unix socket; if empty, host and port count.
  std::string host{};
  std::uint16_t port = 6379;
  std::vector<Place> sentinels{};  // If there are any, they are asked, and nothing of the above counts.
  std::string master{};            // The name that Sentinels know it by.
  friend bool operator==(const Address&, const Address&) = default;
};

[[nodiscard]] std::string to_string(const Address& address);

// The error says what is wrong and how to write it; it never repeats a password.
[[nodiscard]] std::expected<Address, std::string> parse_address(std::string_view text);

}  // namespace heti::journal::redis

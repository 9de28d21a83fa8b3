#include "service/journal/redis/address.hpp"

#include <charconv>

namespace heti::journal::redis {
namespace {

constexpr std::string_view forms = "write redis://host:port or unix:///path/of/the/socket";

std::unexpected<std::string> wrong(std::string_view what) {
  std::string sentence = "the address of Redis ";
  sentence.append(what).append(": ").append(forms);
  return std::unexpected(std::move(sentence));
}

}  // namespace

std::string to_string(const Address& address) {
  std::string text;
  if (!address.socket.empty()) return text.append("unix://").append(address.socket);
  const bool six = address.host.find(':') != std::string::npos;
  text.append("redis://").append(six ? "[" : "").append(address.host).append(six ? "]" : "");
  return text.append(":").append(std::to_string(address.port));
}

std::expected<Address, std::string> parse_address(std::string_view text) {
  Address address;
  if (text.starts_with("unix://")) {
    text.remove_prefix(7);
    if (!text.starts_with('/')) return wrong("names no absolute path");
    if (text.size() > 107) return wrong("has a path of more than 107 bytes, which no Unix socket can have");
    address.socket = text;
    return address;
  }
  if (text.starts_with("rediss://")) {
    return wrong("asks for TLS, which Heti does not speak to Redis; use a tunnel such as stunnel or WireGuard");
  }
  if (!text.starts_with("redis://")) return wrong("has no known scheme");
  text.remove_prefix(8);
  if (text.find('@') != std::string_view::npos) {
    return wrong("holds a password; put it into a file and name the file instead");
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find('/') != std::string_view::npos) return wrong("names a database by number; Heti uses the first one");
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong("has a [ without a ]");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (address.host.empty()) return wrong("names no host");
  if (port.empty()) return address;
  if (!port.starts_with(':')) return wrong("has something else than a port behind its host");
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size() || address.port == 0) {
    return wrong("has a port that is no number from 1 to 65535");
  }
  return address;
}

}  // namespace heti::journal::redis

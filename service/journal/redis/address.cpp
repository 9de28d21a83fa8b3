#include "service/journal/redis/address.hpp"

#include <charconv>

namespace heti::journal::redis {
namespace {

constexpr std::string_view forms =
    "write redis://host:port, unix:///path/of/the/socket or sentinel://host:port,host:port/master";

std::unexpected<std::string> wrong(std::string_view what) {
  std::string sentence = "the address of Redis ";
  sentence.append(what).append(": ").append(forms);
  return std::unexpected(std::move(sentence));
}

std::expected<Place, std::string> parse_place(std::string_view text, std::uint16_t usual_port) {
  Place place{.host = {}, .port = usual_port};
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong("has a [ without a ]");
    place.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    place.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (place.host.empty()) return wrong("names no host");
  if (port.empty()) return place;
  if (!port.starts_with(':')) return wrong("has something else than a port behind its host");
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
  if (error != std::errc{} || end != port.data() + port.size() || place.port == 0) {
    return wrong("has a port that is no number from 1 to 65535");
  }
  return place;
}

// host:port,host:port/master
std::expected<Address, std::string> parse_sentinels(std::string_view text) {
  Address address;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return wrong("names no master behind its Sentinels");
  address.master = text.substr(slash + 1);
  if (address.master.find('/') != std::string::npos) return wrong("has more than a name behind its Sentinels");
  std::string_view list = text.substr(0, slash);
  for (;;) {
    const auto comma = list.find(',');
    auto place = parse_place(list.substr(0, comma), 26379);
    if (!place) return std::unexpected(place.error());
    address.sentinels.push_back(*std::move(place));
    if (comma == std::string_view::npos) return address;
    list.remove_prefix(comma + 1);
  }
}

std::string to_string(const Place& place) {
  const bool six = place.host.find(':') != std::string::npos;
  std::string text = six ? "[" : "";
  return text.append(place.host).append(six ? "]:" : ":").append(std::to_string(place.port));
}

}  // namespace

std::string to_string(const Address& address) {
  std::string text;
  if (!address.socket.empty()) return text.append("unix://").append(address.socket);
  if (address.sentinels.empty()) {
    return text.append("redis://").append(to_string(Place{.host = address.host, .port = address.port}));
  }
  for (const Place& sentinel : address.sentinels)
    text.append(text.empty() ? "sentinel://" : ",").append(to_string(sentinel));
  return text.append("/").append(address.master);
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
  if (text.starts_with("sentinel://")) return parse_sentinels(text.substr(11));
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
  const auto place = parse_place(text, address.port);
  if (!place) return std::unexpected(place.error());
  address.host = place->host;
  address.port = place->port;
  return address;
}

}  // namespace heti::journal::redis

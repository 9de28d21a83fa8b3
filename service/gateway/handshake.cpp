#include "service/gateway/handshake.hpp"

#include <algorithm>
#include <string_view>

namespace heti::gateway {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// 16 bytes are 22 digits; the last holds two bits of them, and two signs fill up.
constexpr std::size_t key_digits = 22;

bool is_key(std::string_view key) {
  if (key.size() != key_digits + 2 || key.substr(key_digits) != "==") return false;
  const std::string_view digits = key.substr(0, key_digits);
  const bool known =
      std::all_of(digits.begin(), digits.end(), [](char c) { return base64_digits.find(c) != std::string_view::npos; });
  return known && base64_digits.find(digits.back()) % 16 == 0;
}

auto count_of(const HttpRequest& request, std::string_view name) {
  return std::count_if(request.headers.begin(), request.headers.end(),
                       [name](const auto& field) { return field.first == name; });
}

}  // namespace

Handshake check_handshake(const HttpRequest& request) {
  constexpr std::string_view version = "sec-websocket-version";
  constexpr std::string_view key = "sec-websocket-key";
  if (count_of(request, version) != 1 || request.header(version) != "13") return Handshake::bad_version;
  if (count_of(request, key) != 1 || !is_key(request.header(key))) return Handshake::bad_key;
  return request.body.empty() ? Handshake::good : Handshake::has_body;
}

}  // namespace heti::gateway

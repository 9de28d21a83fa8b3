#pragma once
// The random 128-bit id that the world sees of a conversation or a visitor. Text form: 32 lower-case hex digits.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace heti {

struct PublicId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const PublicId&, const PublicId&) = default;
  auto fields() { return std::tie(high, low); }
};

std::string to_string(const PublicId& id);
// Writes what to_string gives, 32 characters, and says where they end.
char* put_text(char* at, const PublicId& id);

// Nothing unless `text` is exactly 32 lower-case hex digits.
std::optional<PublicId> parse_public_id(std::string_view text);

}  // namespace heti

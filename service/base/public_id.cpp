#include "service/base/public_id.hpp"

namespace heti {
namespace {
constexpr std::string_view digits = "0123456789abcdef";

// 16 digits at `at`.
void put_hex(char* at, std::uint64_t value) {
  for (char* digit = at + 16; digit != at; value >>= 4) *--digit = digits[value & 0xf];
}

// Of a character; 16 or more: it is none.
constexpr auto digit_values = [] {
  std::array<unsigned char, 256> values{};
  values.fill(16);
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<unsigned char>(i);
  return values;
}();

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const unsigned char digit = digit_values[static_cast<unsigned char>(c)];
    if (digit > 15) return std::nullopt;
    value = (value << 4) | digit;
  }
  return value;
}
}  // namespace

std::string to_string(const PublicId& id) {
  std::string out(32, '0');
  put_text(out.data(), id);
  return out;
}

char* put_text(char* at, const PublicId& id) {
  put_hex(at, id.high);
  put_hex(at + 16, id.low);
  return at + 32;
}

std::optional<PublicId> parse_public_id(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  const auto high = parse_hex(text.substr(0, 16));
  const auto low = parse_hex(text.substr(16));
  if (!high || !low) return std::nullopt;
  return PublicId{*high, *low};
}

}  // namespace heti

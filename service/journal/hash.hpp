#pragma once
// SHA-256 over pieces, cut to the 16 bytes that this room uses for every check: chain, side file, snapshot.
#include <initializer_list>
#include <string_view>

#include "service/journal/journal.hpp"

namespace heti::journal {

[[nodiscard]] Hash short_sha256(std::initializer_list<std::string_view> pieces);

inline std::string_view bytes_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// The eight bytes of `value`, most significant first.
inline std::array<char, 8> big_endian(std::uint64_t value) {
  std::array<char, 8> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (56 - 8 * i));
  return out;
}

inline std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

}  // namespace heti::journal

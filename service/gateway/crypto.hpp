#pragma once
// Chance, hashes and their text form. All of it is libsodium's; nothing here is home-made cryptography.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "service/base/public_id.hpp"

namespace heti::gateway {

using Bytes32 = std::array<std::uint8_t, 32>;

void random_bytes(std::span<std::uint8_t> out);
PublicId random_public_id();
// 256 bits of chance as 43 characters of base64url.
std::string random_secret();

Bytes32 sha256(std::string_view bytes);
Bytes32 hmac_sha256(const Bytes32& key, std::string_view message);
bool equal_in_constant_time(const Bytes32& a, const Bytes32& b);

// RFC 4648 base64url without padding. Reading accepts the one spelling that writing gives, and nothing else.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

// The first 16 hex digits of SHA-256: names a version of a body in an ETag.
std::string fingerprint(std::string_view bytes);

}  // namespace heti::gateway

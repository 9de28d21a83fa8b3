#include "service/gateway/crypto.hpp"

#include <sodium.h>

#include <algorithm>

#include "service/base/check.hpp"

namespace heti::gateway {
namespace {

// libsodium wants to be started before its first use; later calls cost a load.
void ready() {
  static const int started = sodium_init();
  CHECK(started >= 0);
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
  ready();
  randombytes_buf(out.data(), out.size());
}

PublicId random_public_id() {
  std::array<std::uint8_t, 16> raw{};
  random_bytes(raw);
  PublicId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.high = (id.high << 8) | raw[i];
    id.low = (id.low << 8) | raw[i + 8];
  }
  return id;
}

std::string random_secret() {
  Bytes32 raw{};
  random_bytes(raw);
  return to_base64url({reinterpret_cast<const char*>(raw.data()), raw.size()});
}

Bytes32 sha256(std::string_view bytes) {
  Bytes32 out{};
  crypto_hash_sha256(out.data(), bytes_of(bytes), bytes.size());
  return out;
}

Bytes32 hmac_sha256(const Bytes32& key, std::string_view message) {
  Bytes32 out{};
  crypto_auth_hmacsha256(out.data(), bytes_of(message), message.size(), key.data());
  return out;
}

bool equal_in_constant_time(const Bytes32& a, const Bytes32& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64url(std::string_view bytes) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), variant);
  out.pop_back();  // The terminating zero that the library writes.
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  const int result = sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                                       text.size(), nullptr, &size, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (result != 0 || end != text.data() + text.size()) return std::nullopt;
  out.resize(size);
  // The library takes some bytes above 0x7f for letters of its alphabet. One value has one spelling here.
  if (to_base64url(out) != text) return std::nullopt;
  return out;
}

std::string fingerprint(std::string_view bytes) {
  const Bytes32 hash = sha256(bytes);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.push_back(digits[hash[i] >> 4]);
    out.push_back(digits[hash[i] & 0xf]);
  }
  return out;
}

}  // namespace heti::gateway

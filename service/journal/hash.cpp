#include "service/journal/hash.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <memory>

#include "service/base/check.hpp"

namespace heti::journal {
namespace {

struct Digest {
  // Fetched once: looking an algorithm up costs more than hashing a short batch.
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

}  // namespace

Hash short_sha256(std::initializer_list<std::string_view> pieces) {
  static thread_local Digest digest;
  CHECK(digest.algorithm && digest.context);
  CHECK(EVP_DigestInit_ex(digest.context.get(), digest.algorithm.get(), nullptr) == 1);
  for (const auto piece : pieces) CHECK(EVP_DigestUpdate(digest.context.get(), piece.data(), piece.size()) == 1);
  std::array<std::uint8_t, 32> full{};
  CHECK(EVP_DigestFinal_ex(digest.context.get(), full.data(), nullptr) == 1);
  Hash hash{};
  std::memcpy(hash.data(), full.data(), hash.size());
  return hash;
}

Hash hash_of(const Batch& batch) {
  const auto position = big_endian(batch.position.value());
  const auto at = big_endian(static_cast<std::uint64_t>(to_ms(batch.at)));
  return short_sha256({bytes_of(batch.previous), {position.data(), 8}, {at.data(), 8}, batch.payload});
}

std::string to_string(const Hash& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto byte : hash) {
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

std::string_view to_string(AppendResult result) {
  switch (result) {
    case AppendResult::durable: return "durable";
    case AppendResult::not_written: return "not written";
    case AppendResult::fenced: return "fenced";
    case AppendResult::unknown: return "unknown";
  }
  CHECK(!"an append result without a name");
  return {};
}

}  // namespace heti::journal

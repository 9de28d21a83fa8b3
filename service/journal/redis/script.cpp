#include <openssl/evp.h>

#include <array>

#include "service/base/check.hpp"
#include "service/journal/redis/scripts.hpp"

namespace heti::journal::redis {

Script::Script(std::string_view source) : source_(source) {
  std::array<unsigned char, 20> digest{};
  unsigned size = 0;
  CHECK(EVP_Digest(source_.data(), source_.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  CHECK(size == digest.size());
  constexpr std::string_view digits = "0123456789abcdef";
  for (const unsigned char byte : digest) {
    sha1_.push_back(digits[byte >> 4]);
    sha1_.push_back(digits[byte & 15]);
  }
}

}  // namespace heti::journal::redis

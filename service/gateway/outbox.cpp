#include "service/gateway/outbox.hpp"

#include <algorithm>

#include "service/base/check.hpp"

namespace heti::gateway {

namespace {
constexpr std::size_t kept_bytes = 4096;
}

void Outbox::make_room_for_answer(std::size_t size) { limit_ = std::max(limit_, bytes_max_ + size); }

void Outbox::sent(std::size_t size) {
  CHECK(size <= pending());
  sent_ += size;
  if (empty()) {
    clear();
  } else if (sent_ >= 64 * 1024) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
}

void Outbox::clear() {
  if (bytes_.capacity() > kept_bytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
  sent_ = 0;
  limit_ = bytes_max_;
}

}  // namespace heti::gateway

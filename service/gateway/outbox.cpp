#include "service/gateway/outbox.hpp"

#include <algorithm>

#include "service/base/check.hpp"
#include "service/gateway/ws_frame.hpp"

namespace heti::gateway {

namespace {
constexpr std::size_t kept_bytes = 4096;
}

void Outbox::make_room_for_answer(std::size_t size) { limit_ = std::max(limit_, bytes_max_ + size); }

void Outbox::sent(std::size_t size) {
  CHECK(size <= pending());
  if (ledger_ != nullptr) ledger_->take(size);
  sent_ += size;
  if (empty()) {
    clear();
  } else if (sent_ >= 64 * 1024) {
    if (frame_ != no_frames) {
      find_boundary();
      frame_ -= sent_;
    }
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
}

void Outbox::clear() {
  if (ledger_ != nullptr) ledger_->take(pending());
  if (bytes_.capacity() > kept_bytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
  sent_ = 0;
  if (frame_ != no_frames) frame_ = 0;
  limit_ = bytes_max_;
}

void Outbox::find_boundary() {
  while (frame_ < sent_) {
    const auto header = read_ws_header(std::string_view(bytes_).substr(frame_));
    CHECK(header && header->payload_size <= bytes_.size() - frame_ - header->header_size);
    frame_ += header->header_size + static_cast<std::size_t>(header->payload_size);
  }
}

void Outbox::drop_unsent_frames() {
  CHECK(frame_ != no_frames);
  find_boundary();
  if (ledger_ != nullptr) ledger_->take(bytes_.size() - frame_);
  bytes_.resize(frame_);
  bytes_.shrink_to_fit();  // The memory is what this is about.
  if (empty()) clear();
}

}  // namespace heti::gateway

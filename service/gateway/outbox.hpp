#pragma once
// What one socket still has to send: bytes in order, bounded. Frames are written into it and leave in one send; a
// peer that reads more slowly than it is told things fills it, and is a slow consumer.
#include <cstddef>
#include <string>
#include <string_view>

namespace heti::gateway {

class Outbox {
 public:
  explicit Outbox(std::size_t bytes_max) : bytes_max_(bytes_max), limit_(bytes_max) {}

  void append(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  void append(std::string_view bytes) { bytes_.append(bytes); }

  // May a frame of `size` be appended? An empty outbox takes any frame.
  bool has_room(std::size_t size) const { return empty() || pending() + size <= limit_; }
  // An answer that the peer asked for may be larger than all; what is pushed behind it still has its own room.
  void make_room_for_answer(std::size_t size);

  std::string_view pending_bytes() const { return std::string_view(bytes_).substr(sent_); }
  std::size_t pending() const { return bytes_.size() - sent_; }
  bool empty() const { return pending() == 0; }

  // The first `size` pending bytes are with the kernel. An emptied outbox gives back memory beyond 4 KiB.
  void sent(std::size_t size);
  void clear();

 private:
  std::string bytes_;
  std::size_t sent_ = 0;
  std::size_t bytes_max_;
  std::size_t limit_;
};

}  // namespace heti::gateway

#pragma once
// What one socket still has to send: bytes in order, bounded. Frames are written into it and leave in one send; a
// peer that reads more slowly than it is told things fills it, and is a slow consumer.
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

namespace heti::gateway {

// What all outboxes of one loop hold together. The loop alone writes it, so that an addition needs no lock; every
// thread may read it.
class OutboxLedger {
 public:
  void add(std::size_t size) { set(bytes() + size); }
  void take(std::size_t size) { set(bytes() - size); }
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void set(std::size_t bytes) { bytes_.store(bytes, std::memory_order_relaxed); }
  std::atomic<std::size_t> bytes_{0};
};

class Outbox {
 public:
  // `ledger`, if any, outlives the outbox; whatever is pending stands in it too.
  explicit Outbox(std::size_t bytes_max, OutboxLedger* ledger = nullptr)
      : bytes_max_(bytes_max), limit_(bytes_max), ledger_(ledger) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void append(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    if (ledger_ != nullptr) ledger_->add(size);
  }
  void append(std::string_view bytes) { append(bytes.data(), bytes.size()); }

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

  // From here on WebSocket frames are appended, as a server writes them.
  void frames_begin() { frame_ = bytes_.size(); }
  // Forgets all pending frames but the one of which a part has been sent, for the peer must see its end. After
  // frames_begin() only, and not in the middle of a frame.
  void drop_unsent_frames();

 private:
  static constexpr std::size_t no_frames = static_cast<std::size_t>(-1);
  // Moves frame_ to the first boundary between frames that is not before what is sent.
  void find_boundary();

  std::string bytes_;
  std::size_t sent_ = 0;
  std::size_t frame_ = no_frames;  // where some frame begins, or the end of the last one
  std::size_t bytes_max_;
  std::size_t limit_;
  OutboxLedger* ledger_;
};

}  // namespace heti::gateway

#pragma once
// The two shapes of steady load on a Talk. Closed: each pair has `window` messages under way; a message is done when
// the other side has it and, where the peer acknowledges, its sender has the ack; then the other side posts the next
// one. Open: messages leave at a fixed rate, each side of each pair in turn, whatever comes back, and their latency
// counts from when they should have left.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/load/histogram.hpp"
#include "tests/load/talk.hpp"

namespace heti::load {

// The times at which the posts of one side should have left that have not come back yet, oldest first.
class Intentions {
 public:
  void push(std::int64_t time) {
    if (size_ == ring_.size()) grow();
    ring_[(first_ + size_++) & (ring_.size() - 1)] = time;
  }
  // Of post `n`, which must be one of those that are kept.
  std::int64_t at(std::uint64_t n) const {
    return ring_[(first_ + static_cast<std::size_t>(n - dropped_ - 1)) & (ring_.size() - 1)];
  }
  void drop_up_to(std::uint64_t n) {
    while (dropped_ < n) {
      first_ = (first_ + 1) & (ring_.size() - 1);
      --size_;
      ++dropped_;
    }
  }
  // Posts that were sent before the first push count as dropped.
  void begin_after(std::uint64_t n) { dropped_ = n; }

 private:
  void grow();
  std::vector<std::int64_t> ring_ = std::vector<std::int64_t>(2);  // a power of two
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::uint64_t dropped_ = 0;
};

struct Measured {
  double seconds = 0;
  std::uint64_t delivered = 0;
  std::uint64_t acked = 0;
  Histogram delivery;
  Histogram ack;
  std::uint64_t delivered_in_all = 0;  // from the beginning of the warm-up to the very end
};

class Traffic final : public TalkListener {
 public:
  Traffic(Loop& loop, Talk& talk);

  struct Plan {
    std::size_t window = 0;  // closed, if not 0
    double rate = 0;         // open: messages a second
    double warm_up_s = 2;
    double measure_s = 10;
    std::uint64_t messages = 0;  // if not 0: measured are so many delivered ones, however long it takes
    double patience_s = 10;      // for what is under way at the end
    std::string name;            // for the lines of progress
  };
  // `at_begin` and `at_end` are called at the ends of the measured time: read the server's counters there. Afterwards
  // waits until nothing is under way, for `patience_s` at most, and has the talk look for what is missing.
  template <class Begin, class End>
  Measured run(const Plan& plan, Begin&& at_begin, End&& at_end) {
    start(plan);
    run_for(plan.warm_up_s, "warming up");
    forget();
    at_begin();
    run_for(plan.measure_s, "measuring", plan.messages);
    at_end();
    finish();
    return std::move(measured_);
  }

  void on_acked(std::size_t pair, unsigned from, std::uint64_t n) override;
  void on_delivered(std::size_t pair, unsigned from, std::uint64_t n) override;

 private:
  struct Side {
    Intentions intended;
    std::uint64_t posted = 0;
    std::uint64_t acked = 0;
    std::uint64_t delivered = 0;
    std::uint64_t done = 0;
  };
  void start(const Plan& plan);
  void run_for(double seconds, const char* what, std::uint64_t messages = 0);
  void forget();
  void finish();
  void post(std::size_t pair, unsigned from, std::int64_t intended);
  void post_what_is_due();
  void advance(std::size_t pair, unsigned from);

  Loop& loop_;
  Talk& talk_;
  Plan plan_;
  std::vector<std::array<Side, 2>> sides_;
  Measured measured_;
  std::int64_t measured_since_ = 0;
  bool posting_ = false;
  std::uint64_t under_way_ = 0;
  std::uint64_t delivered_ = 0;
  // Open: when the next message should leave, and whose it is.
  double next_at_ = 0;
  std::size_t next_sender_ = 0;
};

}  // namespace heti::load

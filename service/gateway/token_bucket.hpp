#pragma once
// So many per second, with a burst. Counts in thousandths so that slow rates lose nothing; time is the caller's
// steady milliseconds. The rate is not stored: every socket has three buckets.
#include <algorithm>
#include <cstdint>

#include "service/base/time.hpp"

namespace heti::gateway {

struct Rate {
  std::uint32_t per_second = 0;
  std::uint32_t burst = 0;
};

class TokenBucket {
 public:
  explicit TokenBucket(Rate rate, std::int64_t now_ms = 0)
      : level_(static_cast<std::int64_t>(rate.burst) * 1000), last_ms_(now_ms) {}

  // Takes one if there is one.
  bool take(Rate rate, std::int64_t now_ms) {
    fill(rate, now_ms);
    if (level_ < 1000) return false;
    level_ -= 1000;
    return true;
  }

  // How long until one can be taken.
  Millis wait(Rate rate, std::int64_t now_ms) {
    fill(rate, now_ms);
    if (level_ >= 1000) return Millis{0};
    const std::int64_t per_second = std::max<std::int64_t>(rate.per_second, 1);
    return Millis{(1000 - level_ + per_second - 1) / per_second};
  }

 private:
  void fill(Rate rate, std::int64_t now_ms) {
    if (now_ms <= last_ms_) return;
    const std::int64_t most = static_cast<std::int64_t>(rate.burst) * 1000;
    const std::int64_t elapsed = std::min<std::int64_t>(now_ms - last_ms_, 3'600'000);
    level_ = std::min(most, level_ + elapsed * rate.per_second);
    last_ms_ = now_ms;
  }

  std::int64_t level_;  // thousandths
  std::int64_t last_ms_;
};

}  // namespace heti::gateway

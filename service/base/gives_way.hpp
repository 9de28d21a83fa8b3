#pragma once
// For a thread whose work can wait while it shares its processor with threads that people wait for. To the kernel all
// of them are equal: it would let long work run on to the end of its slice, which is milliseconds, also when a message
// has come in meanwhile.
#include <chrono>
#include <thread>

namespace heti {

class GivesWay {
 public:
  // Call it between small pieces of work: every tenth of a millisecond whoever else is ready goes first.
  void here() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    std::this_thread::yield();
    next_ = std::chrono::steady_clock::now() + every;
  }

 private:
  static constexpr std::chrono::microseconds every{100};
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace heti

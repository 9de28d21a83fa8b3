#pragma once
// First contact resolution: of each contact that was answered to its end, whether its visitor came back to the same
// queue within seven days (domain, section 1). A transfer is no coming back. Made of samples alone.
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "service/archive/samples.hpp"

namespace heti::monitor {

inline constexpr Millis repeat_window = std::chrono::days{7};

enum class FirstContactVerdict : std::uint8_t {
  resolved = 0,  // given when the window is over
  repeat = 1,    // given when the visitor's next contact begins, at the latest at the window's last millisecond
};

struct FirstContactJudged {
  core::QueueId queue;
  FirstContactVerdict verdict{};
  friend bool operator==(const FirstContactJudged&, const FirstContactJudged&) = default;
};

class FirstContacts {
 public:
  // In order of time. All but contacts and ends is passed over.
  void take(const archive::Sample& sample);
  // Nothing more will come that is older than `now`.
  void advance(Instant now);

  // What was judged since this was called last, in order.
  [[nodiscard]] std::vector<FirstContactJudged> take_judged() { return std::exchange(judged_, {}); }

 private:
  struct Who {
    core::QueueId queue;
    PublicId visitor;
    friend auto operator<=>(const Who&, const Who&) = default;
  };
  struct Due {
    Instant ended;
    Who who;
    std::uint64_t number = 0;  // of the end, to tell those of one visitor apart
  };

  std::map<Who, std::vector<std::uint64_t>> open_;  // not judged
  std::deque<Due> due_;                             // by their end; those judged already are no longer open
  std::uint64_t last_number_ = 0;
  std::vector<FirstContactJudged> judged_;
};

}  // namespace heti::monitor

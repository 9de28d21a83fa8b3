#pragma once
// The roll of the nodes: who was heard when, by this node's own clock. A node that was silent for five seconds is lost
// until it is heard again; what it had is then taken from it.
#include <cstdint>
#include <map>
#include <vector>

#include "service/base/time.hpp"
#include "service/cluster/messages.hpp"

namespace heti::cluster {

inline constexpr Millis lost_after{5000};
// A node that was lost for so long is taken off the roll.
inline constexpr Millis forgotten_after{3'600'000};

struct Member {
  Beat last;
  Millis heard{};
  bool lost = false;
};

// One start of one node.
struct Start {
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  friend bool operator==(const Start&, const Start&) = default;
};

class Roll {
 public:
  enum class News : std::uint8_t {
    none,
    came,       // not on the roll until now
    restarted,  // an earlier start of it is over
    back,       // it was lost, and is the same start
  };
  // `now`: of a clock that never goes back. A beat of a start that is over says nothing.
  News heard(const Beat& beat, Millis now);

  // Those that are lost since this was asked last.
  std::vector<Start> lost(Millis now);

  // By node.
  const std::map<std::uint32_t, Member>& members() const { return members_; }

 private:
  std::map<std::uint32_t, Member> members_;
};

}  // namespace heti::cluster

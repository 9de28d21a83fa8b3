#pragma once
// How things stand, computed from the state when somebody asks: gauges, and the exact integrals of staffing.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/core/state.hpp"
#include "service/monitor/sheet.hpp"
#include "service/monitor/wall_time.hpp"

namespace heti::monitor {

struct GaugeInputs {
  const core::State& state;
  Instant now;
  WallTime wall;  // for gauges that show an instant
  const std::string& workspace;
  // What the integrals were when this process began; a queue that is not here began at 0.
  const std::map<core::QueueId, core::StaffingTotals>& totals_at_start;
};

// No longer named by the settings, or the service's own.
[[nodiscard]] bool left_out(const core::Queue& queue);

// Open promises of one kind.
struct OpenPromises {
  Millis oldest{};
  std::uint64_t overdue = 0;
};

// The live contacts of one queue.
struct LiveFigures {
  std::uint64_t waiting = 0;  // in its line, wherever they came in
  // Of those who came in here:
  Millis oldest_wait{};
  std::array<OpenPromises, 2> promises;  // by core::Sla
  std::uint64_t queued = 0;
  std::uint64_t offered = 0;
  std::uint64_t assigned = 0;
  std::uint64_t wrapup = 0;
};

// The live contacts. They wait in a line or sit in a slot: so the lines and the slots are walked at the construction,
// not all conversations; each is looked at in a step, as it stands by then. Those that have ended in between are left
// out, and those that have come are left for the next time.
class LiveWalk {
 public:
  LiveWalk(const core::State& state, Instant now);

  using OnWaiting = std::function<void(core::QueueId line, const core::Conversation& conversation)>;
  // Looks at so many more; false when all are. `on_waiting` is told of those who wait, in the order of each line.
  bool step(const core::State& state, std::size_t count, const OnWaiting& on_waiting);
  const std::map<core::QueueId, LiveFigures>& figures() const { return figures_; }

 private:
  struct Live {
    core::ConversationId conversation;
    core::QueueId line{};                          // of one who waits
    std::optional<core::EngagementId> engagement;  // of one who is served
  };
  void look_at(const core::State& state, const Live& live, const OnWaiting& on_waiting);

  const Instant now_;
  std::vector<Live> live_;
  std::size_t next_ = 0;
  std::map<core::QueueId, LiveFigures> figures_;
};

// All but those of the live contacts. Queues that the settings no longer name, and queues and agents of the service's
// own, are left out, as in write_live().
void write_gauges(Sheet& sheet, const GaugeInputs& in);
void write_live(Sheet& sheet, const core::State& state, const std::map<core::QueueId, LiveFigures>& figures,
                const std::function<std::uint64_t(core::QueueId)>& fresh, const std::string& workspace);

// Of one queue, what the gauges of the same words say. Visitors within their grace of absence are not among them.
struct LineFigures {
  Millis oldest_wait{};
  Millis oldest_unanswered{};  // of the first responses
  std::uint64_t overdue = 0;   // of the first responses
};
// Of every queue of the state.
std::map<core::QueueId, LineFigures> line_figures(const core::State& state, Instant now);

}  // namespace heti::monitor

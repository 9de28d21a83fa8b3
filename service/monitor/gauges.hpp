#pragma once
// How things stand, computed from the state when somebody asks: gauges, and the exact integrals of staffing.
#include <functional>
#include <map>
#include <string>

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
  std::function<std::uint64_t(core::QueueId)> fresh;
};

// Queues that the settings no longer name, and queues and agents of the service's own, are left out. The cost grows
// with those who wait and those who are served, not with the conversations that are over.
void write_gauges(Sheet& sheet, const GaugeInputs& in);

// Of one queue, what the gauges of the same words say. Visitors within their grace of absence are not among them.
struct LineFigures {
  Millis oldest_wait{};
  Millis oldest_unanswered{};  // of the first responses
  std::uint64_t overdue = 0;   // of the first responses
};
// Of every queue of the state.
std::map<core::QueueId, LineFigures> line_figures(const core::State& state, Instant now);

}  // namespace heti::monitor

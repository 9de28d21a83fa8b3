#pragma once
// How things stand, computed from the state when somebody asks: gauges, and the exact integrals of staffing.
#include <functional>
#include <map>
#include <string>

#include "service/core/state.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {

struct GaugeInputs {
  const core::State& state;
  Instant now;
  const std::string& workspace;
  // What the integrals were when this process began; a queue that is not here began at 0.
  const std::map<core::QueueId, core::StaffingTotals>& totals_at_start;
  std::function<std::uint64_t(core::QueueId)> fresh;
};

// Queues that the settings no longer name are left out. The cost grows with those who wait and those who are served,
// not with the conversations that are over.
void write_gauges(Sheet& sheet, const GaugeInputs& in);

}  // namespace heti::monitor

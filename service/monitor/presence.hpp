#pragma once
// What agents were doing, of the whole site: exact integrals of the core, shown from 0 at the process's start as those
// of staffing are. Agents of the service's own are left out; one whom the settings no longer name goes on as offline.
#include <map>
#include <string>

#include "service/core/state.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {

// By agent, what the integrals were when the process began; an agent who is not here began at 0.
using PresenceAtStart = std::map<core::AgentId, core::PresenceTotals>;

PresenceAtStart presence_of(const core::State& state, Instant at);

void write_presence(Sheet& sheet, const core::State& state, Instant now, const PresenceAtStart& start,
                    const std::string& workspace);

}  // namespace heti::monitor

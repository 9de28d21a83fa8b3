#pragma once
// A changed file and a running node: its queues, agents, priorities and the widget's words come into force all at once,
// or nothing does.
#include <expected>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/settings.hpp"
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti {

// What rules now, whatever the file said at the start. In the order of first appearance, without what was removed.
core::Settings rules_in_force(const core::State& state);

// The settings of the file, if a node that runs with `running` can take all of them without a restart; else every
// reason why not, a sentence each: problems of the file with their lines, or keys that are read at start alone. `now`
// is the instant from which the opening hours are compiled for a try.
std::expected<config::Settings, std::vector<std::string>> reloaded(const config::Settings& running,
                                                                   const config::LoadResult& file, Instant now);

}  // namespace heti

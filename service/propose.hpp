#pragma once
// From the config file's words to the core's: what the file proposes for the journal.
#include <string_view>

#include "config/settings.hpp"
#include "service/core/settings.hpp"

namespace heti {

// The queue and the agent of the probe.
inline constexpr std::string_view probe_name = "heti-probe";
static_assert(core::is_reserved(probe_name));

// With what the node needs for itself: the queue and the agent of the probe, unless it is switched off.
core::Settings proposal(const config::Settings& settings);

// Queues and agents that are not the node's own, alike in whatever order, and the priorities.
bool same_rules(const core::Settings& a, const core::Settings& b);

// The node's own alike. They are no matter of any file, so the node puts them in force by itself.
bool same_own_rules(const core::Settings& a, const core::Settings& b);

// `rules`, but with the node's own queues and agents of `own`.
core::Settings with_own_rules(core::Settings rules, const core::Settings& own);

}  // namespace heti

#pragma once
// Whom a chat can be handed to, as a console is told: which agents it lists, and the frames that say how they are.
// Pure.
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "protocol/server_frames.hpp"
#include "service/core/state.hpp"

namespace heti::gateway {

// So that a frame stays well within the bytes of one, whatever the size of the team.
inline constexpr std::size_t colleagues_per_frame_max = 100;

// Does the console of `viewer` list `agent`? Supervisors list everybody, others those with whom they share a queue.
bool lists_colleague(const core::Agent& viewer, const core::Agent& agent);

// The encoded frames that tell of these agents and queues, for consoles of supervisors or of others. Removed and
// unknown ones are left out; nothing to tell gives no frame.
std::vector<std::string> colleague_frames(const core::State& state, const std::vector<core::AgentId>& agents,
                                          const std::set<core::QueueId>& queues, bool supervisor);

// All that a console begins with; at least one frame.
std::vector<std::string> first_colleague_frames(const core::State& state, const core::Agent& viewer);

}  // namespace heti::gateway

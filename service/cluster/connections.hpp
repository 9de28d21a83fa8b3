#pragma once
// The connections of a node as the state knows them, and the commands that end them.
#include <cstdint>
#include <vector>

#include "service/core/command.hpp"
#include "service/core/state.hpp"

namespace heti::cluster {

// For each connection of this node that is of the start `last` or an earlier one.
std::vector<core::Command> ends_of(const core::State& state, std::uint32_t node, std::uint64_t last);

}  // namespace heti::cluster

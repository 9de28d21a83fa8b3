#pragma once
// The rules that hold after every event (domain page, section 4). Tests and the simulator ask after each step; a
// violation is a bug, never a state to be handled.
#include <string>
#include <vector>

#include "service/core/state.hpp"

namespace heti::core {

// One sentence per broken rule, with its number on the domain page; empty when all hold. `routed`: the routing step
// has run, so rule 3 must hold too.
std::vector<std::string> broken_invariants(const State& state, bool routed);

}  // namespace heti::core

#pragma once
// heti nodes: who serves the workspace now, as the nodes themselves say.
#include "config/settings.hpp"

namespace heti {

// Listens for some seconds and prints a line for each node that was heard. 0: one of them leads. 1: none, or more.
int list_nodes(const config::Settings& settings);

}  // namespace heti

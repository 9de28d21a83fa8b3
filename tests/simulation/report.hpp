#pragma once
// What many runs come to, as text, and whether it was enough to prove anything.
#include <string>
#include <vector>

#include "tests/simulation/tally.hpp"

namespace heti::simulation {

void print_report(const Tally& tally, double seconds);

// What happened too seldom in a run of CI's size; empty: all kinds often enough.
[[nodiscard]] std::vector<std::string> too_little(const Tally& tally);

}  // namespace heti::simulation

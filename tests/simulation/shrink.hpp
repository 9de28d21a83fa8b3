#pragma once
// From a run that fails to a short one that fails in the same way: actions are taken out in ever smaller pieces, then
// what is left is made simpler.
#include <chrono>
#include <functional>
#include <string>

#include "tests/simulation/script.hpp"

namespace heti::simulation {

// The rule that a script breaks; empty: none.
using Breaks = std::function<std::string(const Script&)>;

struct Shrunk {
  Script script;
  std::size_t runs = 0;
};
// `script` breaks `rule`, and so does the result. Stops when nothing can be left out, or at the end of the budget.
[[nodiscard]] Shrunk shrink(Script script, const std::string& rule, const Breaks& breaks,
                            std::chrono::milliseconds budget);

}  // namespace heti::simulation

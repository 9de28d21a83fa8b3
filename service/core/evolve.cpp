#include "service/core/evolve.hpp"

#include "service/base/check.hpp"
#include "service/core/evolver.hpp"

namespace heti::core {

void evolve(State& state, const Event& event) {
  CHECK(event.at >= state.now);
  state.now = event.at;
  std::visit(Evolver{.s = state, .event = event}, event.body);
}

}  // namespace heti::core

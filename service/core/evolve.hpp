#pragma once
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti::core {

// Folds one fact into the state. Total for every event that decide() made from this state; what it does for one
// version of an event never changes.
void evolve(State& state, const Event& event);

}  // namespace heti::core

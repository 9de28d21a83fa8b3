#pragma once
// Inside the core only: what is derived from the state: what is due when, as one ordered index over queues,
// agents and conversations, and who is free in each queue.
#include "service/core/state.hpp"

namespace heti::core {

void reindex(State& state, Queue& queue);
// Also the agent's place in the indexes of its queues: who staffs them, who has a free slot.
void reindex(State& state, Agent& agent);
void reindex(State& state, Conversation& conversation);
void unindex(State& state, Conversation& conversation);
// Everything derived, from nothing.
void reindex_all(State& state);

}  // namespace heti::core

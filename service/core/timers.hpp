#pragma once
// Inside the core only: what is due when, kept as one ordered index over queues, agents and conversations.
#include "service/core/state.hpp"

namespace heti::core {

void reindex(State& state, const Queue& queue);
void reindex(State& state, const Agent& agent);
void reindex(State& state, const Conversation& conversation);
void unindex(State& state, Due::Kind kind, std::uint64_t id);
void reindex_all(State& state);

}  // namespace heti::core

#pragma once
// The whole brain. decide() is a pure function of (state, now, command): no clock, no chance, no I/O, no thread.
#include <vector>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti::core {

struct Decision {
  std::vector<Event> events;  // in order; `at` never decreases
  Answer answer;
  // False: so much had become due that the command was not looked at. Make the events durable and ask again.
  bool finished = true;
};

// Events of things that became due, between two commands.
inline constexpr std::size_t expired_events_max = 1000;

// First runs what became due before `now`, each stamped with its due instant, then the command, then routing to a
// fixpoint. `state` is left as fold(evolve, events): each event is evolved as it is decided, so that the next step sees
// it. `now` must not be before state.now. ResumeService is the exception: it is a decision of its own, before any
// expiry. `number`: of a command that another node sent, which must be next of that node (remote.hpp); that it is
// decided becomes an event, too.
Decision decide(State& state, Instant now, const Command& command, const CommandNumber* number = nullptr);

// The earliest instant at which a tick would change something; `never` if there is none.
Instant next_deadline(const State& state);

}  // namespace heti::core

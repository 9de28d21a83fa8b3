#pragma once
// Commands of other nodes. The owner decides each once, in the order in which its node numbered them, and the journal
// says so right there: `command.decided`. The node that sent it finds its answer by that event, in the same state in
// which the owner found it.
#include <string>
#include <string_view>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti::core {

// What this start of the node sent before is decided, and this is not. A later start of the node begins anew.
bool is_next(const State& state, const CommandNumber& number);
// It was decided before, or a later start of its node was heard: it is never decided (again).
bool is_past(const State& state, const CommandNumber& number);

event::CommandDecided decided(const CommandNumber& number, const Answer& answer);

// The answer to `command`, from a state that has evolved past `decided`, the event at `at`, and no further.
Answer answer_of(const State& state, const Command& command, const event::CommandDecided& decided, Instant at);

// For the way between nodes of one version. Nothing if the bytes are no command.
std::string command_bytes(const Command& command);
std::optional<Command> command_from_bytes(std::string_view bytes);

}  // namespace heti::core

#pragma once
// The state machines of the domain page (section 4) as tables: what may be asked of a conversation in each state, and
// of an agent in each status. Whatever a table does not allow is refused by name (wrong_state) and counted.
#include <cstdint>

#include "service/core/event.hpp"

namespace heti::core {

enum class Allowed : std::uint8_t {
  no,
  yes,
  already,  // it is so: answered as done, without an event
};

enum class Ask : std::uint8_t {
  visitor_message,
  agent_message,
  machine_message,  // bot, automatic, system
  note,
  hand_over,
  accept,  // an offer; QUEUED: a claim in pull mode
  decline,
  transfer,
  agent_close,
  visitor_close,
  finish_wrapup,
  rate,
  initiate,
};
Allowed allowed(ConversationState state, Ask ask);

enum class AgentAsk : std::uint8_t { ready, away, end_shift, log_out };
Allowed allowed(AgentStatus status, AgentAsk ask);

}  // namespace heti::core

#include "service/core/state_table.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace heti::core {
namespace {

// '+' yes, '=' already so, '.' no. One column a ConversationState, in its order.
constexpr std::array<std::string_view, 13> of_conversation{
    // NEW, QUEUED, OFFERED, ASSIGNED, WRAPUP, CLOSED, FINAL, OFFLINE_MSG
    "++++++.+",  // visitor_message; in WRAPUP and CLOSED it reopens
    "...+...+",  // agent_message
    "+++++..+",  // machine_message
    "+++++..+",  // note
    "+.......",  // hand_over
    ".++=....",  // accept
    "..+.....",  // decline
    "...+....",  // transfer
    "...+==.+",  // agent_close
    "++++==..",  // visitor_close
    "....+=..",  // finish_wrapup
    "....++..",  // rate
    "+...++.+",  // initiate
};
static_assert(of_conversation.size() == static_cast<std::size_t>(Ask::initiate) + 1);

// One column an AgentStatus, in its order.
constexpr std::array<std::string_view, 4> of_agent{
    // OFFLINE, AWAY, ONLINE, FINISHING, LOST
    "++=..",  // ready; from OFFLINE it logs in first
    "+=+..",  // away
    ".++=.",  // end_shift
    "=++++",  // log_out
};
static_assert(of_agent.size() == static_cast<std::size_t>(AgentAsk::log_out) + 1);

Allowed meaning_of(char sign) {
  if (sign == '+') return Allowed::yes;
  return sign == '=' ? Allowed::already : Allowed::no;
}

}  // namespace

Allowed allowed(ConversationState state, Ask ask) {
  return meaning_of(of_conversation[static_cast<std::size_t>(ask)][static_cast<std::size_t>(state)]);
}

Allowed allowed(AgentStatus status, AgentAsk ask) {
  return meaning_of(of_agent[static_cast<std::size_t>(ask)][static_cast<std::size_t>(status)]);
}

}  // namespace heti::core

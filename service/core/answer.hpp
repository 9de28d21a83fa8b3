#pragma once
// What the sender of a command is told. It leaves the process only when the state it was computed from is durable.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "service/core/view.hpp"

namespace heti::core {

enum class Refusal : std::uint8_t {
  not_found = 1,    // absent, or not the sender's to see: the two look the same
  not_allowed = 2,  // the sender may see it but not do this
  wrong_state = 3,  // nothing of the kind can happen now
  queue_closed = 4,
  already_assigned = 5,
  conflict = 6,           // the same number with another text; a settings version that is not in force
  resend_from = 7,        // a number is missing; see Refused::resend_from
  agent_unavailable = 8,  // the agent who is meant is not ONLINE, has no free slot or does not serve that queue
};
inline constexpr std::size_t refusals = 8;
std::string_view name_of(Refusal refusal);

struct Done {};
struct Posted {
  std::uint64_t n = 0;
  std::uint64_t seq = 0;  // of message n; 0 for a note
};
struct Refused {
  Refusal code{};
  std::uint64_t resend_from = 0;  // with Refusal::resend_from: the number that is expected
};
constexpr Refused refused(Refusal code) { return {.code = code, .resend_from = 0}; }

using Answer = std::variant<Done, Posted, Refused, ConversationView, WelcomeView, ConsoleView>;

}  // namespace heti::core

#pragma once
// Facts in words, for a person who was not there.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace date {
class time_zone;
}

namespace heti::explaining {

// Who and what the ids mean, as the settings stood at that moment, and whose wall clock is read.
struct Words {
  const core::State& rules;               // only its settings are used
  const date::time_zone* zone = nullptr;  // null: UTC
  core::QueueId home{};                   // the conversation's queue

  std::string agent(core::AgentId id) const;  // display name, or login
  std::string queue(core::QueueId id) const;  // name
  std::string time_of_day(Instant at) const;  // "09:00:01.000"
  // How a conversation stands: in which line, and who has it or is offered it.
  std::string stands(core::ConversationState state, core::QueueId line, std::optional<core::AgentId> who) const;
};

// The wall clock of a zone, null being UTC: "2026-06-01 09:00:01.000 +03:00".
std::string local_time(Instant at, const date::time_zone* zone);

// What one event means, without the name of the conversation, in the present tense.
std::string says(const Words& words, const core::Event& fact);

std::string duration(Millis time);  // "3.250 s", "2 min 05.000 s", "1 h 02 min 05 s", "2 d 03 h 04 min"
std::string_view rule_in_words(core::RoutedBy rule);
std::string_view verdict_in_words(core::Verdict verdict);
std::string_view name_of(core::Stage stage);
std::string outcome_in_words(core::Outcome outcome, core::EndReason reason);
std::string_view end_of_offer(core::OfferEnd result);  // "accepted", "declined", ...

// Text of visitors, safe for a terminal: control characters and broken UTF-8 as escapes, on one line.
std::string printable(std::string_view text);

// The zone of that name; null if this machine does not know it.
const date::time_zone* zone_named(std::string_view name);

}  // namespace heti::explaining

#pragma once
// What the JSON of a life and that of a list have in common; the words are those that text for programs uses.
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "service/explain_clocks.hpp"

namespace heti::explaining {

std::string utc(Instant at);  // ISO 8601, "2026-06-01T06:00:01.000Z"
std::string_view name_of(ClockKind kind);
std::string_view key_of(core::Stage stage);
std::string_view key_of(core::Verdict verdict);
std::string_view key_of(core::EndReason reason);
std::string_view key_of(core::RoutedBy rule);
std::string_view key_of(core::OfferEnd result);
std::string_view key_of(core::Outcome outcome);
std::string_view key_of(core::ConversationState state);
std::string_view key_of(core::Sla sla);

boost::json::object place_of(const Line& line);  // {"position", "index"}
boost::json::object object_of(const Line& line, Millis since_the_last);

}  // namespace heti::explaining

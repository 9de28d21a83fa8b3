#pragma once
// Keeps every queue's calendar at least 400 days ahead: compiles the posted hours that the journal's settings hold, and
// gives a calendar command where the state's calendar says something else or does not reach far enough.
#include <expected>
#include <string>
#include <vector>

#include "service/core/command.hpp"
#include "service/core/state.hpp"

namespace heti {

// How far calendars are compiled: so that a quiet one is renewed once a month.
inline constexpr Millis compiled_ahead = std::chrono::days{430};

// The commands that bring `state` up to date as of `now`; none if it is. Error: a zone that this machine does not know,
// named with its queue.
[[nodiscard]] std::expected<std::vector<core::command::SetCalendar>, std::string> calendar_commands(
    const core::State& state, Instant now);

}  // namespace heti

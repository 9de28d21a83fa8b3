#pragma once
// Instants are milliseconds since the Unix epoch in UTC, stamped by the sequencer; durations are milliseconds.
#include <chrono>
#include <cstdint>

namespace heti {

using Millis = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Millis>;

// "Does not happen": later than every instant that a clock or a calendar gives.
inline constexpr Instant never = Instant::max();

constexpr Instant instant_from_ms(std::int64_t ms) { return Instant{Millis{ms}}; }
constexpr std::int64_t to_ms(Instant t) { return t.time_since_epoch().count(); }

}  // namespace heti

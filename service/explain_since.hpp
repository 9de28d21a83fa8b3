#pragma once
// Since when promises are listed and counted.
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "service/base/time.hpp"

namespace heti::explaining {

// Midnight of today, or of a date, on each queue's own wall clock; or so long ago, the same for all.
struct Since {
  std::optional<std::chrono::year_month_day> date{};
  std::optional<Millis> back{};  // neither: today
};

// "2026-06-01", or hours back such as "8h". An error says what can be given.
[[nodiscard]] std::expected<Since, std::string> parse_since(std::string_view text);

// The first instant that counts for a queue of this zone (as in Schedule; an unknown one is read as UTC). Where
// midnight is left out by the clock it is the instant at which it jumps, where it comes twice the first.
[[nodiscard]] Instant begin_of(const Since& since, std::string_view zone, Instant now);

// No zone's begin is before it.
[[nodiscard]] Instant earliest(const Since& since, Instant now);

}  // namespace heti::explaining

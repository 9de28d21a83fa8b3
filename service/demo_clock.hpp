#pragma once
// The clock of demonstrations and tests: journal time that runs faster than real time. Times so made must not mix with
// real ones, so a journal's directory belongs to either kind for good: a mark in it says that it is a demonstration's.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "config/settings.hpp"
#include "service/base/time.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti {

inline constexpr std::uint32_t clock_speed_max = 3600;
// The mark: a file in the journal's directory.
inline constexpr const char* demo_clock_name = "demo-clock";

struct ClockRequest {
  std::uint32_t speed = 1;  // 1: the real clock
  std::string start_at;     // "2026-11-23T07:30", local time of the first queue; empty: the journal's end, or now
};

// May this clock run on that directory? Marks the directory of a demonstration whose journal is yet to be made.
// Error: a sentence with the directory and what to do.
[[nodiscard]] std::expected<void, std::string> admit_clock(const config::Settings& settings,
                                                           const ClockRequest& request);

// The instant of a local time "YYYY-MM-DDTHH:MM" in `zone`; one that summer time skips is that of the transition.
[[nodiscard]] std::expected<Instant, std::string> local_instant(const std::string& zone, const std::string& text);

// The clock to run by. `end` is the journal's last time, nothing in an empty journal.
[[nodiscard]] std::expected<sequencer::JournalClock, std::string> make_clock(const config::Settings& settings,
                                                                             const ClockRequest& request,
                                                                             std::optional<Instant> end);

}  // namespace heti

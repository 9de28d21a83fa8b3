#pragma once
// Which share of a queue's open time was staffed, exactly and across restarts (domain page, section 1).
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/core/state.hpp"
#include "service/monitor/forecast.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {

enum class Period : std::uint8_t {
  today,  // since local midnight of the queue's zone
  week,   // the last 7 days
  month,  // the last 28 days
};
inline constexpr std::array all_periods{Period::today, Period::week, Period::month};
std::string_view word(Period value);

// When the period that ends `now` began, before it is taken at its quarter of an hour (core::totals_since).
Instant begin_of(Period period, Instant now, Instant local_midnight);

// Open time with at least the required agents, by open time; nothing when the queue was not open in the period. A queue
// that is younger than the period is asked about its life.
std::optional<double> staffed_ratio(const core::Queue& queue, Period period, Instant now, Instant local_midnight);

// Of every queue; without `local_midnight` nothing is known of today.
void write_staffed(Sheet& sheet, const core::State& state, Instant now, const LocalMidnight& local_midnight,
                   const std::string& workspace);

}  // namespace heti::monitor

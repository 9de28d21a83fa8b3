#include "service/monitor/staffed.hpp"

#include <cstdlib>
#include <map>

#include "service/core/staffing.hpp"

namespace heti::monitor {

std::string_view word(Period value) {
  switch (value) {
    case Period::today: return "today";
    case Period::week: return "week";
    case Period::month: return "month";
  }
  std::abort();
}

Instant begin_of(Period period, Instant now, Instant local_midnight) {
  switch (period) {
    case Period::today: return local_midnight;
    case Period::week: return now - std::chrono::days{7};
    case Period::month: return now - std::chrono::days{28};
  }
  std::abort();
}

std::optional<double> staffed_ratio(const core::Queue& queue, Period period, Instant now, Instant local_midnight) {
  const auto totals = core::totals_since(queue, begin_of(period, now, local_midnight), now);
  if (!totals || totals->open <= Millis{0}) return std::nullopt;
  return static_cast<double>(totals->staffed.count()) / static_cast<double>(totals->open.count());
}

void write_staffed(Sheet& sheet, const core::State& state, Instant now, const LocalMidnight& local_midnight,
                   const std::string& workspace) {
  // Queues share few zones, and a look-up reads the zone's whole list of changes.
  std::map<std::string_view, Instant> midnights;
  for (const auto& [id, queue] : state.queues) {
    if (queue.removed || core::is_reserved(queue.settings.name)) continue;
    for (const Period period : all_periods) {
      Instant midnight{};
      if (period == Period::today) {
        if (!local_midnight) continue;
        const std::string_view zone = queue.settings.schedule.timezone;
        const auto [known, fresh] = midnights.try_emplace(zone);
        if (fresh) known->second = local_midnight(zone, now);
        midnight = known->second;
      }
      const auto ratio = staffed_ratio(queue, period, now, midnight);
      if (!ratio) continue;
      sheet.gauge(catalogue::staffed_ratio,
                  {label("workspace", workspace), label("queue", queue.settings.name), label("period", word(period))},
                  *ratio);
    }
  }
}

}  // namespace heti::monitor

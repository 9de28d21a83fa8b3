#include "service/calendars.hpp"

#include <algorithm>

#include "service/calendar/compile.hpp"
#include "service/calendar/zones.hpp"

namespace heti {
namespace {

constexpr Millis ahead = std::chrono::days{400};

std::vector<Interval> within(const std::vector<Interval>& open, Instant from, Instant to) {
  std::vector<Interval> cut;
  for (const Interval& interval : open) {
    const Interval part{.open = std::max(interval.open, from), .close = std::min(interval.close, to)};
    if (part.open < part.close) cut.push_back(part);
  }
  return cut;
}

}  // namespace

std::expected<std::vector<core::command::SetCalendar>, std::string> calendar_commands(const core::State& state,
                                                                                      Instant now) {
  std::vector<core::command::SetCalendar> commands;
  for (const auto& [id, queue] : state.queues) {
    if (queue.removed) continue;
    auto open = calendar::compile(queue.settings.schedule, now, now + compiled_ahead);
    if (!open) return std::unexpected("queue." + queue.settings.name + ": " + open.error());
    if (within(*open, now, now + ahead) == within(queue.hours.intervals(), now, now + ahead)) continue;
    commands.push_back(
        {.queue = id, .effective_from = now, .open = std::move(*open), .tzdata_version = calendar::tzdata_version()});
  }
  return commands;
}

}  // namespace heti

#include "service/wall.hpp"

#include <cmath>
#include <optional>

#include "service/monitor/gauges.hpp"
#include "service/monitor/staffed.hpp"

namespace heti {
namespace {

Millis millis_of(double seconds) { return Millis{std::llround(seconds * 1000)}; }

std::optional<std::uint64_t> count_of(std::optional<int> value) {
  if (!value) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

protocol::Wall::Queue queue_of(const core::Queue& queue, const monitor::LineFigures& line,
                               const monitor::Forecast& forecast, const monitor::History& history, Instant now,
                               Instant midnight) {
  protocol::Wall::Queue out;
  out.name = queue.settings.name;
  out.display_name = queue.settings.display_name;
  out.open = queue.open;
  out.closing = queue.closing();
  if (const Instant next = queue.hours.next_change(now); next != never) out.next_change = next.time_since_epoch();
  out.waiting = queue.waiting.size();
  out.oldest_wait = line.oldest_wait;
  out.oldest_unanswered = line.oldest_unanswered;
  out.target = queue.settings.first_response.threshold;
  out.goal = queue.settings.first_response.goal_permille / 1000.0;
  out.overdue = line.overdue;
  out.predicted_breaches = forecast.predicted_breaches(queue);
  if (const auto wait = forecast.estimated_wait_seconds(queue)) out.estimated_wait = millis_of(*wait);
  out.staffed = queue.staffed;
  out.free_slots = static_cast<std::uint64_t>(forecast.free_slots(queue));
  out.min_agents = queue.settings.min_agents;
  out.agents_required = count_of(forecast.agents_required(queue));
  out.staffed_today = monitor::staffed_ratio(queue, monitor::Period::today, now, midnight);
  const monitor::VerdictCounts today = history.of(queue.id).verdicts(core::Sla::first_response, midnight);
  out.good_today = today.good;
  out.bad_today = today.bad;
  if (today.judged() > 0) out.service_level_today = static_cast<double>(today.good) / today.judged();
  if (const auto next = forecast.next_hour(queue)) {
    out.next_hour = {.arrivals = next->arrivals, .agents_required = static_cast<std::uint64_t>(next->agents_required)};
  }
  return out;
}

}  // namespace

protocol::Wall wall_of(const core::State& state, const monitor::History& history, Instant now,
                       const monitor::LocalMidnight& local_midnight, std::uint32_t clock_speed) {
  protocol::Wall wall{.at = now.time_since_epoch(), .clock_speed = clock_speed, .queues = {}};
  const monitor::Forecast forecast(state, history, now, local_midnight);
  const auto lines = monitor::line_figures(state, now);
  for (const auto& [id, queue] : state.queues) {
    if (queue.removed || core::is_reserved(queue.settings.name)) continue;
    const Instant midnight = local_midnight(queue.settings.schedule.timezone, now);
    wall.queues.push_back(queue_of(queue, lines.at(id), forecast, history, now, midnight));
  }
  return wall;
}

}  // namespace heti

#include "service/core/staffing.hpp"

#include <algorithm>

namespace heti::core {
namespace {

void add(StaffingTotals& totals, Millis open, const Staffing& staffing, std::uint32_t minimum) {
  totals.open += open;
  if (staffing.staffed >= minimum) {
    totals.staffed += open;
  } else {
    totals.understaffed += open;
    totals.shortfall += open * (minimum - staffing.staffed);
  }
  if (staffing.staffed == 0) {
    totals.unstaffed += open;
  } else if (!staffing.free_slot) {
    totals.saturated += open;
  }
}

bool member(const Agent& agent, QueueId queue) {
  return std::find(agent.queues.begin(), agent.queues.end(), queue) != agent.queues.end();
}

Millis streak(const Queue& queue, const std::optional<Instant>& since, Instant now) {
  if (!since || !queue.open) return Millis{0};
  return queue.hours.elapsed(std::max(*since, queue.hours.last_change(now)), now);
}

}  // namespace

Staffing staffing_of(const State& state, const Queue& queue) {
  Staffing staffing;
  for (const auto& [id, agent] : state.agents) {
    if (agent.removed || !agent.staffs() || !member(agent, queue.id)) continue;
    ++staffing.staffed;
    staffing.free_slot = staffing.free_slot || agent.has_free_slot();
  }
  return staffing;
}

void accrue(const State& state, Queue& queue, Instant at) {
  if (at <= queue.totals.until) return;
  const Millis open = queue.hours.elapsed(queue.totals.until, at);
  queue.totals.until = at;
  if (open > Millis{0}) add(queue.totals, open, staffing_of(state, queue), queue.settings.min_agents);
}

void accrue_of(State& state, const Agent& agent, Instant at) {
  for (const QueueId id : agent.queues) accrue(state, state.queues.at(id), at);
}

void accrue_outage(Queue& queue, Instant from, Instant to) {
  add(queue.totals, queue.hours.elapsed(from, to), Staffing{}, queue.settings.min_agents);
  queue.totals.until = std::max(queue.totals.until, to);
}

void mark_shortage(const State& state, Queue& queue, Instant at) {
  const std::uint32_t staffed = staffing_of(state, queue).staffed;
  if (staffed > 0) {
    queue.unstaffed_since.reset();
  } else if (!queue.unstaffed_since) {
    queue.unstaffed_since = at;
  }
  if (staffed >= queue.settings.min_agents) {
    queue.understaffed_since.reset();
  } else if (!queue.understaffed_since) {
    queue.understaffed_since = at;
  }
}

void mark_shortage_of(State& state, const Agent& agent, Instant at) {
  for (const QueueId id : agent.queues) mark_shortage(state, state.queues.at(id), at);
}

StaffingTotals totals_at(const State& state, const Queue& queue, Instant now) {
  StaffingTotals totals = queue.totals;
  if (now <= totals.until) return totals;
  add(totals, queue.hours.elapsed(totals.until, now), staffing_of(state, queue), queue.settings.min_agents);
  totals.until = now;
  return totals;
}

Millis unstaffed_streak(const Queue& queue, Instant now) { return streak(queue, queue.unstaffed_since, now); }

Millis understaffed_streak(const Queue& queue, Instant now) { return streak(queue, queue.understaffed_since, now); }

}  // namespace heti::core

#include "service/core/staffing.hpp"

#include <algorithm>

namespace heti::core {
namespace {

void add(StaffingTotals& totals, Millis open, std::uint32_t staffed, bool free_slot, std::uint32_t minimum) {
  totals.open += open;
  if (staffed >= minimum) {
    totals.staffed += open;
  } else {
    totals.understaffed += open;
    totals.shortfall += open * (minimum - staffed);
  }
  if (staffed == 0) {
    totals.unstaffed += open;
  } else if (!free_slot) {
    totals.saturated += open;
  }
}

// Open time from totals.until to `at`, which is later.
void add_until(StaffingTotals& totals, const Queue& queue, Instant at) {
  const Millis open = queue.hours.elapsed(totals.until, at);
  totals.until = at;
  if (open > Millis{0}) add(totals, open, queue.staffed, !queue.free.empty(), queue.settings.min_agents);
}

// Calls add_to(t) for each quarter of an hour in (totals.until, to], which must bring the totals there, and marks them.
// Of a long time only as much of the end as marks are kept for.
template <class AddTo>
void pass_quarters(Queue& queue, Instant to, AddTo add_to) {
  Instant edge = quarter_of(queue.totals.until) + quarter_hour;
  if (edge > to) return;
  const Instant kept_from = quarter_of(to) - marks_kept;
  for (edge = std::max(edge, kept_from); edge <= to; edge += quarter_hour) {
    add_to(edge);
    queue.marks.put(queue.totals);
  }
  queue.marks.forget_before(kept_from);
}

void add_until(PresenceTotals& totals, const Agent& agent, Instant at) {
  if (at <= totals.until) return;
  const Millis time = at - totals.until;
  totals.until = at;
  totals.status[static_cast<std::size_t>(agent.status)] += time;
  const auto held = static_cast<std::int64_t>(agent.engagements.size());
  if (held > 0) totals.engaged += time;
  totals.chats += time * held;
  if (!agent.staffs()) return;
  totals.busy += time * agent.busy();
  totals.capacity += time * agent.settings.capacity;
}

Millis streak(const Queue& queue, const std::optional<Instant>& since, Instant now) {
  if (!since || !queue.open) return Millis{0};
  return queue.hours.elapsed(std::max(*since, queue.hours.last_change(now)), now);
}

}  // namespace

void accrue(Queue& queue, Instant at) {
  if (at <= queue.totals.until) return;
  pass_quarters(queue, at, [&](Instant edge) { add_until(queue.totals, queue, edge); });
  add_until(queue.totals, queue, at);
}

void accrue_presence(Agent& agent, Instant at) {
  const auto held = agent.engagements.size();
  if (held > 0 && at > agent.totals.until) {
    const auto time = static_cast<std::uint64_t>((at - agent.totals.until).count());
    for (auto& [id, engagement] : agent.engagements) engagement.focus += time * focus_parts / held;
  }
  add_until(agent.totals, agent, at);
}

Millis focus_of(const Engagement& engagement) {
  return Millis{static_cast<std::int64_t>(engagement.focus / focus_parts)};
}

void before_change(State& state, Agent& agent, Instant at) {
  for (const QueueId id : agent.queues) accrue(state.queues.at(id), at);
  accrue_presence(agent, at);
}

void accrue_outage(Queue& queue, Instant from, Instant to) {
  const auto add_to = [&](Instant until) {
    add(queue.totals, queue.hours.elapsed(from, until), 0, false, queue.settings.min_agents);
    from = std::max(from, until);
    queue.totals.until = std::max(queue.totals.until, until);
  };
  pass_quarters(queue, to, add_to);
  add_to(to);
}

void mark_shortage(Queue& queue, Instant at) {
  if (queue.staffed > 0) {
    queue.unstaffed_since.reset();
  } else if (!queue.unstaffed_since) {
    queue.unstaffed_since = at;
  }
  if (queue.staffed >= queue.settings.min_agents) {
    queue.understaffed_since.reset();
  } else if (!queue.understaffed_since) {
    queue.understaffed_since = at;
  }
}

void mark_shortage_of(State& state, const Agent& agent, Instant at) {
  for (const QueueId id : agent.queues) mark_shortage(state.queues.at(id), at);
}

StaffingTotals totals_at(const Queue& queue, Instant now) {
  StaffingTotals totals = queue.totals;
  if (now > totals.until) add_until(totals, queue, now);
  return totals;
}

std::optional<StaffingTotals> totals_since(const Queue& queue, Instant from, Instant now) {
  const Instant edge = quarter_of(std::min(from, now));
  const std::optional<StaffingTotals> begun = edge > queue.totals.until ? totals_at(queue, edge) : queue.marks.at(edge);
  if (!begun) return std::nullopt;
  StaffingTotals grown = totals_at(queue, now);
  grown.open -= begun->open;
  grown.staffed -= begun->staffed;
  grown.unstaffed -= begun->unstaffed;
  grown.understaffed -= begun->understaffed;
  grown.saturated -= begun->saturated;
  grown.shortfall -= begun->shortfall;
  return grown;
}

PresenceTotals totals_at(const Agent& agent, Instant now) {
  PresenceTotals totals = agent.totals;
  add_until(totals, agent, now);
  return totals;
}

Millis unstaffed_streak(const Queue& queue, Instant now) { return streak(queue, queue.unstaffed_since, now); }

Millis understaffed_streak(const Queue& queue, Instant now) { return streak(queue, queue.understaffed_since, now); }

}  // namespace heti::core

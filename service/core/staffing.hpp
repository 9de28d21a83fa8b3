#pragma once
// Staffing of a queue: who counts, and the exact integrals over open time (domain page, section 1).
#include "service/core/state.hpp"

namespace heti::core {

// Adds the time since `totals.until` under the present staffing. Call before anything that changes it. The totals at
// each quarter of an hour that is passed, of the last 28 days, go into `queue.marks`.
void accrue(Queue& queue, Instant at);
void accrue_presence(Agent& agent, Instant at);
Millis focus_of(const Engagement& engagement);
// Both, for an agent whose status or slots are about to change. Call reindex(state, agent) after the change.
void before_change(State& state, Agent& agent, Instant at);
// The service was down: open time counts as unstaffed.
void accrue_outage(Queue& queue, Instant from, Instant to);
// Marks since when nobody, or too few, staff the queue. Call after what changed it.
void mark_shortage(Queue& queue, Instant at);
void mark_shortage_of(State& state, const Agent& agent, Instant at);

// The totals as they stand at `now`.
StaffingTotals totals_at(const Queue& queue, Instant now);
PresenceTotals totals_at(const Agent& agent, Instant now);
// What was added to the totals from `from` to `now`, exactly; `from` is taken at its quarter of an hour, that is at the
// latest whole quarter (UTC) at or before it, and where the queue began later, since its beginning. Nothing if `from`
// lies further back than the marks do: they reach 28 days before the latest event.
std::optional<StaffingTotals> totals_since(const Queue& queue, Instant from, Instant now);
// Business time that nobody (too few) has staffed the queue, counted from its opening; 0 while closed.
Millis unstaffed_streak(const Queue& queue, Instant now);
Millis understaffed_streak(const Queue& queue, Instant now);

}  // namespace heti::core

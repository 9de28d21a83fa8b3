#pragma once
// Staffing of a queue: who counts, and the exact integrals over open time (domain page, section 1).
#include "service/core/state.hpp"

namespace heti::core {

struct Staffing {
  std::uint32_t staffed = 0;  // members ONLINE; a free slot is not required
  bool free_slot = false;     // at least one of them could take a chat now
};
Staffing staffing_of(const State& state, const Queue& queue);

// Adds the time since `totals.until` under the present staffing. Call before anything that changes it.
void accrue(const State& state, Queue& queue, Instant at);
void accrue_of(State& state, const Agent& agent, Instant at);
// The service was down: open time counts as unstaffed.
void accrue_outage(Queue& queue, Instant from, Instant to);
// Marks since when nobody, or too few, staff the queue. Call after what changed it.
void mark_shortage(const State& state, Queue& queue, Instant at);
void mark_shortage_of(State& state, const Agent& agent, Instant at);

// The totals as they stand at `now`.
StaffingTotals totals_at(const State& state, const Queue& queue, Instant now);
// Business time that nobody (too few) has staffed the queue, counted from its opening; 0 while closed.
Millis unstaffed_streak(const Queue& queue, Instant now);
Millis understaffed_streak(const Queue& queue, Instant now);

}  // namespace heti::core

#pragma once
// How many can be served, and how long they wait (domain page, section 3): Erlang B, C and A, and the staffing that a
// promise needs. A server is a slot, which is capacity for one engagement. Pure functions in stable recursions;
// A^N/N! is never formed, so 1,700 servers are as good as one. Every figure here is advice or an exported ratio:
// nothing that the core decides hangs on it.
//
// Any input that is 0, huge or infinite gives an answer without NaN; a negative number or NaN is a bug of the caller.
#include <cmath>
#include <optional>

#include "service/base/time.hpp"

namespace heti::core {

inline constexpr double infinite = HUGE_VAL;

inline double in_seconds(Millis span) { return std::chrono::duration<double>(span).count(); }

// What comes in: lambda, and the mean time that one contact holds a slot (AHT_slot; wrap-up included).
struct Demand {
  double arrivals_per_second = 0;
  double handle_seconds = 0;

  double offered_load() const;  // A = lambda * AHT, in erlang
};

// P(an arrival finds all servers busy and is lost): B_0 = 1; B_k = A B_{k-1} / (k + A B_{k-1}). Takes O(servers).
double erlang_b(int servers, double offered_load);

// M/M/N: everybody waits as long as it takes.
struct ErlangC {
  double offered_load = 0;   // erlang
  double p_wait = 0;         // P(W > 0) = B / (1 - (A/N)(1 - B)); 1 when N <= A
  double service_level = 0;  // P(W <= target) = 1 - C exp(-(N - A) target / AHT); 0 when N <= A
  double asa_seconds = 0;    // mean wait, C AHT / (N - A); infinite when N <= A
  double occupancy = 0;      // min(1, A/N)
  double mean_queue = 0;     // lambda * asa; infinite when N <= A
};
ErlangC erlang_c(const Demand& demand, int servers, Millis target);

// M/M/N+M (Palm; Mandelbaum & Zeltyn): whoever waits leaves at rate theta, so it stays finite under overload.
struct ErlangA {
  double p_wait = 0;
  double p_abandon = 0;
  double mean_wait_seconds = 0;  // of all contacts, those who leave too: P(abandon) / theta
  double mean_queue = 0;
  double occupancy = 0;
  double answered_within = 0;  // P(answered, and by the target)
  double service_level = 0;    // F4: answered within / (answered within + still waiting at the target)
};
// `theta_per_second` is 1 / mean patience. 0 gives the figures of Erlang C; infinite those of Erlang B.
ErlangA erlang_a(const Demand& demand, int servers, double theta_per_second, Millis target);

// The service level that these servers will give: Erlang C when theta is 0, else F4 of Erlang A.
double expected_service_level(const Demand& demand, int servers, double theta_per_second, Millis target);

struct StaffingGoal {
  double service_level = 0.8;
  Millis target;  // effective_target() of the promise
  double max_occupancy = 0.85;
};
// More than this is not searched for.
inline constexpr int servers_max = 100'000;
// The smallest N >= floor(A) + 1 with service level >= goal and A/N <= max_occupancy, found in one pass over N; nothing
// if servers_max do not reach it. The same floor holds with theta > 0: abandonment is no way to save staff.
std::optional<int> required_servers(const Demand& demand, const StaffingGoal& goal, double theta_per_second = 0);

// ceil(slots / capacity): people who hold `capacity` engagements each.
int agents_for_slots(int slots, int capacity);
// ceil(net / (1 - shrinkage) - 1e-9): on the roster, so that `net` are at work; 1e9 at most. Shrinkage is in [0, 1).
int gross_agents(int net, double shrinkage);

// A first response is accepted, then typed: of the promise only max(0, T - m) is left for the queue, where m is the
// median time from accept to the first reply.
inline constexpr Millis typing_median_default{20'000};
Millis effective_target(Millis target, Millis typing_median);

// AHT_slot at `concurrency` chats at a time, from that of one: AHT_1 c / f(c), with f = 1, 1.7, 2.5, 2.9, 3.5 for 1 to
// 5 (Call Centre Helper's factors). From 5 on a further chat brings nothing, as the table ends there. A seed for a new
// site only: measured times replace it.
double slot_handle_seconds(double alone_seconds, int concurrency);

// The number K of departures that those waiting see by `seconds` when the queue moves at `rate` and each of those ahead
// leaves at `theta`: a birth process with rates rate + i theta, begun at i = 0. P(K <= k) is the chance that the one
// behind k others waits longer than that. With theta = 0 it is Poisson(rate * seconds), else negative binomial:
// P(K <= k) = I_u(x, k + 1) with u = exp(-theta seconds), x = rate / theta. Walks k upwards from 0; the first terms may
// lie far below the smallest double, which a counted power of two carries.
class DepartureCount {
 public:
  DepartureCount(double rate, double theta, double seconds);
  double probability() const;  // P(K = k)
  double at_most() const;      // P(K <= k)
  void next();                 // k + 1
  bool past_all() const;       // the terms to come are too small to change at_most()

 private:
  double rate_;
  double theta_;
  double reach_;     // (1 - exp(-theta seconds)) / theta, which is `seconds` when theta is 0
  double term_ = 1;  // P(K = k) is term_ * 2^(-600 lifts_)
  double lifts_ = 0;
  double k_ = 0;
  double sum_ = 0;
};

}  // namespace heti::core

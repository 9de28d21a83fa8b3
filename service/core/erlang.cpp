#include "service/core/erlang.hpp"

#include <algorithm>

#include "service/base/check.hpp"

namespace heti::core {
namespace {

// Where the chance of a term cannot be seen any more beside the sum.
constexpr double negligible = 1e-17;
// A rescaling step: far from both ends of a double's exponent.
constexpr double lift = 0x1p600;
constexpr double lift_log = 415.88830833596718;  // its logarithm

// Erlang A is summed over the length of the queue, in some 2,000,000 terms at most: a queue longer than queue_max is
// treated as a liquid, and where load and servers are equal but for critical_band, patience is cut to what that allows.
constexpr double queue_max = 1e6;
constexpr double arrivals_per_patience_max = 1e10;
constexpr double critical_band = 4e-5;
// Below this a rate of leaving has no digits left to calculate with.
constexpr double theta_min = 1e-100;

// NaN fails this too.
void check_not_negative(double value) { CHECK(value >= 0); }

void check_inputs(const Demand& demand, int servers, double theta, Millis target) {
  check_not_negative(demand.arrivals_per_second);
  check_not_negative(demand.handle_seconds);
  check_not_negative(theta);
  CHECK(servers >= 0);
  CHECK(target >= Millis{0});
}

double erlang_b_next(double blocked, int servers, double load) {
  if (load == infinite) return 1;
  return load * blocked / (servers + load * blocked);
}

ErlangC erlang_c_from(double blocked, const Demand& demand, int servers, Millis target) {
  const double load = demand.offered_load();
  if (servers <= load) {
    return {.offered_load = load,
            .p_wait = 1,
            .service_level = 0,
            .asa_seconds = infinite,
            .occupancy = 1,
            .mean_queue = infinite};
  }
  if (load == 0) return {.service_level = 1};
  const double spare = servers - load;
  // B / (1 - rho (1 - B)) without the difference of two numbers near 1.
  const double p_wait = std::min(1.0, blocked / (spare / servers + load / servers * blocked));
  const double asa = p_wait * demand.handle_seconds / spare;
  return {.offered_load = load,
          .p_wait = p_wait,
          .service_level = 1 - p_wait * std::exp(-spare * (in_seconds(target) / demand.handle_seconds)),
          .asa_seconds = asa,
          .occupancy = load / servers,
          .mean_queue = demand.arrivals_per_second * asa};
}

ErlangA without_patience_limit(const ErlangC& c, int servers) {
  // In overload the limit of ever longer patience: the surplus leaves in the end, after a wait without bound.
  const double surplus = c.offered_load > servers ? 1 - servers / c.offered_load : 0;
  return {.p_wait = c.p_wait,
          .p_abandon = surplus,
          .mean_wait_seconds = c.asa_seconds,
          .mean_queue = c.mean_queue,
          .occupancy = c.occupancy,
          .answered_within = c.service_level,
          .service_level = c.service_level};
}

// Far in overload the queue hardly varies: all who are answered wait until as many are left as can be served,
// lambda exp(-theta w) = N mu.
ErlangA liquid(double lambda, double load, int servers, double theta, double target) {
  const double served = servers / load;
  const double in_time = std::log(load / servers) / theta < target ? 1 : 0;
  const double mean_wait = (1 - served) / theta;
  return {.p_wait = 1,
          .p_abandon = 1 - served,
          .mean_wait_seconds = mean_wait,
          .mean_queue = lambda * mean_wait,
          .occupancy = 1,
          .answered_within = in_time * served,
          .service_level = in_time};
}

// Sums over the length k of the queue, each over t_k = pi_{N+k} / pi_N = y^k / ((x+1)...(x+k)). All terms are positive
// and all sums carry one common scale.
struct QueueSums {
  double all = 0;       // S
  double leaves = 0;    // t_k P(an arrival behind k leaves)
  double answered = 0;  // t_k P(... is answered)
  double in_time = 0;   // t_k P(... is answered by the target)
  double waiting = 0;   // t_k P(... still waits at the target)
  double nobody = 1;    // t_0
};
QueueSums sum_over_queue(double lambda, double rate, double theta, double target) {
  QueueSums sums;
  // The place in front of k others is reached, or not, by `moves`; with one's own patience added by `moves_or_leaves`.
  DepartureCount moves(rate, theta, target);
  DepartureCount moves_or_leaves(rate + theta, theta, target);
  const double patient = std::exp(-theta * target);
  double term = 1;
  for (double k = 0;; ++k) {
    const double exit_rate = rate + (k + 1) * theta;
    const double answered = rate / exit_rate;
    sums.all += term;
    sums.leaves += term * ((k + 1) * theta / exit_rate);
    sums.answered += term * answered;
    sums.in_time += term * answered * (1 - moves_or_leaves.at_most());
    sums.waiting += term * patient * moves.at_most();
    const double ratio = lambda / exit_rate;
    // What is still to come is below term * ratio / (1 - ratio).
    if (ratio < 1 && term * ratio <= negligible * sums.all * (1 - ratio)) return sums;
    term *= ratio;
    if (term > lift) {
      for (double* sum : {&sums.all, &sums.leaves, &sums.answered, &sums.in_time, &sums.waiting, &sums.nobody, &term}) {
        *sum /= lift;
      }
    }
    moves.next();
    moves_or_leaves.next();
  }
}

ErlangA erlang_a_from(double blocked, const Demand& demand, int servers, double theta, Millis limit) {
  const double lambda = demand.arrivals_per_second;
  const double load = demand.offered_load();
  const double target = in_seconds(limit);
  if (theta < theta_min) return without_patience_limit(erlang_c_from(blocked, demand, servers, limit), servers);
  if (theta == infinite) {
    // Nobody queues: Erlang's loss system, and nobody is left to be answered late.
    return {.p_wait = blocked,
            .p_abandon = blocked,
            .occupancy = blocked < 1 ? std::min(1.0, load / servers * (1 - blocked)) : 1,
            .answered_within = 1 - blocked,
            .service_level = blocked < 1 ? 1.0 : 0.0};
  }
  if (servers == 0) {
    return {.p_wait = 1,
            .p_abandon = 1,
            .mean_wait_seconds = 1 / theta,
            .mean_queue = lambda / theta,
            .occupancy = 1,
            .answered_within = 0,
            .service_level = 0};
  }
  const double rate = servers / demand.handle_seconds;  // N mu
  if (load == 0 || rate > 1e300) return {.answered_within = 1, .service_level = 1};
  if ((lambda - rate) / theta > queue_max) return liquid(lambda, load, servers, theta, target);
  if (std::abs(1 - load / servers) < critical_band) theta = std::max(theta, lambda / arrivals_per_patience_max);

  const QueueSums sums = sum_over_queue(lambda, rate, theta, target);
  // P(W > 0) = S B / (1 + (S - 1) B), divided by S, which may be beyond every double.
  const double nobody = sums.nobody / sums.all;
  const double weight = blocked + (1 - blocked) * nobody;
  const double p_wait = blocked / weight;
  const double at_once = (1 - blocked) * nobody / weight;
  const double share = p_wait / sums.all;
  const double p_abandon = share * sums.leaves;
  const double answered = at_once + share * sums.answered;
  const double in_time = at_once + share * sums.in_time;
  const double waiting = share * sums.waiting;
  return {.p_wait = p_wait,
          .p_abandon = p_abandon,
          .mean_wait_seconds = p_abandon / theta,
          .mean_queue = lambda / theta * p_abandon,
          .occupancy = load == infinite ? 1 : std::min(1.0, load / servers * answered),
          .answered_within = in_time,
          .service_level = in_time > 0 ? in_time / (in_time + waiting) : 0};
}

double service_level_from(double blocked, const Demand& demand, int servers, double theta, Millis target) {
  if (theta < theta_min) return erlang_c_from(blocked, demand, servers, target).service_level;
  return erlang_a_from(blocked, demand, servers, theta, target).service_level;
}

}  // namespace

double Demand::offered_load() const {
  if (arrivals_per_second == 0 || handle_seconds == 0) return 0;
  return arrivals_per_second * handle_seconds;
}

double erlang_b(int servers, double offered_load) {
  CHECK(servers >= 0);
  check_not_negative(offered_load);
  double blocked = 1;
  for (int k = 1; k <= servers && blocked > 0; ++k) blocked = erlang_b_next(blocked, k, offered_load);
  return blocked;
}

ErlangC erlang_c(const Demand& demand, int servers, Millis target) {
  check_inputs(demand, servers, 0, target);
  return erlang_c_from(erlang_b(servers, demand.offered_load()), demand, servers, target);
}

ErlangA erlang_a(const Demand& demand, int servers, double theta_per_second, Millis target) {
  check_inputs(demand, servers, theta_per_second, target);
  return erlang_a_from(erlang_b(servers, demand.offered_load()), demand, servers, theta_per_second, target);
}

double expected_service_level(const Demand& demand, int servers, double theta_per_second, Millis target) {
  check_inputs(demand, servers, theta_per_second, target);
  const double blocked = erlang_b(servers, demand.offered_load());
  return service_level_from(blocked, demand, servers, theta_per_second, target);
}

std::optional<int> required_servers(const Demand& demand, const StaffingGoal& goal, double theta_per_second) {
  check_inputs(demand, 0, theta_per_second, goal.target);
  check_not_negative(goal.service_level);
  check_not_negative(goal.max_occupancy);
  const double load = demand.offered_load();
  if (!(load < servers_max)) return std::nullopt;
  const int first = static_cast<int>(load) + 1;
  double blocked = 1;
  for (int servers = 1; servers <= servers_max; ++servers) {
    blocked = erlang_b_next(blocked, servers, load);
    // Rounding must not cost a person: the slack is that of the ceilings.
    if (servers < first || load > goal.max_occupancy * servers + 1e-9) continue;
    const double level = service_level_from(blocked, demand, servers, theta_per_second, goal.target);
    if (level >= goal.service_level) return servers;
  }
  return std::nullopt;
}

int agents_for_slots(int slots, int capacity) {
  CHECK(slots >= 0);
  CHECK(capacity > 0);
  return slots / capacity + (slots % capacity == 0 ? 0 : 1);
}

int gross_agents(int net, double shrinkage) {
  CHECK(net >= 0 && net <= servers_max);
  CHECK(shrinkage >= 0 && shrinkage < 1);
  return static_cast<int>(std::min(1e9, std::ceil(net / (1 - shrinkage) - 1e-9)));
}

Millis effective_target(Millis target, Millis typing_median) { return std::max(Millis{0}, target - typing_median); }

double slot_handle_seconds(double alone_seconds, int concurrency) {
  check_not_negative(alone_seconds);
  CHECK(concurrency > 0);
  constexpr double factors[] = {1, 1.7, 2.5, 2.9, 3.5};
  return alone_seconds * concurrency / factors[std::min(concurrency, 5) - 1];
}

DepartureCount::DepartureCount(double rate, double theta, double seconds) : rate_(rate), theta_(theta) {
  check_not_negative(rate);
  check_not_negative(seconds);
  CHECK(theta >= 0 && theta < infinite);
  const double gone = theta * seconds;
  reach_ = gone < 1e-18 ? seconds : -std::expm1(-gone) / theta;
  // P(K = 0) = exp(-rate seconds).
  const double exponent = rate == 0 || seconds == 0 ? 0 : rate * seconds;
  lifts_ = std::floor(exponent / lift_log);
  // So many departures are expected that no k within reach is likely.
  term_ = exponent > 1e15 ? 0 : std::exp(lifts_ * lift_log - exponent);
  sum_ = probability();
}

double DepartureCount::probability() const {
  if (lifts_ == 0) return term_;
  return lifts_ == 1 ? term_ / lift : 0;
}

double DepartureCount::at_most() const { return std::min(1.0, sum_); }

void DepartureCount::next() {
  ++k_;
  if (term_ == 0 || reach_ == 0) {
    term_ = 0;
    return;
  }
  term_ *= (rate_ + (k_ - 1) * theta_) * reach_ / k_;
  if (term_ > lift && lifts_ > 0) {
    term_ /= lift;
    --lifts_;
  }
  sum_ += probability();
}

bool DepartureCount::past_all() const {
  if (term_ == 0 || reach_ == 0) return true;
  // The ratio of neighbours falls towards theta * reach, or rises to it.
  const double ratio = std::max((rate_ + k_ * theta_) * reach_ / (k_ + 1), theta_ * reach_);
  return lifts_ == 0 && ratio < 1 && term_ * ratio <= negligible * sum_ * (1 - ratio);
}

}  // namespace heti::core

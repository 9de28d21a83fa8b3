#pragma once
// What the present queue lets one expect (domain page, section 3): the wait that a visitor is told, who will be
// answered too late, how fast contacts arrive, how patient they are, and when a backlog is gone. Pure functions and
// small values; the caller keeps the values and brings the time. Like erlang.hpp these are figures to show, not to
// decide by.
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "service/base/time.hpp"

namespace heti::core {

// ---- The wait that a visitor is told ----

// Fewer handle times than this say nothing about the next one.
inline constexpr std::uint64_t wait_samples_min = 20;

// A queue as a waiter sees it.
struct QueuePace {
  int slots = 0;                     // N: capacity of the staffed agents
  int free_slots = 0;                // of them, ready to take the next
  double handle_seconds = 0;         // AHT_slot
  std::uint64_t handle_samples = 0;  // behind it
  double theta_per_second = 0;       // at which each of those ahead leaves; finite; 0: nobody does
};

// For the waiter at `position` (1: next), with k' = position - free slots; 0 when k' <= 0.
struct WaitEstimate {
  // sum over j = 0 .. k'-1 of 1 / (N/AHT + j theta)
  double mean_seconds = 0;
  // Four of five wait no longer: the 80 % quantile of a sum of exponentials with these rates, which is Erlang(k',
  // N/AHT) for theta = 0.
  double p80_seconds = 0;
};
// Nothing when it cannot be known: no slots, or fewer than wait_samples_min handle times. Say the position only, then.
std::optional<WaitEstimate> estimate_wait(const QueuePace& pace, int position);
// Its mean alone, which costs far less.
std::optional<double> mean_wait_seconds(const QueuePace& pace, int position);

// What is shown of an estimate: a range that holds its 80 % quantile. Up to 10 minutes each begins with its lower limit
// and ends before its upper one; exactly 10 minutes are not "over".
enum class WaitRange : std::uint8_t {
  under_1_minute,
  minutes_1_to_2,
  minutes_2_to_5,
  minutes_5_to_10,
  over_10_minutes,
};
WaitRange wait_range(double p80_seconds);

// What a visitor sees, and with how many slots it was found.
struct ShownWait {
  std::optional<WaitRange> range;  // none: position only
  int slots = 0;
  auto fields() { return std::tie(range, slots); }
  friend bool operator==(const ShownWait&, const ShownWait&) = default;
};
// What to show after `before`: never a longer range, unless agents left (fewer slots than when `before` was shown).
ShownWait next_shown(const ShownWait& before, const ShownWait& fresh);

// ---- Who will be answered too late ----

// Handle times as they were measured, accept to end plus wrap-up: the empirical distribution F.
class HandleTimes {
 public:
  HandleTimes() = default;
  explicit HandleTimes(std::vector<Millis> samples);
  std::size_t count() const { return sorted_.size(); }
  std::optional<double> mean_seconds() const;
  // F(t): the share of the samples that took t or less; 0 without samples.
  double share_within(Millis t) const;
  // Ascending.
  const std::vector<Millis>& sorted() const { return sorted_; }

 private:
  std::vector<Millis> sorted_;
  double mean_seconds_ = 0;
};

// From so many samples on F itself is used.
inline constexpr std::size_t age_samples_min = 100;

// How many engagements end within a time from now.
class DepartureForecast {
 public:
  // Exponential handle times: N/AHT a second. Nobody departs without slots.
  DepartureForecast(int slots, double handle_seconds);
  // By how long each engagement has lasted: sum of (F(a + h) - F(a)) / (1 - F(a)). One that is older than every sample
  // goes on as if exponential. It counts the engagements of now, not those that follow, so it speaks for times up to
  // about one handle time. With fewer than age_samples_min samples it is the exponential forecast, with their mean;
  // with none it expects nobody. `times` must outlive the forecast.
  DepartureForecast(int slots, std::vector<Millis> ages, const HandleTimes& times);
  double expected_within(Millis span) const;

 private:
  struct Age {
    Millis age{};
    std::size_t within = 0;  // samples that took no longer
    double done = 0;         // F(age)
  };
  double rate_ = 0;  // departures a second
  double handle_seconds_ = 0;
  std::vector<Age> ages_;
  const HandleTimes* times_ = nullptr;  // set when the ages are used
};

// One who waits for the first response; visitors held within their grace are not among them.
struct Waiter {
  int position = 1;  // 1: next
  Millis slack{};    // deadline - now - m in business time, m as in effective_target(); below 0 it is too late already
};
// P(too few depart in time) = P(Poisson(expected departures within the slack) <= position - 1); 1 if the slack is below
// 0, else 0 if a slot is free for this position.
double breach_risk(const Waiter& waiter, int free_slots, const DepartureForecast& departures);

struct BreachForecast {
  std::vector<double> risk;  // of each waiter, in their order
  double predicted_breaches = 0;
};
BreachForecast predict_breaches(const std::vector<Waiter>& waiting, int free_slots,
                                const DepartureForecast& departures);

// P(Poisson(mean) <= n), 0 for n < 0. Right to about 1e-16 * mean, as its terms are; takes O(min(n, mean)).
double poisson_at_most(std::int64_t n, double mean);

// ---- How fast contacts arrive ----

inline constexpr Millis arrival_memory{900'000};  // tau

// lambda = [sum over arrivals of exp(-(t - t_i)/tau) / tau] / (1 - exp(-(t - t_open)/tau)). The divisor makes up for
// the time before the opening, in which nothing was counted; without it the rate is far too low after each opening. All
// times are readings of one business clock, milliseconds of open time since any fixed instant; each arrival is O(1) and
// may come in any order.
class ArrivalRate {
 public:
  ArrivalRate() = default;
  explicit ArrivalRate(Millis opened) : at_(opened), opened_(opened) {}
  void arrive(Millis at);
  // A second of open time, at `at` or at the last arrival if that is later; nothing at the opening itself, when nothing
  // has been seen. Right after the opening one arrival makes it large: the rate is right on average, and unsteady.
  std::optional<double> per_second(Millis at) const;
  // Arrivals of the same queue that were counted elsewhere since the same opening.
  ArrivalRate& operator+=(const ArrivalRate& other);

  auto fields() { return std::tie(weight_, at_, opened_); }
  friend bool operator==(const ArrivalRate&, const ArrivalRate&) = default;

 private:
  void add(double weight, Millis at);

  double weight_ = 0;  // sum of exp(-(at_ - t_i)/tau)
  Millis at_{};        // the last arrival
  Millis opened_{};
};

// ---- How patient they are ----

// One pair is what became of a contact, abandoned or answered, and how long it waited for that.
inline constexpr std::uint64_t patience_pairs_min = 200;

struct PatienceSamples {
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  Millis waited{};  // by all of them

  void add(bool was_answered, Millis wait);
  PatienceSamples& operator+=(const PatienceSamples& other);
  std::uint64_t pairs() const { return answered + abandoned; }
  // abandoned / seconds waited by all contacts, the usual estimate when answers cut the waits short; 0 when nobody
  // waited.
  double theta_per_second() const;
  // The theta to staff by: that, from patience_pairs_min pairs on; before that 0, which is Erlang C.
  double staffing_theta() const;

  auto fields() { return std::tie(answered, abandoned, waited); }
  friend bool operator==(const PatienceSamples&, const PatienceSamples&) = default;
};

// ---- When a backlog is gone ----

// backlog / (N/AHT - lambda) seconds: Erlang knows the steady state only, this the opening with a queue at the door.
// Nothing when it will not clear.
std::optional<double> clear_seconds(std::uint64_t backlog, int slots, double handle_seconds,
                                    double arrivals_per_second);

}  // namespace heti::core

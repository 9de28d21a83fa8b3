#include "service/core/estimates.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "service/base/check.hpp"
#include "service/core/erlang.hpp"

namespace heti::core {
namespace {

constexpr double shown_quantile = 0.8;

double departures_a_second(int slots, double handle_seconds) {
  CHECK(slots >= 0);
  CHECK(handle_seconds >= 0);
  return slots == 0 ? 0 : slots / handle_seconds;
}

struct Tail {
  double waits_longer = 0;  // P(V > t)
  double density = 0;       // of V at t
};
// V is the time until `moves` have departed, the i-th of them at rate + i theta.
Tail tail(double rate, double theta, int moves, double seconds) {
  DepartureCount count(rate, theta, seconds);
  for (int i = 1; i < moves; ++i) {
    if (count.past_all()) return {.waits_longer = count.at_most(), .density = 0};
    count.next();
  }
  return {.waits_longer = count.at_most(), .density = (rate + (moves - 1) * theta) * count.probability()};
}

// The t at which P(V > t) = 1 - shown_quantile. Newton's steps, kept inside a bracket that each of them narrows.
double quantile(double rate, double theta, int moves, double mean) {
  const double goal = 1 - shown_quantile;
  double low = 0;
  double high = mean;
  while (tail(rate, theta, moves, high).waits_longer > goal) {
    low = high;
    high *= 2;
  }
  double t = (low + high) / 2;
  for (int round = 0; round < 200; ++round) {
    const Tail now = tail(rate, theta, moves, t);
    (now.waits_longer > goal ? low : high) = t;
    double next = now.density > 0 ? t + (now.waits_longer - goal) / now.density : low;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - t) <= 1e-12 * t) return next;
    t = next;
  }
  return t;
}

}  // namespace

std::optional<double> mean_wait_seconds(const QueuePace& pace, int position) {
  CHECK(position >= 1 && pace.free_slots >= 0);
  CHECK(pace.theta_per_second >= 0 && pace.theta_per_second < infinite);
  const double rate = departures_a_second(pace.slots, pace.handle_seconds);
  if (pace.slots == 0 || pace.handle_samples < wait_samples_min) return std::nullopt;
  const int moves = position - pace.free_slots;
  double mean = 0;
  for (int j = 0; j < moves; ++j) mean += 1 / (rate + j * pace.theta_per_second);
  return mean;
}

std::optional<WaitEstimate> estimate_wait(const QueuePace& pace, int position) {
  const auto mean = mean_wait_seconds(pace, position);
  if (!mean) return std::nullopt;
  // Times without end need no quantile, and no time has none.
  if (*mean == 0 || *mean == infinite) return WaitEstimate{.mean_seconds = *mean, .p80_seconds = *mean};
  const double rate = departures_a_second(pace.slots, pace.handle_seconds);
  return WaitEstimate{.mean_seconds = *mean,
                      .p80_seconds = quantile(rate, pace.theta_per_second, position - pace.free_slots, *mean)};
}

WaitRange wait_range(double p80_seconds) {
  if (p80_seconds < 60) return WaitRange::under_1_minute;
  if (p80_seconds < 120) return WaitRange::minutes_1_to_2;
  if (p80_seconds < 300) return WaitRange::minutes_2_to_5;
  if (p80_seconds <= 600) return WaitRange::minutes_5_to_10;
  return WaitRange::over_10_minutes;
}

ShownWait next_shown(const ShownWait& before, const ShownWait& fresh) {
  const bool agents_left = fresh.slots < before.slots;
  if (!before.range || !fresh.range || agents_left) return fresh;
  return {.range = std::min(*before.range, *fresh.range), .slots = fresh.slots};
}

HandleTimes::HandleTimes(std::vector<Millis> samples) : sorted_(std::move(samples)) {
  std::sort(sorted_.begin(), sorted_.end());
  for (const Millis sample : sorted_) mean_seconds_ += in_seconds(sample) / static_cast<double>(sorted_.size());
}

std::optional<double> HandleTimes::mean_seconds() const {
  if (sorted_.empty()) return std::nullopt;
  return mean_seconds_;
}

double HandleTimes::share_within(Millis t) const {
  if (sorted_.empty()) return 0;
  const auto within = std::upper_bound(sorted_.begin(), sorted_.end(), t) - sorted_.begin();
  return static_cast<double>(within) / static_cast<double>(sorted_.size());
}

DepartureForecast::DepartureForecast(int slots, double handle_seconds)
    : rate_(departures_a_second(slots, handle_seconds)), handle_seconds_(handle_seconds) {}

DepartureForecast::DepartureForecast(int slots, std::vector<Millis> ages, const HandleTimes& times)
    : DepartureForecast(slots, times.mean_seconds().value_or(infinite)) {
  if (times.count() < age_samples_min) return;
  times_ = &times;
  std::ranges::sort(ages);
  ages_.reserve(ages.size());
  const std::vector<Millis>& sorted = times.sorted();
  auto within = sorted.begin();
  for (const Millis age : ages) {
    within = std::upper_bound(within, sorted.end(), age);
    ages_.push_back({.age = age,
                     .within = static_cast<std::size_t>(within - sorted.begin()),
                     .done = static_cast<double>(within - sorted.begin()) / static_cast<double>(sorted.size())});
  }
}

double DepartureForecast::expected_within(Millis span) const {
  if (span <= Millis{0} || rate_ == 0) return 0;
  if (times_ == nullptr) return rate_ * in_seconds(span);
  // Ages ascend, and so do the places of age + span among the samples: each is sought from that of the age before.
  const std::vector<Millis>& sorted = times_->sorted();
  const double goes_on = -std::expm1(-in_seconds(span) / handle_seconds_);
  double expected = 0;
  std::size_t within = 0;
  for (const Age& one : ages_) {
    if (one.done == 1) {
      expected += goes_on;
      continue;
    }
    within = std::max(within, one.within);
    while (within < sorted.size() && sorted[within] <= one.age + span) ++within;
    expected += (static_cast<double>(within) / static_cast<double>(sorted.size()) - one.done) / (1 - one.done);
  }
  return expected;
}

double breach_risk(const Waiter& waiter, int free_slots, const DepartureForecast& departures) {
  CHECK(waiter.position >= 1);
  if (waiter.slack < Millis{0}) return 1;
  if (waiter.position <= free_slots) return 0;
  return poisson_at_most(waiter.position - 1, departures.expected_within(waiter.slack));
}

BreachForecast predict_breaches(const std::vector<Waiter>& waiting, int free_slots,
                                const DepartureForecast& departures) {
  BreachForecast forecast;
  forecast.risk.reserve(waiting.size());
  for (const Waiter& waiter : waiting) {
    forecast.risk.push_back(breach_risk(waiter, free_slots, departures));
    forecast.predicted_breaches += forecast.risk.back();
  }
  return forecast;
}

double poisson_at_most(std::int64_t n, double mean) {
  CHECK(mean >= 0);
  if (n < 0) return 0;
  // Chernoff: P(X <= mean - d) <= exp(-d^2 / (2 mean)), which is below 1e-17 from here on.
  const double short_of = mean - static_cast<double>(n);
  if (mean == infinite || (short_of > 0 && short_of * short_of > 80 * mean)) return 0;
  DepartureCount count(mean, 0, 1);
  for (std::int64_t k = 0; k < n && !count.past_all(); ++k) count.next();
  return count.at_most();
}

void ArrivalRate::add(double weight, Millis at) {
  const double tau = in_seconds(arrival_memory);
  if (at >= at_) {
    weight_ = weight_ * std::exp(-in_seconds(at - at_) / tau) + weight;
    at_ = at;
  } else {
    weight_ += weight * std::exp(-in_seconds(at_ - at) / tau);
  }
}

void ArrivalRate::arrive(Millis at) { add(1, at); }

std::optional<double> ArrivalRate::per_second(Millis at) const {
  at = std::max(at, at_);
  if (at <= opened_) return std::nullopt;
  const double tau = in_seconds(arrival_memory);
  const double weight = weight_ * std::exp(-in_seconds(at - at_) / tau);
  return weight / tau / -std::expm1(-in_seconds(at - opened_) / tau);
}

ArrivalRate& ArrivalRate::operator+=(const ArrivalRate& other) {
  CHECK(opened_ == other.opened_);
  add(other.weight_, other.at_);
  return *this;
}

void PatienceSamples::add(bool was_answered, Millis wait) {
  ++(was_answered ? answered : abandoned);
  waited += wait;
}

PatienceSamples& PatienceSamples::operator+=(const PatienceSamples& other) {
  answered += other.answered;
  abandoned += other.abandoned;
  waited += other.waited;
  return *this;
}

double PatienceSamples::theta_per_second() const {
  if (waited <= Millis{0}) return 0;
  return static_cast<double>(abandoned) / in_seconds(waited);
}

double PatienceSamples::staffing_theta() const { return pairs() >= patience_pairs_min ? theta_per_second() : 0; }

std::optional<double> clear_seconds(std::uint64_t backlog, int slots, double handle_seconds,
                                    double arrivals_per_second) {
  CHECK(arrivals_per_second >= 0);
  const double drain = departures_a_second(slots, handle_seconds) - arrivals_per_second;
  if (backlog == 0) return 0;
  if (!(drain > 0)) return std::nullopt;
  return static_cast<double>(backlog) / drain;
}

}  // namespace heti::core

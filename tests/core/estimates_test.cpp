// What a visitor is told, who will be late, arrivals, patience and backlogs, each against its definition.
#include "service/core/estimates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "service/base/bytes.hpp"
#include "service/core/erlang.hpp"

namespace heti::core {
namespace {

using namespace std::chrono_literals;

class EstimatesTest : public testing::Test {
 protected:
  double between(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  double exponential(double rate) { return std::exponential_distribution<double>(rate)(engine_); }

  std::mt19937_64 engine_{20260102};
};

// Six slots of ten minutes each: one departs every 100 seconds.
QueuePace six_slots(double theta = 0) {
  return {.slots = 6, .free_slots = 0, .handle_seconds = 600, .handle_samples = 20, .theta_per_second = theta};
}

// ---- Counts of departures

TEST_F(EstimatesTest, PoissonTailIsTheSumOfItsTerms) {
  for (const double mean : {0.0, 1e-9, 0.5, 3.0, 40.0, 1000.0, 30'000.0}) {
    double sum = 0;
    int n = 0;
    for (; n < 2 * mean + 30; ++n) {
      if (mean == 0) {
        sum = 1;
      } else {
        sum += std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0));
      }
      if (mean > 100 && n % 101 != 0) continue;
      ASSERT_NEAR(poisson_at_most(n, mean), sum, 1e-10) << n << " of " << mean;
    }
    EXPECT_NEAR(poisson_at_most(n, mean), 1, 1e-15 + 1e-15 * mean);
    EXPECT_EQ(poisson_at_most(-1, mean), 0);
  }
  EXPECT_EQ(poisson_at_most(1'000'000, infinite), 0);
  EXPECT_EQ(poisson_at_most(1'000'000, 1e300), 0);
  EXPECT_NEAR(poisson_at_most(1'000'000, 1e6), 0.5, 1e-3);
}

TEST_F(EstimatesTest, DeparturesWithAbandonmentAreNegativeBinomialAndPoissonInTheLimit) {
  for (int n = 0; n < 200; ++n) {
    const double rate = between(0.01, 2.0), theta = between(0.001, 1.0), t = between(0.1, 50.0);
    DepartureCount count(rate, theta, t), nearly(rate, 1e-13, t), poisson(rate, 0, t);
    const double x = rate / theta, u = std::exp(-theta * t);
    double sum = 0;
    for (int k = 0; k < 60; ++k) {
      sum += std::exp(std::lgamma(x + k) - std::lgamma(x) - std::lgamma(k + 1.0) + x * std::log(u) +
                      k * std::log(-std::expm1(-theta * t)));
      ASSERT_NEAR(count.at_most(), sum, 1e-11);
      ASSERT_NEAR(nearly.at_most(), poisson.at_most(), 1e-9);
      ASSERT_NEAR(poisson.at_most(), poisson_at_most(k, rate * t), 1e-14);
      count.next();
      nearly.next();
      poisson.next();
    }
  }
}

TEST_F(EstimatesTest, CountsWhoseFirstTermsAreBelowEveryDoubleStillAddUpToOne) {
  for (const double theta : {0.0, 1e-6, 1e-4}) {
    DepartureCount count(5, theta, 2000);  // exp(-10000) at k = 0
    EXPECT_EQ(count.probability(), 0);
    double mean = 0, sum = 0;
    for (int k = 1; !count.past_all(); ++k) {
      count.next();
      sum += count.probability();
      mean += k * count.probability();
    }
    const double expected = theta == 0 ? 10'000 : 5 / theta * std::expm1(theta * 2000);
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_NEAR(mean, expected, 1e-8 * expected);
  }
  for (const double rate : {1e20, 1e300, infinite}) {  // More than any count reaches.
    DepartureCount count(rate, 0, 10);
    EXPECT_TRUE(count.past_all());
    count.next();
    EXPECT_EQ(count.at_most(), 0);
    EXPECT_EQ(DepartureCount(rate, 0, 0).at_most(), 1);
  }
}

// ---- The wait that is told

TEST_F(EstimatesTest, WaitIsUnknownBelowTwentySamplesOrWithoutSlots) {
  QueuePace pace = six_slots();
  for (const std::uint64_t samples : {0u, 19u}) {
    pace.handle_samples = samples;
    EXPECT_FALSE(estimate_wait(pace, 1).has_value());
  }
  for (const std::uint64_t samples : {20u, 21u}) {
    pace.handle_samples = samples;
    EXPECT_TRUE(estimate_wait(pace, 1).has_value());
  }
  pace.slots = 0;
  EXPECT_FALSE(estimate_wait(pace, 1).has_value());
}

TEST_F(EstimatesTest, FreeSlotsServeTheFirstAndShortenTheRest) {
  QueuePace pace = six_slots();
  pace.free_slots = 2;
  EXPECT_EQ(estimate_wait(pace, 1)->mean_seconds, 0);
  EXPECT_EQ(estimate_wait(pace, 2)->p80_seconds, 0);
  EXPECT_DOUBLE_EQ(estimate_wait(pace, 3)->mean_seconds, 100);
  EXPECT_DOUBLE_EQ(estimate_wait(pace, 5)->p80_seconds, estimate_wait(six_slots(), 3)->p80_seconds);
  pace = six_slots();
  pace.handle_seconds = 0;
  EXPECT_EQ(estimate_wait(pace, 3)->p80_seconds, 0);
  pace.handle_seconds = 1e308;
  EXPECT_GE(estimate_wait(pace, 6)->p80_seconds, 1e308);
  pace.handle_seconds = infinite;
  EXPECT_EQ(estimate_wait(pace, 3)->p80_seconds, infinite);
}

TEST_F(EstimatesTest, FourOfFiveSimulatedWaitsAreWithinTheQuantile) {
  for (const double theta : {0.0, 1.0 / 180, 1.0}) {
    for (const int position : {1, 4, 30}) {
      const WaitEstimate told = *estimate_wait(six_slots(theta), position);
      const int runs = 100'000;
      int within = 0;
      double sum = 0;
      for (int i = 0; i < runs; ++i) {
        double wait = 0;
        for (int j = 0; j < position; ++j) wait += exponential(6.0 / 600 + j * theta);
        within += wait <= told.p80_seconds ? 1 : 0;
        sum += wait;
      }
      EXPECT_NEAR(static_cast<double>(within) / runs, 0.8, 0.006) << position << " " << theta;
      EXPECT_NEAR(sum / runs, told.mean_seconds, 0.02 * told.mean_seconds) << position << " " << theta;
    }
  }
}

TEST_F(EstimatesTest, QuantileSolvesItsEquationForAnyQueue) {
  for (int n = 0; n < 500; ++n) {
    const QueuePace pace{.slots = between(1, 300),
                         .free_slots = 0,
                         .handle_seconds = between(1.0, 4000.0),
                         .handle_samples = 20,
                         .theta_per_second = 0};
    const int position = n < 490 ? between(1, 400) : between(1, 40'000);
    const WaitEstimate told = *estimate_wait(pace, position);
    ASSERT_NEAR(poisson_at_most(position - 1, told.p80_seconds * pace.slots / pace.handle_seconds), 0.2, 1e-9);
    ASSERT_GT(estimate_wait(pace, position + 1)->p80_seconds, told.p80_seconds);
    QueuePace impatient = pace;
    impatient.theta_per_second = 1e-12;
    ASSERT_NEAR(estimate_wait(impatient, position)->p80_seconds, told.p80_seconds, 1e-5 * told.p80_seconds);
    impatient.theta_per_second = 1.0 / 300;
    ASSERT_LE(estimate_wait(impatient, position)->p80_seconds, told.p80_seconds * (1 + 1e-9));
  }
}

TEST_F(EstimatesTest, RangesBeginWithTheirLowerLimitAndTenMinutesAreNotOver) {
  EXPECT_EQ(wait_range(0), WaitRange::under_1_minute);
  EXPECT_EQ(wait_range(59.999), WaitRange::under_1_minute);
  EXPECT_EQ(wait_range(60), WaitRange::minutes_1_to_2);
  EXPECT_EQ(wait_range(119.999), WaitRange::minutes_1_to_2);
  EXPECT_EQ(wait_range(120), WaitRange::minutes_2_to_5);
  EXPECT_EQ(wait_range(299.999), WaitRange::minutes_2_to_5);
  EXPECT_EQ(wait_range(300), WaitRange::minutes_5_to_10);
  EXPECT_EQ(wait_range(600), WaitRange::minutes_5_to_10);
  EXPECT_EQ(wait_range(600.001), WaitRange::over_10_minutes);
  EXPECT_EQ(wait_range(infinite), WaitRange::over_10_minutes);
}

TEST_F(EstimatesTest, ALongerRangeIsShownOnlyWhenAgentsLeft) {
  using enum WaitRange;
  const ShownWait nothing, short_wait{minutes_1_to_2, 6};
  EXPECT_EQ(next_shown(nothing, short_wait), short_wait);
  EXPECT_EQ(next_shown(short_wait, {under_1_minute, 6}), (ShownWait{under_1_minute, 6}));
  EXPECT_EQ(next_shown(short_wait, {minutes_5_to_10, 6}), (ShownWait{minutes_1_to_2, 6}));
  EXPECT_EQ(next_shown(short_wait, {minutes_5_to_10, 7}), (ShownWait{minutes_1_to_2, 7}));
  EXPECT_EQ(next_shown(short_wait, {minutes_5_to_10, 5}), (ShownWait{minutes_5_to_10, 5}));
  EXPECT_EQ(next_shown(short_wait, {std::nullopt, 0}), (ShownWait{std::nullopt, 0}));
  // One came and went: compared with what was shown last.
  const ShownWait with_one_more = next_shown(short_wait, {minutes_5_to_10, 7});
  EXPECT_EQ(next_shown(with_one_more, {minutes_5_to_10, 6}), (ShownWait{minutes_5_to_10, 6}));
}

// ---- Breaches

TEST_F(EstimatesTest, RiskIsCertainAfterTheDeadlineAndNothingWithAFreeSlot) {
  const DepartureForecast departures(6, 600);
  EXPECT_EQ(breach_risk({.position = 1, .slack = -1ms}, 3, departures), 1);
  EXPECT_EQ(breach_risk({.position = 1, .slack = 0ms}, 1, departures), 0);
  EXPECT_EQ(breach_risk({.position = 1, .slack = 0ms}, 0, departures), 1);
  EXPECT_LT(breach_risk({.position = 1, .slack = 1ms}, 0, departures), 1);
  EXPECT_EQ(breach_risk({.position = 3, .slack = 0ms}, 3, departures), 0);
  EXPECT_EQ(breach_risk({.position = 4, .slack = 0ms}, 3, departures), 1);
  EXPECT_EQ(breach_risk({.position = 1, .slack = 1h}, 0, DepartureForecast(0, 600)), 1);
}

TEST_F(EstimatesTest, RiskFallsWithSlackAndRisesWithPositionAndTheSumIsPredicted) {
  for (int n = 0; n < 300; ++n) {
    const DepartureForecast departures(between(1, 50), between(10.0, 2000.0));
    std::vector<Waiter> waiting;
    for (int i = 0; i < 20; ++i) waiting.push_back({.position = between(1, 60), .slack = Millis{between(0, 600'000)}});
    const BreachForecast forecast = predict_breaches(waiting, 0, departures);
    double sum = 0;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      Waiter later = waiting[i], behind = waiting[i];
      later.slack += 10s;
      ++behind.position;
      ASSERT_LE(breach_risk(later, 0, departures), forecast.risk[i] + 1e-13);
      ASSERT_GE(breach_risk(behind, 0, departures), forecast.risk[i]);
      sum += forecast.risk[i];
    }
    ASSERT_DOUBLE_EQ(forecast.predicted_breaches, sum);
  }
  EXPECT_EQ(predict_breaches({}, 0, DepartureForecast(1, 60)).predicted_breaches, 0);
}

std::vector<Millis> one_to(int count, Millis step) {
  std::vector<Millis> samples;
  for (int i = count; i >= 1; --i) samples.push_back(i * step);
  return samples;
}

TEST_F(EstimatesTest, AgesDecideWhoDepartsOnceAHundredHandleTimesAreKnown) {
  const HandleTimes times(one_to(100, 10s));  // F(t) = t / 1000 s, by steps
  EXPECT_EQ(times.share_within(9'999ms), 0);
  EXPECT_EQ(times.share_within(10s), 0.01);
  EXPECT_EQ(times.share_within(1000s), 1);
  EXPECT_DOUBLE_EQ(*times.mean_seconds(), 505);
  // (F(100) - F(0))/(1 - F(0)) + (F(600) - F(500))/(1 - F(500)) + (F(1050) - F(950))/(1 - F(950)) + one beyond them all
  const DepartureForecast departures(4, {0s, 500s, 950s, 2000s}, times);
  EXPECT_NEAR(departures.expected_within(100s), 0.1 + 0.2 + 1 - std::expm1(-100 / 505.0), 1e-12);
  EXPECT_EQ(departures.expected_within(0s), 0);
  EXPECT_EQ(departures.expected_within(-1s), 0);
  EXPECT_EQ(breach_risk({.position = 1, .slack = 100s}, 0, departures),
            poisson_at_most(0, departures.expected_within(100s)));
  // The old ones are about to end, the young ones are not.
  const DepartureForecast young(2, {0s, 1s}, times), old(2, {980s, 990s}, times);
  EXPECT_LT(young.expected_within(20s), old.expected_within(20s));
  EXPECT_EQ(DepartureForecast(0, {980s}, times).expected_within(20s), 0);
}

TEST_F(EstimatesTest, WithFewerHandleTimesDeparturesAreExponential) {
  const HandleTimes few(one_to(99, 10s));
  EXPECT_DOUBLE_EQ(DepartureForecast(4, {0s, 900s}, few).expected_within(100s),
                   DepartureForecast(4, 500).expected_within(100s));
  const HandleTimes none;
  EXPECT_FALSE(none.mean_seconds().has_value());
  EXPECT_EQ(none.share_within(1h), 0);
  EXPECT_EQ(DepartureForecast(4, {0s}, none).expected_within(100s), 0);
  // Exponential samples give exponential departures whatever the ages; over one second refilled slots do not matter.
  std::vector<Millis> samples;
  for (int i = 0; i < 200'000; ++i) samples.push_back(Millis{std::llround(exponential(1.0 / 600) * 1000)});
  const HandleTimes many(std::move(samples));
  const DepartureForecast departures(3, {5s, 300s, 900s}, many);
  EXPECT_NEAR(departures.expected_within(30s), 3 * -std::expm1(-30.0 / 600), 0.01);
}

// ---- Arrivals, patience, backlog

TEST_F(EstimatesTest, ArrivalRateIsItsDefiningSumInAnyOrderAndInParts) {
  for (int n = 0; n < 200; ++n) {
    const Millis opened{between(0, 10'000'000)}, now = opened + Millis{between(1, 30'000'000)};
    std::vector<Millis> arrivals;
    for (int i = between(0, 300); i > 0; --i)
      arrivals.push_back(opened + Millis{between(0, static_cast<int>((now - opened).count()))});
    double sum = 0;
    for (const Millis at : arrivals) sum += std::exp(-in_seconds(now - at) / 900) / 900;
    const double expected = sum / (1 - std::exp(-in_seconds(now - opened) / 900));
    ArrivalRate shuffled(opened), sorted(opened), left(opened), right(opened);
    for (const Millis at : arrivals) {
      shuffled.arrive(at);
      (between(0, 1) == 0 ? left : right).arrive(at);
    }
    std::sort(arrivals.begin(), arrivals.end());
    for (const Millis at : arrivals) sorted.arrive(at);
    ArrivalRate turned = right;
    turned += left;
    left += right;
    EXPECT_EQ(left, turned);
    for (const ArrivalRate& rate : {shuffled, sorted, left}) {
      ASSERT_NEAR(*rate.per_second(now), expected, 1e-11 * expected + 1e-15);
    }
    EXPECT_EQ(from_bytes<ArrivalRate>(to_bytes(left)), left);
  }
}

TEST_F(EstimatesTest, ArrivalRateIsRightOnAverageSoonAfterOpeningToo) {
  for (const Millis after : {30s, 300s, 900s, 7200s}) {
    double sum = 0;
    const int days = 4000;
    for (int day = 0; day < days; ++day) {
      ArrivalRate rate;
      for (double t = exponential(0.05); t < in_seconds(after); t += exponential(0.05)) {
        rate.arrive(Millis{std::llround(t * 1000)});
      }
      sum += rate.per_second(after).value_or(0);
    }
    EXPECT_NEAR(sum / days, 0.05, 0.002) << after.count();
  }
}

TEST_F(EstimatesTest, ArrivalRateIsUnknownAtTheOpeningAndFadesAfterTheLastArrival) {
  ArrivalRate rate(100s);
  EXPECT_FALSE(rate.per_second(100s).has_value());
  EXPECT_EQ(rate.per_second(100'001ms), 0);
  rate.arrive(100s);
  EXPECT_FALSE(rate.per_second(100s).has_value());
  EXPECT_NEAR(*rate.per_second(101s), 1, 0.001);
  rate.arrive(200s);
  EXPECT_EQ(rate.per_second(150s), rate.per_second(200s));
  for (Millis at = 201s; at < 5000s; at += 500s) EXPECT_GT(*rate.per_second(at), *rate.per_second(at + 500s));
  EXPECT_EQ(*rate.per_second(Millis{1'000'000'000'000}), 0);
}

TEST_F(EstimatesTest, PatienceChoosesTheModelFromTwoHundredPairsOn) {
  PatienceSamples samples;
  for (int i = 0; i < 199; ++i) samples.add(i % 4 != 0, 30s);
  EXPECT_DOUBLE_EQ(samples.theta_per_second(), 50 / (199 * 30.0));
  EXPECT_EQ(samples.staffing_theta(), 0);
  samples.add(true, 30s);
  EXPECT_DOUBLE_EQ(samples.staffing_theta(), 50 / 6000.0);
  EXPECT_EQ(samples.pairs(), 200u);
  PatienceSamples twice = samples;
  twice += samples;
  EXPECT_EQ(twice.pairs(), 400u);
  EXPECT_DOUBLE_EQ(twice.staffing_theta(), samples.staffing_theta());
  EXPECT_EQ(from_bytes<PatienceSamples>(to_bytes(twice)), twice);
  // Nobody waited, so nothing is known of patience.
  PatienceSamples at_once;
  for (int i = 0; i < 300; ++i) at_once.add(false, 0s);
  EXPECT_EQ(at_once.staffing_theta(), 0);
}

TEST_F(EstimatesTest, PatienceIsFoundThoughAnswersCutMostWaitsShort) {
  PatienceSamples samples;
  for (int i = 0; i < 200'000; ++i) {
    const double patience = exponential(1.0 / 180), wait = between(0.0, 120.0);
    samples.add(wait <= patience, Millis{std::llround(std::min(patience, wait) * 1000)});
  }
  EXPECT_NEAR(1 / samples.staffing_theta(), 180, 3);
}

TEST_F(EstimatesTest, BacklogClearsByTheSpareRateOrNotAtAll) {
  EXPECT_DOUBLE_EQ(*clear_seconds(12, 6, 600, 0.004), 2000);
  EXPECT_EQ(clear_seconds(12, 6, 600, 0.01), std::nullopt);
  EXPECT_TRUE(clear_seconds(12, 6, 600, 0.0099).has_value());
  EXPECT_EQ(clear_seconds(12, 6, 600, 0.0101), std::nullopt);
  EXPECT_EQ(clear_seconds(0, 6, 600, 0.0101), 0);
  EXPECT_EQ(clear_seconds(1, 0, 600, 0), std::nullopt);
  EXPECT_EQ(clear_seconds(1, 6, 0, 1), 0);
  EXPECT_EQ(clear_seconds(1, 6, 0, infinite), std::nullopt);
}

}  // namespace
}  // namespace heti::core

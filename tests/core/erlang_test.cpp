// Erlang B, C and A against what they are defined by: direct sums, the balance of a birth-death chain, the transient of
// a queue step by step, and a simulation with a fixed seed.
#include "service/core/erlang.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>
#include <queue>
#include <random>
#include <vector>

namespace heti::core {
namespace {

using namespace std::chrono_literals;

class ErlangTest : public testing::Test {
 protected:
  double between(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  // Evenly over the orders of magnitude.
  double scale(double low, double high) { return std::exp(between(std::log(low), std::log(high))); }
  Demand demand(double load) {
    const double handle = scale(20, 3000);
    return {.arrivals_per_second = load / handle, .handle_seconds = handle};
  }

  std::mt19937_64 engine_{20260101};
};

constexpr Demand sixty_chats_an_hour{.arrivals_per_second = 60.0 / 3600, .handle_seconds = 720};

// ---- Erlang B and C

TEST_F(ErlangTest, BlockingIsTheRatioOfTheDirectSums) {
  for (int servers = 0; servers <= 20; ++servers) {
    for (const double load : {0.001, 0.3, 1.0, 4.5, 17.0, 60.0}) {
      double term = 1, sum = 1;
      for (int k = 1; k <= servers; ++k) sum += term *= load / k;
      EXPECT_NEAR(erlang_b(servers, load), term / sum, 1e-14) << servers << " servers, load " << load;
    }
  }
}

TEST_F(ErlangTest, BlockingOfThousandsOfServersAgreesWithTheInverseRecursion) {
  for (const int servers : {500, 1700, 20'000}) {
    for (const double use : {0.9, 0.98, 1.0, 1.3}) {
      const double load = servers * use;
      long double inverse = 1;  // 1/B_k = 1 + (k/A) / B_{k-1}
      for (int k = 1; k <= servers; ++k) inverse = 1 + k / static_cast<long double>(load) * inverse;
      const auto expected = static_cast<double>(1 / inverse);
      EXPECT_NEAR(erlang_b(servers, load), expected, 1e-12 * expected);
    }
  }
}

TEST_F(ErlangTest, BlockingIsAProbabilityThatFallsWithServersAndRisesWithLoad) {
  for (int n = 0; n < 2000; ++n) {
    const int servers = between(0, 200);
    const double load = scale(1e-3, 1e3);
    const double blocked = erlang_b(servers, load);
    ASSERT_GE(blocked, 0);
    ASSERT_LE(blocked, 1);
    ASSERT_LE(erlang_b(servers + 1, load), blocked);
    ASSERT_GE(erlang_b(servers, load * 1.1), blocked);
  }
}

TEST_F(ErlangTest, OneAndTwoServersWaitAsTheClosedFormsSay) {
  for (const double rho : {0.01, 0.5, 0.9, 0.999}) {
    const ErlangC one = erlang_c({.arrivals_per_second = rho / 600, .handle_seconds = 600}, 1, 60s);
    EXPECT_NEAR(one.p_wait, rho, 1e-12);
    EXPECT_NEAR(one.asa_seconds, rho * 600 / (1 - rho), 1e-9 * one.asa_seconds);
    EXPECT_NEAR(one.service_level, 1 - rho * std::exp(-(1 - rho) * 60 / 600), 1e-12);
    const ErlangC two = erlang_c({.arrivals_per_second = 2 * rho / 600, .handle_seconds = 600}, 2, 60s);
    EXPECT_NEAR(two.p_wait, 2 * rho * rho / (1 + rho), 1e-12);
    EXPECT_NEAR(two.mean_queue, two.p_wait * rho / (1 - rho), 1e-9 * two.mean_queue);
  }
}

TEST_F(ErlangTest, EverybodyWaitsForeverFromFullLoadOn) {
  const auto at = [](double load) {
    return erlang_c({.arrivals_per_second = load / 100, .handle_seconds = 100}, 5, 20s);
  };
  EXPECT_LT(at(4.99).asa_seconds, infinite);
  EXPECT_GT(at(4.99).service_level, 0);
  for (const double load : {5.0, 5.01, 1e9}) {
    EXPECT_EQ(at(load).p_wait, 1);
    EXPECT_EQ(at(load).service_level, 0);
    EXPECT_EQ(at(load).asa_seconds, infinite);
    EXPECT_EQ(at(load).mean_queue, infinite);
    EXPECT_EQ(at(load).occupancy, 1);
  }
}

TEST_F(ErlangTest, WithoutArrivalsNobodyWaitsUnlessThereIsNobodyToServe) {
  const ErlangC idle = erlang_c({.arrivals_per_second = 0, .handle_seconds = 180}, 11, 20s);
  EXPECT_EQ(idle.p_wait, 0);
  EXPECT_EQ(idle.service_level, 1);
  EXPECT_EQ(idle.asa_seconds, 0);
  EXPECT_EQ(idle.occupancy, 0);
  const ErlangC empty = erlang_c({.arrivals_per_second = 0, .handle_seconds = 180}, 0, 20s);
  EXPECT_EQ(empty.p_wait, 1);
  EXPECT_EQ(empty.service_level, 0);
  EXPECT_EQ(empty.asa_seconds, infinite);
}

TEST_F(ErlangTest, MoreServersAndALaterTargetNeverHurt) {
  for (int n = 0; n < 2000; ++n) {
    const int servers = between(1, 150);
    const Demand in = demand(servers * between(0.2, 1.3));
    const double theta = 1 / scale(5, 5000);
    const Millis target{between(0, 300'000)};
    const ErlangC c = erlang_c(in, servers, target), c_more = erlang_c(in, servers + 1, target);
    ASSERT_GE(c_more.service_level, c.service_level - 1e-14);
    ASSERT_LE(c_more.asa_seconds, c.asa_seconds);
    ASSERT_GE(erlang_c(in, servers, target + 1s).service_level, c.service_level);
    const ErlangA a = erlang_a(in, servers, theta, target), a_more = erlang_a(in, servers + 1, theta, target);
    ASSERT_GE(a_more.service_level, a.service_level - 1e-12);
    ASSERT_LE(a_more.p_abandon, a.p_abandon + 1e-14);
    ASSERT_LE(a_more.mean_queue, a.mean_queue * (1 + 1e-12));
    ASSERT_GE(erlang_a(in, servers, theta, target + 1s).answered_within, a.answered_within - 1e-12);
  }
}

// ---- Erlang A

// The stationary chances of a birth-death chain: up by lambda, down by min(n, N)/AHT + max(0, n - N) theta.
std::vector<long double> stationary(const Demand& in, int servers, double theta) {
  std::vector<long double> chance{1};
  long double sum = 1;
  for (int n = 1;; ++n) {
    const long double down = std::min(n, servers) / in.handle_seconds + std::max(0, n - servers) * theta;
    chance.push_back(chance.back() * in.arrivals_per_second / down);
    sum += chance.back();
    if (n > servers && in.arrivals_per_second < down && chance.back() < 1e-32L * sum) break;
  }
  for (long double& c : chance) c /= sum;
  return chance;
}

struct Fate {
  double answered = 0;  // by the target
  double waiting = 0;   // still, at the target
};
// What becomes of one who finds k in the queue, by the target: the chain of those ahead, lost when the one leaves, made
// discrete by uniformization.
Fate fate_of(int ahead, int servers, double handle_seconds, double theta, double target) {
  const double rate = servers / handle_seconds;
  const double clock = rate + (ahead + 1) * theta;
  std::vector<double> place(static_cast<std::size_t>(ahead) + 1, 0);
  place.back() = 1;
  double answered = 0, tick = std::exp(-clock * target);
  Fate fate;
  for (int ticks = 0; ticks < clock * target + 12 * std::sqrt(clock * target) + 40; ++ticks) {
    double waiting = 0;
    for (const double p : place) waiting += p;
    fate.answered += tick * answered;
    fate.waiting += tick * waiting;
    tick *= clock * target / (ticks + 1);
    answered += place[0] * rate / clock;
    for (std::size_t j = 0; j < place.size(); ++j) {
      const double out = rate + static_cast<double>(j + 1) * theta;
      const double from_behind = j + 1 < place.size() ? place[j + 1] * (out / clock) : 0;
      place[j] = place[j] * (1 - out / clock) + from_behind;
    }
  }
  return fate;
}

TEST_F(ErlangTest, ImpatientQueuesBalanceAsTheirBirthDeathChain) {
  for (int n = 0; n < 300; ++n) {
    const int servers = between(1, 60);
    const Demand in = demand(servers * between(0.3, 2.0));
    const double theta = 1 / (in.handle_seconds * scale(0.02, 20));
    const double target = between(0.0, 2.0) / theta;
    const Millis limit{std::llround(target * 1000)};
    const ErlangA a = erlang_a(in, servers, theta, limit);
    const auto chance = stationary(in, servers, theta);
    long double p_wait = 0, queue = 0, busy = 0, answered = 0, waiting = 0;
    for (std::size_t i = 0; i < chance.size(); ++i) {
      const int present = static_cast<int>(i);
      busy += chance[i] * std::min(present, servers);
      if (present < servers) {
        answered += chance[i];
        continue;
      }
      p_wait += chance[i];
      queue += chance[i] * (present - servers);
      if (n % 10 != 0 || chance[i] < 1e-14L) continue;  // The transient is slow to follow.
      const Fate fate = fate_of(present - servers, servers, in.handle_seconds, theta, in_seconds(limit));
      answered += chance[i] * fate.answered;
      waiting += chance[i] * fate.waiting;
    }
    const auto mean_queue = static_cast<double>(queue);
    const double mean_wait = mean_queue / in.arrivals_per_second;
    ASSERT_NEAR(a.p_wait, static_cast<double>(p_wait), 1e-12);
    ASSERT_NEAR(a.mean_queue, mean_queue, 1e-11 * mean_queue);
    ASSERT_NEAR(a.mean_wait_seconds, mean_wait, 1e-11 * mean_wait);
    ASSERT_NEAR(a.p_abandon, theta * mean_wait, 1e-12);
    ASSERT_NEAR(a.occupancy, static_cast<double>(busy) / servers, 1e-12);
    if (n % 10 != 0) continue;
    ASSERT_NEAR(a.answered_within, static_cast<double>(answered), 1e-10);
    ASSERT_NEAR(a.service_level, static_cast<double>(answered / (answered + waiting)), 1e-10);
  }
}

TEST_F(ErlangTest, AbandonmentIsWhatTheTextbookFormulaSays) {
  for (int n = 0; n < 500; ++n) {
    const int servers = between(1, 100);
    const Demand in = demand(servers * between(0.5, 1.5));
    const double theta = 1 / scale(30, 600);
    const double x = servers / (in.handle_seconds * theta), y = in.arrivals_per_second / theta;
    double sum = 0, term = 1;
    for (int j = 1; term > 1e-18 * sum; ++j) sum += term, term *= y / (x + j);
    const double blocked = erlang_b(servers, in.offered_load()), rho = in.offered_load() / servers;
    const double p_wait = sum * blocked / (1 + (sum - 1) * blocked);
    const ErlangA a = erlang_a(in, servers, theta, 0s);
    ASSERT_NEAR(a.p_wait, p_wait, 1e-11);
    ASSERT_NEAR(a.p_abandon, (1 / (rho * sum) + 1 - 1 / rho) * p_wait, 1e-11);
    ASSERT_NEAR(a.answered_within, 1 - p_wait, 1e-11);  // By the target 0: at once.
  }
}

TEST_F(ErlangTest, EndlessPatienceIsErlangCAndNoneIsErlangB) {
  for (int n = 0; n < 300; ++n) {
    const int servers = between(1, 200);
    const Demand in = demand(servers * between(0.2, 0.97));
    const Millis target{between(0, 200'000)};
    const ErlangC c = erlang_c(in, servers, target);
    double gap = 1;
    for (const double theta : {1e-6, 1e-8, 1e-10, 1e-12}) {  // Nearer and nearer.
      const ErlangA a = erlang_a(in, servers, theta / in.handle_seconds, target);
      const double now = std::abs(a.service_level - c.service_level) + std::abs(a.p_wait - c.p_wait);
      ASSERT_LE(now, gap + 1e-13);
      gap = now;
      if (theta == 1e-12) {
        ASSERT_NEAR(a.mean_wait_seconds, c.asa_seconds, 1e-6 * c.asa_seconds);
      }
    }
    ASSERT_LT(gap, 1e-6);
    const ErlangA endless = erlang_a(in, servers, 0, target);
    ASSERT_EQ(endless.service_level, c.service_level);
    ASSERT_EQ(endless.mean_wait_seconds, c.asa_seconds);
    const ErlangA none = erlang_a(in, servers, infinite, target);
    ASSERT_EQ(none.p_abandon, erlang_b(servers, in.offered_load()));
    ASSERT_NEAR(erlang_a(in, servers, 1e12, target).p_abandon, none.p_abandon, 1e-9);
  }
}

TEST_F(ErlangTest, SimulatedQueueAgreesWithErlangA) {
  const Demand in{.arrivals_per_second = 40.0 / 3600, .handle_seconds = 600};
  const double theta = 1.0 / 180, target = 60;
  const int servers = 6, contacts = 400'000;
  std::exponential_distribution<double> gap(in.arrivals_per_second), handle(1 / in.handle_seconds), patience(theta);
  // When each server is free next; in turn, so each contact is answered by the earliest or has left before.
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int i = 0; i < servers; ++i) free_at.push(0);
  double now = 0, waited = 0;
  int left = 0, in_time = 0, late = 0;
  for (int i = 0; i < contacts; ++i) {
    now += gap(engine_);
    const double start = std::max(now, free_at.top()), give_up = now + patience(engine_);
    if (start <= give_up) {
      free_at.pop();
      free_at.push(start + handle(engine_));
    }
    waited += std::min(start, give_up) - now;
    left += give_up < start ? 1 : 0;
    if (std::min(start, give_up) > now + target) {
      ++late;
    } else if (start <= give_up) {
      ++in_time;
    }
  }
  const ErlangA a = erlang_a(in, servers, theta, 60s);
  EXPECT_NEAR(a.p_abandon, static_cast<double>(left) / contacts, 0.004);
  EXPECT_NEAR(a.mean_wait_seconds, waited / contacts, 0.6);
  EXPECT_NEAR(a.answered_within, static_cast<double>(in_time) / contacts, 0.004);
  EXPECT_NEAR(a.service_level, static_cast<double>(in_time) / (in_time + late), 0.004);
}

TEST_F(ErlangTest, OverloadOfAnySizeLosesTheSurplusAndJoinsTheLiquidWithoutAStep) {
  // Three contacts for each place; patience of a day makes sums far beyond a double's range, that of a year a liquid.
  for (const double patience : {600.0, 86'400.0, 9e6, 9.1e7, 3e9}) {
    const Demand in{.arrivals_per_second = 0.03, .handle_seconds = 600};
    const ErlangA a = erlang_a(in, 6, 1 / patience, Millis{std::llround(patience * 2 * 1000)});
    EXPECT_NEAR(a.p_abandon, 2.0 / 3, patience < 1e5 ? 1e-4 : 1e-12) << patience;
    EXPECT_NEAR(a.mean_wait_seconds / patience, 2.0 / 3, patience < 1e5 ? 1e-4 : 1e-12) << patience;
    // Who waits ln(3) patiences is answered, which is before 2.
    EXPECT_NEAR(a.answered_within, 1.0 / 3, 0.01) << patience;
    EXPECT_LT(erlang_a(in, 6, 1 / patience, Millis{std::llround(patience * 1000)}).answered_within, 0.2) << patience;
  }
  // Without end of patience the surplus never gets a turn either, after a wait without bound.
  const ErlangA endless = erlang_a({.arrivals_per_second = 0.03, .handle_seconds = 600}, 6, 0, 60s);
  EXPECT_NEAR(endless.p_abandon, 2.0 / 3, 1e-12);
  EXPECT_EQ(endless.mean_wait_seconds, infinite);
  const Demand much{.arrivals_per_second = 20, .handle_seconds = 300};
  const ErlangA a = erlang_a(much, 1700, 1.0 / 3600, 20s);
  EXPECT_NEAR(a.p_abandon, 1 - 1700.0 / 6000, 1e-9);
  EXPECT_EQ(a.occupancy, 1);
}

TEST_F(ErlangTest, AtFullLoadTheQueueGrowsAsTheRootOfPatienceUntilPatienceIsCut) {
  const Demand full{.arrivals_per_second = 0.01, .handle_seconds = 600};
  for (const double patience : {1e6, 1e8, 1e10, 1e12, 1e14, 1e20}) {
    const double arrivals = std::min(1e10, 0.01 * patience);  // within one patience
    const ErlangA a = erlang_a(full, 6, 1 / patience, 60s);
    EXPECT_NEAR(a.mean_queue / (a.p_wait * std::sqrt(2 * arrivals / std::numbers::pi)), 1, 0.01) << patience;
    EXPECT_NEAR(a.mean_wait_seconds * 0.01, a.mean_queue, 1e-9 * a.mean_queue);
  }
}

TEST_F(ErlangTest, NoInputGivesNaNOrAProbabilityOutsideItsRange) {
  const std::vector<double> sizes{0, 5e-324, 1e-300, 1e-9, 0.01, 1, 600, 1e9, 1e300, infinite};
  for (const double lambda : sizes) {
    for (const double handle : sizes) {
      for (const double theta : sizes) {
        for (const int servers : {0, 1, 7, 1700}) {
          for (const Millis target : {Millis{0}, Millis{1}, Millis{60'000}, Millis::max()}) {
            const Demand in{.arrivals_per_second = lambda, .handle_seconds = handle};
            const ErlangC c = erlang_c(in, servers, target);
            const ErlangA a = erlang_a(in, servers, theta, target);
            for (const double chance : {c.p_wait, c.service_level, c.occupancy, a.p_wait, a.p_abandon, a.occupancy,
                                        a.answered_within, a.service_level}) {
              ASSERT_TRUE(chance >= 0 && chance <= 1)
                  << lambda << "/s " << handle << " s " << theta << " " << servers << " " << target.count();
            }
            for (const double size : {c.asa_seconds, c.mean_queue, a.mean_wait_seconds, a.mean_queue}) {
              ASSERT_TRUE(size >= 0) << lambda << "/s " << handle << " s " << theta << " " << servers;
            }
          }
        }
      }
    }
  }
}

TEST_F(ErlangTest, WhatIsNoNumberOrNegativeIsABug) {
  EXPECT_DEATH(erlang_b(-1, 3), "CHECK failed");
  EXPECT_DEATH(erlang_b(3, std::nan("")), "CHECK failed");
  EXPECT_DEATH(erlang_c({.arrivals_per_second = -1, .handle_seconds = 1}, 1, 0s), "CHECK failed");
  EXPECT_DEATH(gross_agents(3, 1.0), "CHECK failed");
}

// ---- Staffing

TEST_F(ErlangTest, RequiredServersReachTheGoalAndOneFewerDoesNot) {
  int by_occupancy = 0, with_patience_fewer = 0;
  for (int n = 0; n < 2000; ++n) {
    const Demand in = demand(scale(0.01, 300));
    const StaffingGoal goal{
        .service_level = between(0.5, 0.99), .target = Millis{between(0, 120'000)}, .max_occupancy = between(0.6, 1.0)};
    const double theta = n % 2 == 0 ? 0 : 1 / scale(20, 2000);
    const auto found = required_servers(in, goal, theta);
    ASSERT_TRUE(found.has_value());
    const auto good = [&](int servers) {
      return servers > in.offered_load() && in.offered_load() <= goal.max_occupancy * servers + 1e-9 &&
             expected_service_level(in, servers, theta, goal.target) >= goal.service_level;
    };
    ASSERT_TRUE(good(*found)) << "case " << n;
    ASSERT_FALSE(*found > 1 && good(*found - 1)) << "case " << n;
    by_occupancy += in.offered_load() > goal.max_occupancy * (*found - 1) ? 1 : 0;
    if (theta > 0) with_patience_fewer += *found < *required_servers(in, goal) ? 1 : 0;
  }
  EXPECT_GT(by_occupancy, 100);  // Both rules have been the one that counts.
  EXPECT_LT(by_occupancy, 1900);
  EXPECT_GT(with_patience_fewer, 100);
}

TEST_F(ErlangTest, AGoalBeyondReachHasNoAnswerAndAnEmptyDeskNeedsOne) {
  const StaffingGoal goal{.target = 60s};
  EXPECT_EQ(required_servers({}, goal), 1);
  EXPECT_EQ(required_servers({.arrivals_per_second = infinite, .handle_seconds = 1}, goal), std::nullopt);
  EXPECT_EQ(required_servers({.arrivals_per_second = servers_max, .handle_seconds = 1}, goal), std::nullopt);
  EXPECT_GT(required_servers({.arrivals_per_second = 80'000, .handle_seconds = 1}, goal), 94'000);
  EXPECT_EQ(required_servers(sixty_chats_an_hour, {.target = 60s, .max_occupancy = 0}), std::nullopt);
  EXPECT_EQ(required_servers(sixty_chats_an_hour, {.service_level = 1.01, .target = 60s}), std::nullopt);
  EXPECT_TRUE(required_servers(sixty_chats_an_hour, {.service_level = 1, .target = 60s}).has_value());
}

TEST_F(ErlangTest, SlotsBecomePeopleAndPeopleARoster) {
  EXPECT_EQ(agents_for_slots(0, 3), 0);
  EXPECT_EQ(agents_for_slots(15, 3), 5);
  EXPECT_EQ(agents_for_slots(16, 3), 6);
  EXPECT_EQ(agents_for_slots(18, 3), 6);
  EXPECT_EQ(gross_agents(14, 0.3), 20);  // 14 / 0.7 comes out above 20 in floating point.
  EXPECT_EQ(gross_agents(15, 0.3), 22);
  EXPECT_EQ(gross_agents(15, 0), 15);
  EXPECT_EQ(gross_agents(1, 1 - 1e-16), 1'000'000'000);
  EXPECT_EQ(effective_target(60s, typing_median_default), 40s);
  EXPECT_EQ(effective_target(20s, 19'999ms), 1ms);
  EXPECT_EQ(effective_target(20s, 20s), 0s);
  EXPECT_EQ(effective_target(20s, 20'001ms), 0s);
}

TEST_F(ErlangTest, ASlotLastsLongerTheMoreChatsAnAgentHolds) {
  EXPECT_DOUBLE_EQ(slot_handle_seconds(300, 1), 300);
  EXPECT_DOUBLE_EQ(slot_handle_seconds(300, 3), 360);
  EXPECT_DOUBLE_EQ(slot_handle_seconds(350, 5), 500);
  for (int c = 1; c < 10; ++c) {
    EXPECT_GT(slot_handle_seconds(300, c + 1), slot_handle_seconds(300, c));
    // An agent gets at least as much done in an hour, and no more than the table's best.
    EXPECT_GE((c + 1) / slot_handle_seconds(300, c + 1), c / slot_handle_seconds(300, c) - 1e-15);
  }
  EXPECT_DOUBLE_EQ(10 / slot_handle_seconds(300, 10), 3.5 / 300);
}

}  // namespace
}  // namespace heti::core

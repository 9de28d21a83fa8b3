// How late the home loop's own timer comes: what each piece of work waits there.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "service/gateway/io_loop.hpp"

namespace heti::tests {
namespace {

using namespace std::chrono_literals;

TEST(GatewayLagTest, WhatHoldsTheLoopUpIsSeen) {
  const auto loop = std::make_shared<gateway::IoLoop>(0);
  std::vector<double> lags;
  loop->on_lag([&](double seconds) {
    lags.push_back(seconds);
    if (lags.size() == 4) loop->stop();
  });
  // Begun within the quarter of a second before the first tick, and not over 150 ms after it.
  loop->post([] { std::this_thread::sleep_for(400ms); });
  loop->run();
  ASSERT_EQ(lags.size(), 4u);
  EXPECT_GE(lags.front(), 0.14);
  EXPECT_LT(lags.front(), 5);
  for (const double lag : lags) EXPECT_GE(lag, 0);
  EXPECT_LT(*std::min_element(lags.begin(), lags.end()), 0.1) << "at rest it is on time";
}

}  // namespace
}  // namespace heti::tests

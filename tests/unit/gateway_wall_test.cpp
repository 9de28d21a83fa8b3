// The wall's figures at the gateway: made rarely, and shown to those whom they concern.
#include <gtest/gtest.h>

#include "service/gateway/wall_desk.hpp"

namespace heti::gateway {
namespace {

TEST(GatewayWallTest, ManyScreensCostAsMuchAsOne) {
  int made = 0;
  WallDesk desk;
  EXPECT_EQ(desk.at(0), nullptr) << "nobody makes figures yet";
  desk.set([&]() -> std::optional<protocol::Wall> {
    return protocol::Wall{.at = Millis{++made}, .clock_speed = 1, .queues = {}};
  });
  ASSERT_NE(desk.at(10'000), nullptr);
  for (std::int64_t ms = 10'000; ms < 10'500; ++ms) EXPECT_EQ(desk.at(ms)->at, Millis{1});
  EXPECT_EQ(desk.at(10'500)->at, Millis{2});
  EXPECT_EQ(desk.at(10'999)->at, Millis{2});
  EXPECT_EQ(made, 2);
}

TEST(GatewayWallTest, WhatIsNotKnownIsNotKept) {
  bool known = true;
  WallDesk desk;
  desk.set([&] { return known ? std::optional(protocol::Wall{}) : std::nullopt; });
  EXPECT_NE(desk.at(1'000), nullptr);
  known = false;
  EXPECT_EQ(desk.at(1'500), nullptr);
  known = true;
  EXPECT_NE(desk.at(1'501), nullptr) << "at once, not after half a second";
}

TEST(GatewayWallTest, AnAgentSeesTheOwnQueuesAndASupervisorAll) {
  protocol::Wall wall{.at = Millis{7}, .clock_speed = 3, .queues = {}};
  for (const char* name : {"support", "sales", "nights"}) wall.queues.emplace_back().name = name;
  const protocol::Wall part = part_of(wall, {"nights", "support", "gone"}, false);
  ASSERT_EQ(part.queues.size(), 2u);
  EXPECT_EQ(part.queues[0].name, "support");
  EXPECT_EQ(part.queues[1].name, "nights");
  EXPECT_EQ(part.at, Millis{7});
  EXPECT_EQ(part.clock_speed, 3u);
  EXPECT_TRUE(part_of(wall, {}, false).queues.empty());
  EXPECT_EQ(part_of(wall, {}, true).queues.size(), 3u);
}

}  // namespace
}  // namespace heti::gateway

// What a file proposes for the journal: each key in the core's words.
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "service/propose.hpp"

namespace heti {
namespace {

using namespace std::chrono_literals;

core::Settings proposed(std::string_view text) {
  const auto loaded = config::load_text(
      std::string(text) + "[probe]\nenabled = false\n", "heti.toml", {}, [](std::string_view) { return true; },
      Instant{});
  EXPECT_TRUE(loaded) << (loaded ? "" : to_string(loaded.error().front()));
  return loaded ? proposal(loaded->settings) : core::Settings{};
}

TEST(ProposalTest, SmallestFileProposesTheDefaultsOfTheCore) {
  core::QueueSettings queue{.name = "support", .display_name = "support"};
  queue.schedule.timezone = "UTC";
  core::Settings expected;
  expected.queues.push_back(queue);
  expected.agents.push_back({.name = "aino", .display_name = "aino", .queues = {"support"}});
  EXPECT_EQ(proposed("[queue.support]\ntimezone = \"UTC\"\n[agent.aino]\nqueues = [\"support\"]\n"), expected);
}

TEST(ProposalTest, RoutingIsProposedAsItStands) {
  const core::Settings settings = proposed(R"([priority.vip]
credit = "90s"
[priority.late]
credit = "0s"
[queue.support]
timezone = "UTC"
overflow = "sales"
overflow_after = "3m"
sticky_hold = "20s"
max_wait = "30m"
[[queue.support.page]]
prefix = "https://shop.example/checkout"
priority = "vip"
skills = ["german", "refunds"]
[[queue.support.page]]
prefix = "https://shop.example/"
priority = "late"
[queue.sales]
timezone = "UTC"
[agent.aino]
queues = ["support"]
skills = ["refunds", "german"]
[agent.eero]
queues = ["sales"]
)");
  EXPECT_EQ(settings.priorities,
            (std::vector<core::Priority>{{.name = "vip", .credit = 90s}, {.name = "late", .credit = 0s}}));
  ASSERT_EQ(settings.queues.size(), 2u);
  const core::QueueSettings& support = settings.queues[0];
  EXPECT_EQ(support.overflow, "sales");
  EXPECT_EQ(support.overflow_after, 3min);
  EXPECT_EQ(support.sticky_hold, 20s);
  EXPECT_EQ(support.max_wait, 30min);
  EXPECT_EQ(support.pages,
            (std::vector<core::PageRule>{
                {.prefix = "https://shop.example/checkout", .priority = "vip", .skills = {"german", "refunds"}},
                {.prefix = "https://shop.example/", .priority = "late", .skills = {}}}));
  EXPECT_EQ(settings.queues[1].overflow, "");
  ASSERT_EQ(settings.agents.size(), 2u);
  EXPECT_EQ(settings.agents[0].skills, (std::vector<std::string>{"refunds", "german"}));
  EXPECT_EQ(settings.agents[1].skills, std::vector<std::string>{});
}

TEST(ProposalTest, WhatIsTheNodesOwnIsNoMatterOfTheFile) {
  config::Settings settings;
  settings.queues.emplace_back().name = "support";
  settings.agents.emplace_back().name = "aino";
  const core::Settings with = proposal(settings);
  ASSERT_EQ(with.queues.size(), 2u);
  ASSERT_EQ(with.agents.size(), 2u);
  EXPECT_EQ(with.queues[1].name, probe_name);
  EXPECT_EQ(with.agents[1].queues, std::vector<std::string>{std::string(probe_name)});
  for (const auto& day : with.queues[1].schedule.weekly) {
    EXPECT_EQ(day, (std::vector<LocalInterval>{{.open_minute = 0, .close_minute = 1440}}));
  }
  settings.probe.enabled = false;
  const core::Settings without = proposal(settings);
  EXPECT_EQ(without.queues.size(), 1u);
  EXPECT_EQ(without.agents.size(), 1u);

  EXPECT_TRUE(same_rules(with, without));
  EXPECT_FALSE(same_own_rules(with, without));
  EXPECT_EQ(with_own_rules(without, with), with);
  EXPECT_EQ(with_own_rules(with, without), without);
  core::Settings other = with;
  other.queues[1].wrapup = 1s;
  EXPECT_TRUE(same_rules(with, other));
  EXPECT_FALSE(same_own_rules(with, other)) << "a build that wants another queue for it takes that in";
  other = with;
  other.queues[0].wrapup = 1s;
  EXPECT_FALSE(same_rules(with, other));
  EXPECT_TRUE(same_own_rules(with, other));
  other = with;
  std::swap(other.queues[0], other.queues[1]);
  EXPECT_TRUE(same_rules(with, other) && same_own_rules(with, other)) << "in whatever order";
}

}  // namespace
}  // namespace heti

// What a file proposes for the journal: each key in the core's words.
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "service/propose.hpp"

namespace heti {
namespace {

using namespace std::chrono_literals;

core::Settings proposed(std::string_view text) {
  const auto loaded = config::load_text(
      text, "heti.toml", {}, [](std::string_view) { return true; }, Instant{});
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

}  // namespace
}  // namespace heti

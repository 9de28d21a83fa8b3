// Settings that load, and are probably not what was meant: the warnings.
#include "tests/unit/config_tools.hpp"

namespace heti::config {
namespace {

TEST(ConfigWarningsTest, SuspiciousSettingsAreWarnedOfAndLoaded) {
  const auto result = load_string(R"([queue.support]
timezone = "Europe/Helsinki"
hours.mon = ["06:00-23:00"]
[queue.sales]
timezone = "UTC"
[agent.aino]
queues = ["support"]
[agent.eero]
)");
  ASSERT_TRUE(result) << problems_of(result);
  EXPECT_EQ(lines(result->warnings),
            "heti.toml:2: queue.support.exception: warning: none for the coming year; are there no holidays?\n"
            "heti.toml:3: queue.support.hours: warning: tue, wed, thu, fri, sat, sun left out, which means closed; "
            "write it as \"closed\" to say so\n"
            "heti.toml:3: queue.support.hours.mon: warning: \"06:00-23:00\" is longer than 16 hours\n"
            "heti.toml:4: queue.sales: warning: no agent lists this queue\n"
            "heti.toml:5: queue.sales.timezone: warning: \"UTC\" differs from that of queue.support\n"
            "heti.toml:5: queue.sales.hours: warning: mon, tue, wed, thu, fri, sat, sun left out, which means closed; "
            "write it as \"closed\" to say so\n"
            "heti.toml:5: queue.sales.exception: warning: none for the coming year; are there no holidays?\n"
            "heti.toml:5: queue.sales.hours: warning: no opening in the next 14 days\n"
            "heti.toml:8: agent.eero: warning: serves no queue\n");
}

TEST(ConfigWarningsTest, RoutingThatLeadsNowhereIsWarnedOfAndLoaded) {
  const auto result = load_string(R"([priority.vip]
[priority.unused]
[queue.support]
timezone = "UTC"
hours.mon-sun = ["08:00-16:00"]
exception = [{ date = 2027-01-01, hours = "closed" }]
overflow = "sales"
max_wait = "59s"
[[queue.support.page]]
prefix = "https://shop.example/"
priority = "vip"
skills = ["german", "refunds"]
[[queue.support.page]]
prefix = "https://shop.example/checkout"
skills = ["german"]
[[queue.support.page]]
prefix = "https://other.example/"
skills = ["refunds"]
[queue.sales]
timezone = "UTC"
hours.mon-sun = ["08:00-16:00"]
exception = [{ date = 2027-01-01, hours = "closed" }]
[[queue.sales.page]]
prefix = "https://shop.example/"
skills = ["german"]
[agent.aino]
queues = ["support"]
skills = ["german"]
[agent.eero]
queues = ["sales"]
skills = ["refunds"]
)");
  ASSERT_TRUE(result) << problems_of(result);
  EXPECT_EQ(lines(result->warnings),
            "heti.toml:2: priority.unused: warning: no page gives this priority\n"
            "heti.toml:8: queue.support.max_wait: warning: ends the wait before sla.first_response is due\n"
            "heti.toml:12: queue.support.page[1].skills: warning: nobody may take these chats: no agent of this queue "
            "or its overflow has \"german\", \"refunds\"\n"
            "heti.toml:14: queue.support.page[2].prefix: warning: never counts, for \"https://shop.example/\" stands "
            "before it\n"
            "heti.toml:25: queue.sales.page[1].skills: warning: nobody may take these chats: no agent of this queue or "
            "its overflow has \"german\"\n");
}

}  // namespace
}  // namespace heti::config

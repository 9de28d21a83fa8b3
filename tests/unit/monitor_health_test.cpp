// How the program does: times of its steps, and the rules of the core asked of the live state part by part.
#include "service/monitor/health.hpp"

#include <fstream>
#include <regex>

#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

TEST(MonitorHealthTest, TimesAreObserved) {
  World world;
  for (int i = 0; i < 3; ++i) world.monitor().observe_step(0.00002);
  world.monitor().observe_step(0.03);
  EXPECT_TRUE(world.monitor().observe_lag(0.002, world.state(), monday).empty());
  const Samples s = world.scrape(monday);
  EXPECT_EQ(s("heti_routing_step_seconds_count"), 4);
  EXPECT_EQ(s("heti_routing_step_seconds_bucket", {{"le", "0.0001"}}), 3);
  EXPECT_EQ(s("heti_routing_step_seconds_bucket", {{"le", "0.05"}}), 4);
  EXPECT_EQ(s("heti_loop_lag_seconds_count"), 1);
  EXPECT_EQ(s("heti_loop_lag_seconds_sum"), 0.002);
}

// A state with 100 chats of which the last one waits in no line.
core::State with_a_fault(const World& world) {
  core::State state = *core::state_from_bytes(core::state_bytes(world.state()));
  core::Conversation& last = std::prev(state.conversations.end())->second;
  last.last_seq += 1;  // 5: a number is missing at the end
  return state;
}

TEST(MonitorHealthTest, AFaultIsFoundWhereverItIsAndSaidAndCountedOnce) {
  World world;
  for (std::uint64_t visitor = 1; visitor <= 100; ++visitor) world.writes(monday, visitor);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(world.monitor().observe_lag(0, world.state(), monday).empty());
  const core::State broken = with_a_fault(world);
  std::vector<std::string> said;
  for (int i = 0; i < 3; ++i) {
    for (const std::string& sentence : world.monitor().observe_lag(0, broken, monday)) said.push_back(sentence);
  }
  EXPECT_EQ(said, std::vector<std::string>{"5: sequence numbers have no gap at the end (id 100)"})
      << "100 chats are looked at in three calls";
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(world.monitor().observe_lag(0, broken, monday).empty()) << "said already";
  const Samples s = world.scrape(monday);
  EXPECT_EQ(s("heti_invariant_violations_total", {{"invariant", "sequence"}}), 1);
  EXPECT_EQ(s("heti_invariant_violations_total", {{"invariant", "line"}}), 0);
}

TEST(MonitorHealthTest, AgentsAndQueuesAreLookedAtToo) {
  World world;
  world.comes(monday, aino);
  core::State broken = *core::state_from_bytes(core::state_bytes(world.state()));
  broken.agents.at(eero).status = core::AgentStatus::away;  // without a connection
  broken.queues.at(support).staffed += 1;
  const auto said = world.monitor().observe_lag(0, broken, monday);
  EXPECT_EQ(said, (std::vector<std::string>{"9: who is there has a connection (id 2)",
                                            "13: who staffs a queue is counted right (id 1)"}));
}

TEST(MonitorHealthTest, WhoWaitsBesideAFreeAgentIsAFaultOnlyWhenRoutingHasRun) {
  World world;
  world.writes(monday, 1);
  core::State state = *core::state_from_bytes(core::state_bytes(world.state()));
  core::Agent& agent = state.agents.at(aino);
  agent.status = core::AgentStatus::online;
  agent.connections.insert({.node = 1, .incarnation = 1, .number = 7});
  const core::State broken = *core::state_from_bytes(core::state_bytes(state));  // with its indexes
  const Instant due = core::next_deadline(broken);
  EXPECT_TRUE(world.monitor().observe_lag(0, broken, due).empty()) << "something is due first";
  const auto said = world.monitor().observe_lag(0, broken, due - 1ms);
  EXPECT_EQ(said, std::vector<std::string>{"3: nobody waits beside a free agent (id 1)"});
}

// The label's values are closed, and no rule that can be found on a state is "other".
TEST(MonitorHealthTest, EveryRuleThatIsLookedAtHasALabel) {
  std::ifstream file(HETI_SOURCE_DIR "/service/core/invariants.cpp");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string checker = text.substr(0, text.find("broken_invariants("));
  const std::regex sentence("\"([0-9]+: [^\"]+)\"");
  std::set<std::string> numbers;
  for (std::sregex_iterator i(checker.begin(), checker.end(), sentence), end; i != end; ++i) {
    const std::string rule = (*i)[1];
    EXPECT_NE(monitor::label_of_rule(rule), "other") << rule;
    numbers.insert(std::string(monitor::label_of_rule(rule)));
  }
  EXPECT_EQ(numbers.size(), 8u);
  const World world;
  std::set<std::string> exported = world.scrape(monday).values_of("heti_invariant_violations_total", "invariant");
  EXPECT_EQ(exported.erase("other"), 1u);
  EXPECT_EQ(exported, numbers);
}

}  // namespace
}  // namespace heti::tests

// The text of a scrape as a whole.
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

#include "service/monitor/catalogue.hpp"
#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

// Name and type of each family, from the TYPE lines.
std::map<std::string, std::string> families(const std::string& text) {
  std::map<std::string, std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name, type;
    words >> hash >> keyword >> name >> type;
    if (hash == "#" && keyword == "TYPE") {
      EXPECT_TRUE(found.emplace(name, type).second) << name << " appears twice";
    }
  }
  return found;
}

// After enough chats for every figure of the forecast.
TEST(MonitorScrapeTest, TheCatalogueIsWhatIsExported) {
  World world;
  constexpr std::array<std::string_view, 1> steps{"connect"};
  world.monitor().expect_probe(steps);
  world.comes(monday, aino);
  for (std::uint64_t visitor = 1; visitor <= 20; ++visitor) {
    const Instant begins = monday + visitor * 1min;
    world.writes(begins, visitor);
    world.accepts(begins + 1s, aino, visitor);
    world.answers(begins + 2s, aino, visitor);
    world.ends(begins + 20s, aino, visitor);
    world.is_done(begins + 25s, aino, visitor);
  }
  std::set<std::string> catalogue;
  for (const monitor::Metric& metric : monitor::catalogue::all) {
    EXPECT_TRUE(catalogue.insert(std::string(metric.name)).second) << metric.name << " is listed twice";
  }
  std::set<std::string> exported;
  for (const auto& [name, type] : families(world.text(monday + 30min))) {
    if (name.starts_with("heti_")) exported.insert(name);
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name << " is a " << type;
  }
  EXPECT_EQ(exported, catalogue);
}

TEST(MonitorScrapeTest, TheGatewaysCountersAreShown) {
  World world;
  world.gateway.sockets[0] = 3;
  world.gateway.opened[1] = 7;
  gateway::count(world.gateway.ended, gateway::Ended::slow_consumer, 2);
  gateway::count(world.gateway.framing_faults, gateway::FramingFault::binary);
  gateway::count(world.gateway.handshake_refusals, gateway::HandshakeRefusal::origin);
  gateway::count(world.gateway.logins, gateway::LoginResult::wrong_password, 4);
  gateway::count(world.gateway.protocol_errors, protocol::ErrorCode::bad_json, 5);
  world.gateway.bytes_sent[0] = 1'000'000'007;
  const Samples s = world.scrape(monday);
  EXPECT_EQ(s("heti_connections", {{"role", "visitor"}}), 3);
  EXPECT_EQ(s("heti_connections_opened_total", {{"role", "agent"}}), 7);
  EXPECT_EQ(s("heti_connections_closed_total", {{"reason", "slow_consumer"}}), 2);
  EXPECT_EQ(s("heti_slow_consumers_dropped_total"), 2);
  EXPECT_EQ(s("heti_protocol_errors_total", {{"kind", "binary"}}), 1);
  EXPECT_EQ(s("heti_protocol_errors_total", {{"kind", "bad_json"}}), 5);
  EXPECT_EQ(s("heti_handshakes_refused_total", {{"reason", "origin"}}), 1);
  EXPECT_EQ(s("heti_logins_total", {{"result", "wrong_password"}}), 4);
  EXPECT_EQ(s("heti_sent_bytes_total", {{"role", "visitor"}}), 1'000'000'007);
}

TEST(MonitorScrapeTest, AppendsAreObservedFromTheJournalsThread) {
  World world;
  std::thread journal([&] {
    for (int i = 0; i < 1000; ++i) world.monitor().observe_append(0.0002);
  });
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(world.text(monday).empty());
  journal.join();
  const Samples s = world.scrape(monday);
  EXPECT_EQ(s("heti_journal_append_seconds_count"), 1000);
  EXPECT_EQ(s("heti_journal_append_seconds_bucket", {{"le", "0.0001"}}), 0);
  EXPECT_EQ(s("heti_journal_append_seconds_bucket", {{"le", "0.00025"}}), 1000);
}

TEST(MonitorScrapeTest, TheProcessDescribesItself) {
  const World world;
  const Samples s = world.scrape(monday);
  EXPECT_GT(s("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(s("process_virtual_memory_bytes"), s("process_resident_memory_bytes"));
  EXPECT_GE(s("process_cpu_seconds_total"), 0);
  EXPECT_GE(s("process_max_fds"), s("process_open_fds"));
  EXPECT_GE(s("process_open_fds"), 3);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(s("process_start_time_seconds"), now, 600);
  const std::ifstream one_more("/proc/self/stat");
  EXPECT_EQ(world.scrape(monday)("process_open_fds"), s("process_open_fds") + 1);
}

TEST(MonitorScrapeTest, VersionsAreLabels) {
  const World world;
  EXPECT_EQ(world.scrape(monday)("heti_build_info", {{"version", "1.2.3"}}), 1);
  EXPECT_EQ(world.scrape(monday)("heti_tzdata_info", {{"version", "2026f"}}), 1);
  EXPECT_EQ(world.scrape(monday)("heti_clock_steps_total"), 0);
}

// Prometheus' own linter, where it is installed.
TEST(MonitorScrapeTest, PromtoolHasNoComplaint) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.answers(monday + 3s, aino, 1);
  const std::string file = testing::TempDir() + "heti_scrape_" + std::to_string(::getpid()) + ".txt";
  std::ofstream(file) << world.text(monday + 4s);
  EXPECT_EQ(std::system(("promtool check metrics < " + file + " >" + file + ".out 2>&1").c_str()), 0);
  std::stringstream said;
  said << std::ifstream(file + ".out").rdbuf();
  EXPECT_EQ(said.str(), "");
  std::filesystem::remove(file);
  std::filesystem::remove(file + ".out");
}

}  // namespace
}  // namespace heti::tests

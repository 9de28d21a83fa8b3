// The text of a scrape as a whole.
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
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

// ---- Slices

// Without what the process says of itself, which moves.
std::string without_process(const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("process_") == std::string::npos) kept += line + "\n";
  }
  return kept;
}

std::string rest_of(monitor::Scrape& scrape) {
  while (scrape.step()) {
  }
  return scrape.take();
}

// One served, five waiting; then everybody moves.
void fill(World& world) {
  world.comes(monday, aino);
  for (std::uint64_t visitor = 1; visitor <= 6; ++visitor) world.writes(monday + visitor * 1s, visitor);
  world.accepts(monday + 7s, aino, 1);
}
void stir(World& world) {
  world.accepts(monday + 9s, aino, 2);  // out of the line
  world.closes(monday + 9s, 3);         // out of the line, for good
  world.closes(monday + 9s, 1);         // into wrap-up
  world.writes(monday + 10s, 7);
}

TEST(MonitorScrapeTest, AFewLiveContactsAreOfTheFirstMoment) {
  World world;
  fill(world);
  const auto scrape = world.monitor().begin_scrape(world.state(), monday + 8s);
  ASSERT_TRUE(scrape->step());
  stir(world);
  const Samples s(rest_of(*scrape));
  EXPECT_EQ(s("heti_conversations", {{"state", "wrapup"}}), 0);
  EXPECT_EQ(s("heti_conversations", {{"state", "assigned"}}), 1);
  EXPECT_EQ(s("heti_conversations", {{"state", "queued"}}) + s("heti_conversations", {{"state", "offered"}}), 5);
  EXPECT_EQ(s("heti_queue_waiting"), 5);
}

TEST(MonitorScrapeTest, OfManyEachIsCountedOnceWhenItsTurnComes) {
  World world;
  fill(world);
  std::vector<core::ConversationId> told;
  const auto on_waiting = [&](core::QueueId, const core::Conversation& conversation) {
    told.push_back(conversation.id);
  };
  monitor::LiveWalk walk(world.state(), monday + 8s);
  ASSERT_TRUE(walk.step(world.state(), 1, on_waiting));  // the first who waits: visitor 2
  stir(world);
  while (walk.step(world.state(), 1, on_waiting)) {
  }
  const monitor::LiveFigures& figures = walk.figures().at(support);
  EXPECT_EQ(told.size(), 4u) << "visitors 2, 4, 5 and 6; the seventh is too late for this time";
  EXPECT_EQ(figures.waiting, 4u);
  EXPECT_EQ(figures.queued + figures.offered, 4u);
  EXPECT_EQ(figures.assigned, 0u) << "the second was counted as waiting";
  EXPECT_EQ(figures.wrapup, 1u);
}

TEST(MonitorScrapeTest, AfterEachSliceTheSettingsMayChange) {
  for (int slices = 1; slices < 20; ++slices) {
    World world;
    world.comes(monday, aino);
    for (std::uint64_t visitor = 1; visitor <= 6; ++visitor) world.writes(monday + visitor * 1s, visitor);
    const auto scrape = world.monitor().begin_scrape(world.state(), monday + 8s);
    bool more = true;
    for (int i = 0; i < slices && more; ++i) more = scrape->step();
    if (!more) break;
    core::Settings& settings = world.settings();
    settings.agents.erase(settings.agents.begin());  // aino
    settings.queues.push_back({.name = "sales", .display_name = "Sales"});
    settings.queues.front().name = "renamed";  // support is removed
    for (auto& agent : settings.agents) agent.queues = {"sales"};
    world.apply_settings(monday + 9s);
    const auto found = families(rest_of(*scrape));
    EXPECT_TRUE(found.contains("heti_queue_open")) << "after " << slices;
  }
}

TEST(MonitorScrapeTest, SlicesSayWhatOneGoSays) {
  World world;
  world.comes(monday, aino);
  for (std::uint64_t visitor = 1; visitor <= 6; ++visitor) world.writes(monday + visitor * 1s, visitor);
  const auto first = world.monitor().begin_scrape(world.state(), monday + 8s);
  const auto second = world.monitor().begin_scrape(world.state(), monday + 8s);
  int slices = 1;
  while (first->step()) {  // two at once do not disturb each other
    second->step();
    ++slices;
  }
  second->step();
  EXPECT_GT(slices, 6);
  const std::string text = first->take();
  EXPECT_EQ(without_process(text), without_process(second->take()));
  EXPECT_EQ(without_process(text), without_process(world.text(monday + 8s)));
}

// ---- The line of those who ask

TEST(MonitorScrapeTest, WhoAsksMeanwhileSharesTheNext) {
  World world;
  std::deque<std::function<void()>> posted;
  int begun = 0;
  std::vector<int> answered;  // by which scrape
  std::optional<monitor::ScrapeLine> line;
  line.emplace([&](std::function<void()> task) { posted.push_back(std::move(task)); },
               [&] {
                 ++begun;
                 return world.monitor().begin_scrape(world.state(), monday);
               });
  const auto ask = [&] {
    line->ask([&](const std::string& text) {
      EXPECT_TRUE(text.ends_with("\n"));
      answered.push_back(begun);
    });
  };
  const auto run_one = [&] {
    const auto task = std::move(posted.front());
    posted.pop_front();
    task();
  };
  ask();
  ask();
  EXPECT_EQ(begun, 0);
  run_one();
  ask();
  ask();
  int between = 0;
  while (answered.empty()) {
    ASSERT_EQ(posted.size(), 1u) << "one step at a time, so that others go in between";
    run_one();
    ++between;
  }
  EXPECT_GT(between, 4);
  EXPECT_EQ(answered, (std::vector<int>{1, 1}));
  while (!posted.empty()) run_one();
  EXPECT_EQ(answered, (std::vector<int>{1, 1, 2, 2}));
  ask();
  run_one();
  line.reset();  // the end, in the middle of it
  while (!posted.empty()) run_one();
  EXPECT_EQ(begun, 3);
  EXPECT_EQ(answered.size(), 4u);
}

// Nobody has asked the archive, or it has not answered: what was is not known, and no figure may pretend so.
TEST(MonitorScrapeTest, WithoutTheHistoryThereIsNoForecast) {
  const World world;
  const gateway::GatewayMetrics gateway;
  const sequencer::JournalClock clock([] { return Millis{0}; }, [] { return Millis{0}; });
  const auto journal = journal::make_memory();
  monitor::Monitor monitor({.workspace = "default", .version = "1", .local_midnight = calendar::local_midnight});
  monitor.begin({.journal = *journal, .clock = clock, .gateway = gateway}, world.state());
  const std::string alone = monitor.scrape(world.state(), monday);
  const std::string whole = world.text(monday);
  for (const char* name : {"heti_slo_budget_contacts", "heti_queue_predicted_breaches"}) {
    EXPECT_EQ(alone.find(name), std::string::npos) << name;
    EXPECT_NE(whole.find(name), std::string::npos) << name;
  }
  EXPECT_NE(alone.find("heti_queue_waiting{"), std::string::npos) << "what is there now is known";
}

}  // namespace
}  // namespace heti::tests

#pragma once
// A small world for the monitor: the core driven by commands, a journal in memory, the monitor fed with what became
// durable, and a reader of the text of a scrape.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "service/archive/archive.hpp"
#include "service/calendar/zones.hpp"
#include "service/monitor/monitor.hpp"
#include "tests/core/driver.hpp"

namespace heti::tests {

using namespace std::chrono_literals;
namespace cmd = core::command;

// Monday 2026-06-01 08:00:00 UTC: the queue opens for 8 hours, and again the next day.
inline constexpr Instant monday = instant_from_ms(1'780'300'800'000);
inline constexpr core::QueueId support{1};
inline constexpr core::AgentId aino{1};
inline constexpr core::AgentId eero{2};

using LabelMap = std::map<std::string, std::string>;

// The samples of a scrape.
class Samples {
 public:
  explicit Samples(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line[0] != '#') read(line);
    }
  }

  // The one sample with this name and at least these labels.
  double operator()(const std::string& name, const LabelMap& labels = {}) const {
    const auto found = all(name, labels);
    if (found.size() != 1) {
      ADD_FAILURE() << found.size() << " samples of " << name << ", expected one";
      return -1;
    }
    return found.front();
  }
  std::vector<double> all(const std::string& name, const LabelMap& labels = {}) const {
    std::vector<double> found;
    for (const auto& [sample_name, sample_labels, value] : samples_) {
      bool fits = sample_name == name;
      for (const auto& [key, word] : labels) {
        const auto label = sample_labels.find(key);
        fits = fits && label != sample_labels.end() && label->second == word;
      }
      if (fits) found.push_back(value);
    }
    return found;
  }
  std::set<std::string> values_of(const std::string& name, const std::string& key) const {
    std::set<std::string> found;
    for (const auto& [sample_name, labels, value] : samples_) {
      if (sample_name == name && labels.contains(key)) found.insert(labels.at(key));
    }
    return found;
  }

 private:
  struct Sample {
    std::string name;
    LabelMap labels;
    double value = 0;
  };
  void read(const std::string& line) {
    const std::size_t space = line.rfind(' ');
    const std::size_t brace = line.find('{');
    Sample sample{.name = line.substr(0, std::min(brace, space)), .labels = {}, .value = 0};
    sample.value = std::stod(line.substr(space + 1));
    if (brace != std::string::npos) {
      std::istringstream labels(line.substr(brace + 1, line.rfind('}') - brace - 1));
      for (std::string pair; std::getline(labels, pair, ',');) {
        const std::size_t equals = pair.find('=');
        sample.labels[pair.substr(0, equals)] = pair.substr(equals + 2, pair.size() - equals - 3);
      }
    }
    samples_.push_back(std::move(sample));
  }
  std::vector<Sample> samples_;
};

class World {
 public:
  World() : World(core::QueueSettings{.name = "support", .display_name = "Support"}) {}
  // Settings are known before the monitor begins, as after a restart; the journal is empty before that.
  explicit World(core::QueueSettings queue) : clock_([] { return Millis{0}; }, [] { return Millis{0}; }) {
    settings_.queues.push_back(std::move(queue));
    for (const char* name : {"aino", "eero"}) {
      settings_.agents.push_back(
          {.name = name, .display_name = name, .queues = {"support"}, .capacity = 2, .supervisor = false});
    }
    begin_monitor(Instant{});
    apply_settings(monday - 1h);
    open_hours(monday - 1h, {{monday, monday + 8h}, {monday + 24h, monday + 32h}});
  }

  void apply_settings(Instant when) {
    get<core::Done>(when, cmd::ApplySettings{.settings = settings_, .replaces_version = versions_++});
  }
  void open_hours(Instant from, std::vector<Interval> open) {
    get<core::Done>(
        from,
        cmd::SetCalendar{.queue = support, .effective_from = from, .open = std::move(open), .tzdata_version = "2026f"});
  }

  core::Answer at(Instant when, const core::Command& command) {
    const std::size_t before = driver_.events().size();
    core::Answer answer = driver_.at(when, command);
    const std::vector<core::Event> events(driver_.events().begin() + static_cast<std::ptrdiff_t>(before),
                                          driver_.events().end());
    if (!events.empty()) {
      monitor_->on_durable(
          {.position = driver_.journal().tail().position, .events = events, .state = driver_.state(), .now = when});
    }
    return answer;
  }
  template <class T>
  T get(Instant when, const core::Command& command) {
    core::Answer answer = at(when, command);
    if (const auto* refused = std::get_if<core::Refused>(&answer)) {
      ADD_FAILURE() << "refused: " << core::name_of(refused->code);
      return T{};
    }
    return std::get<T>(std::move(answer));
  }
  void tick(Instant when) { at(when, cmd::Tick{}); }

  // A new process takes over the state as it is: the journal was last alive at `alive_until`, service is resumed at
  // `when`.
  void restarts(Instant alive_until, Instant when) {
    begin_monitor(alive_until);
    get<core::Done>(when, cmd::ResumeService{.alive_until = alive_until, .node = 1, .incarnation = 2});
  }

  // People. A visitor's number is that of its conversation, too.
  void start(Instant when, std::uint64_t visitor) {
    get<core::ConversationView>(when, cmd::Start{.visitor = public_id(100 + visitor),
                                                 .conversation = public_id(visitor),
                                                 .queue = support,
                                                 .connection = socket(visitor),
                                                 .facts = {},
                                                 .bot_first = false});
  }
  void says(Instant when, std::uint64_t visitor) {
    get<core::Posted>(when, post(core::Sender::of_visitor(public_id(100 + visitor)), visitor, core::Author::visitor));
  }
  void writes(Instant when, std::uint64_t visitor) {  // opens a chat and speaks
    start(when, visitor);
    says(when, visitor);
  }
  void leaves(Instant when, std::uint64_t visitor) {
    get<core::Done>(when, cmd::VisitorGone{.visitor = public_id(100 + visitor), .connection = socket(visitor)});
  }
  void returns(Instant when, std::uint64_t visitor) {
    get<core::WelcomeView>(
        when, cmd::VisitorHello{.visitor = public_id(100 + visitor), .queue = support, .connection = socket(visitor)});
  }
  void closes(Instant when, std::uint64_t visitor) {
    get<core::Done>(when, cmd::Close{.sender = core::Sender::of_visitor(public_id(100 + visitor)),
                                     .conversation = public_id(visitor),
                                     .spam = false});
  }
  void rates(Instant when, std::uint64_t visitor, std::uint32_t score) {
    get<core::Done>(
        when,
        cmd::Rate{
            .visitor = public_id(100 + visitor), .conversation = public_id(visitor), .score = score, .comment = {}});
  }
  void logs_in(Instant when, core::AgentId agent) {
    get<core::ConsoleView>(when, cmd::AgentHello{.agent = agent, .connection = desk(agent)});
  }
  void comes(Instant when, core::AgentId agent) {  // logs in and is ready
    logs_in(when, agent);
    get<core::Done>(when, cmd::SetStatus{.agent = agent, .status = core::AgentStatus::online});
  }
  void sets(Instant when, core::AgentId agent, core::AgentStatus status) {
    get<core::Done>(when, cmd::SetStatus{.agent = agent, .status = status});
  }
  void loses(Instant when, core::AgentId agent) {
    get<core::Done>(when, cmd::AgentGone{.agent = agent, .connection = desk(agent)});
  }
  void accepts(Instant when, core::AgentId agent, std::uint64_t visitor) {
    get<core::Done>(when, cmd::Accept{.agent = agent, .conversation = public_id(visitor)});
  }
  void answers(Instant when, core::AgentId agent, std::uint64_t visitor) {
    get<core::Posted>(when, post(core::Sender::of_agent(agent), visitor, core::Author::agent));
  }
  void ends(Instant when, core::AgentId agent, std::uint64_t visitor, bool spam = false) {
    get<core::Done>(
        when, cmd::Close{.sender = core::Sender::of_agent(agent), .conversation = public_id(visitor), .spam = spam});
  }
  void is_done(Instant when, core::AgentId agent, std::uint64_t visitor) {
    get<core::Done>(when, cmd::FinishWrapUp{.agent = agent, .conversation = public_id(visitor)});
  }

  std::string text(Instant now) const { return monitor_->scrape(driver_.state(), now); }
  Samples scrape(Instant now) const { return Samples(text(now)); }
  const core::State& state() const { return driver_.state(); }
  monitor::Monitor& monitor() { return *monitor_; }
  core::Settings& settings() { return settings_; }

  gateway::GatewayMetrics gateway;

 private:
  // The monitor asks its journal when it was last alive, as found at its opening, and the archive what was before.
  void begin_monitor(Instant alive_until) {
    monitor_.reset();
    const auto disk = journal::make_memory_disk();
    if (alive_until != Instant{}) journal::make_memory({.disk = disk, .fault = {}})->keep_alive(alive_until);
    found_ = journal::make_memory({.disk = disk, .fault = {}});
    EXPECT_EQ(found_->alive_until(), alive_until);
    monitor_.emplace(
        monitor::Options{.workspace = "default", .version = "1.2.3", .local_midnight = calendar::local_midnight});
    monitor_->begin({.journal = *found_, .clock = clock_, .gateway = gateway}, driver_.state());
    auto archive = archive::open_memory(driver_.journal());
    ASSERT_TRUE(archive.has_value()) << archive.error();
    archive_ = *std::move(archive);
    monitor_->recall(*archive_, driver_.journal().tail().position, driver_.state().now, nullptr);
    for (int tries = 0; monitor_->history() == nullptr && tries < 10'000; ++tries) {
      std::this_thread::sleep_for(1ms);
      monitor_->look(driver_.state().now);
    }
    ASSERT_NE(monitor_->history(), nullptr);
  }

  static core::ConnectionId socket(std::uint64_t visitor) { return {.node = 1, .incarnation = 1, .number = visitor}; }
  static core::ConnectionId desk(core::AgentId agent) {
    return {.node = 1, .incarnation = 1, .number = 100'000 + agent.value()};
  }
  cmd::Post post(core::Sender sender, std::uint64_t visitor, core::Author author) {
    return {.sender = sender, .conversation = public_id(visitor), .author = author, .stream = "", .n = 0, .text = "hi"};
  }

  core::Settings settings_;
  std::uint64_t versions_ = 0;
  Driver driver_;
  sequencer::JournalClock clock_;
  std::unique_ptr<journal::Journal> found_;
  std::unique_ptr<archive::Archive> archive_;
  std::optional<monitor::Monitor> monitor_;
};

}  // namespace heti::tests

// What a scrape costs with 50 queues, 10,000 live conversations and 1,000 agents, without any history and with that of
// four full weeks. It runs on the loop that also takes the messages: 20 ms at most, in slices of which each is short.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "service/calendar/zones.hpp"
#include "service/core/decide.hpp"
#include "service/monitor/monitor.hpp"

namespace {

using namespace heti;
using namespace heti::core;
namespace cmd = heti::core::command;

constexpr std::uint32_t queues = 50;
constexpr std::uint32_t agents = 1000;
constexpr std::uint64_t conversations = 10'000;
constexpr int chats_a_day = 300;  // of each queue, in the history
constexpr double most_ms = 20;
constexpr double most_slice_ms = 3;
const Instant start = instant_from_ms(1'780'293'600'000);

PublicId random_id(std::uint64_t n) {
  std::mt19937_64 random(n);
  return {.high = random(), .low = random()};
}

// Knows nothing but samples.
class Samples final : public archive::Archive {
 public:
  explicit Samples(std::vector<archive::Sample> samples) : samples_(std::move(samples)) {}
  void samples(Instant, journal::Position, OnSamples done) override { done(std::exchange(samples_, {})); }
  void transcript(PublicId, std::uint64_t, std::uint32_t, OnTranscript) override { std::abort(); }
  void closed_chats(std::vector<std::string>, std::uint32_t, OnRecords) override { std::abort(); }
  journal::Position position() const override { return {}; }
  std::optional<std::string> error() const override { return std::nullopt; }

 private:
  std::vector<archive::Sample> samples_;
};

// Four weeks in which one of twenty left before anybody came.
std::vector<archive::Sample> four_weeks_of_chats() {
  std::vector<archive::Sample> samples;
  std::mt19937_64 random(1);
  std::uint64_t chat = 1'000'000;
  const Millis between = Millis{std::chrono::hours{20}} / chats_a_day;
  for (int day = 0; day < 28; ++day) {
    for (int n = 0; n < chats_a_day; ++n) {
      for (std::uint32_t q = 1; q <= queues; ++q) {
        archive::Sample base;
        base.at = start + std::chrono::days{day} + n * between;
        base.queue = QueueId{q};
        base.conversation = ConversationId{++chat};
        base.visitor = random_id(chat / 2);  // Every other contact is a coming back.
        const auto add = [&](archive::SampleKind kind, Millis value) -> archive::Sample& {
          samples.push_back(base);
          samples.back().kind = kind;
          samples.back().value = value;
          return samples.back();
        };
        const bool answered = chat % 20 != 0;
        const Millis waited{random() % 40'000};
        add(archive::SampleKind::contact, Millis{0});
        add(archive::SampleKind::wait, waited).answered = answered;
        auto& first = add(archive::SampleKind::verdict, waited + Millis{5000 + random() % 20'000});
        first.sla = Sla::first_response;
        first.verdict = answered ? Verdict::good : Verdict::bad;
        add(archive::SampleKind::verdict, Millis{30'000}).sla = Sla::reply;
        if (answered) add(archive::SampleKind::handle, Millis{100'000 + random() % 800'000});
        add(archive::SampleKind::ended, waited).outcome = answered ? Outcome::answered : Outcome::abandoned;
      }
    }
  }
  return samples;
}

// Feeds the monitor as the sequencer does.
class Site {
 public:
  explicit Site(std::vector<archive::Sample> history)
      : archive_(std::move(history)), clock_([] { return Millis{0}; }, [] { return Millis{0}; }) {
    journal_ = journal::make_memory({.disk = journal::make_memory_disk(), .fault = {}});
    monitor_.begin({.journal = *journal_, .clock = clock_, .gateway = gateway_}, state_);
    monitor_.recall(archive_, {}, start, nullptr);
  }
  void does(Instant at, const Command& command) {
    const Decision decision = decide(state_, at, command);
    if (std::holds_alternative<Refused>(decision.answer)) std::abort();
    monitor_.on_durable({.position = journal::Position{1}, .events = decision.events, .state = state_, .now = at});
  }
  const State& state() const { return state_; }
  monitor::Monitor& monitor() { return monitor_; }
  const monitor::Monitor& monitor() const { return monitor_; }

 private:
  State state_;
  Samples archive_;
  gateway::GatewayMetrics gateway_;
  sequencer::JournalClock clock_;
  std::unique_ptr<journal::Journal> journal_;
  monitor::Monitor monitor_{{.workspace = "default", .version = "bench", .local_midnight = calendar::local_midnight}};
};

void fill(Site& site) {
  Settings settings;
  for (std::uint32_t q = 0; q < queues; ++q) {
    settings.queues.push_back({.name = "queue" + std::to_string(q), .display_name = "Queue"});
    settings.queues.back().schedule.timezone = q % 2 == 0 ? "Europe/Helsinki" : "America/New_York";
    settings.queues.back().first_response.threshold = Millis{1000 * (50 + q % 5)};  // five more bounds
  }
  for (std::uint32_t a = 0; a < agents; ++a) {
    settings.agents.push_back(
        {.name = "agent" + std::to_string(a),
         .display_name = "Agent",
         .queues = {"queue" + std::to_string(a % queues), "queue" + std::to_string((a + 1) % queues)},
         .capacity = 5,
         .supervisor = false});
  }
  site.does(start, cmd::ApplySettings{.settings = settings, .replaces_version = 0});
  std::vector<Interval> open;
  for (int day = 0; day < 400; ++day) {
    open.push_back(
        {.open = start + std::chrono::days{day}, .close = start + std::chrono::days{day} + std::chrono::hours{20}});
  }
  for (std::uint32_t q = 1; q <= queues; ++q) {
    site.does(start,
              cmd::SetCalendar{.queue = QueueId{q}, .effective_from = start, .open = open, .tzdata_version = "bench"});
  }
  // Four weeks of marks, as in a service that has long been at work.
  for (int hour = 1; hour <= 28 * 24; ++hour) site.does(start + std::chrono::hours{hour}, cmd::Tick{});
  const Instant now = start + std::chrono::days{28} + std::chrono::hours{1};
  for (std::uint32_t a = 1; a <= agents; ++a) {
    site.does(now, cmd::AgentHello{.agent = AgentId{a}, .connection = {.node = 1, .incarnation = 1, .number = a}});
    site.does(now, cmd::SetStatus{.agent = AgentId{a}, .status = AgentStatus::online});
  }
  for (std::uint64_t v = 1; v <= conversations; ++v) {
    const Instant at = now + Millis{v};
    site.does(at, cmd::Start{.visitor = random_id(2 * v),
                             .conversation = random_id(2 * v + 1),
                             .queue = QueueId{static_cast<std::uint32_t>(v % queues + 1)},
                             .connection = ConnectionId{.node = 1, .incarnation = 1, .number = 1'000'000 + v},
                             .facts = {},
                             .bot_first = false});
    site.does(at, cmd::Post{.sender = Sender::of_visitor(random_id(2 * v)),
                            .conversation = random_id(2 * v + 1),
                            .author = Author::visitor,
                            .stream = "w1",
                            .n = 1,
                            .text = "Where is my parcel?"});
    const Conversation& chat = *site.state().find(random_id(2 * v + 1));
    if (chat.offer) site.does(at, cmd::Accept{.agent = chat.offer->agent, .conversation = chat.public_id});
  }
}

// Of this thread alone: what else the machine does is no matter.
double cpu_ms() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e3 + static_cast<double>(at.tv_nsec) / 1e6;
}

double ms_of(auto work) {
  const double begun = cpu_ms();
  work();
  return cpu_ms() - begun;
}

struct Cost {
  double median = 0;
  double best = 0;
  double longest_slice = 0;  // of the scrape where that was shortest
  std::size_t slices = 0;
  std::size_t bytes = 0;
};

Cost cost_of_scrape(const Site& site) {
  const Instant now = site.state().now + std::chrono::seconds{5};
  Cost cost;
  std::array<double, 15> scrapes{};
  std::array<double, 15> longest{};
  for (std::size_t i = 0; i < scrapes.size(); ++i) {
    cost.slices = 0;
    const auto slice = [&](auto work) {
      const double took = ms_of(work);
      scrapes[i] += took;
      longest[i] = std::max(longest[i], took);
      ++cost.slices;
    };
    std::unique_ptr<monitor::Scrape> scrape;
    slice([&] { scrape = site.monitor().begin_scrape(site.state(), now); });
    for (bool more = true; more;) slice([&] { more = scrape->step(); });
    slice([&] {
      cost.bytes = scrape->take().size();
      scrape.reset();
    });
  }
  cost.longest_slice = std::ranges::min(longest);
  std::ranges::sort(scrapes);
  cost.median = scrapes[7];
  cost.best = scrapes[0];
  return cost;
}

void measure_looks(Site& site) {
  const Instant now = site.state().now + std::chrono::seconds{5};
  std::vector<double> looks;
  for (int i = 0; i < 1000; ++i) {
    looks.push_back(ms_of([&] {
      for (const std::string& broken : site.monitor().observe_lag(0, site.state(), now)) {
        std::printf("BROKEN: %s\n", broken.c_str());
      }
    }));
  }
  std::ranges::sort(looks);
  std::printf("a look at the next part of the state: %.3f ms (median), %.3f ms (one in a hundred)\n", looks[500],
              looks[990]);
}

}  // namespace

int main() {
  bool good = true;
  std::printf("%u queues, %llu live conversations, %u agents\n", queues, static_cast<unsigned long long>(conversations),
              agents);
  for (const bool full : {false, true}) {
    Site site(full ? four_weeks_of_chats() : std::vector<archive::Sample>());
    fill(site);
    const Cost cost = cost_of_scrape(site);
    std::printf("%s: a scrape of %zu bytes takes %.1f ms (median; best %.1f); the longest of %zu slices %.2f ms\n",
                full ? "four weeks of history" : "no history", cost.bytes, cost.median, cost.best, cost.slices,
                cost.longest_slice);
    if (cost.best > most_ms || cost.longest_slice > most_slice_ms) {
      std::printf("TOO MUCH: at most %.0f ms, and %.0f in one slice\n", most_ms, most_slice_ms);
      good = false;
    }
    if (full) measure_looks(site);
  }
  return good ? 0 : 1;
}

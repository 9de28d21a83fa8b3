// What the core alone costs, and how that grows with the number of live conversations. Run by hand or by
// tests/speed/core_speed.sh, which checks the growth; docs/performance.md has the figures.
#include <benchmark/benchmark.h>

#include <random>

#include "service/core/decide.hpp"
#include "service/core/evolve.hpp"

namespace {

using namespace heti;
using namespace heti::core;
namespace cmd = heti::core::command;

const Instant start = instant_from_ms(1'780'293'600'000);

PublicId random_id(std::uint64_t n) {  // as random as the gateway's, but the same each time
  std::mt19937_64 random(n);
  return {.high = random(), .low = random()};
}

void must(const Decision& decision) {
  if (std::holds_alternative<Refused>(decision.answer)) std::abort();
}

Settings settings_of(std::size_t agents, std::uint32_t capacity) {
  Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support"});
  settings.queues[0].wrapup = Millis{0};
  // Nothing is due while it is measured, so that only the work in question is.
  settings.queues[0].first_response.threshold = settings.queues[0].reply.threshold = std::chrono::hours{20};
  settings.queues[0].offer_timeout = std::chrono::hours{20};
  for (std::size_t i = 0; i < agents; ++i) {
    settings.agents.push_back({.name = "agent" + std::to_string(i),
                               .display_name = "Agent",
                               .queues = {"support"},
                               .capacity = capacity,
                               .supervisor = false,
                               .skills = {}});
  }
  return settings;
}

State desk(std::size_t agents, std::uint32_t capacity) {
  State state;
  must(decide(state, start, cmd::ApplySettings{.settings = settings_of(agents, capacity), .replaces_version = 0}));
  must(decide(state, start,
              cmd::SetCalendar{.queue = QueueId{1},
                               .effective_from = start,
                               .open = {{.open = start, .close = start + std::chrono::days{300}}},
                               .tzdata_version = "bench"}));
  for (std::uint32_t i = 1; i <= agents; ++i) {
    must(decide(state, start,
                cmd::AgentHello{.agent = AgentId{i}, .connection = {.node = 1, .incarnation = 1, .number = i}}));
    must(decide(state, start, cmd::SetStatus{.agent = AgentId{i}, .status = AgentStatus::online}));
  }
  return state;
}

void visitor_writes(State& state, std::uint64_t v, Instant at, std::uint64_t n) {
  if (n == 1) {
    must(decide(state, at,
                cmd::Start{.visitor = random_id(2 * v),
                           .conversation = random_id(2 * v + 1),
                           .queue = QueueId{1},
                           .connection = ConnectionId{.node = 1, .incarnation = 1, .number = 1'000'000 + v},
                           .facts = {},
                           .bot_first = false}));
  }
  must(decide(state, at,
              cmd::Post{.sender = Sender::of_visitor(random_id(2 * v)),
                        .conversation = random_id(2 * v + 1),
                        .author = Author::visitor,
                        .stream = "w1",
                        .n = n,
                        .text = "Where is my parcel? It should have been here yesterday."}));
}

// `live` conversations, as many of them in the hands of agents as there are slots; the others wait.
State full_house(std::size_t live, std::size_t agents, std::uint32_t capacity) {
  State state = desk(agents, capacity);
  for (std::uint64_t v = 1; v <= live; ++v) {
    visitor_writes(state, v, start + Millis{1000}, 1);
    const Conversation& chat = *state.find(random_id(2 * v + 1));
    if (chat.offer)
      must(
          decide(state, start + Millis{1000}, cmd::Accept{.agent = chat.offer->agent, .conversation = chat.public_id}));
  }
  return state;
}

// A posted message: decide and evolve, as in production; the visitors take turns.
void PostedMessage(benchmark::State& bench) {
  const auto live = static_cast<std::uint64_t>(bench.range(0));
  State state = full_house(live, 200, 5);
  std::vector<std::pair<PublicId, PublicId>> ids;
  for (std::uint64_t v = 1; v <= live; ++v) ids.emplace_back(random_id(2 * v), random_id(2 * v + 1));
  std::uint64_t next = 0;
  std::uint64_t n = 2;
  const cmd::Post pattern{.sender = {},
                          .conversation = {},
                          .author = Author::visitor,
                          .stream = "w1",
                          .n = 0,
                          .text = "Where is my parcel? It should have been here yesterday."};
  Command command = pattern;
  for (auto _ : bench) {
    auto& post = std::get<cmd::Post>(command);
    post.sender.visitor = ids[next].first;
    post.conversation = ids[next].second;
    post.n = n;
    Decision decision = decide(state, start + Millis{2000}, command);
    benchmark::DoNotOptimize(decision);
    if (++next == live) {
      next = 0;
      ++n;
    }
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(PostedMessage)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Iterations(200'000);

// An agent closes a chat, which gives the slot to the first of those who wait; the agent accepts; a visitor comes.
void Assignment(benchmark::State& bench) {
  const auto agents = static_cast<std::size_t>(bench.range(0));
  State state = full_house(agents + static_cast<std::size_t>(bench.range(1)), agents, 1);
  std::uint64_t v = 10'000'000;
  Instant at = start + Millis{2000};
  std::uint32_t turn = 0;
  for (auto _ : bench) {
    const Agent& agent = state.agents.at(AgentId{1 + turn++ % static_cast<std::uint32_t>(agents)});
    const PublicId chat = state.conversations.at(agent.engagements.begin()->second.conversation).public_id;
    Decision closed =
        decide(state, at, cmd::Close{.sender = Sender::of_agent(agent.id), .conversation = chat, .spam = false});
    const PublicId next = state.conversations.at(*agent.offers.begin()).public_id;
    Decision accepted = decide(state, at, cmd::Accept{.agent = agent.id, .conversation = next});
    benchmark::DoNotOptimize(closed);
    benchmark::DoNotOptimize(accepted);
    visitor_writes(state, ++v, at, 1);  // So that as many wait as before.
  }
}
BENCHMARK(Assignment)
    ->Args({10, 10'000})
    ->Args({100, 10'000})
    ->Args({1'000, 10'000})
    ->Args({1'000, 1'000})
    ->Iterations(5'000);

// A tick when nothing is due.
void Tick(benchmark::State& bench) {
  const auto live = static_cast<std::size_t>(bench.range(0));
  State state = full_house(live, 200, 5);
  for (auto _ : bench) {
    Decision decision = decide(state, start + Millis{2000}, cmd::Tick{});
    benchmark::DoNotOptimize(decision);
  }
}
BENCHMARK(Tick)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Iterations(1'000'000);

}  // namespace

BENCHMARK_MAIN();

#pragma once
// Lives for the tests of what is told of them.
#include <random>
#include <string>
#include <vector>

#include "service/explain_story.hpp"
#include "tests/unit/archive_desk.hpp"

namespace heti::explaining::test {

using namespace core;
using archive::test::BusyDesk;
using archive::test::Window;
using journal::test::TempDirectory;
using tests::Desk;
using tests::public_id;
namespace cmd = core::command;

inline JournalView view_of(const journal::Journal& journal) {
  return {.history = journal.history(),
          .read = [&journal](journal::Position after, const auto& each) { return journal.read(after, each); }};
}

inline std::string id_of(std::uint64_t visitor) { return to_string(public_id(1000 + visitor)); }

// Settings of a queue whose zone is Helsinki's.
inline void in_helsinki(Settings& all) { all.queues[0].schedule.timezone = "Europe/Helsinki"; }

// A life at random: hours that come and go, agents who come and go, visitors who leave and return, downtime.
inline void live_at_random(Desk& desk, std::uint32_t seed, int steps) {
  std::mt19937 random(seed);
  const auto pick = [&random](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::vector<std::string> agents{"aino", "eero", "ville"};
  Millis t{1000};
  for (int step = 0; step < steps; ++step) {
    t += Millis{pick(20) == 0 ? pick(900'000) : pick(9'000)};
    std::uint64_t v = 1 + pick(6);
    const std::string& name = agents[pick(3)];
    for (std::uint64_t other = 1; other <= 6 && pick(2) == 0; ++other) {  // Whoever is offered something, mostly.
      if (desk.core.state().find(public_id(1000 + other)) != nullptr && !desk.offered_to(other).empty()) v = other;
    }
    const bool known = desk.core.state().find(public_id(1000 + v)) != nullptr;
    const Instant now = desk.start + t;
    switch (pick(15)) {
      case 0:
      case 1:
      case 2: desk.says(v, t, std::string(pick(40) + 1, 'x')); break;
      case 3:
        if (known && !desk.chat(v).connections.empty()) desk.leaves(v, t);
        break;
      case 4:
        if (known && desk.chat(v).connections.empty()) desk.returns(v, t);
        break;
      case 5:
      case 6:
        if (known && !desk.offered_to(v).empty()) {
          const std::string offered = desk.offered_to(v);
          pick(4) == 0 ? desk.declines(offered, v, t) : desk.accepts(offered, v, t);
        }
        break;
      case 7:
      case 8:
        if (known && !desk.held_by(v).empty()) desk.answers(desk.held_by(v), v, t);
        break;
      case 9:
        if (known && !desk.held_by(v).empty()) desk.closes(desk.held_by(v), v, t);
        break;
      case 10:
      case 13:
      case 14:
        if (desk.agent_state(name).status != AgentStatus::online) {
          desk.ready(name, t);
        } else if (pick(4) == 0) {
          desk.drops(name, t);
        }
        break;
      case 11: {
        std::vector<Interval> open;
        for (Instant from = now + Millis{pick(1'200'000)}; from < now + 2h; from += Millis{pick(2'400'000) + 1}) {
          const Instant to = from + Millis{pick(2'400'000) + 60'000};
          open.push_back({from, to});
          from = to;
        }
        desk.hours(t, pick(2) == 0 ? open : std::vector<Interval>{{now, now + std::chrono::days{500}}});
        break;
      }
      case 12:
        if (pick(6) == 0) {
          desk.tick(t);
          desk.core.get<Done>(now + 90s, cmd::ResumeService{.alive_until = now, .node = 1, .incarnation = 2});
          t += Millis{90'000};
        } else if (known && desk.chat(v).state == ConversationState::assigned) {
          desk.core.at(
              now, cmd::Transfer{
                       .agent = *desk.chat(v).agent, .conversation = public_id(1000 + v), .to_queue = std::nullopt});
        }
        break;
    }
  }
}

}  // namespace heti::explaining::test

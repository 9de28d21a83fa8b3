// Random desks from a printed seed: any order of wishes leaves every invariant standing (the driver asks after each),
// replay gives the same bytes, and the counts add up.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

enum class From { this_node, another_node };

void live_through(std::uint64_t seed, From from) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  Desk desk([&](Settings& s) {
    s.queues[0].mode = static_cast<RoutingMode>(pick(3));
    s.queues[0].after_hours = static_cast<AfterHours>(pick(3));
    s.queues[0].min_agents = static_cast<std::uint32_t>(pick(3));
    s.queues[0].wrapup = pick(4) == 0 ? Millis{0} : Millis{60s};
  });
  const std::array<std::string, 3> agents{"aino", "eero", "ville"};
  if (from == From::another_node) desk.core.ask_from_another_node();
  Millis t{0};
  std::map<std::string, bool> connected;
  for (int step = 0; step < 250; ++step) {
    t += Millis{static_cast<std::int64_t>(pick(6) == 0 ? pick(90'000) : pick(4'000))};
    const std::string& agent = agents[pick(3)];
    const std::uint64_t visitor = 1 + pick(6);
    const bool known = desk.core.state().find(public_id(1000 + visitor)) != nullptr;
    switch (pick(14)) {
      case 0:
        desk.connects(agent, t);
        connected[agent] = true;
        break;
      case 1:
        if (connected[agent]) desk.drops(agent, t);
        break;
      case 2:
      case 3:
        if (connected[agent]) {
          desk.core.at(desk.start + t, cmd::SetStatus{.agent = desk.agent(agent), .status = AgentStatus::online});
        }
        break;
      case 4:
        desk.core.at(desk.start + t,
                     cmd::SetStatus{.agent = desk.agent(agent), .status = static_cast<AgentStatus>(pick(5))});
        break;
      case 5:
      case 6: desk.says(visitor, t); break;
      case 7:
        if (known) desk.leaves(visitor, t);
        break;
      case 8:
        if (known) desk.returns(visitor, t);
        break;
      case 9: desk.accepts(agent, visitor, t); break;
      case 10: pick(2) == 0 ? desk.declines(agent, visitor, t) : desk.closes(agent, visitor, t); break;
      case 11:
        desk.core.at(desk.start + t, cmd::Post{.sender = Sender::of_agent(desk.agent(agent)),
                                               .conversation = public_id(1000 + visitor),
                                               .author = Author::agent,
                                               .stream = "",
                                               .n = 0,
                                               .text = "answer"});
        break;
      case 12:
        if (pick(4) == 0) {
          desk.hours(t, pick(2) == 0 ? std::vector<Interval>{}
                                     : std::vector<Interval>{{.open = desk.start + t + Millis{5000},
                                                              .close = desk.start + t + Millis{900'000}}});
        } else {
          desk.core.at(desk.start + t,
                       cmd::Transfer{.agent = desk.agent(agent), .conversation = public_id(1000 + visitor)});
        }
        break;
      case 13:
        if (pick(6) != 0) break;
        t += Millis{30'000};
        desk.core.get<Done>(desk.start + t, cmd::ResumeService{.alive_until = desk.start + t - Millis{20'000},
                                                               .node = 1,
                                                               .incarnation = static_cast<std::uint64_t>(step)});
        connected.clear();
        break;
    }
  }
  desk.tick(t + 48h);
  desk.core.expect_replay_gives_the_same_bytes();

  std::map<ContactId, int> verdicts;
  for (const auto& verdict : desk.core.all<event::VerdictGiven>()) {
    if (verdict.sla == Sla::first_response) ++verdicts[verdict.contact];
  }
  std::size_t live = 0;
  for (const auto& [id, conversation] : desk.core.state().conversations) live += conversation.contact ? 1 : 0;
  for (const auto& [contact, count] : verdicts) EXPECT_EQ(count, 1) << "contact " << contact.value();
  const std::size_t contacts = desk.core.all<event::ContactQueued>().size();
  EXPECT_EQ(desk.core.all<event::ContactEnded>().size() + live, contacts);
  EXPECT_GE(verdicts.size() + live, contacts);
  Instant last;
  for (const Event& event : desk.core.events()) {
    EXPECT_GE(event.at, last);
    last = event.at;
  }
}

TEST(RandomTest, AnyOrderOfWishesKeepsEveryInvariant) {
  for (std::uint64_t seed = 1; seed <= 1000 && !testing::Test::HasFailure(); ++seed) {
    live_through(seed, From::this_node);
  }
}

// A node that only follows finds the same answers by the events alone.
TEST(RandomTest, AskedFromAnotherNodeEveryAnswerIsTheSameThere) {
  for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
    live_through(seed, From::another_node);
  }
}

}  // namespace
}  // namespace heti::tests

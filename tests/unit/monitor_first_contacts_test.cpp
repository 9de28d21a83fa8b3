// Whether visitors came back within seven days: by hand, against a naive count, and across restarts.
#include <chrono>
#include <random>
#include <thread>

#include "service/core/evolve.hpp"
#include "service/core/timers.hpp"
#include "service/monitor/first_contacts.hpp"
#include "service/monitor/history.hpp"
#include "tests/core/desk.hpp"
#include "tests/unit/journal_lots.hpp"
#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

using archive::Sample;
using archive::SampleKind;
using monitor::FirstContactJudged;
using monitor::FirstContacts;
using monitor::FirstContactVerdict;

constexpr Instant noon = instant_from_ms(1'780'315'200'000);  // 2026-06-01T12:00:00Z
constexpr Millis week = std::chrono::days{7};
constexpr FirstContactJudged resolved{.queue = Desk::queue, .verdict = FirstContactVerdict::resolved};
constexpr FirstContactJudged repeat{.queue = Desk::queue, .verdict = FirstContactVerdict::repeat};
using Judged = std::vector<FirstContactJudged>;

Sample sample_of(SampleKind kind, Instant at, std::uint64_t visitor, core::QueueId queue = Desk::queue) {
  Sample sample;
  sample.at = at;
  sample.queue = queue;
  sample.visitor = public_id(visitor);
  sample.kind = kind;
  return sample;
}
Sample comes(Instant at, std::uint64_t visitor, core::QueueId queue = Desk::queue) {
  return sample_of(SampleKind::contact, at, visitor, queue);
}
Sample ends(Instant at, std::uint64_t visitor, Outcome outcome = Outcome::answered) {
  Sample sample = sample_of(SampleKind::ended, at, visitor);
  sample.outcome = outcome;
  return sample;
}

TEST(MonitorFirstContactsTest, TheLastMillisecondOfSevenDaysIsStillWithin) {
  FirstContacts within;
  within.take(comes(noon, 1));
  within.take(ends(noon + 5min, 1));
  EXPECT_EQ(within.take_judged(), Judged{});
  within.take(comes(noon + 5min + week, 1));
  EXPECT_EQ(within.take_judged(), Judged{repeat});

  FirstContacts after;
  after.take(ends(noon, 1));
  after.advance(noon + week);
  EXPECT_EQ(after.take_judged(), Judged{});
  after.take(comes(noon + week + 1ms, 1));
  EXPECT_EQ(after.take_judged(), Judged{resolved});
  after.advance(noon + 3 * week);
  EXPECT_EQ(after.take_judged(), Judged{}) << "the second contact has not ended";
}

TEST(MonitorFirstContactsTest, AnotherVisitorAndAnotherQueueAreNoRepeat) {
  FirstContacts contacts;
  contacts.take(ends(noon, 1));
  contacts.take(comes(noon + 1h, 2));
  contacts.take(comes(noon + 1h, 1, core::QueueId{Desk::queue.value() + 1}));
  EXPECT_EQ(contacts.take_judged(), Judged{});
  contacts.advance(noon + week + 1ms);
  EXPECT_EQ(contacts.take_judged(), Judged{resolved});
}

TEST(MonitorFirstContactsTest, OnlyAnsweredContactsAreJudged) {
  FirstContacts contacts;
  for (const Outcome outcome : {Outcome::abandoned, Outcome::missed, Outcome::spam, Outcome::outbound}) {
    contacts.take(ends(noon, 1, outcome));
  }
  contacts.take(comes(noon + 1h, 1));
  contacts.advance(noon + 2 * week);
  EXPECT_EQ(contacts.take_judged(), Judged{});
}

// What the rule says, for each end by itself.
Judged naive(const std::vector<Sample>& samples, Instant until) {
  std::vector<std::pair<Instant, FirstContactJudged>> all;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& end = samples[i];
    if (end.kind != SampleKind::ended || end.outcome != Outcome::answered) continue;
    FirstContactJudged judged{.queue = end.queue, .verdict = FirstContactVerdict::resolved};
    for (std::size_t j = i + 1; j < samples.size(); ++j) {
      const Sample& next = samples[j];
      if (next.kind != SampleKind::contact || next.visitor != end.visitor || next.queue != end.queue) continue;
      if (next.at - end.at <= week) judged.verdict = FirstContactVerdict::repeat;
      if (next.at <= until || judged.verdict == FirstContactVerdict::resolved) break;
    }
    if (judged.verdict == FirstContactVerdict::repeat || end.at + week < until) all.emplace_back(end.at, judged);
  }
  Judged sorted;
  for (const auto& [at, judged] : all) sorted.push_back(judged);
  std::ranges::sort(sorted, {}, [](const FirstContactJudged& one) { return std::pair(one.queue, one.verdict); });
  return sorted;
}

TEST(MonitorFirstContactsTest, ItAgreesWithTheRuleTakenByItself) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Sample> samples;
    Instant at = noon;
    for (int i = 0; i < 120; ++i) {
      at += Millis{random() % (i % 10 == 0 ? 500'000'000U : 40'000'000U)};
      const std::uint64_t visitor = 1 + random() % 5;
      const core::QueueId queue{1 + static_cast<std::uint32_t>(random() % 2)};
      Sample sample = random() % 2 == 0 ? comes(at, visitor, queue) : ends(at, visitor);
      sample.queue = queue;
      if (random() % 4 == 0) sample.outcome = Outcome::abandoned;
      samples.push_back(sample);
    }
    FirstContacts contacts;
    for (const Sample& sample : samples) contacts.take(sample);
    contacts.advance(at + 2h);
    Judged judged = contacts.take_judged();
    std::ranges::sort(judged, {}, [](const FirstContactJudged& one) { return std::pair(one.queue, one.verdict); });
    EXPECT_EQ(judged, naive(samples, at + 2h)) << "seed " << seed;
    EXPECT_GT(judged.size(), 10u);
  }
}

// One chat from the first word to the end of its notes. Each conversation of a visitor has an id of its own.
void is_served(Desk& desk, std::uint64_t visitor, std::uint64_t conversation, Millis t) {
  const PublicId id = public_id(conversation);
  const auto at = [&](Millis later) { return desk.start + t + later; };
  if (desk.core.state().find(id) == nullptr) {
    desk.core.get<ConversationView>(
        at(0s), cmd::Start{.visitor = public_id(visitor),
                           .conversation = id,
                           .queue = Desk::queue,
                           .connection = ConnectionId{.node = 1, .incarnation = 1, .number = conversation},
                           .facts = {},
                           .bot_first = false});
  }
  const AgentId agent = desk.agent("aino");
  const auto post = [&](Sender sender, Author author, Millis later) {
    return desk.core.get<Posted>(
        at(later),
        cmd::Post{.sender = sender, .conversation = id, .author = author, .stream = "", .n = 0, .text = "hi"});
  };
  post(Sender::of_visitor(public_id(visitor)), Author::visitor, 0s);
  desk.core.get<Done>(at(5s), cmd::Accept{.agent = agent, .conversation = id});
  post(Sender::of_agent(agent), Author::agent, 20s);
  desk.core.get<Done>(at(60s), cmd::Close{.sender = Sender::of_agent(agent), .conversation = id, .spam = false});
  desk.tick(t + 200s);
}

// What a process says that lives through lots [from, to) and is last looked at at `now`.
Judged lives(const Desk& desk, archive::Archive& archive, const std::vector<Lot>& lots, std::size_t from,
             std::size_t to, Instant now, const State& recovered) {
  const Instant begin = from == 0 ? Instant{} : lots[from - 1].at;
  monitor::HistoryKeeper keeper;
  keeper.begin(recovered, begin);
  keeper.ask(archive, from == 0 ? journal::Position{0} : lots[from - 1].position, from == 0 ? lots[0].at : begin,
             nullptr);
  for (std::size_t i = from; i < to; ++i) keeper.on_durable(lots[i].events, desk.core.state(), lots[i].at);
  for (int tries = 0; keeper.history() == nullptr && tries < 5000; ++tries) {
    std::this_thread::sleep_for(1ms);
    keeper.look(now);
  }
  EXPECT_NE(keeper.history(), nullptr);
  keeper.look(now);
  return keeper.take_judged();
}

TEST(MonitorFirstContactsTest, ARestartAtAnyPlaceNeitherLosesNorDoublesAVerdict) {
  Desk desk;
  desk.ready("aino", 0s);
  is_served(desk, 1, 101, 10s);
  is_served(desk, 2, 201, 1h);
  is_served(desk, 1, 101, 2h);  // A reopening is a coming back, too.
  is_served(desk, 2, 202, 72h);
  is_served(desk, 3, 301, 100h);
  is_served(desk, 1, 102, 9 * 24h);
  const Instant end = desk.start + 20 * 24h;
  const std::vector<Lot> lots = lots_of(desk.core.journal());
  const auto rows = archive::open_memory(desk.core.journal());
  ASSERT_TRUE(rows.has_value()) << rows.error();
  const Judged whole = lives(desk, **rows, lots, 0, lots.size(), end, State());
  EXPECT_EQ(whole, (Judged{repeat, repeat, resolved, resolved, resolved, resolved}));
  State state;
  for (std::size_t cut = 1; cut <= lots.size(); ++cut) {
    Judged parts = lives(desk, **rows, lots, 0, cut, lots[cut - 1].at, State());
    for (const Event& event : lots[cut - 1].events) core::evolve(state, event);
    core::reindex_all(state);
    const Judged rest = lives(desk, **rows, lots, cut, lots.size(), end, state);
    parts.insert(parts.end(), rest.begin(), rest.end());
    EXPECT_EQ(parts, whole) << "cut after batch " << cut << " of " << lots.size();
  }
}

TEST(MonitorFirstContactsTest, TheyAreCountedByQueueAsTheyAreJudged) {
  World world;
  const auto count = [](const Samples& s, const char* verdict) {
    return s("heti_first_contact_verdicts_total", {{"queue", "support"}, {"verdict", verdict}});
  };
  world.comes(monday, aino);
  for (const std::uint64_t visitor : {1, 2}) {
    world.writes(monday + visitor * 100s, visitor);
    world.accepts(monday + visitor * 100s + 5s, aino, visitor);
    world.answers(monday + visitor * 100s + 9s, aino, visitor);
    world.ends(monday + visitor * 100s + 20s, aino, visitor);
    world.is_done(monday + visitor * 100s + 21s, aino, visitor);
  }
  world.says(monday + 400s, 1);
  const Samples s = world.scrape(monday + 400s);
  EXPECT_EQ(count(s, "repeat"), 1);
  EXPECT_EQ(count(s, "resolved"), 0);
  EXPECT_EQ(s("heti_survey_invitations_total", {{"queue", "support"}, {"survey", "csat"}}), 2);
  world.tick(monday + 8 * 24h);
  EXPECT_EQ(count(world.scrape(monday + 8 * 24h), "resolved"), 1);
}

}  // namespace
}  // namespace heti::tests

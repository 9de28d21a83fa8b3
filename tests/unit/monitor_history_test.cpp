// The history of four weeks: the same figures whether a process lived through them or was told by the archive.
#include <chrono>
#include <thread>

#include "service/archive/archive.hpp"
#include "service/core/evolve.hpp"
#include "service/core/timers.hpp"
#include "service/monitor/history.hpp"
#include "tests/core/desk.hpp"
#include "tests/unit/journal_lots.hpp"

namespace heti::tests {
namespace {

using archive::Sample;
using archive::SampleKind;
using monitor::History;
using monitor::HistoryKeeper;
using monitor::QueueHistory;

constexpr Instant noon = instant_from_ms(1'780'315'200'000);  // 2026-06-01T12:00:00Z

Sample verdict(Instant at, Verdict given, Sla sla = Sla::first_response) {
  Sample sample;
  sample.at = at;
  sample.queue = Desk::queue;
  sample.kind = SampleKind::verdict;
  sample.sla = sla;
  sample.verdict = given;
  return sample;
}

Sample contact(Instant at) {
  Sample sample;
  sample.at = at;
  sample.queue = Desk::queue;
  sample.kind = SampleKind::contact;
  return sample;
}

Sample handled(Instant at, Millis value) {
  Sample sample;
  sample.at = at;
  sample.queue = Desk::queue;
  sample.kind = SampleKind::handle;
  sample.value = value;
  return sample;
}

Sample waited(Instant at, std::uint64_t conversation, Millis value) {
  Sample sample;
  sample.at = at;
  sample.queue = Desk::queue;
  sample.conversation = ConversationId{conversation};
  sample.kind = SampleKind::wait;
  sample.answered = true;
  sample.value = value;
  return sample;
}

// Gives its answers when the test says so.
class SlowArchive final : public archive::Archive {
 public:
  void transcript(PublicId, std::uint64_t, std::uint32_t, OnTranscript) override { FAIL() << "nobody asks this"; }
  void closed_chats(std::vector<std::string>, std::uint32_t, OnRecords) override { FAIL() << "nobody asks this"; }
  void samples(Instant from, journal::Position position, OnSamples done) override {
    since = from;
    until = position;
    asked.push_back(std::move(done));
  }
  journal::Position position() const override { return {}; }
  std::optional<std::string> error() const override { return std::nullopt; }

  Instant since;
  journal::Position until;
  std::vector<OnSamples> asked;
};

TEST(MonitorHistoryTest, AVerdictBelongsToTheQuarterInWhichItWasGiven) {
  QueueHistory history;
  history.take(verdict(noon - 1ms, Verdict::good));
  history.take(verdict(noon, Verdict::bad));
  history.take(verdict(noon + 1ms, Verdict::excluded));
  history.take(verdict(noon + 15min, Verdict::good));
  history.take(verdict(noon + 15min, Verdict::bad, Sla::reply));
  const auto since = [&](Instant from) { return history.verdicts(Sla::first_response, from); };
  EXPECT_EQ(since(noon - 15min), (monitor::VerdictCounts{.good = 2, .bad = 1, .excluded = 1}));
  EXPECT_EQ(since(noon - 1ms), since(noon - 15min));
  EXPECT_EQ(since(noon), (monitor::VerdictCounts{.good = 1, .bad = 1, .excluded = 1}));
  EXPECT_EQ(since(noon + 14min), since(noon));
  EXPECT_EQ(since(noon + 15min), (monitor::VerdictCounts{.good = 1, .bad = 0, .excluded = 0}));
  EXPECT_EQ(since(noon + 30min).judged(), 0u);
  EXPECT_EQ(history.verdicts(Sla::reply, noon), (monitor::VerdictCounts{.good = 0, .bad = 1, .excluded = 0}));
}

TEST(MonitorHistoryTest, OneThatComesLateIsCountedInItsOwnQuarter) {
  QueueHistory history;
  history.take(contact(noon + 15min));
  history.take(contact(noon - 1min));
  history.take(contact(noon + 16min));
  EXPECT_EQ(history.contacts(noon - 15min, noon), 1u);
  EXPECT_EQ(history.contacts(noon, noon + 15min), 0u);
  EXPECT_EQ(history.contacts(noon + 15min, noon + 30min), 2u);
}

TEST(MonitorHistoryTest, FourWeeksEndAtAQuarter) {
  QueueHistory history;
  history.take(verdict(noon + 7min, Verdict::bad));
  const auto judged = [&](Instant now) {
    return history.verdicts(Sla::first_response, now - monitor::four_weeks).judged();
  };
  EXPECT_EQ(judged(noon + 10min), 1u);
  EXPECT_EQ(judged(noon + 28 * 24h + 15min - 1ms), 1u);
  EXPECT_EQ(judged(noon + 28 * 24h + 15min), 0u);
}

TEST(MonitorHistoryTest, WhatIsOlderIsForgottenAndTheRestStays) {
  QueueHistory history;
  const int quarters = 40 * 96;
  for (int quarter = 0; quarter < quarters; ++quarter) history.take(contact(noon + quarter * 15min));
  const Instant now = noon + quarters * 15min;
  EXPECT_EQ(history.contacts(now - monitor::four_weeks, now), 28u * 96u);
  EXPECT_LT(history.contacts(Instant{}, now), 30u * 96u);
  EXPECT_EQ(history.arrivals(now - 1h).size(), 4u);
  EXPECT_EQ(history.arrivals(Instant{}).size(), 21u) << "5 h, both ends";
}

TEST(MonitorHistoryTest, HandleTimesAreTheLatestFiveHundredOfFourWeeks) {
  QueueHistory history;
  history.take(handled(noon, 1000s));
  EXPECT_EQ(history.handle_times(noon).mean_seconds(), 1000);
  EXPECT_EQ(history.handle_times(noon + 15min).mean_seconds(), std::nullopt);
  for (int i = 0; i < 500; ++i) history.take(handled(noon + 1min, i < 250 ? 100s : 300s));
  EXPECT_EQ(history.handle_times(noon).count(), 500u);
  EXPECT_NEAR(history.handle_times(noon).mean_seconds().value(), 200, 1e-9);
}

TEST(MonitorHistoryTest, TheTypingTimeIsTheMedianFromAcceptToAnswer) {
  QueueHistory history;
  const auto served = [&](std::uint64_t id, Millis wait, Millis answer, Verdict given) {
    history.take(waited(noon + wait, id, wait));
    Sample judged = verdict(noon + answer, given);
    judged.conversation = ConversationId{id};
    judged.value = answer;
    history.take(judged);
  };
  for (std::uint64_t id = 1; id <= 19; ++id) served(id, 10s, 10s + Millis{1000 * id}, Verdict::good);
  EXPECT_EQ(history.typing_median(noon), std::nullopt) << "too few";
  served(20, 10s, 61s, Verdict::bad);
  EXPECT_EQ(history.typing_median(noon), std::nullopt) << "the verdict is older than the answer";
  served(21, 5s, 35s, Verdict::good);
  EXPECT_EQ(history.typing_median(noon), 10'500ms) << "between 10 s and 11 s of 1 s to 19 s and 30 s";
  served(22, 0s, 40s, Verdict::good);
  EXPECT_EQ(history.typing_median(noon), 11s);
  EXPECT_EQ(history.typing_median(noon + 15min), std::nullopt);
}

TEST(MonitorHistoryTest, NothingIsKnownUntilTheArchiveHasAnsweredAndNothingIsCountedTwice) {
  Desk desk;
  HistoryKeeper keeper;
  SlowArchive archive;
  keeper.begin(State(), Instant{});
  keeper.ask(archive, journal::Position{7}, noon, nullptr);
  ASSERT_EQ(archive.asked.size(), 1u);
  EXPECT_EQ(archive.until.value(), 7u);
  EXPECT_EQ(archive.since, noon - 28 * 24h - 1h);

  desk.says(1, 0s);
  desk.tick(61s);
  keeper.on_durable(desk.core.events(), desk.core.state(), desk.start + 61s);
  EXPECT_EQ(keeper.history(), nullptr);

  archive.asked[0](std::vector<Sample>{verdict(desk.start - 24h, Verdict::good)});
  EXPECT_EQ(keeper.history(), nullptr) << "taken in by the loop only";
  keeper.look(desk.start + 62s);
  ASSERT_NE(keeper.history(), nullptr);
  const QueueHistory& history = keeper.history()->of(Desk::queue);
  EXPECT_EQ(history.verdicts(Sla::first_response, desk.start - 48h),
            (monitor::VerdictCounts{.good = 1, .bad = 1, .excluded = 0}));
  EXPECT_EQ(history.contacts(desk.start, desk.start + 15min), 1u);
  keeper.look(desk.start + 63s);
  EXPECT_EQ(history.contacts(desk.start, desk.start + 15min), 1u);
}

TEST(MonitorHistoryTest, AnArchiveThatCannotAnswerIsAskedAgain) {
  HistoryKeeper keeper;
  SlowArchive archive;
  std::vector<std::string> warnings;
  keeper.begin(State(), Instant{});
  keeper.ask(archive, journal::Position{1}, noon, [&](std::string_view sentence) { warnings.emplace_back(sentence); });
  archive.asked[0](std::unexpected("the disk is full"));
  keeper.look(noon + 1s);
  keeper.look(noon + 10'999ms);
  EXPECT_EQ(archive.asked.size(), 1u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].ends_with(": the disk is full")) << warnings[0];
  keeper.look(noon + 11s);
  ASSERT_EQ(archive.asked.size(), 2u);
  keeper.look(noon + 30s);
  EXPECT_EQ(archive.asked.size(), 2u) << "not while it is still awaited";
  EXPECT_EQ(keeper.history(), nullptr);
  archive.asked[1](std::vector<Sample>{contact(noon)});
  keeper.look(noon + 31s);
  ASSERT_NE(keeper.history(), nullptr);
  EXPECT_EQ(keeper.history()->of(Desk::queue).contacts(noon, noon + 15min), 1u);
}

// ---- A day, cut at every place

// Kept, broken and void promises, a transfer, a lost agent, an abandonment before and after an accept, a reopening
// during its wrap-up, and spam.
void play_a_day(Desk& desk) {
  desk.ready("aino", 0s);
  desk.says(1, 10s);
  desk.accepts("aino", 1, 12s);
  desk.answers("aino", 1, 20s);
  desk.says(1, 30s);
  desk.answers("aino", 1, 200s);
  desk.closes("aino", 1, 210s);
  desk.says(1, 220s);
  desk.accepts("aino", 1, 225s);
  desk.answers("aino", 1, 230s);
  desk.closes("aino", 1, 240s);
  desk.tick(400s);

  desk.says(2, 14min);
  desk.accepts("aino", 2, 14min + 5s);
  desk.core.get<Done>(desk.start + 14min + 30s,
                      cmd::Transfer{.agent = desk.agent("aino"), .conversation = public_id(1002)});
  desk.ready("eero", 15min);
  desk.accepts("eero", 2, 15min + 2s);
  desk.drops("eero", 15min + 3s);
  desk.tick(16min);
  desk.leaves(2, 17min);
  desk.tick(20min);

  desk.says(3, 30min);
  desk.leaves(3, 30min + 30s);
  desk.tick(33min);
  desk.sets("aino", AgentStatus::away, 34min);
  desk.says(4, 35min);
  desk.tick(37min);
  desk.sets("aino", AgentStatus::online, 38min);
  desk.accepts("aino", 4, 38min + 1s);
  desk.answers("aino", 4, 38min + 9s);
  desk.core.get<Done>(
      desk.start + 39min,
      cmd::Close{.sender = Sender::of_agent(desk.agent("aino")), .conversation = public_id(1004), .spam = true});
  desk.tick(39min + 20s);
  desk.tick(3h);
  desk.tick(26h);
}

TEST(MonitorHistoryTest, ARestartAtAnyPlaceOfADayChangesNothing) {
  Desk desk;
  play_a_day(desk);
  const std::vector<Lot> lots = lots_of(desk.core.journal());
  const Instant now = desk.start + 26h;
  const auto rows = archive::open_memory(desk.core.journal());
  ASSERT_TRUE(rows.has_value()) << rows.error();

  // One who was there all the time.
  HistoryKeeper witness;
  SlowArchive nothing;
  witness.begin(State(), Instant{});
  witness.ask(nothing, journal::Position{0}, now, nullptr);
  nothing.asked[0](std::vector<Sample>{});
  for (const Lot& lot : lots) witness.on_durable(lot.events, desk.core.state(), now);
  ASSERT_NE(witness.history(), nullptr);
  const QueueHistory& whole = witness.history()->of(Desk::queue);
  EXPECT_EQ(whole.verdicts(Sla::first_response, desk.start),
            (monitor::VerdictCounts{.good = 2, .bad = 2, .excluded = 1}));
  EXPECT_EQ(whole.verdicts(Sla::reply, desk.start).bad, 1u);
  EXPECT_EQ(whole.contacts(desk.start, now), 5u);
  EXPECT_EQ(whole.patience(desk.start).answered, 4u);
  EXPECT_EQ(whole.patience(desk.start).abandoned, 1u);
  EXPECT_EQ(whole.handle_times(desk.start).count(), 5u);

  State state;
  for (std::size_t cut = 0; cut <= lots.size(); ++cut) {
    if (cut > 0) {
      for (const Event& event : lots[cut - 1].events) core::evolve(state, event);
    }
    core::reindex_all(state);
    HistoryKeeper keeper;
    keeper.begin(state, now);
    keeper.ask(**rows, journal::Position{cut == 0 ? 0 : lots[cut - 1].position.value()}, now, nullptr);
    // Some batches come before the answer, as it happens.
    for (std::size_t i = cut; i < lots.size(); ++i) keeper.on_durable(lots[i].events, desk.core.state(), now);
    for (int tries = 0; keeper.history() == nullptr && tries < 5000; ++tries) {
      std::this_thread::sleep_for(1ms);
      keeper.look(now);
    }
    ASSERT_NE(keeper.history(), nullptr);
    EXPECT_TRUE(*keeper.history() == *witness.history()) << "cut after batch " << cut << " of " << lots.size();
  }
}

}  // namespace
}  // namespace heti::tests

// Samples: what a life leaves to be counted, exactly once, whoever wrote the rows and however often it was stopped.
#include <algorithm>

#include "service/archive/sample_rows.hpp"
#include "tests/unit/archive_desk.hpp"

namespace heti::archive::test {
namespace {

std::expected<std::vector<Sample>, std::string> ask_samples(Archive& archive, Instant since, journal::Position until) {
  std::promise<std::expected<std::vector<Sample>, std::string>> answer;
  archive.samples(since, until, [&answer](auto it) { answer.set_value(std::move(it)); });
  return answer.get_future().get();
}

std::vector<Sample> samples_of(Archive& archive, const journal::Journal& journal, Instant since = {}) {
  auto answer = ask_samples(archive, since, journal.tail().position);
  EXPECT_TRUE(answer.has_value()) << answer.error();
  return answer ? std::move(*answer) : std::vector<Sample>{};
}

// "360001 support 1 verdict first_response bad 60001": milliseconds since the start, conversation, what, value.
std::string told(const Sample& sample, Instant start) {
  const std::string_view slas[] = {"first_response", "reply"};
  const std::string_view verdicts[] = {"good", "bad", "excluded"};
  const std::string_view outcomes[] = {"answered", "abandoned", "missed", "spam", "outbound"};
  std::string what;
  switch (sample.kind) {
    case SampleKind::contact: what = sample.stage == Stage::reopen ? "contact reopen" : "contact first"; break;
    case SampleKind::verdict:
      what = "verdict " + std::string(slas[static_cast<std::size_t>(sample.sla)]) + " " +
             std::string(verdicts[static_cast<std::size_t>(sample.verdict)]);
      break;
    case SampleKind::handle: what = "handle"; break;
    case SampleKind::wait: what = sample.answered ? "wait answered" : "wait abandoned"; break;
    case SampleKind::ended:
      what = "ended " + std::string(outcomes[static_cast<std::size_t>(sample.outcome)]) + " " +
             std::to_string(static_cast<int>(sample.reason));
      break;
  }
  return std::to_string((sample.at - start).count()) + (sample.queue == BusyDesk::sales ? " sales " : " support ") +
         std::to_string(sample.conversation.value()) + " " + what + " " + std::to_string(sample.value.count());
}
std::vector<std::string> told(const std::vector<Sample>& samples, Instant start) {
  std::vector<std::string> out;
  for (const Sample& sample : samples) out.push_back(told(sample, start));
  return out;
}

// A reply that is late; the chat opened again, transferred, requeued, left after its target; another queue's visitor
// who is never accepted; one who left at once; spam; and a chat that an agent began.
void live_a_counted_day(BusyDesk& desk) {
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 3s);
  desk.answers("aino", 1, 9s);
  desk.says(1, 20s);
  desk.answers("aino", 1, 160s);
  desk.closes("aino", 1, 170s);
  desk.tick(240s);  // wrap-up is over

  desk.says(1, 300s);
  desk.accepts("aino", 1, 301s);
  desk.ready("eero", 302s);
  desk.sets("aino", AgentStatus::away, 303s);
  desk.transfers("aino", 1, 305s);
  ASSERT_EQ(desk.offered_to(1), "eero");
  desk.accepts("eero", 1, 310s);
  desk.drops("eero", 315s);
  desk.tick(350s);
  desk.leaves(1, 370s);
  desk.tick(440s);

  desk.starts(2, 500s, BusyDesk::sales, {});
  desk.posts(2, 500s, "s", 1, "how much?");
  desk.tick(570s);
  desk.core.get<Done>(
      desk.start + 580s,
      cmd::Close{.sender = Sender::of_visitor(public_id(2)), .conversation = public_id(1002), .spam = false});

  desk.says(3, 600s);
  desk.core.get<Done>(
      desk.start + 604s,
      cmd::Close{.sender = Sender::of_visitor(public_id(3)), .conversation = public_id(1003), .spam = false});

  desk.sets("aino", AgentStatus::online, 700s);
  desk.says(4, 701s);
  desk.accepts("aino", 4, 702s);
  desk.core.get<Done>(
      desk.start + 705s,
      cmd::Close{.sender = Sender::of_agent(desk.agent("aino")), .conversation = public_id(1004), .spam = true});
  desk.core.get<Done>(desk.start + 706s,
                      cmd::FinishWrapUp{.agent = desk.agent("aino"), .conversation = public_id(1004)});
}

// Reasons: 0 none, 1 abandoned_short, 3 abandoned_after.
const std::vector<std::string> counted_day{
    "1000 support 1 contact first 0",
    "3000 support 1 wait answered 2000",
    "9000 support 1 verdict first_response good 8000",
    "140001 support 1 verdict reply bad 120001",
    "170000 support 1 ended answered 0 169000",
    "230000 support 1 handle 227000",
    "300000 support 1 contact reopen 0",
    "301000 support 1 wait answered 1000",
    "305000 support 1 handle 4000",
    "345000 support 1 handle 5000",
    "360001 support 1 verdict first_response bad 60001",
    "430000 support 1 ended abandoned 3 70000",
    "500000 sales 2 contact first 0",
    "560001 sales 2 verdict first_response bad 60001",
    "580000 sales 2 wait abandoned 80000",
    "580000 sales 2 ended abandoned 3 80000",
    "600000 support 3 contact first 0",
    "604000 support 3 verdict first_response excluded 4000",
    "604000 support 3 wait abandoned 4000",
    "604000 support 3 ended abandoned 1 4000",
    "701000 support 4 contact first 0",
    "702000 support 4 wait answered 1000",
    "705000 support 4 verdict first_response excluded 4000",
    "705000 support 4 ended spam 0 4000",
    "706000 support 4 handle 4000",
};

TEST(ArchiveSamplesTest, EverythingThatCountsIsOneRow) {
  BusyDesk desk;
  live_a_counted_day(desk);
  const auto archive = in_memory(desk.core.journal());
  EXPECT_EQ(told(samples_of(*archive, desk.core.journal()), desk.start), counted_day);
}

// Whether a contact was accepted before, and when, must also be known to a process that did not see it.
TEST(ArchiveSamplesTest, StoppedAtAnyBatchTheRowsAreTheSame) {
  BusyDesk desk;
  live_a_counted_day(desk);
  const TempDirectory directory;
  const std::uint64_t batches = desk.core.journal().tail().position.value();
  for (std::uint64_t shown = 0; shown <= batches; ++shown) {
    Window window(desk.core.journal(), shown);
    const auto archive = open_or_fail(directory.path(), window);
    ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  }
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  EXPECT_EQ(told(samples_of(*archive, desk.core.journal()), desk.start), counted_day);
}

// An event of an older version says no handle time; then it is counted from the accept.
TEST(ArchiveSamplesTest, ARequeueThatTellsNoHandleTimeIsCountedFromTheAccept) {
  const Instant start = instant_from_ms(1'000'000);
  SampledTalk talk{.queue = BusyDesk::queue, .visitor = {}, .accepted = {}};
  const auto take = [&](Millis t, EventBody body) {
    return take_samples(talk, {.at = start + t, .body = std::move(body)});
  };
  event::ChatAssigned assigned{};
  assigned.conversation = ConversationId{7};
  EXPECT_EQ(take(1s, assigned).count, 1u);
  event::ChatRequeued requeued{};
  requeued.conversation = ConversationId{7};
  requeued.since = start + 41s;
  const SamplesOfEvent gone = take(71s, requeued);
  ASSERT_EQ(gone.count, 1u);
  EXPECT_EQ(told(gone.samples[0], start), "71000 support 7 handle 40000");
  EXPECT_EQ(take(80s, assigned).count, 0u) << "only the first accept of a contact is its wait";
}

TEST(ArchiveSamplesTest, TheBoundsAreTheInstantAndTheBatch) {
  BusyDesk desk;
  live_a_counted_day(desk);
  const auto archive = in_memory(desk.core.journal());
  const Instant bad = desk.start + Millis{360'001};
  const auto tail_of_day = [&](std::size_t from) {
    return std::vector<std::string>(counted_day.begin() + static_cast<std::ptrdiff_t>(from), counted_day.end());
  };
  EXPECT_EQ(told(samples_of(*archive, desk.core.journal(), bad), desk.start), tail_of_day(10));
  EXPECT_EQ(told(samples_of(*archive, desk.core.journal(), bad + Millis{1}), desk.start), tail_of_day(11));
  EXPECT_TRUE(samples_of(*archive, desk.core.journal(), desk.start + 1h).empty());
  // Each batch in turn adds its own and takes nothing away.
  std::vector<std::string> seen;
  for (std::uint64_t until = 0; until <= desk.core.journal().tail().position.value(); ++until) {
    const auto now = ask_samples(*archive, Instant{}, journal::Position{until});
    ASSERT_TRUE(now.has_value()) << now.error();
    const auto words = told(*now, desk.start);
    ASSERT_GE(words.size(), seen.size());
    EXPECT_TRUE(std::equal(seen.begin(), seen.end(), words.begin()));
    seen = words;
  }
  EXPECT_EQ(seen, counted_day);
}

TEST(ArchiveSamplesTest, WhoAsksForABatchThatIsNotThereYetWaitsForIt) {
  BusyDesk desk;
  live_a_counted_day(desk);
  const journal::Position end = desk.core.journal().tail().position;
  Window window(desk.core.journal(), end.value() - 1);
  auto archive = in_memory(window);
  std::promise<std::vector<std::string>> answer;
  std::atomic<int> answers = 0;
  archive->samples(Instant{}, end, [&](const auto& samples) {
    ASSERT_TRUE(samples.has_value()) << samples.error();
    if (++answers == 1) answer.set_value(told(*samples, desk.start));
  });
  auto waiting = answer.get_future();
  // Others who ask are answered meanwhile.
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  window.show(end.value());
  ASSERT_EQ(waiting.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(waiting.get(), counted_day);
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  EXPECT_EQ(answers, 1);

  std::string why;
  archive->samples(Instant{}, journal::Position{end.value() + 1}, [&](const auto& samples) {
    if (!samples) why = samples.error();
  });
  archive.reset();
  EXPECT_EQ(why, "the archive is closing");
}

TEST(ArchiveSamplesTest, WrittenAgainARowIsTheSameRow) {
  const TempDirectory directory;
  auto database = Database::open((directory.path() / "archive.db").string(), "default",
                                 [](Database&, std::int64_t) { return std::expected<void, std::string>{}; });
  ASSERT_TRUE(database.has_value()) << database.error();
  Sample sample;
  sample.at = instant_from_ms(5);
  sample.kind = SampleKind::ended;
  sample.outcome = Outcome::missed;
  sample.reason = EndReason::timeout;
  sample.value = Millis{3};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write_sample(*database, 1, journal::Position{9}, 2, sample).has_value());
  }
  ASSERT_TRUE(write_sample(*database, 2, journal::Position{9}, 2, sample).has_value());  // of another history
  const auto found = read_samples(*database, 1, instant_from_ms(5), journal::Position{9});
  ASSERT_TRUE(found.has_value()) << found.error();
  EXPECT_EQ(*found, std::vector<Sample>{sample});
}

TEST(ArchiveSamplesTest, ANewHistoryTakesTheSamplesOfTheOldOneWithIt) {
  BusyDesk desk;
  live_a_counted_day(desk);
  const TempDirectory directory;
  { ASSERT_FALSE(samples_of(*open_or_fail(directory.path(), desk.core.journal()), desk.core.journal()).empty()); }
  Window window(desk.core.journal(), everything);
  window.other_history = PublicId{.high = 1, .low = 2};
  const auto archive = open_or_fail(directory.path(), window);
  EXPECT_EQ(told(samples_of(*archive, window), desk.start), counted_day);
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM samples"),
            static_cast<std::int64_t>(counted_day.size()));
}

TEST(ArchiveSamplesTest, ARowThatCannotHaveBeenWrittenIsAnError) {
  BusyDesk desk;
  live_a_counted_day(desk);
  for (const char* damage : {"kind=9", "kind=-1", "what=7", "how=11", "value=-1"}) {
    const TempDirectory directory;
    { ASSERT_FALSE(samples_of(*open_or_fail(directory.path(), desk.core.journal()), desk.core.journal()).empty()); }
    File(directory.path()).rows(std::string("UPDATE samples SET ") + damage + " WHERE kind=4 AND at>0");
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    const auto answer = ask_samples(*archive, Instant{}, desk.core.journal().tail().position);
    ASSERT_FALSE(answer.has_value()) << damage;
    EXPECT_NE(answer.error().find("a row is damaged"), std::string::npos) << answer.error();
  }
}

}  // namespace
}  // namespace heti::archive::test

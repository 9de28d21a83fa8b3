// How long the archive takes to catch up with a busy day that it did not see.
#include <chrono>
#include <cstdio>

#include "service/core/decide.hpp"
#include "tests/unit/archive_test_tools.hpp"

namespace heti::archive::test {
namespace {

// Visitors in turn write ten messages each; nobody answers, and the chat is closed when they leave. Forty commands make
// a batch, as under load.
class Crowd {
 public:
  Crowd() {
    Settings settings;
    settings.queues.push_back({.name = "support", .display_name = "Support"});
    command(cmd::ApplySettings{.settings = settings, .replaces_version = 0});
    command(cmd::SetCalendar{.queue = QueueId{1},
                             .effective_from = now_,
                             .open = {{.open = now_, .close = now_ + std::chrono::days{500}}},
                             .tzdata_version = "test"});
  }
  void visit(std::uint64_t v) {
    const ConnectionId connection{.node = 1, .incarnation = 1, .number = v};
    command(cmd::Start{.visitor = public_id(v),
                       .conversation = public_id(1'000'000 + v),
                       .queue = QueueId{1},
                       .connection = connection,
                       .facts = {},
                       .bot_first = false});
    for (std::uint64_t n = 1; n <= 10; ++n) {
      command(cmd::Post{.sender = Sender::of_visitor(public_id(v)),
                        .conversation = public_id(1'000'000 + v),
                        .author = Author::visitor,
                        .stream = "s",
                        .n = n,
                        .text = "a message of the usual length, number " + std::to_string(n)});
    }
    command(cmd::Close{
        .sender = Sender::of_visitor(public_id(v)), .conversation = public_id(1'000'000 + v), .spam = false});
    now_ += std::chrono::minutes(10);
  }
  void flush() {
    if (!lot_.empty()) {
      EXPECT_EQ(journal::test::append(*journal_, journal::test::following(journal_->tail(), encode_batch(lot_), now_)),
                journal::AppendResult::durable);
    }
    lot_.clear();
    commands_ = 0;
  }
  std::uint64_t events() const { return events_; }
  std::uint64_t messages() const { return messages_; }
  const journal::Journal& journal() const { return *journal_; }

 private:
  void command(const Command& command) {
    now_ += Millis{10};
    const Decision decision = decide(state_, now_, command);
    EXPECT_FALSE(std::holds_alternative<Refused>(decision.answer));
    for (const Event& event : decision.events) messages_ += std::holds_alternative<event::MessagePosted>(event.body);
    events_ += decision.events.size();
    lot_.insert(lot_.end(), decision.events.begin(), decision.events.end());
    if (++commands_ == 40) flush();
  }

  Instant now_ = instant_from_ms(1'780'293'600'000);
  State state_;
  std::unique_ptr<journal::Journal> journal_ = journal::make_memory();
  std::vector<Event> lot_;
  int commands_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t messages_ = 0;
};

TEST(ArchiveSpeedTest, FiftyThousandEventsAreCaughtUpWith) {
  Crowd crowd;
  std::uint64_t visitors = 0;
  while (crowd.events() < 50'000) crowd.visit(++visitors);
  crowd.flush();
  const TempDirectory directory;
  const auto begun = std::chrono::steady_clock::now();
  {
    const auto archive = open_or_fail(directory.path(), crowd.journal());
    const std::vector<Record> closed = closed_of(*archive, {"support"}, 50);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("archive: %llu events (%llu messages, %llu batches) caught up with in %.2f s\n",
                static_cast<unsigned long long>(crowd.events()), static_cast<unsigned long long>(crowd.messages()),
                static_cast<unsigned long long>(crowd.journal().tail().position.value()), took.count());
    RecordProperty("catch_up_ms", static_cast<int>(took.count() * 1000));
    ASSERT_EQ(closed.size(), 50u);
    EXPECT_EQ(closed.front().conversation, public_id(1'000'000 + visitors));
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(transcript_of(*archive, public_id(1'000'007)).entries.size(), 11u);
    const std::chrono::duration<double> answered = std::chrono::steady_clock::now() - asked;
    std::printf("archive: a transcript took %.2f ms\n", answered.count() * 1000);
    EXPECT_LT(took, std::chrono::seconds(60)) << "a day of 50,000 events must not take a minute";
  }
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM entry_texts"),
            static_cast<std::int64_t>(crowd.messages()));
}

}  // namespace
}  // namespace heti::archive::test

// How long the archive takes to catch up with a busy day that it did not see, and what a message costs its thread while
// it follows.
#include <time.h>

#include <chrono>
#include <cstdio>
#include <mutex>

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
    const auto listed = std::chrono::steady_clock::now();
    EXPECT_EQ(closed_of(*archive, {"support"}, 50).size(), 50u);
    const std::chrono::duration<double> list = std::chrono::steady_clock::now() - listed;
    std::printf("archive: a list of 50 closed chats took %.2f ms\n", list.count() * 1000);
    EXPECT_LT(list, std::chrono::seconds(1));
    EXPECT_LT(took, std::chrono::seconds(60)) << "a day of 50,000 events must not take a minute";
  }
  EXPECT_EQ(held_in(directory.path()).texts, crowd.messages());
}

// Visitors and agents who write to each other in turn, many pairs at once. What is decided goes to a journal on disk,
// forty commands a batch.
class Pairs {
 public:
  static constexpr std::uint64_t chats_per_agent = 10;

  Pairs(journal::Journal& journal, std::uint64_t pairs) : journal_(journal), pairs_(pairs) {
    Settings settings;
    settings.queues.push_back({.name = "support", .display_name = "Support"});
    const std::uint64_t agents = (pairs + chats_per_agent - 1) / chats_per_agent;
    for (std::uint64_t a = 1; a <= agents; ++a) {
      settings.agents.push_back({.name = "agent" + std::to_string(a),
                                 .display_name = "Agent " + std::to_string(a),
                                 .queues = {"support"},
                                 .capacity = chats_per_agent,
                                 .supervisor = false});
    }
    command(cmd::ApplySettings{.settings = settings, .replaces_version = 0});
    command(cmd::SetCalendar{.queue = QueueId{1},
                             .effective_from = now_,
                             .open = {{.open = now_, .close = now_ + std::chrono::days{500}}},
                             .tzdata_version = "test"});
    for (std::uint32_t a = 1; a <= agents; ++a) {
      command(cmd::AgentHello{.agent = AgentId{a}, .connection = {.node = 1, .incarnation = 1, .number = a}});
      command(cmd::SetStatus{.agent = AgentId{a}, .status = AgentStatus::online});
    }
    flush();
  }

  void each(const std::function<void(std::uint64_t)>& act) {
    for (std::uint64_t v = 1; v <= pairs_; ++v) act(v);
  }
  void start(std::uint64_t v) {
    command(cmd::Start{.visitor = visitor(v),
                       .conversation = chat(v),
                       .queue = QueueId{1},
                       .connection = std::nullopt,
                       .facts = {.name = "Visitor", .email = {}, .page_url = {}, .page_title = {}},
                       .bot_first = false});
  }
  void accept(std::uint64_t v) {
    command(cmd::Accept{.agent = state_.find(chat(v))->offer->agent, .conversation = chat(v)});
  }
  // One message of the pair; the first of a chat is the visitor's.
  void post(std::uint64_t v) {
    const std::uint64_t n = ++posted_[v];
    const bool visitor_speaks = n % 2 == 1;
    command(cmd::Post{.sender = visitor_speaks ? Sender::of_visitor(visitor(v)) : Sender::of_agent(holder(v)),
                      .conversation = chat(v),
                      .author = visitor_speaks ? Author::visitor : Author::agent,
                      .stream = visitor_speaks ? "k3v9x0q2m7ab" : "c81hd02mwq5z",
                      .n = (n + 1) / 2,
                      .text = "Where is my parcel? It should have been here on " + std::to_string(n) + " May."});
  }
  void close(std::uint64_t v) {
    command(cmd::Close{.sender = Sender::of_agent(holder(v)), .conversation = chat(v), .spam = false});
  }
  void rate(std::uint64_t v) {
    command(cmd::Rate{.visitor = visitor(v), .conversation = chat(v), .score = 5, .comment = "fast and friendly"});
  }
  // The next position is the tail of what was done until now.
  journal::Tail flush() {
    if (!lot_.empty()) {
      EXPECT_EQ(journal::test::append(journal_, journal::test::following(journal_.tail(), encode_batch(lot_), now_)),
                journal::AppendResult::durable);
    }
    lot_.clear();
    commands_ = 0;
    return journal_.tail();
  }

 private:
  PublicId visitor(std::uint64_t v) const { return public_id(v); }
  PublicId chat(std::uint64_t v) const { return public_id(1'000'000 + v); }
  AgentId holder(std::uint64_t v) const { return *state_.find(chat(v))->agent; }
  void command(const Command& command) {
    now_ += Millis{1};
    const Decision decision = decide(state_, now_, command);
    ASSERT_FALSE(std::holds_alternative<Refused>(decision.answer));
    lot_.insert(lot_.end(), decision.events.begin(), decision.events.end());
    if (++commands_ == 40) flush();
  }

  journal::Journal& journal_;
  const std::uint64_t pairs_;
  Instant now_ = instant_from_ms(1'780'293'600'000);
  State state_;
  std::vector<Event> lot_;
  int commands_ = 0;
  std::map<std::uint64_t, std::uint64_t> posted_;
};

// Shows as much of the journal as it is told to, without looking for the end each time.
class Curtain final : public Window {
 public:
  explicit Curtain(journal::Journal& behind) : Window(behind, 0) {}
  void raise(journal::Tail tail) {
    show(tail.position.value());
    const std::lock_guard lock(mutex_);
    tail_ = tail;
  }
  journal::Tail tail() const override {
    const std::lock_guard lock(mutex_);
    return tail_;
  }

 private:
  mutable std::mutex mutex_;
  journal::Tail tail_;
};

double this_thread_us() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

// What the archive's thread has spent until it has caught up.
double archive_thread_us(Archive& archive) {
  std::promise<double> answer;
  archive.closed_chats({}, 1, [&answer](const auto&) { answer.set_value(this_thread_us()); });
  return answer.get_future().get();
}

// Everything is on disk before the archive sees it, a stage a transaction: so nothing but its own work is counted.
struct Stages {
  TempDirectory directory;
  std::unique_ptr<journal::Journal> journal = journal::test::open_or_fail({.directory = directory.path()});
  std::vector<journal::Tail> tails;

  // Microseconds of the archive's thread after the first stage, and those of moving the pages into the database.
  std::pair<double, double> follow() {
    Curtain curtain(*journal);
    const auto archive = open_or_fail(directory.path(), curtain);
    curtain.raise(tails.front());
    const double before = archive_thread_us(*archive);
    for (std::size_t i = 1; i < tails.size(); ++i) {
      curtain.raise(tails[i]);
      archive_thread_us(*archive);
    }
    const double spent = archive_thread_us(*archive) - before;
    EXPECT_EQ(archive->error(), std::nullopt);
    File file(directory.path());
    const double begun = this_thread_us();
    file.rows("PRAGMA wal_checkpoint(PASSIVE)");
    return {spent, this_thread_us() - begun};
  }
};

void print(const char* what, std::pair<double, double> us, double count, const char* unit) {
  std::printf("archive: %s: %.2f us of its thread a %s, and %.2f us to move it into the database\n", what,
              us.first / count, unit, us.second / count);
}

TEST(ArchiveSpeedTest, WhatAMessageCostsWhileItFollows) {
  const auto chats_of = [](Stages& stages, std::uint64_t pairs) {
    auto all = std::make_unique<Pairs>(*stages.journal, pairs);
    all->each([&](std::uint64_t v) {
      all->start(v);
      all->post(v);
      all->accept(v);
    });
    stages.tails.push_back(all->flush());
    return all;
  };
  {
    constexpr int transactions = 4;
    Stages stages;
    const auto pairs = chats_of(stages, 500);
    for (int t = 0; t < transactions; ++t) {
      for (int i = 0; i < 40; ++i) pairs->each([&](std::uint64_t v) { pairs->post(v); });
      stages.tails.push_back(pairs->flush());
    }
    const auto us = stages.follow();
    print("500 chats, 40 messages each a transaction", us, 500 * 40 * transactions, "message");
    RecordProperty("message_of_40_ns", static_cast<int>(us.first / (500 * 40 * transactions) * 1000));
    EXPECT_LT(us.first / (500 * 40 * transactions), 100) << "many times what it takes on a slow machine";
  }
  {
    constexpr int transactions = 20;
    Stages stages;
    const auto pairs = chats_of(stages, 500);
    for (int t = 0; t < transactions; ++t) {
      pairs->each([&](std::uint64_t v) { pairs->post(v); });
      stages.tails.push_back(pairs->flush());
    }
    const auto us = stages.follow();
    print("500 chats, 1 message each a transaction", us, 500 * transactions, "message");
    RecordProperty("message_of_1_ns", static_cast<int>(us.first / (500 * transactions) * 1000));
  }
  {
    constexpr int transactions = 200;
    Stages stages;
    const auto pairs = chats_of(stages, 1);
    for (int t = 0; t < transactions; ++t) {
      pairs->post(1);
      stages.tails.push_back(pairs->flush());
    }
    print("1 chat, 1 message a transaction", stages.follow(), transactions, "message");
    const auto archive = open_or_fail(stages.directory.path(), *stages.journal);
    const PublicId chat = public_id(1'000'001);
    ASSERT_GT(transcript_of(*archive, chat, 0, 1).record.last_seq, 100u);
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(transcript_of(*archive, chat, 150, 50).entries.size(), 50u);
    const std::chrono::duration<double> answered = std::chrono::steady_clock::now() - asked;
    std::printf("archive: a page of 50 lines in as many runs took %.2f ms\n", answered.count() * 1000);
  }
  {
    constexpr std::uint64_t chats = 200;
    Stages stages;
    Pairs pairs(*stages.journal, chats);
    stages.tails.push_back(pairs.flush());
    const auto step = [&](void (Pairs::*act)(std::uint64_t)) {
      pairs.each([&](std::uint64_t v) { (pairs.*act)(v); });
      stages.tails.push_back(pairs.flush());
    };
    pairs.each([&](std::uint64_t v) {  // In one go, for an offer waits for nobody.
      pairs.start(v);
      pairs.post(v);
      pairs.accept(v);
    });
    for (int i = 0; i < 5; ++i) step(&Pairs::post);
    step(&Pairs::close);
    step(&Pairs::rate);
    print("200 chats from start to rating, a step a transaction", stages.follow(), chats, "chat");
  }
}

}  // namespace
}  // namespace heti::archive::test

#pragma once
// What every journal promises, whatever lies below it. Included once by each program that names its kinds of journals
// with INSTANTIATE_TEST_SUITE_P.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>

#include "service/journal/journal.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {

// A place where a journal can be closed and found again.
class World {
 public:
  virtual ~World() = default;
  virtual std::unique_ptr<Journal> open() = 0;
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<World>()> make;
};

class JournalContractTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    world_ = GetParam().make();
    reopen();
  }
  void reopen() {
    journal_.reset();
    journal_ = world_->open();
    ASSERT_NE(journal_, nullptr);
  }
  void append_some(int batches) {
    for (int i = 0; i < batches; ++i) {
      ASSERT_EQ(append(*journal_, following(journal_->tail(), "text", journal_->tail().at)), AppendResult::durable);
    }
  }
  Snapshot snapshot(const std::string& bytes) const {
    return {journal_->tail().position, journal_->tail().hash, 3, bytes};
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<Journal> journal_;
};

TEST_P(JournalContractTest, NewJournalIsEmptyAndHasAHistory) {
  EXPECT_EQ(journal_->tail(), Tail{});
  EXPECT_EQ(journal_->alive_until(), Instant{});
  EXPECT_NE(journal_->history(), PublicId{});
  EXPECT_TRUE(payloads(*journal_).empty());
  EXPECT_TRUE(journal_->snapshots()->empty());
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_NE(journal_->history(), GetParam().make()->open()->history());
}

TEST_P(JournalContractTest, AppendedBatchIsTheTailAndCanBeRead) {
  const Batch first = following({}, std::string("one\0two", 7), instant_from_ms(1'700'000'000'123));
  ASSERT_EQ(append(*journal_, first), AppendResult::durable);
  EXPECT_EQ(journal_->tail(), (Tail{Position{1}, hash_of(first), first.at}));
  const Batch second = following(journal_->tail(), "", first.at);
  ASSERT_EQ(append(*journal_, second), AppendResult::durable);
  std::vector<Batch> read;
  ASSERT_TRUE(journal_->read(Position{0}, [&](const Batch& batch, const Hash& hash) {
    EXPECT_EQ(hash, hash_of(batch));
    read.push_back(batch);
    return true;
  }));
  EXPECT_EQ(read, (std::vector<Batch>{first, second}));
  EXPECT_EQ(journal_->stats().appends, 2u);
}

TEST_P(JournalContractTest, ReadingBeginsAfterThePositionAndStopsWhenTold) {
  append_numbers(*journal_, 1, 9);
  EXPECT_EQ(payloads(*journal_, 6), numbers(7, 9));
  EXPECT_TRUE(payloads(*journal_, 9).empty());
  int seen = 0;
  EXPECT_TRUE(journal_->read(Position{2}, [&](const Batch&, const Hash&) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
}

TEST_P(JournalContractTest, ReadingBeyondTheEndIsAnErrorThatNamesThePosition) {
  append_numbers(*journal_, 1, 2);
  const auto result = journal_->read(Position{3}, [](const Batch&, const Hash&) { return true; });
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find(" 3 "), std::string::npos) << result.error();
}

TEST_P(JournalContractTest, BatchThatDoesNotFollowTheTailIsFenced) {
  append_numbers(*journal_, 1, 3);
  const Tail tail = journal_->tail();
  Batch gap = following(tail, "gap");
  gap.position = Position{5};
  Batch again = following(tail, "again");
  again.position = Position{3};
  Batch stranger = following(tail, "stranger");
  stranger.previous[15] ^= 1;
  for (const auto& batch : {gap, again, stranger}) EXPECT_EQ(append(*journal_, batch), AppendResult::fenced);
  EXPECT_EQ(journal_->tail(), tail);
  EXPECT_EQ(payloads(*journal_), numbers(1, 3));
  EXPECT_EQ(append(*journal_, following(tail, "batch 4")), AppendResult::durable);
}

TEST_P(JournalContractTest, TheTailOfferedAgainIsDurableAndStoredOnce) {
  append_numbers(*journal_, 1, 2);
  const Batch third = following(journal_->tail(), "batch 3");
  EXPECT_EQ(append(*journal_, third), AppendResult::durable);
  EXPECT_EQ(append(*journal_, third), AppendResult::durable);
  EXPECT_EQ(payloads(*journal_), numbers(1, 3));
  Batch other = third;
  other.payload = "batch 3 otherwise";
  EXPECT_EQ(append(*journal_, other), AppendResult::fenced);
}

TEST_P(JournalContractTest, DoneMayAppendTheNextBatch) {
  std::promise<void> finished;
  std::function<void(AppendResult)> next = [&](AppendResult result) {
    EXPECT_EQ(result, AppendResult::durable);
    const auto position = journal_->tail().position.value();
    if (position == 20) return finished.set_value();
    journal_->append(following(journal_->tail(), "batch " + std::to_string(position + 1)), next);
  };
  journal_->append(following({}, "batch 1"), next);
  finished.get_future().wait();
  EXPECT_EQ(payloads(*journal_), numbers(1, 20));
}

TEST_P(JournalContractTest, LongReadingGivesEveryBatchOnce) {
  append_numbers(*journal_, 1, 700);  // More than one chunk of any implementation.
  EXPECT_EQ(payloads(*journal_), numbers(1, 700));
  EXPECT_EQ(payloads(*journal_, 255), numbers(256, 700));
}

TEST_P(JournalContractTest, ReadingWhileAppendingSeesAPrefix) {
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      const auto before = journal_->tail().position.value();
      const auto read = payloads(*journal_);
      EXPECT_GE(read.size(), before);
      EXPECT_EQ(read, numbers(1, static_cast<int>(read.size())));
    }
  });
  append_numbers(*journal_, 1, 300);
  stop = true;
  reader.join();
}

TEST_P(JournalContractTest, ReopenedJournalGoesOn) {
  append_numbers(*journal_, 1, 5);
  const Tail tail = journal_->tail();
  const PublicId history = journal_->history();
  reopen();
  EXPECT_EQ(journal_->tail(), tail);
  EXPECT_EQ(journal_->history(), history);
  EXPECT_FALSE(journal_->open_notice());
  append_numbers(*journal_, 6, 7);
  EXPECT_EQ(payloads(*journal_), numbers(1, 7));
}

TEST_P(JournalContractTest, AnEndThatOthersHaveSeenMoreOfIsGivenUpAndANewHistoryBegins) {
  append_some(3);
  const PublicId history = journal_->history();
  const Tail tail = journal_->tail();
  std::promise<std::expected<void, std::string>> given_up;
  journal_->give_up_end("a visitor's token knows position 5", [&](auto result) { given_up.set_value(result); });
  const auto result = given_up.get_future().get();
  ASSERT_TRUE(result.has_value()) << result.error();
  const PublicId renewed = journal_->history();
  EXPECT_NE(renewed, history);
  EXPECT_EQ(journal_->tail(), tail) << "what is there stays";
  append_some(2);
  reopen();
  EXPECT_EQ(journal_->history(), renewed);
  EXPECT_EQ(journal_->tail().position, Position{5});
}

TEST_P(JournalContractTest, AliveUntilIsTheLaterOfBatchAndMarkAtOpen) {
  const Instant noon = instant_from_ms(1'700'000'000'000);
  ASSERT_EQ(append(*journal_, following({}, "batch 1", noon)), AppendResult::durable);
  EXPECT_EQ(journal_->alive_until(), Instant{});
  reopen();
  EXPECT_EQ(journal_->alive_until(), noon);
  journal_->keep_alive(noon + Millis{500});
  journal_->keep_alive(noon + Millis{1500});
  reopen();
  EXPECT_EQ(journal_->alive_until(), noon + Millis{1500});
  ASSERT_EQ(append(*journal_, following(journal_->tail(), "batch 2", noon + Millis{1501})), AppendResult::durable);
  journal_->keep_alive(noon + Millis{1400});  // A mark in the past changes nothing.
  reopen();
  EXPECT_EQ(journal_->alive_until(), noon + Millis{1501});
}

TEST_P(JournalContractTest, AMarkOfATimeThatTheClockLeftIsTakenBackByTheNextBatch) {
  const Instant noon = instant_from_ms(1'700'000'000'000);
  ASSERT_EQ(append(*journal_, following({}, "batch 1", noon)), AppendResult::durable);
  journal_->keep_alive(noon + Millis{60'000});
  reopen();
  EXPECT_EQ(journal_->alive_until(), noon + Millis{60'000});
  ASSERT_EQ(append(*journal_, following(journal_->tail(), "batch 2", noon + Millis{10'000})), AppendResult::durable);
  reopen();
  EXPECT_EQ(journal_->alive_until(), noon + Millis{10'000});
  journal_->keep_alive(noon + Millis{12'000});
  reopen();
  EXPECT_EQ(journal_->alive_until(), noon + Millis{12'000});
}

TEST_P(JournalContractTest, TwoNewestSnapshotsAreKeptNewestFirst) {
  std::vector<Snapshot> saved;
  for (int i = 1; i <= 3; ++i) {
    append_numbers(*journal_, i, i);
    saved.push_back(snapshot("state " + std::to_string(i)));
    ASSERT_TRUE(journal_->save_snapshot(saved.back()));
  }
  EXPECT_EQ(journal_->snapshots(), (std::vector<Snapshot>{saved[2], saved[1]}));
  reopen();
  EXPECT_EQ(journal_->snapshots(), (std::vector<Snapshot>{saved[2], saved[1]}));
}

TEST_P(JournalContractTest, SnapshotOfTheSamePositionReplacesTheOlderOne) {
  append_numbers(*journal_, 1, 1);
  ASSERT_TRUE(journal_->save_snapshot(snapshot("old")));
  ASSERT_TRUE(journal_->save_snapshot(snapshot("new")));
  EXPECT_EQ(journal_->snapshots(), (std::vector<Snapshot>{snapshot("new")}));
}

TEST_P(JournalContractTest, SnapshotThatTheJournalDoesNotConfirmIsRefused) {
  append_numbers(*journal_, 1, 2);
  Snapshot ahead = snapshot("ahead");
  ahead.position = Position{3};
  Snapshot foreign = snapshot("foreign");
  foreign.hash[0] ^= 1;
  for (const auto& bad : {ahead, foreign}) {
    const auto result = journal_->save_snapshot(bad);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().find("position " + std::to_string(bad.position.value())), std::string::npos);
  }
  EXPECT_TRUE(journal_->snapshots()->empty());
}

}  // namespace heti::journal::test

// What only a journal on a disk can suffer: a second process, foreign files, damaged batches and snapshots.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "service/journal/journal.hpp"
#include "tests/unit/journal_on_disk.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {
namespace {

class JournalSqliteTest : public JournalOnDisk {};

TEST_F(JournalSqliteTest, SecondOpenIsRefusedAndNamesTheProcess) {
  open();
  const auto second = open_sqlite({.directory = directory_.path()});
  ASSERT_FALSE(second);
  EXPECT_TRUE(contains(second.error(), "process " + std::to_string(::getpid()))) << second.error();
  EXPECT_TRUE(contains(second.error(), file("journal.lock").string())) << second.error();
  open();
  EXPECT_EQ(append(*journal_, "batch 1"), AppendResult::durable);
}

TEST_F(JournalSqliteTest, SettingsThatCannotWorkAreNamed) {
  const auto bad_name = open_sqlite({.directory = directory_.path(), .workspace = "../etc"});
  ASSERT_FALSE(bad_name);
  EXPECT_TRUE(contains(bad_name.error(), "'../etc'"));
  const auto no_parent = open_sqlite({.directory = file("missing/data")});
  ASSERT_FALSE(no_parent);
  EXPECT_TRUE(contains(no_parent.error(), "missing/data"));
}

TEST_F(JournalSqliteTest, ForeignOrLaterFilesAreRefused) {
  spill(file("journal.db"), std::string(4096, 'x'));
  EXPECT_TRUE(contains(open_error(), "journal.db")) << open_error();
  std::filesystem::remove(file("journal.db"));
  sql("CREATE TABLE other(x)");
  EXPECT_TRUE(contains(open_error(), "is not a journal of Heti")) << open_error();
  std::filesystem::remove(file("journal.db"));
  open();
  close();
  sql("PRAGMA user_version=2");
  EXPECT_TRUE(contains(open_error(), "has format 2")) << open_error();
}

TEST_F(JournalSqliteTest, WorkspacesOfOneFileDoNotMix) {
  open();
  append_numbers(*journal_, 1, 3);
  const PublicId history = journal_->history();
  close();
  auto other = open_or_fail({.directory = directory_.path(), .workspace = "brand-b"});
  EXPECT_EQ(other->tail(), Tail{});
  EXPECT_NE(other->history(), history);
  append_numbers(*other, 1, 1);
  other.reset();
  open();
  EXPECT_EQ(journal_->history(), history);
  EXPECT_EQ(payloads(*journal_), numbers(1, 3));
}

TEST_F(JournalSqliteTest, DamagedBatchIsNamedAndThoseBeforeItAreRead) {
  open();
  append_numbers(*journal_, 1, 9);
  close();
  std::string bytes = slurp(file("journal.db"));
  const auto at = bytes.find("batch 4");
  ASSERT_NE(at, std::string::npos);
  flip_bit(bytes, at + 6, 3);
  spill(file("journal.db"), bytes);
  open();  // The tail is sound.
  const auto read = payloads(*journal_);
  ASSERT_EQ(read.size(), 4u);
  EXPECT_EQ(std::vector(read.begin(), read.begin() + 3), numbers(1, 3));
  EXPECT_TRUE(contains(read[3], "batch 4 is damaged")) << read[3];
  EXPECT_EQ(payloads(*journal_, 4), std::vector{read[3]});
  EXPECT_EQ(payloads(*journal_, 5), numbers(6, 9));
  EXPECT_FALSE(journal_->open_notice());
}

TEST_F(JournalSqliteTest, EveryFlippedBitOfABatchIsFound) {
  open();
  for (const char* payload : {"first", "second", "payload of the third batch", "fourth", "fifth"}) {
    ASSERT_EQ(append(*journal_, payload), AppendResult::durable);
  }
  const auto good = payloads(*journal_);
  close();
  const std::string bytes = slurp(file("journal.db"));
  const std::string witness = slurp(file("default.tail"));
  const auto payload = bytes.find(good[2]);
  ASSERT_NE(payload, std::string::npos);
  // The record: eight bytes of sizes and types, "default", the position; then what only this batch holds.
  const std::size_t values_begin = payload - 34;  // Time (2 bytes), previous, hash.
  const std::size_t record_begin = values_begin - 16;
  ASSERT_EQ(bytes.substr(record_begin + 8, 7), "default");
  for (std::size_t at = record_begin; at < payload + good[2].size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE("byte " + std::to_string(at - record_begin) + " bit " + std::to_string(bit));
      std::string flipped = bytes;
      flip_bit(flipped, at, bit);
      spill(file("journal.db"), flipped);
      spill(file("default.tail"), witness);
      auto journal = open_sqlite({.directory = directory_.path()});
      const std::string what = journal ? payloads(**journal).back() : "error: " + journal.error();
      EXPECT_TRUE(what.starts_with("error: ")) << what;
      // A damaged key makes searches miss its neighbours as well, which must not pass for a lost end.
      EXPECT_FALSE(journal && (*journal)->open_notice());
      const bool named = contains(what, "batch 3 ") || contains(what, "damaged") || contains(what, "malformed") ||
                         contains(what, "batch 5 cannot be found");
      EXPECT_TRUE(at < values_begin ? named : contains(what, "batch 3 is damaged")) << what;
    }
  }
}

TEST_F(JournalSqliteTest, MissingBatchIsNamed) {
  open();
  append_numbers(*journal_, 1, 5);
  close();
  sql("DELETE FROM batch WHERE position=3");
  open();
  EXPECT_TRUE(contains(payloads(*journal_).back(), "batch 3 is missing")) << payloads(*journal_).back();
}

TEST_F(JournalSqliteTest, ExchangedBatchBreaksTheChain) {
  open();
  append_numbers(*journal_, 1, 5);
  close();
  // A batch that is sound by itself, from a journal that had another second batch.
  Batch forged = following({Position{2}, Hash{{7}}, Instant{}}, "forged");
  std::string hash = to_string(hash_of(forged));
  sql("UPDATE batch SET payload=CAST('forged' AS BLOB), at=1000, previous=x'07000000000000000000000000000000', "
      "hash=x'" +
      hash + "' WHERE position=3");
  open();
  EXPECT_TRUE(contains(payloads(*journal_).back(), "batch 3 does not follow")) << payloads(*journal_).back();
}

TEST_F(JournalSqliteTest, DamagedTailIsNotOpened) {
  open();
  append_numbers(*journal_, 1, 5);
  close();
  sql("UPDATE batch SET payload=x'00' WHERE position=5");
  EXPECT_TRUE(contains(open_error(), "batch 5 is damaged")) << open_error();
}

TEST_F(JournalSqliteTest, TrimmedBeginningIsNamedAndItsSnapshotStillConfirmed) {
  open();
  append_numbers(*journal_, 1, 3);
  const Snapshot snapshot{journal_->tail().position, journal_->tail().hash, 1, "state"};
  ASSERT_TRUE(journal_->save_snapshot(snapshot));
  append_numbers(*journal_, 4, 6);
  close();
  sql("DELETE FROM batch WHERE position<=3");
  open();
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_EQ(journal_->snapshots(), std::vector{snapshot});
  EXPECT_EQ(payloads(*journal_, 3), numbers(4, 6));
  EXPECT_TRUE(contains(payloads(*journal_).back(), "batch 1 is missing; the next is 4"));
}

TEST_F(JournalSqliteTest, SnapshotOlderThanTheTrimmedBeginningIsLeftOut) {
  open();
  append_numbers(*journal_, 1, 2);
  ASSERT_TRUE(journal_->save_snapshot({journal_->tail().position, journal_->tail().hash, 1, "too old"}));
  append_numbers(*journal_, 3, 6);
  close();
  sql("DELETE FROM batch WHERE position<=3");
  open();
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_TRUE(journal_->snapshots()->empty());
  EXPECT_EQ(journal_->stats().snapshots_rejected, 1u);
}

TEST_F(JournalSqliteTest, DamagedSnapshotIsLeftOutAndTheOlderOneUsed) {
  open();
  append_numbers(*journal_, 1, 1);
  const Snapshot older{journal_->tail().position, journal_->tail().hash, 1, "older"};
  ASSERT_TRUE(journal_->save_snapshot(older));
  append_numbers(*journal_, 2, 2);
  ASSERT_TRUE(journal_->save_snapshot({journal_->tail().position, journal_->tail().hash, 1, "newer"}));
  const auto path = file("default.snapshot.00000000000000000002");
  const std::string good = slurp(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    flip_bit(bad, at, static_cast<unsigned>(at % 8));
    spill(path, bad);
    EXPECT_EQ(journal_->snapshots(), std::vector{older}) << "byte " << at;
  }
  EXPECT_EQ(journal_->stats().snapshots_rejected, good.size());
  EXPECT_TRUE(contains(warnings_, path.string() + ": is damaged"));
  append_numbers(*journal_, 3, 3);
  const Snapshot newest{journal_->tail().position, journal_->tail().hash, 1, "newest"};
  ASSERT_TRUE(journal_->save_snapshot(newest));  // The damaged one does not count as one of the two.
  EXPECT_EQ(journal_->snapshots(), (std::vector{newest, older}));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(JournalSqliteTest, LogStaysBoundedUnderSteadyLoad) {
  for (const bool writer_alone : {false, true}) {
    auto options = this->options();
    options.checkpoint_pages = writer_alone ? 60 : 20;
    options.wal_pages_max = 60;
    std::atomic<int> measured = 0;
    options.on_append = [&](double seconds) { measured += seconds > 0 ? 1 : 0; };
    auto journal = open_or_fail(options);
    std::uintmax_t largest = 0;
    for (int number = 1; number <= 1000; ++number) {
      ASSERT_EQ(append(*journal, "batch " + std::to_string(number)), AppendResult::durable);
      largest = std::max(largest, std::filesystem::file_size(file("journal.db-wal")));
      if (number % 50 == 0) payloads(*journal, journal->tail().position.value() - 5);
    }
    EXPECT_LT(largest, 200u * 4120u);  // The bound, and what may be added while a reader is at work.
    EXPECT_EQ(journal->stats().checkpoints > 0, !writer_alone);
    EXPECT_EQ(journal->stats().appends, 1000u);
    EXPECT_EQ(measured, 1000);
    EXPECT_GT(journal->stats().bytes, 0u);
    EXPECT_EQ(warnings_, "");
  }
}

}  // namespace
}  // namespace heti::journal::test

// Kill -9 at any moment, and an end that is gone afterwards: nothing acknowledged is lost, or it is said.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <new>

#include "service/journal/journal.hpp"
#include "tests/unit/journal_on_disk.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {
namespace {

class JournalCrashTest : public JournalOnDisk {};

TEST_F(JournalCrashTest, KilledProcessLosesNothingAndKeepsTheHistory) {
  open();
  const PublicId history = journal_->history();
  append_numbers(*journal_, 1, 5);
  append_and_be_killed(6, 40);
  open();
  EXPECT_EQ(payloads(*journal_), numbers(1, 40));
  EXPECT_EQ(journal_->history(), history);
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_EQ(journal_->alive_until(), journal_->tail().at);
}

TEST_F(JournalCrashTest, LostWriteAheadLogIsNamedAndBeginsANewHistory) {
  open();
  const PublicId history = journal_->history();
  append_numbers(*journal_, 1, 5);
  append_and_be_killed(6, 25);
  std::filesystem::remove(file("journal.db-wal"));
  open();
  ASSERT_TRUE(journal_->open_notice());
  EXPECT_TRUE(contains(*journal_->open_notice(), "ends at position 5")) << *journal_->open_notice();
  EXPECT_TRUE(contains(*journal_->open_notice(), "default.tail knows position 25")) << *journal_->open_notice();
  EXPECT_TRUE(contains(warnings_, *journal_->open_notice()));
  const PublicId renewed = journal_->history();
  EXPECT_NE(renewed, history);
  EXPECT_EQ(payloads(*journal_), numbers(1, 5));
  append_numbers(*journal_, 6, 8);
  open();  // Said once: what is gone now is known to be gone.
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_EQ(journal_->history(), renewed);
  EXPECT_EQ(payloads(*journal_), numbers(1, 8));
}

TEST_F(JournalCrashTest, FlippedBitInTheWriteAheadLogIsNoticed) {
  open();
  append_numbers(*journal_, 1, 5);
  append_and_be_killed(6, 60);
  std::string log = slurp(file("journal.db-wal"));
  flip_bit(log, log.size() / 2, 0);
  spill(file("journal.db-wal"), log);
  open();
  const auto end = journal_->tail().position.value();
  EXPECT_GE(end, 5u);
  EXPECT_LT(end, 60u);
  ASSERT_TRUE(journal_->open_notice());
  EXPECT_TRUE(contains(*journal_->open_notice(), "ends at position " + std::to_string(end)));
  EXPECT_TRUE(contains(*journal_->open_notice(), "position 60")) << *journal_->open_notice();
  EXPECT_EQ(payloads(*journal_), numbers(1, static_cast<int>(end)));
}

TEST_F(JournalCrashTest, LogCutAnywhereIsReadUpToTheCut) {
  open();
  append_numbers(*journal_, 1, 2);
  append_and_be_killed(3, 8);
  const std::string database = slurp(file("journal.db"));
  const std::string log = slurp(file("journal.db-wal"));
  const std::string witness = slurp(file("default.tail"));
  std::uint64_t ends = 0;
  for (std::size_t cut = 0; cut < 2 * 4120; cut += 61) {  // Two whole frames, at every kind of place in them.
    spill(file("journal.db"), database);
    spill(file("journal.db-wal"), log.substr(0, log.size() - cut));
    spill(file("default.tail"), witness);
    std::filesystem::remove(file("journal.db-shm"));
    open();
    const auto end = journal_->tail().position.value();
    EXPECT_EQ(payloads(*journal_), numbers(1, static_cast<int>(end)));
    EXPECT_EQ(journal_->open_notice().has_value(), end < 8) << "cut " << cut;
    ends |= 1ull << end;
    close();
  }
  EXPECT_EQ(ends, 1ull << 8 | 1ull << 7 | 1ull << 6);
}

TEST_F(JournalCrashTest, DeletedJournalIsRefusedAsLongAsAnythingKnowsOfIt) {
  open();
  append_numbers(*journal_, 1, 5);
  ASSERT_TRUE(journal_->save_snapshot({journal_->tail().position, journal_->tail().hash, 1, "state"}));
  close();
  const std::string kept = slurp(file("journal.db"));
  std::filesystem::remove(file("journal.db"));
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto refused = open_sqlite({.directory = directory_.path()});
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(contains(refused.error(), "default.tail knows position 5")) << refused.error();
    EXPECT_TRUE(contains(refused.error(), "default.snapshot.00000000000000000005 knows position 5"));
    EXPECT_TRUE(contains(refused.error(), "Put journal.db back, or bring a backup with heti restore"));
  }
  std::filesystem::remove(file("default.tail"));
  EXPECT_FALSE(open_sqlite({.directory = directory_.path()}).has_value()) << "the snapshot knows it still";
  spill(file("journal.db"), kept);
  open();
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_EQ(journal_->tail().position, Position{5});
  EXPECT_EQ(journal_->snapshots()->size(), 1u) << "nothing was touched";
}

TEST_F(JournalCrashTest, EndReplacedByAnotherIsNoticed) {
  open();
  append_numbers(*journal_, 1, 5);
  close();
  const std::string backup = slurp(file("journal.db"));
  open();
  append_numbers(*journal_, 6, 9);
  close();
  const std::string witness = slurp(file("default.tail"));
  spill(file("journal.db"), backup);
  spill(file("default.tail"), "");
  open();
  for (int i = 0; i < 6; ++i) ASSERT_EQ(append(*journal_, "other"), AppendResult::durable);
  close();
  spill(file("default.tail"), witness);
  open();
  ASSERT_TRUE(journal_->open_notice());
  EXPECT_TRUE(contains(*journal_->open_notice(), "default.tail knows position 9")) << *journal_->open_notice();
}

TEST_F(JournalCrashTest, TornOrMissingWitnessIsNoLoss) {
  open();
  const PublicId history = journal_->history();
  append_numbers(*journal_, 1, 5);
  close();
  const std::string witness = slurp(file("default.tail"));
  for (const auto& torn : {std::string(), witness.substr(0, 20), witness.substr(0, 530), std::string(600, 'x')}) {
    spill(file("default.tail"), torn);
    open();
    EXPECT_FALSE(journal_->open_notice());
    EXPECT_EQ(journal_->history(), history);
    close();
  }
}

// --- kill -9 in the middle of appends ---

// Memory that parent and child share.
class SharedCounter {
 public:
  SharedCounter()
      : memory_(::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        value(*new (memory_) std::atomic<int>(0)) {}
  SharedCounter(const SharedCounter&) = delete;
  ~SharedCounter() { ::munmap(memory_, sizeof(std::atomic<int>)); }

 private:
  void* memory_;

 public:
  std::atomic<int>& value;
};

TEST_F(JournalCrashTest, KillInTheMiddleOfAppendsKeepsEveryAcknowledgedBatch) {
  SharedCounter acknowledged;
  int before = 0;
  for (int round = 1; round <= 12; ++round) {
    const int goal = before + 15 * round % 71 + 5;
    killed_process(
        [&](Options options) {
          auto journal = open_sqlite(std::move(options));
          if (!journal) return;
          std::promise<void> never_comes;
          std::function<void(AppendResult)> next = [&](AppendResult result) {
            if (result != AppendResult::durable) return;
            const int position = static_cast<int>((*journal)->tail().position.value());
            acknowledged.value = position;
            (*journal)->append(following((*journal)->tail(), "batch " + std::to_string(position + 1)), next);
          };
          const int first = static_cast<int>((*journal)->tail().position.value()) + 1;
          (*journal)->append(following((*journal)->tail(), "batch " + std::to_string(first)), next);
          never_comes.get_future().wait();
        },
        [&] {
          const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
          while (acknowledged.value < goal && std::chrono::steady_clock::now() < patience) ::usleep(50);
        });
    open();
    const int durable = static_cast<int>(journal_->tail().position.value());
    EXPECT_GE(acknowledged.value, goal);
    EXPECT_GE(durable, acknowledged.value);
    EXPECT_LE(durable, acknowledged.value + 1);  // At most the one under way.
    EXPECT_EQ(payloads(*journal_), numbers(1, durable));
    EXPECT_FALSE(journal_->open_notice());
    before = durable;
  }
}

TEST_F(JournalCrashTest, KillBetweenCommitAndAnswerLeavesABatchThatIsDurableWhenOfferedAgain) {
  SharedCounter acknowledged;
  Batch last;
  killed_process([&](Options options) {
    int commits = 0;
    options.after_commit = [&commits] {
      if (++commits == 7) ::kill(::getpid(), SIGKILL);
    };
    auto journal = open_sqlite(std::move(options));
    for (int number = 1; journal && number <= 10; ++number) {
      if (append(**journal, "batch " + std::to_string(number)) == AppendResult::durable) acknowledged.value = number;
    }
  });
  EXPECT_EQ(acknowledged.value, 6);
  open();
  EXPECT_EQ(payloads(*journal_), numbers(1, 7));
  ASSERT_TRUE(journal_->read(Position{6}, [&](const Batch& batch, const Hash&) {
    last = batch;
    return true;
  }));
  EXPECT_EQ(append(*journal_, last), AppendResult::durable);
  EXPECT_EQ(payloads(*journal_), numbers(1, 7));
}

}  // namespace
}  // namespace heti::journal::test

// The disk fails at its nth call, for every n that a run reaches: no acknowledged batch is lost, none is doubled, and
// the journal goes on in the same process as soon as the disk does.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <mutex>

#include "service/journal/journal.hpp"
#include "tests/unit/journal_fault_vfs.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {
namespace {

using Call = FaultVfs::Call;

class JournalFaultTest : public testing::Test {
 protected:
  void SetUp() override { FaultVfs::install(); }
  void TearDown() override { FaultVfs::disarm(); }

  static Options faulty(const TempDirectory& directory, int checkpoint_pages = 1000) {
    return {.directory = directory.path(),
            .checkpoint_pages = checkpoint_pages,
            .wal_pages_max = 2 * checkpoint_pages,
            .vfs = FaultVfs::name};
  }
  static std::string payload(int number) { return "batch " + std::to_string(number) + std::string(3000, '.'); }
  static std::vector<std::string> all(int last) {
    std::vector<std::string> out;
    for (int number = 1; number <= last; ++number) out.push_back(payload(number));
    return out;
  }
};

TEST_F(JournalFaultTest, FailedSyncIsUnknownAndTheSameBytesBecomeDurable) {
  const TempDirectory directory;
  auto journal = open_or_fail(faulty(directory));
  append_numbers(*journal, 1, 3);
  const PublicId history = journal->history();
  const Batch fourth = following(journal->tail(), "batch 4");
  FaultVfs::arm(Call::sync, 0, 1, SQLITE_IOERR);
  EXPECT_EQ(append(*journal, fourth), AppendResult::unknown);
  EXPECT_TRUE(FaultVfs::disarm());
  EXPECT_EQ(journal->stats().append_errors, 1u);
  EXPECT_EQ(append_stubbornly(*journal, fourth), AppendResult::durable);
  append_numbers(*journal, 5, 6);
  EXPECT_EQ(payloads(*journal), numbers(1, 6));
  EXPECT_EQ(journal->history(), history);
  EXPECT_FALSE(journal->open_notice());
}

TEST_F(JournalFaultTest, FullDiskIsNotWrittenForAsLongAsItLasts) {
  const TempDirectory directory;
  auto journal = open_or_fail(faulty(directory));
  append_numbers(*journal, 1, 3);
  const Batch fourth = following(journal->tail(), "batch 4");
  FaultVfs::arm(Call::write, 0, 1'000'000, SQLITE_FULL);
  for (int attempt = 0; attempt < 5; ++attempt) EXPECT_EQ(append(*journal, fourth), AppendResult::not_written);
  EXPECT_EQ(payloads(*journal), numbers(1, 3));  // Reading goes on.
  EXPECT_EQ(journal->tail().position, Position{3});
  EXPECT_TRUE(FaultVfs::disarm());
  EXPECT_EQ(append(*journal, fourth), AppendResult::durable);
  EXPECT_EQ(payloads(*journal), numbers(1, 4));
}

TEST_F(JournalFaultTest, DoubtStaysUntilItIsResolved) {
  const TempDirectory directory;
  auto journal = open_or_fail(faulty(directory));
  const Batch first = following({}, "batch 1");
  FaultVfs::arm(Call::any, 0, 1'000'000, SQLITE_IOERR);
  for (int attempt = 0; attempt < 3; ++attempt) EXPECT_EQ(append(*journal, first), AppendResult::unknown);
  FaultVfs::arm(Call::write, 0, 1'000'000, SQLITE_FULL);  // Certain about itself, but not about the attempts before.
  EXPECT_EQ(append(*journal, first), AppendResult::unknown);
  FaultVfs::disarm();
  EXPECT_EQ(append_stubbornly(*journal, first), AppendResult::durable);
  EXPECT_EQ(payloads(*journal), numbers(1, 1));
}

// One run: twelve batches over many checkpoints, the nth call failing. True if the fault was reached.
class NthCall {
 public:
  NthCall(Call call, int failures, int code) : call_(call), failures_(failures), code_(code) {}

  template <class Run>
  int for_every_n(Run run) const {
    int n = 0;
    for (; n < 2000; ++n) {
      if (!run([&] { FaultVfs::arm(call_, n, failures_, code_); })) break;
      if (testing::Test::HasFailure()) {
        ADD_FAILURE() << "with call " << n << " failing";
        break;
      }
    }
    return n;
  }

 private:
  Call call_;
  int failures_;
  int code_;
};

TEST_F(JournalFaultTest, RunGoesThroughWhicheverCallFails) {
  for (const NthCall& fault : {NthCall(Call::any, 1, SQLITE_IOERR), NthCall(Call::any, 4, SQLITE_IOERR),
                               NthCall(Call::write, 3, SQLITE_FULL)}) {
    const int reached = fault.for_every_n([&](auto arm) {
      const TempDirectory directory;
      auto journal = open_or_fail(faulty(directory, 4));
      arm();
      for (int number = 1; number <= 12; ++number) {
        EXPECT_EQ(append_stubbornly(*journal, following(journal->tail(), payload(number))), AppendResult::durable);
      }
      EXPECT_EQ(payloads(*journal), all(12));
      const PublicId history = journal->history();
      journal.reset();  // Faults may hit closing, too.
      const bool hit = FaultVfs::disarm();
      journal = open_or_fail(faulty(directory, 4));
      EXPECT_EQ(payloads(*journal), all(12));
      EXPECT_EQ(journal->history(), history);
      EXPECT_FALSE(journal->open_notice());
      return hit;
    });
    EXPECT_GT(reached, 30);
  }
}

TEST_F(JournalFaultTest, StopAtTheFirstFaultLeavesWhatWasAcknowledged) {
  const int reached = NthCall(Call::any, 1'000'000, SQLITE_IOERR).for_every_n([&](auto arm) {
    const TempDirectory directory;
    auto journal = open_or_fail(faulty(directory, 4));
    arm();
    int acknowledged = 0;
    while (acknowledged < 12 && append(*journal, payload(acknowledged + 1)) == AppendResult::durable) ++acknowledged;
    journal.reset();
    const bool hit = FaultVfs::disarm();
    journal = open_or_fail(faulty(directory, 4));
    const auto read = payloads(*journal);
    EXPECT_TRUE(read == all(acknowledged) || read == all(acknowledged + 1)) << read.size() << " of " << acknowledged;
    EXPECT_FALSE(journal->open_notice());
    return hit;
  });
  EXPECT_GT(reached, 30);
}

TEST_F(JournalFaultTest, OpeningFailsCleanlyAndLaterSucceeds) {
  const int reached = NthCall(Call::any, 1, SQLITE_IOERR).for_every_n([&](auto arm) {
    const TempDirectory directory;
    arm();
    auto first = open_sqlite(faulty(directory));
    const bool hit = FaultVfs::disarm();
    EXPECT_TRUE(first || first.error().find("journal.db") != std::string::npos) << first.error();
    EXPECT_TRUE(first || hit);
    if (first) first->reset();
    auto second = open_or_fail(faulty(directory));
    EXPECT_FALSE(second->open_notice());
    append_numbers(*second, 1, 2);
    EXPECT_EQ(payloads(*second), numbers(1, 2));
    return hit;
  });
  EXPECT_GT(reached, 3);
}

}  // namespace
}  // namespace heti::journal::test

// The memory twin and SQLite keep the contract of every journal.
#include <memory>

#include "tests/unit/journal_contract.hpp"

namespace heti::journal::test {
namespace {

class MemoryWorld final : public World {
 public:
  std::unique_ptr<Journal> open() override { return make_memory({.disk = disk_}); }

 private:
  std::shared_ptr<MemoryDisk> disk_ = make_memory_disk();
};

class SqliteWorld final : public World {
 public:
  std::unique_ptr<Journal> open() override { return open_or_fail({.directory = directory_.path()}); }

 private:
  TempDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(
    EveryJournal, JournalContractTest,
    testing::Values(Kind{"Memory", [] { return std::unique_ptr<World>(std::make_unique<MemoryWorld>()); }},
                    Kind{"Sqlite", [] { return std::unique_ptr<World>(std::make_unique<SqliteWorld>()); }}),
    [](const auto& about) { return std::string(about.param.name); });

TEST(JournalHashTest, IsTheBeginningOfSha256OverTheDocumentedBytes) {
  // printf '%032d%016x%016x' 0 1 1700000000123 | (xxd -r -p; printf hello) | sha256sum
  const Batch batch{Position{1}, instant_from_ms(1'700'000'000'123), {}, "hello"};
  EXPECT_EQ(to_string(hash_of(batch)), "3431125a35229040a91a7dc3ed89a168");
}

TEST(MemoryJournalTest, OrderedFaultsAreAnsweredAndTheSameBytesGoThroughLater) {
  std::vector<MemoryFault> faults{MemoryFault::not_written, MemoryFault::unknown_lost, MemoryFault::unknown_written,
                                  MemoryFault::none, MemoryFault::fenced};
  std::size_t next = 0;
  auto journal = make_memory({.fault = [&](const Batch&) { return faults.at(next++); }});
  const Batch batch = following({}, "batch 1");
  EXPECT_EQ(append(*journal, batch), AppendResult::not_written);
  EXPECT_EQ(append(*journal, batch), AppendResult::unknown);
  EXPECT_TRUE(payloads(*journal).empty());
  EXPECT_EQ(append(*journal, batch), AppendResult::unknown);
  EXPECT_EQ(payloads(*journal), numbers(1, 1));
  EXPECT_EQ(append(*journal, batch), AppendResult::durable);
  EXPECT_EQ(append(*journal, following(journal->tail(), "batch 2")), AppendResult::fenced);
  EXPECT_EQ(payloads(*journal), numbers(1, 1));
}

}  // namespace
}  // namespace heti::journal::test

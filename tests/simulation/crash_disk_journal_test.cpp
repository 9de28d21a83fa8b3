// The real journal on the simulated disk: whatever the disk does, short of breaking its promise, no batch that was
// answered `durable` is lost; and when it breaks its promise, that is noticed.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "service/journal/side_file.hpp"
#include "tests/simulation/crash_disk.hpp"
#include "tests/simulation/file_aging.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::simulation {
namespace {

using journal::AppendResult;
using journal::Batch;
using journal::Journal;
using journal::test::append;
using journal::test::append_numbers;
using journal::test::append_stubbornly;
using journal::test::following;
using journal::test::numbers;
using journal::test::payloads;

// A machine whose power can go: the disk, the ordinary files, and the journal of one process after the other.
class Machine {
 public:
  explicit Machine(std::uint64_t seed, int pages = 16, std::size_t padding = 0)
      : padding_(padding), random_(seed), disk_(seed), aging_(directory_.path()) {
    options_ = {.directory = directory_.path(), .vfs = disk_.vfs()};
    options_for_one_writer(options_, pages);
  }
  CrashDisk& disk() { return disk_; }
  FileAging& aging() { return aging_; }
  Random& random() { return random_; }
  Journal& journal() { return *journal_; }
  journal::Options& options() { return options_; }

  std::string payload(std::uint64_t number) const {
    return "batch " + std::to_string(number) + std::string(padding_, '.');
  }
  std::vector<std::string> payloads_until(std::uint64_t last) const {
    std::vector<std::string> all;
    for (std::uint64_t number = 1; number <= last; ++number) all.push_back(payload(number));
    return all;
  }

  // False if the power went meanwhile.
  bool open() {
    auto opened = journal::open_sqlite(options_);
    EXPECT_TRUE(opened || !disk_.powered()) << opened.error();
    if (!opened) return false;
    journal_ = std::move(*opened);
    aging_.opened(*journal_);
    EXPECT_FALSE(journal_->open_notice()) << *journal_->open_notice();
    return true;
  }
  // Appends "batch 1" and so on, after what is there, until `last`, and tells the last that was answered `durable`.
  std::uint64_t append_until(std::uint64_t last) {
    std::uint64_t durable = journal_->tail().position.value();
    while (durable < last && append(*journal_, payload(durable + 1)) == AppendResult::durable) {
      ++durable;
      aging_.note(*journal_);
    }
    return durable;
  }
  // True if the power stayed to the end; else what was lost is lost.
  bool close() {
    if (journal_) aging_.note(*journal_);
    journal_.reset();
    if (disk_.powered()) {
      aging_.closed();
      return true;
    }
    disk_.crash(random_);
    aging_.crash(random_);
    return false;
  }
  // The disk said already that the process is dead.
  void forget_process() { journal_.reset(); }
  // A reading that has begun and goes on; close it.
  sqlite3* open_reader() {
    sqlite3* reader = nullptr;
    EXPECT_EQ(
        sqlite3_open_v2((directory_.path() / "journal.db").c_str(), &reader, SQLITE_OPEN_READONLY, disk_.vfs().c_str()),
        SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM batch", nullptr, nullptr, nullptr), SQLITE_OK);
    return reader;
  }
  std::optional<journal::SideFile::Mark> side_mark() const {
    auto side = journal::SideFile::open(directory_.path() / "default.tail");
    return side ? side->read().value_or(std::nullopt) : std::nullopt;
  }
  // The power is gone, but the side file had reached the disk.
  void close_without_aging() {
    journal_.reset();
    disk_.crash(random_);
  }
  // Everything that was promised is there, and it goes on.
  void expect_kept(std::uint64_t durable, std::uint64_t offered, const std::optional<PublicId>& history) {
    ASSERT_TRUE(open());
    const std::uint64_t end = journal_->tail().position.value();
    EXPECT_GE(end, durable);
    EXPECT_LE(end, offered);
    EXPECT_EQ(payloads(*journal_), payloads_until(end));
    EXPECT_EQ(journal_->history(), history.value_or(journal_->history()));
    ASSERT_EQ(append_until(end + 3), end + 3);
    ASSERT_TRUE(close());
    ASSERT_TRUE(open());
    EXPECT_EQ(payloads(*journal_), payloads_until(end + 3));
    ASSERT_TRUE(close());
  }

 private:
  journal::test::TempDirectory directory_;
  std::size_t padding_;
  Random random_;
  CrashDisk disk_;
  FileAging aging_;
  journal::Options options_;
  std::unique_ptr<Journal> journal_;
};

TEST(CrashDiskJournalTest, PowerGoesAtEveryChangeOfTwoHundredAppendsWithTheirOpeningAndClosing) {
  std::uint64_t n = 0;
  std::uint64_t torn = 0;
  std::uint64_t aged = 0;
  std::uint64_t unanswered_but_kept = 0;
  for (bool reached = true; reached && !testing::Test::HasFailure();) {
    SCOPED_TRACE("power goes at change " + std::to_string(++n));
    Machine machine(n);
    machine.disk().crash_at(n);
    std::uint64_t durable = 0;
    std::optional<PublicId> history;
    if (machine.open()) {
      history = machine.journal().history();
      durable = machine.append_until(200);
    }
    reached = !machine.close();
    // It goes again while the journal recovers, as far as that takes so many changes.
    machine.disk().crash_at(1 + n % 37);
    machine.open();
    const std::uint64_t kept = machine.disk().powered() ? machine.journal().tail().position.value() : durable;
    if (kept > durable) ++unanswered_but_kept;
    machine.close();
    machine.disk().crash_at(0);
    machine.expect_kept(std::max(durable, kept), durable + 1, history);
    torn += machine.disk().counts().writes_torn;
    aged += machine.aging().aged();
  }
  EXPECT_GT(n, 700u);
  EXPECT_GT(torn, 200u);
  EXPECT_GT(aged, 100u);
  EXPECT_GT(unanswered_but_kept, 10u);
}

// Faults of one call that pass, wherever they strike, and a loss of power when all is well again. `code` is what SQLite
// sees; the same journal goes on. Returns how many different calls were struck.
std::uint64_t strike_every_call(Fault fault, int code, std::uint64_t in_a_row) {
  for (std::uint64_t skip = 0;; ++skip) {
    SCOPED_TRACE(std::string(to_string(fault)) + " fails after " + std::to_string(skip) + " with " +
                 std::to_string(code));
    Machine machine(skip, 8);
    EXPECT_TRUE(machine.open());
    const PublicId history = machine.journal().history();
    append_numbers(machine.journal(), 1, 4);
    machine.disk().fail_next(fault, code, in_a_row, skip);
    for (int number = 5; number <= 30; ++number) {
      const Batch batch = following(machine.journal().tail(), "batch " + std::to_string(number));
      EXPECT_EQ(append_stubbornly(machine.journal(), batch), AppendResult::durable);
    }
    EXPECT_EQ(payloads(machine.journal()), numbers(1, 30));
    const bool struck = machine.disk().counts().faults[static_cast<std::size_t>(fault)] > 0;
    machine.disk().heal();
    machine.disk().cut_power();
    EXPECT_FALSE(machine.close());
    machine.expect_kept(30, 30, history);
    if (!struck || testing::Test::HasFailure()) return skip;
  }
}

TEST(CrashDiskJournalTest, PassingFaultsAtAnyCallLoseNothingEvenIfThePowerGoesAfterwards) {
  for (const std::uint64_t in_a_row : {1u, 3u}) {
    EXPECT_GT(strike_every_call(Fault::write, SQLITE_IOERR, in_a_row), 50u);
    EXPECT_GT(strike_every_call(Fault::write, SQLITE_FULL, in_a_row), 50u);
    EXPECT_GT(strike_every_call(Fault::short_write, SQLITE_IOERR, in_a_row), 50u);
    EXPECT_GT(strike_every_call(Fault::short_write, SQLITE_FULL, in_a_row), 50u);
    EXPECT_GT(strike_every_call(Fault::sync, SQLITE_IOERR, in_a_row), 25u);
    EXPECT_GT(strike_every_call(Fault::truncate, SQLITE_IOERR, in_a_row), 1u);
  }
}

// What a failed sync left can be read, and is not on the disk. The connection goes, the process goes, or only time
// does.
TEST(CrashDiskJournalTest, WhatIsDurableOrFoundAtOpeningAfterAFailedSyncSurvivesThePowerGoing) {
  std::uint64_t found = 0;
  for (std::uint64_t round = 0; round < 400; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Machine machine(round, 8);
    ASSERT_TRUE(machine.open());
    machine.append_until(4);
    machine.disk().fail_next(Fault::sync, SQLITE_IOERR, 1 + round % 4, round % 25);
    std::uint64_t durable = machine.append_until(30);
    if (round % 2 == 0) {
      machine.disk().kill();
      machine.forget_process();
      machine.disk().heal();
      ASSERT_TRUE(machine.open());
      const std::uint64_t end = machine.journal().tail().position.value();
      ASSERT_LE(durable, end);
      if (end > durable) ++found;
      durable = end;
    } else if (durable < 30) {
      const Batch batch = following(machine.journal().tail(), machine.payload(++durable));
      ASSERT_EQ(append_stubbornly(machine.journal(), batch), AppendResult::durable);
    }
    machine.disk().cut_power();
    EXPECT_FALSE(machine.close());
    machine.expect_kept(durable, durable, std::nullopt);
  }
  EXPECT_GT(found, 50u);
}

TEST(CrashDiskJournalTest, CheckpointInTwoPartsWhoseSyncFailsIsMadeAnew) {
  for (std::uint64_t round = 0; round < 300; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Machine machine(round, 8, 3000);  // A page for each batch, so that later ones do not carry the earlier ones along.
    ASSERT_TRUE(machine.open());
    machine.append_until(1 + round % 7);
    sqlite3* reader = machine.open_reader();
    machine.append_until(12 + round % 5);  // The log is full, but what came after the reader began must stay in it.
    sqlite3_close(reader);
    machine.disk().fail_next(Fault::sync, SQLITE_IOERR, 1, round % 20);
    for (std::uint64_t number = 1 + machine.journal().tail().position.value(); number <= 40; ++number) {
      const Batch batch = following(machine.journal().tail(), machine.payload(number));
      ASSERT_EQ(append_stubbornly(machine.journal(), batch), AppendResult::durable);
    }
    machine.disk().cut_power();
    EXPECT_FALSE(machine.close());
    machine.expect_kept(40, 40, std::nullopt);
  }
}

TEST(CrashDiskJournalTest, FullDiskRefusesForAsLongAsItLastsAndThenTheSameJournalGoesOn) {
  for (const Fault fault : {Fault::write, Fault::short_write}) {
    Machine machine(1);
    ASSERT_TRUE(machine.open());
    append_numbers(machine.journal(), 1, 9);
    const Batch tenth = following(machine.journal().tail(), "batch 10");
    machine.disk().fail_next(fault, SQLITE_FULL, 1'000'000);
    for (int attempt = 0; attempt < 5; ++attempt) {
      EXPECT_EQ(append(machine.journal(), tenth), AppendResult::not_written);
      EXPECT_EQ(payloads(machine.journal()), numbers(1, 9));
    }
    machine.disk().heal();
    EXPECT_EQ(append(machine.journal(), tenth), AppendResult::durable);
    append_numbers(machine.journal(), 11, 40);
    EXPECT_EQ(payloads(machine.journal()), numbers(1, 40));
    machine.disk().cut_power();
    EXPECT_FALSE(machine.close());
    machine.expect_kept(40, 40, std::nullopt);
  }
}

TEST(CrashDiskJournalTest, DiskThatLosesWhatItSyncedIsNoticedAndANewHistoryBegins) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Machine machine(seed, 1000);
    ASSERT_TRUE(machine.open());
    const PublicId history = machine.journal().history();
    append_numbers(machine.journal(), 1, 20);
    machine.disk().lie_about_syncs(true);
    append_numbers(machine.journal(), 21, 60);
    machine.disk().cut_power();
    machine.close_without_aging();
    machine.disk().lie_about_syncs(false);
    auto opened = journal::open_sqlite(machine.options());
    ASSERT_TRUE(opened) << opened.error();
    const std::uint64_t end = (*opened)->tail().position.value();
    EXPECT_GE(end, 20u);
    EXPECT_EQ(payloads(**opened), numbers(1, static_cast<int>(end)));
    ASSERT_EQ((*opened)->open_notice().has_value(), end < 60);
    EXPECT_EQ((*opened)->history() == history, end == 60);
    if (end == 60) continue;
    ++lost;
    EXPECT_NE((*opened)->open_notice()->find("default.tail knows position 60"), std::string::npos);
  }
  EXPECT_GT(lost, 20);
  EXPECT_LT(lost, 60);
}

TEST(CrashDiskJournalTest, ReadersSnapshotsAndTheCheckpointerBesideTheWriterSurviveEveryCrash) {
  std::uint64_t durable = 0;
  std::uint64_t checkpoints = 0;
  std::optional<PublicId> history;
  Machine machine(7);
  machine.options().checkpoint_pages = 8;
  machine.options().wal_pages_max = 24;
  for (int round = 1; round <= 40; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ASSERT_TRUE(machine.open());
    const std::uint64_t end = machine.journal().tail().position.value();
    ASSERT_GE(end, durable);
    ASSERT_LE(end, durable + 1);
    EXPECT_EQ(machine.journal().history(), history.value_or(machine.journal().history()));
    history = machine.journal().history();
    EXPECT_TRUE(machine.journal().snapshots());
    machine.disk().crash_at(100 + machine.random().below(700));
    std::atomic<bool> stop = false;
    std::thread reader([&] {
      while (!stop) {
        const journal::Tail tail = machine.journal().tail();
        std::uint64_t last = 0;
        const auto read = machine.journal().read({}, [&](const Batch& batch, const journal::Hash&) {
          last = batch.position.value();
          return true;
        });
        EXPECT_TRUE(!read || last >= tail.position.value());
        const auto saved = machine.journal().save_snapshot({tail.position, tail.hash, 1, std::string(3000, 's')});
        EXPECT_TRUE((read && saved) || !machine.disk().powered());
      }
    });
    durable = machine.append_until(1'000'000);
    stop = true;
    reader.join();
    checkpoints += machine.journal().stats().checkpoints;
    EXPECT_FALSE(machine.close());
  }
  machine.expect_kept(durable, durable + 1, history);
  EXPECT_GT(durable, 2000u);
  EXPECT_GT(checkpoints, 40u);
  EXPECT_GT(machine.aging().aged(), 5u);
  EXPECT_GT(machine.aging().halves_left(), 2u);
}

TEST(CrashDiskJournalTest, SideFileAgesSinceItsLastSyncAndNotBeyond) {
  int newest = 0;
  int lagging = 0;
  int oldest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Machine machine(seed);
    machine.options().checkpoint_pages = 8;
    machine.options().wal_pages_max = 1000;
    ASSERT_TRUE(machine.open());
    std::uint64_t end = 0;
    while (machine.journal().stats().checkpoints == 0) machine.append_until(++end);
    machine.aging().note(machine.journal());
    machine.append_until(end + 5);
    const bool synced_again = machine.journal().stats().checkpoints != 1;
    machine.disk().cut_power();
    EXPECT_FALSE(machine.close());
    const auto mark = machine.side_mark();
    ASSERT_TRUE(mark);
    EXPECT_GE(mark->position.value(), end - 1);  // The slot of `end` can be torn while `end + 2` is written.
    EXPECT_LE(mark->position.value(), end + 5);
    if (synced_again) continue;
    ++(mark->position.value() == end + 5 ? newest : mark->position.value() > end ? lagging : oldest);
  }
  EXPECT_GT(newest, 50);
  EXPECT_GT(lagging, 10);
  EXPECT_GT(oldest, 1);
}

TEST(CrashDiskJournalTest, OneSeedIsOneRun) {
  const auto run = [] {
    Machine machine(3);
    for (std::uint64_t n = 50; n < 400; n += 50) {
      machine.disk().crash_at(n);
      if (machine.open()) machine.append_until(1000);
      machine.close();
    }
    const DiskCounts counts = machine.disk().counts();
    EXPECT_GT(counts.writes_torn, 0u);
    EXPECT_TRUE(machine.open());
    return std::tuple(counts.calls, counts.changes, counts.writes_lost, counts.writes_torn,
                      machine.journal().tail().position);
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace heti::simulation

// What a whole reading says of a journal: holes by their position, lost ends by who knows more, and never one for the
// other. The write-ahead log torn at every byte of its last commits; each bit of one row flipped; backups and the way
// back.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "service/journal/audit.hpp"
#include "service/journal/backup.hpp"
#include "service/journal/journal.hpp"
#include "service/journal/sqlite_reader.hpp"
#include "tests/unit/journal_on_disk.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {
namespace {

std::size_t dose() {
  const char* text = std::getenv("TEST_DOSE");
  return text == nullptr ? 1 : std::max<std::size_t>(1, std::strtoul(text, nullptr, 10));
}

class JournalAuditTest : public JournalOnDisk {
 protected:
  Findings audited(const std::function<std::vector<Witness>(const PublicId&)>& others = {}) {
    close();
    auto found = audit_directory(directory_.path(), "default", others);
    EXPECT_TRUE(found) << found.error();
    return found ? *found : Findings{};
  }
  static std::string told(const Findings& found) {
    std::string all;
    for (const Hole& hole : found.holes) {
      all += std::to_string(hole.first.value()) + "-" + std::to_string(hole.last.value()) + " " + hole.what + "; ";
    }
    return all + (found.lost.empty() ? "" : "lost end; ") + found.structure.value_or("");
  }
};

TEST_F(JournalAuditTest, SoundJournalIsSoundWithItsSnapshotsAndAgainAfterTheOwnerWasKilled) {
  open();
  append_numbers(*journal_, 1, 5);
  ASSERT_TRUE(journal_->save_snapshot({journal_->tail().position, journal_->tail().hash, 1, "state"}));
  const PublicId history = journal_->history();
  append_and_be_killed(6, 12);
  const Findings found = audited();
  EXPECT_TRUE(found.sound()) << told(found);
  EXPECT_EQ(found.history, history);
  EXPECT_EQ(found.first, Position{1});
  EXPECT_EQ(found.end, Position{12});
  EXPECT_EQ(found.batches, 12u);
  EXPECT_EQ(found.snapshots, std::vector<std::string>{"default.snapshot.00000000000000000005"});
  open();
  EXPECT_EQ(journal_->tail().position, Position{12});
}

TEST_F(JournalAuditTest, EachFlippedBitOfARowIsAHoleAtThatPositionAndNoLostEnd) {
  open();
  for (const char* payload : {"first", "second", "payload of the third batch", "fourth", "fifth"}) {
    ASSERT_EQ(append(*journal_, payload), AppendResult::durable);
  }
  close();
  const std::string bytes = slurp(file("journal.db"));
  const auto payload = bytes.find("payload of the third batch");
  ASSERT_NE(payload, std::string::npos);
  // The payload's length, the record header, "default", the position, time, previous, hash, payload.
  const std::size_t begin = payload - 34 - 16;
  ASSERT_EQ(bytes.substr(begin + 8, 7), "default");
  std::size_t bits = 0;
  for (std::size_t at = begin; at < payload + 26; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit, ++bits) {
      SCOPED_TRACE("byte " + std::to_string(at - begin) + " bit " + std::to_string(bit));
      std::string flipped = bytes;
      flip_bit(flipped, at, bit);
      spill(file("journal.db"), flipped);
      const Findings found = audited();
      EXPECT_FALSE(found.sound());
      EXPECT_TRUE(found.lost.empty()) << told(found);
      ASSERT_FALSE(found.holes.empty()) << told(found);
      // Damage to the header of a row may make SQLite refuse its whole page.
      const Hole& hole = found.holes.front();
      if (at < payload - 34 && found.structure) {
        EXPECT_LE(hole.first, Position{3}) << told(found);
        EXPECT_GE(hole.last, Position{3}) << told(found);
      } else {
        EXPECT_EQ(hole.first, Position{3}) << told(found);
        EXPECT_EQ(hole.last, Position{3}) << told(found);
      }
      EXPECT_EQ(found.end, Position{5}) << told(found);
    }
  }
  EXPECT_GT(bits, 500u);
}

TEST_F(JournalAuditTest, MissingBatchesAndAnExchangedOneAreHoles) {
  open();
  append_numbers(*journal_, 1, 9);
  close();
  sql("DELETE FROM batch WHERE position IN (3, 4, 7)");
  Findings found = audited();
  EXPECT_EQ(told(found), "3-4 are missing; 7-7 is missing; ");
  EXPECT_EQ(found.damaged, 3u);
  const Batch forged = following({Position{5}, Hash{{7}}, Instant{}}, "forged");
  sql("UPDATE batch SET payload=CAST('forged' AS BLOB), at=1000, previous=x'07000000000000000000000000000000', "
      "hash=x'" +
      to_string(hash_of(forged)) + "' WHERE position=6");
  found = audited();
  EXPECT_TRUE(contains(told(found), "6-6 does not follow the batch before it")) << told(found);
}

TEST_F(JournalAuditTest, TrimmedBeginningIsAHoleUnlessASnapshotHoldsIt) {
  open();
  append_numbers(*journal_, 1, 4);
  ASSERT_TRUE(journal_->save_snapshot({journal_->tail().position, journal_->tail().hash, 1, "state"}));
  append_numbers(*journal_, 5, 8);
  close();
  sql("DELETE FROM batch WHERE position<=4");
  EXPECT_TRUE(audited().sound());
  sql("DELETE FROM batch WHERE position=5");
  EXPECT_TRUE(contains(told(audited()), "1-5 are missing, and no snapshot holds what they said"));
}

TEST_F(JournalAuditTest, DamagedSnapshotIsNamed) {
  open();
  append_numbers(*journal_, 1, 2);
  ASSERT_TRUE(journal_->save_snapshot({journal_->tail().position, journal_->tail().hash, 1, "state"}));
  close();
  const auto path = file("default.snapshot.00000000000000000002");
  std::string bytes = slurp(path);
  flip_bit(bytes, 20, 1);
  spill(path, bytes);
  const Findings found = audited();
  ASSERT_EQ(found.bad_snapshots.size(), 1u);
  EXPECT_TRUE(contains(found.bad_snapshots[0], path.string() + ": is damaged"));
  EXPECT_FALSE(found.sound());
}

// Of the last three commits of the log every byte is a place to be torn at: what follows is gone, zero or something
// else.
TEST_F(JournalAuditTest, LogTornAtEveryByteOfItsLastThreeCommitsOpensAtTheLastWholeOne) {
  constexpr std::size_t frame = 24 + 4096;
  open();
  append_numbers(*journal_, 1, 2);
  append_and_be_killed(3, 8);
  const std::string database = slurp(file("journal.db"));
  const std::string log = slurp(file("journal.db-wal"));
  const std::string witness = slurp(file("default.tail"));
  ASSERT_EQ(log.size() % frame, 32u);
  const std::size_t begin = log.size() - 3 * frame;  // One page a commit, or the ends below would be others.
  std::array<int, 9> ends{};
  bool touched = true;  // By opening for good; a reader changes neither the database nor the witness.
  for (std::size_t at = begin; at < log.size(); at += dose()) {
    for (const char* damage : {"cut", "zeros", "garbage"}) {
      SCOPED_TRACE(std::string(damage) + " from byte " + std::to_string(at - begin));
      std::string torn = log.substr(0, at);
      if (*damage == 'z') torn.append(log.size() - at, '\0');
      if (*damage == 'g') torn.append(log.size() - at, '\x5a');
      if (std::exchange(touched, false)) {
        spill(file("journal.db"), database);
        spill(file("default.tail"), witness);
      }
      spill(file("journal.db-wal"), torn);
      std::filesystem::remove(file("journal.db-shm"));
      const std::uint64_t whole = 5 + (at - begin) / frame;
      {
        auto reader = SqliteReader::open(directory_.path(), "default");
        ASSERT_TRUE(reader) << reader.error();
        const auto tail = reader->tail();
        ASSERT_TRUE(tail) << tail.error();
        // A byte that was zero, or 0x5a, before is no damage: then the commit is whole one byte further.
        const bool last_same = std::equal(torn.begin() + static_cast<std::ptrdiff_t>(at), torn.end(),
                                          log.begin() + static_cast<std::ptrdiff_t>(at), log.end());
        const std::uint64_t end = tail->position.value();
        if (last_same) {
          EXPECT_EQ(end, 8u);
        } else if (torn.size() == log.size() && end == whole + 1) {
          const std::size_t next = begin + (whole - 5 + 1) * frame;
          EXPECT_EQ(torn.substr(at, next - at), log.substr(at, next - at)) << "a torn commit was believed";
        } else {
          EXPECT_EQ(end, whole);
        }
        ++ends[std::min<std::size_t>(end, 8)];
      }
      if ((at - begin) % 40 != 0 && (at - begin) % frame > 30) continue;  // Opening for good takes far longer.
      const Findings found = audited();
      EXPECT_EQ(found.lost.empty(), found.end.value() == 8) << told(found);
      EXPECT_TRUE(found.holes.empty()) << told(found);
      touched = true;
      open();
      EXPECT_EQ(payloads(*journal_), numbers(1, static_cast<int>(found.end.value())));
      EXPECT_EQ(journal_->open_notice().has_value(), found.end.value() < 8);
      EXPECT_NE(journal_->history() == found.history, found.end.value() < 8);
      close();
    }
    if (HasFailure()) break;
  }
  for (const std::size_t end : {5u, 6u, 7u}) EXPECT_GT(ends[end], 0);
}

TEST_F(JournalAuditTest, LostEndIsToldBySnapshotWitnessAndArchiveAlike) {
  open();
  append_numbers(*journal_, 1, 3);
  close();
  const std::string early = slurp(file("journal.db"));
  const std::string early_witness = slurp(file("default.tail"));
  open();
  append_numbers(*journal_, 4, 9);
  const PublicId history = journal_->history();
  const Tail tail = journal_->tail();
  close();
  spill(file("journal.db"), early);

  Findings found = audited();
  ASSERT_EQ(found.lost.size(), 1u);
  EXPECT_EQ(found.lost[0].witness.name, "default.tail");
  EXPECT_EQ(found.end, Position{3});
  EXPECT_EQ(found.damaged, 0u);

  // Only the archive is ahead.
  spill(file("default.tail"), early_witness);
  EXPECT_TRUE(audited().sound());
  PublicId asked;
  const auto archive = [&](const PublicId& of) {
    asked = of;
    return std::vector<Witness>{{"archive.db", tail.position, tail.hash}};
  };
  found = audited(archive);
  EXPECT_EQ(asked, history);
  ASSERT_EQ(found.lost.size(), 1u);
  EXPECT_EQ(found.lost[0].witness.name, "archive.db");

  auto options = this->options();
  options.witnesses = archive;
  journal_ = open_or_fail(options);
  ASSERT_TRUE(journal_->open_notice());
  EXPECT_TRUE(contains(*journal_->open_notice(), "archive.db knows position 9")) << *journal_->open_notice();
  EXPECT_NE(journal_->history(), history);
  append_numbers(*journal_, 4, 4);
  EXPECT_EQ(payloads(*journal_), numbers(1, 4));
}

TEST_F(JournalAuditTest, ArchiveThatIsBehindOrLevelIsNoLostEnd) {
  open();
  append_numbers(*journal_, 1, 4);
  const Tail tail = journal_->tail();
  append_numbers(*journal_, 5, 5);
  auto options = this->options();
  options.witnesses = [&](const PublicId&) { return std::vector<Witness>{{"archive.db", tail.position, tail.hash}}; };
  close();
  journal_ = open_or_fail(options);
  EXPECT_FALSE(journal_->open_notice());
}

// --- backups ---

TEST_F(JournalAuditTest, BackupBesideTheOwnerHoldsAPrefixAndRestoreBeginsANewHistory) {
  open();
  append_numbers(*journal_, 1, 700);
  const PublicId history = journal_->history();
  const auto made = make_backup(directory_.path(), "default", file("backup"), instant_from_ms(5000), {{"a", "bytes"}});
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->tail, journal_->tail());
  append_numbers(*journal_, 701, 705);
  const auto again = make_backup(directory_.path(), "default", file("backup"), instant_from_ms(6000), {});
  ASSERT_FALSE(again);
  EXPECT_TRUE(contains(again.error(), "never overwrites")) << again.error();
  const auto checked = check_backup(file("backup"), "default");
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_EQ(checked->history, history);
  EXPECT_EQ(checked->enclosed, std::vector<std::string>{"a"});
  EXPECT_EQ(read_enclosed(file("backup"), "a"), "bytes");
  EXPECT_TRUE(contains(check_backup(file("backup"), "other").error(), "is a backup of workspace default"));
  EXPECT_TRUE(contains(restore_backup(file("backup"), directory_.path(), "default", true, Instant{}).error(),
                       "Stop the node first"));
  close();

  EXPECT_TRUE(contains(restore_backup(file("backup"), directory_.path(), "default", false, Instant{}).error(),
                       "with --replace"));
  const auto restored = restore_backup(file("backup"), directory_.path(), "default", true, Instant{});
  ASSERT_TRUE(restored) << restored.error();
  ASSERT_TRUE(restored->kept_old);
  EXPECT_EQ(restored->kept_old->filename(), "journal-before-19700101T000000Z");
  EXPECT_TRUE(std::filesystem::exists(*restored->kept_old / "journal.db"));
  EXPECT_TRUE(std::filesystem::exists(*restored->kept_old / "default.tail"));
  open();
  EXPECT_FALSE(journal_->open_notice());
  EXPECT_EQ(journal_->history(), restored->history);
  EXPECT_NE(journal_->history(), history);
  EXPECT_EQ(payloads(*journal_), numbers(1, 700));
  append_numbers(*journal_, 701, 702);
  EXPECT_TRUE(audited().sound());
}

TEST_F(JournalAuditTest, DamagedJournalGivesNoBackup) {
  open();
  append_numbers(*journal_, 1, 9);
  close();
  sql("DELETE FROM batch WHERE position=4");
  const auto made = make_backup(directory_.path(), "default", file("backup"), Instant{}, {});
  ASSERT_FALSE(made);
  EXPECT_TRUE(contains(made.error(), "batch 4 is missing")) << made.error();
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("backup")) << entry.path();
  }
}

TEST_F(JournalAuditTest, FlippedBitsAndCutsOfABackupAreRefusedAndTouchNothing) {
  open();
  append_numbers(*journal_, 1, 40);
  ASSERT_TRUE(make_backup(directory_.path(), "default", file("backup"), Instant{}, {{"key", "shared secret"}}));
  close();
  const std::string good = slurp(file("backup"));
  const std::string journal = slurp(file("journal.db"));
  const auto payload = good.find("batch 17");
  ASSERT_NE(payload, std::string::npos);
  for (std::size_t at = payload - 50; at < payload + 8; ++at) {
    std::string flipped = good;
    flip_bit(flipped, at, static_cast<unsigned>(at % 8));
    spill(file("backup"), flipped);
    EXPECT_FALSE(restore_backup(file("backup"), directory_.path(), "default", true, Instant{})) << at;
  }
  std::string bad = good;
  flip_bit(bad, good.find("shared secret"), 0);
  spill(file("backup"), bad);
  EXPECT_FALSE(restore_backup(file("backup"), directory_.path(), "default", true, Instant{}));
  for (std::size_t size = 0; size < good.size(); size += 1024) {
    spill(file("backup"), good.substr(0, size));
    EXPECT_FALSE(restore_backup(file("backup"), directory_.path(), "default", true, Instant{})) << size;
  }
  EXPECT_TRUE(slurp(file("journal.db")) == journal);
  EXPECT_FALSE(std::filesystem::exists(file(std::string(restoring_name))));
}

TEST_F(JournalAuditTest, UnfinishedRestoreIsNotOpenedAndCanBeRunAgain) {
  open();
  append_numbers(*journal_, 1, 4);
  ASSERT_TRUE(make_backup(directory_.path(), "default", file("backup"), Instant{}, {}));
  close();
  spill(file(std::string(restoring_name)), "half");
  std::filesystem::rename(file("journal.db"), file("elsewhere"));
  EXPECT_TRUE(contains(open_error(), "a restore into this directory was not finished")) << open_error();
  EXPECT_FALSE(std::filesystem::exists(file("journal.db")));
  ASSERT_TRUE(restore_backup(file("backup"), directory_.path(), "default", true, Instant{}));
  open();
  EXPECT_EQ(payloads(*journal_), numbers(1, 4));
}

}  // namespace
}  // namespace heti::journal::test

// The simulated disk by itself: what it keeps, tears, loses and refuses, and the locks of its files.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/crash_disk.hpp"

namespace heti::simulation {
namespace {

// One file, opened as SQLite opens it.
class OpenFile {
 public:
  explicit OpenFile(const CrashDisk& disk, const char* name = "/f", int flags = SQLITE_OPEN_CREATE)
      : memory_(static_cast<std::size_t>(sqlite3_vfs_find(disk.vfs().c_str())->szOsFile)) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(disk.vfs().c_str());
    result_ = vfs->xOpen(vfs, name, get(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB | flags, nullptr);
  }
  OpenFile(const OpenFile&) = delete;
  ~OpenFile() {
    if (get()->pMethods != nullptr) get()->pMethods->xClose(get());
  }
  int result() const { return result_; }
  sqlite3_file* get() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
  const sqlite3_io_methods& methods() { return *get()->pMethods; }
  int write(const std::string& bytes, int at) {
    return methods().xWrite(get(), bytes.data(), static_cast<int>(bytes.size()), at);
  }
  int sync() { return methods().xSync(get(), SQLITE_SYNC_NORMAL); }
  std::string content() {
    sqlite3_int64 size = 0;
    EXPECT_EQ(methods().xFileSize(get(), &size), SQLITE_OK);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    EXPECT_EQ(methods().xRead(get(), bytes.data(), static_cast<int>(size), 0), SQLITE_OK);
    return bytes;
  }
  int lock(int level) { return methods().xLock(get(), level); }
  int lock_slots(int offset, int n, int flags) { return methods().xShmLock(get(), offset, n, flags); }

 private:
  std::vector<char> memory_;  // Of zeros: no methods until it is open.
  int result_ = SQLITE_OK;
};

int remove(const CrashDisk& disk, const char* name, int sync_directory) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(disk.vfs().c_str());
  return vfs->xDelete(vfs, name, sync_directory);
}

TEST(CrashDiskTest, WhatWasSyncedSurvivesAndTheRestByChance) {
  const std::string before(2000, 'a');
  const std::string after = before.substr(0, 700) + std::string(1000, 'b') + std::string(1000, 'c');
  std::map<std::string, int> outcomes;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CrashDisk disk;
    {
      OpenFile file(disk);
      ASSERT_EQ(file.write(before, 0), SQLITE_OK);
      ASSERT_EQ(file.sync(), SQLITE_OK);
      ASSERT_EQ(file.write(std::string(1000, 'b'), 700), SQLITE_OK);
      ASSERT_EQ(file.write(std::string(1000, 'c'), 1700), SQLITE_OK);
      EXPECT_EQ(file.content(), after);
    }
    Random random(seed);
    disk.crash(random);
    const std::string left = OpenFile(disk).content();
    ASSERT_GE(left.size(), before.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
      const char old = i < before.size() ? before[i] : '\0';
      ASSERT_TRUE(left[i] == after[i] || left[i] == old) << "byte " << i;
    }
    if (left == before) {
      ++outcomes["nothing"];
    } else if (left == after) {
      ++outcomes["all"];
    } else if (left.substr(0, 1700) == after.substr(0, 1700)) {
      ++outcomes["the first whole"];
    } else if (left.find('c') != std::string::npos && left.substr(700, 1000) != std::string(1000, 'b')) {
      ++outcomes["the second without the first"];
    } else {
      ++outcomes["torn"];
    }
    EXPECT_EQ(disk.counts().writes_lost + disk.counts().writes_torn == 0, left == after);
  }
  EXPECT_EQ(outcomes.size(), 5u);
  for (const auto& [what, times] : outcomes) EXPECT_GT(times, 10) << what;
}

TEST(CrashDiskTest, TheCallAtWhichThePowerGoesAndAllLaterOnesFailAndDeadHandlesStayDead) {
  CrashDisk disk;
  OpenFile file(disk);
  ASSERT_EQ(file.write("aaaa", 0), SQLITE_OK);
  ASSERT_EQ(file.sync(), SQLITE_OK);
  disk.crash_at(2);
  EXPECT_EQ(file.write("bb", 0), SQLITE_OK);
  EXPECT_TRUE(disk.powered());
  EXPECT_EQ(file.write("cc", 2), SQLITE_IOERR_WRITE);
  EXPECT_FALSE(disk.powered());
  char bytes[4];
  EXPECT_EQ(file.methods().xRead(file.get(), bytes, 4, 0), SQLITE_IOERR_READ);
  EXPECT_EQ(file.sync(), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(OpenFile(disk).result(), SQLITE_CANTOPEN);
  Random random(1);
  disk.crash(random);
  OpenFile later(disk);
  const std::string left = later.content();
  EXPECT_EQ(file.write("dddd", 0), SQLITE_IOERR_WRITE);
  EXPECT_EQ(file.methods().xTruncate(file.get(), 0), SQLITE_IOERR_TRUNCATE);
  EXPECT_EQ(file.lock(SQLITE_LOCK_SHARED), SQLITE_IOERR_LOCK);
  EXPECT_EQ(later.content(), left);
  EXPECT_EQ(later.write("eeee", 0), SQLITE_OK);
  EXPECT_EQ(disk.counts().power_cuts, 1u);
  disk.kill();
  EXPECT_EQ(later.write("ffff", 0), SQLITE_IOERR_WRITE);
  EXPECT_EQ(OpenFile(disk).content(), "eeee");  // A process died, not the machine.
}

TEST(CrashDiskTest, NamesSurviveInTheirOrderAndForCertainOnceAnythingWasSynced) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CrashDisk disk;
    {
      OpenFile kept(disk, "/kept");
      ASSERT_EQ(kept.write("x", 0), SQLITE_OK);
      ASSERT_EQ(kept.sync(), SQLITE_OK);
    }
    OpenFile(disk, "/new").write("x", 0);
    ASSERT_EQ(remove(disk, "/kept", 0), SQLITE_OK);
    EXPECT_EQ(remove(disk, "/kept", 0), SQLITE_IOERR_DELETE_NOENT);
    Random random(seed);
    disk.crash(random);
    const auto is_there = [&](const char* name) { return OpenFile(disk, name, 0).result() == SQLITE_OK; };
    outcomes.insert(std::string(is_there("/kept") ? "kept " : "") + (is_there("/new") ? "new" : ""));
    ASSERT_EQ(remove(disk, is_there("/kept") ? "/kept" : "/new", 1), SQLITE_OK);
    const bool kept = is_there("/kept");
    disk.crash(random);
    EXPECT_EQ(is_there("/kept"), kept);
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"kept ", "kept new", "new"}));
}

TEST(CrashDiskTest, FailedSyncIsFollowedByOneThatSucceedsAndKeepsNothingOfBefore) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CrashDisk disk(seed);
    OpenFile file(disk);
    ASSERT_EQ(file.write("aaaa", 0), SQLITE_OK);
    ASSERT_EQ(file.sync(), SQLITE_OK);
    ASSERT_EQ(file.write("bb", 0), SQLITE_OK);
    disk.fail_next(Fault::sync, SQLITE_IOERR, 1);
    EXPECT_EQ(file.sync(), SQLITE_IOERR_FSYNC);
    ASSERT_EQ(file.write("cc", 2), SQLITE_OK);
    EXPECT_EQ(file.sync(), SQLITE_OK);
    EXPECT_EQ(file.content(), "bbcc");
    Random random(seed);
    disk.crash(random);
    outcomes.insert(OpenFile(disk).content());
    EXPECT_EQ(disk.counts().faults[static_cast<std::size_t>(Fault::sync)], 1u);
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"aacc", "bacc", "bbcc"}));
}

TEST(CrashDiskTest, OrderedFaultsComeWhenOrderedAndAreCounted) {
  CrashDisk disk;
  OpenFile file(disk);
  disk.fail_next(Fault::write, SQLITE_FULL, 2, 1);
  EXPECT_EQ(file.write("aa", 0), SQLITE_OK);
  EXPECT_EQ(file.write("bb", 0), SQLITE_FULL);
  EXPECT_EQ(file.write("cc", 0), SQLITE_FULL);
  EXPECT_EQ(file.content(), "aa");
  disk.fail_next(Fault::short_write, SQLITE_IOERR, 1);
  EXPECT_EQ(file.write("dddd", 0), SQLITE_IOERR_WRITE);
  EXPECT_EQ(file.content(), "dd");
  disk.fail_next(Fault::truncate, SQLITE_IOERR, 5);
  EXPECT_EQ(file.methods().xTruncate(file.get(), 1), SQLITE_IOERR_TRUNCATE);
  disk.heal();
  EXPECT_EQ(file.methods().xTruncate(file.get(), 1), SQLITE_OK);
  disk.fail_next(Fault::open, SQLITE_IOERR, 1);
  EXPECT_EQ(OpenFile(disk).result(), SQLITE_CANTOPEN);
  const DiskCounts counts = disk.counts();
  EXPECT_EQ(counts.faults, (std::array<std::uint64_t, fault_kinds>{1, 0, 2, 1, 0, 1, 0}));
  EXPECT_EQ(counts.changes, 7u);  // The file, four writes, two truncations.
  EXPECT_EQ(counts.calls, 10u);   // And an opening, two readings.
}

TEST(CrashDiskTest, LocksAndSharedMemoryAreThoseOfOneProcess) {
  CrashDisk disk;
  OpenFile a(disk);
  OpenFile b(disk);
  EXPECT_EQ(a.lock(SQLITE_LOCK_SHARED), SQLITE_OK);
  EXPECT_EQ(b.lock(SQLITE_LOCK_SHARED), SQLITE_OK);
  EXPECT_EQ(a.lock(SQLITE_LOCK_RESERVED), SQLITE_OK);
  EXPECT_EQ(b.lock(SQLITE_LOCK_RESERVED), SQLITE_BUSY);
  EXPECT_EQ(a.lock(SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
  EXPECT_EQ(OpenFile(disk).lock(SQLITE_LOCK_SHARED), SQLITE_BUSY);  // One waits to be alone.
  EXPECT_EQ(b.methods().xUnlock(b.get(), SQLITE_LOCK_NONE), SQLITE_OK);
  EXPECT_EQ(a.lock(SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
  EXPECT_EQ(a.methods().xUnlock(a.get(), SQLITE_LOCK_NONE), SQLITE_OK);
  EXPECT_EQ(b.lock(SQLITE_LOCK_SHARED), SQLITE_OK);

  void volatile* of_a = nullptr;
  void volatile* of_b = nullptr;
  EXPECT_EQ(b.methods().xShmMap(b.get(), 0, 32768, 0, &of_b), SQLITE_OK);
  EXPECT_EQ(of_b, nullptr);
  EXPECT_EQ(a.methods().xShmMap(a.get(), 0, 32768, 1, &of_a), SQLITE_OK);
  EXPECT_EQ(b.methods().xShmMap(b.get(), 0, 32768, 0, &of_b), SQLITE_OK);
  EXPECT_NE(of_a, nullptr);
  EXPECT_EQ(of_a, of_b);
  constexpr int share = SQLITE_SHM_LOCK | SQLITE_SHM_SHARED;
  constexpr int exclude = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
  EXPECT_EQ(a.lock_slots(3, 1, share), SQLITE_OK);
  EXPECT_EQ(b.lock_slots(3, 1, share), SQLITE_OK);
  EXPECT_EQ(b.lock_slots(2, 3, exclude), SQLITE_BUSY);
  EXPECT_EQ(a.lock_slots(3, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(b.lock_slots(3, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED), SQLITE_OK);
  EXPECT_EQ(b.lock_slots(2, 3, exclude), SQLITE_OK);
  EXPECT_EQ(a.lock_slots(4, 1, share), SQLITE_BUSY);
  disk.kill();
  OpenFile c(disk);
  EXPECT_EQ(c.lock(SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
  EXPECT_EQ(c.lock_slots(2, 3, exclude), SQLITE_OK);
  EXPECT_EQ(c.methods().xShmMap(c.get(), 0, 32768, 0, &of_b), SQLITE_OK);
  EXPECT_EQ(of_b, nullptr);
}

}  // namespace
}  // namespace heti::simulation

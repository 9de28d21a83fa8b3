#pragma once
// What the simulated disk knows, for its orders (crash_disk.cpp) and for the calls that SQLite makes
// (crash_disk_calls.cpp).
#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/simulation/crash_disk.hpp"
#include "tests/simulation/stored_file.hpp"

namespace heti::simulation {

// What the connections of one process share about a file; gone with the process.
struct Sharing {
  struct Slot {
    int sharers = 0;
    bool exclusive = false;
  };
  int level = SQLITE_LOCK_NONE;  // The strongest lock on the file that any handle has.
  int sharers = 0;               // Handles with a lock of any level.
  std::array<Slot, SQLITE_SHM_NLOCK> slots{};
  std::vector<std::unique_ptr<char[]>> regions;
  int mapped = 0;  // Handles that have the regions; the last one to leave frees them.
};

struct File {
  StoredFile content;
  std::shared_ptr<Sharing> sharing = std::make_shared<Sharing>();
};

struct NameChange {
  std::string name;
  std::shared_ptr<File> file;  // None: removed.
};
using Names = std::map<std::string, std::shared_ptr<File>, std::less<>>;

struct Order {
  int code = SQLITE_OK;
  std::uint64_t skip = 0;
  std::uint64_t count = 0;
};

// What comes of a call. It happens if `code` is OK; what it does to the cache happens too at the moment the power goes.
struct Fate {
  int code = SQLITE_OK;
  bool power_went = false;
  bool half = false;
  [[nodiscard]] bool reaches_cache() const { return code == SQLITE_OK || power_went; }
};

// `mutex` guards all but the shared memory itself, whose users SQLite puts in order.
struct CrashDisk::State {
  explicit State(std::uint64_t seed) : random(seed) {}

  [[nodiscard]] Fate fate(Fault call, bool is_change);
  [[nodiscard]] bool fails(Fault fault);
  void change_name(NameChange change);
  void sync_names();
  void end_process();

  mutable std::mutex mutex;
  Random random;
  std::string vfs_name;
  sqlite3_vfs vfs{};
  Names names;                           // What a reader sees,
  Names safe_names;                      // what survives for certain,
  std::vector<NameChange> name_changes;  // and the changes between the two.
  std::array<Order, fault_kinds> orders{};
  DiskCounts counts;
  StoredFile::Losses losses;
  bool powered = true;
  bool lies = false;
  std::uint64_t power_goes_in = 0;
  std::uint64_t life = 0;  // Handles of an earlier life are dead.
  std::uint64_t handles = 0;
};

// Makes `disk.vfs` out of the system's: its clock, sleep and chance, and the files of `disk`. `disk.vfs_name` is set.
void install_calls(CrashDisk::State& disk);

}  // namespace heti::simulation

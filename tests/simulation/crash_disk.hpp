#pragma once
// One machine's disk under the real journal: a file system for SQLite whose files live in memory, which loses what was
// not synced, tears what was being written, fails on order and counts. file_aging.hpp does the same to the few ordinary
// files that the journal keeps in its directory.
//
// What is modelled. A write is cached until its file is synced. At a loss of power each file keeps what was synced and,
// by chance, none, all, a beginning (the last write of it cut anywhere) or scattered sectors of the cached changes; the
// bytes around a write are never harmed. New names and removals are cached too and survive in their order, as far as
// the last sync of any file at least: that is what journalling file systems do. A sync that fails drops the changes it
// should have kept, by chance, and the next one succeeds without them: what is read then is not what is on the disk.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "service/journal/journal.hpp"
#include "tests/simulation/random.hpp"

namespace heti::simulation {

enum class Fault : std::uint8_t { open, read, write, short_write, sync, truncate, remove };
constexpr std::size_t fault_kinds = 7;
[[nodiscard]] std::string_view to_string(Fault fault);

struct DiskCounts {
  std::uint64_t calls = 0;    // Opening, reading, and the changes below.
  std::uint64_t changes = 0;  // Writes, syncs, truncations, removals and files created: what crash_at counts.
  std::uint64_t syncs = 0;
  std::array<std::uint64_t, fault_kinds> faults{};  // Calls that failed on order, by Fault.
  std::uint64_t power_cuts = 0;                     // Orders of crash_at that were carried out.
  std::uint64_t crashes = 0;
  std::uint64_t kills = 0;
  std::uint64_t writes_lost = 0;  // At crashes and failed syncs: cached writes of which nothing was kept,
  std::uint64_t writes_torn = 0;  // and of which a part was.
  std::uint64_t names_lost = 0;   // New files and removals that a crash undid.
  std::uint64_t syncs_lied_about = 0;
};

// Thread-safe. Must outlive every journal that names it.
class CrashDisk {
 public:
  // `seed` decides what failed syncs leave behind.
  explicit CrashDisk(std::uint64_t seed = 0);
  CrashDisk(const CrashDisk&) = delete;
  CrashDisk& operator=(const CrashDisk&) = delete;
  ~CrashDisk();

  // For journal::Options::vfs.
  [[nodiscard]] const std::string& vfs() const;

  // The power goes at the nth change from now (1 is the next): that call fails, having happened in part or not, and
  // every later call of any kind fails and changes nothing until crash(). 0 takes the order back. Armed while no
  // journal is open, n means the same moment in every run, as long as only one thread of the journal writes: see
  // options_for_one_writer().
  void crash_at(std::uint64_t n);
  // The power goes now.
  void cut_power();
  [[nodiscard]] bool powered() const;

  // Decides what survives and turns the power on. All that was open fails from here on and changes nothing; destroy
  // the journal, before or after, and open it anew. Takes back a crash_at that was not reached, not the faults.
  void crash(Random& random);

  // The process dies and the machine does not: what was open is dead, locks and shared memory are gone, every write
  // is kept, and what was not synced still is not.
  void kill();

  // Of the calls that `fault` names, after `skip` good ones, the next `count` fail; a later order for the same fault
  // replaces this one. `code` is SQLITE_IOERR, which becomes the call's own code, or SQLITE_FULL. Nothing of the
  // change happens, but for short_write: then half of the bytes are written.
  void fail_next(Fault fault, int code, std::uint64_t count, std::uint64_t skip = 0);
  void heal();  // Takes all orders of fail_next back.

  // A disk that breaks its promise, for tests that must notice: syncs succeed and keep nothing.
  void lie_about_syncs(bool lies);

  [[nodiscard]] DiskCounts counts() const;

  struct State;  // For the calls that SQLite makes, in the .cpp.

 private:
  std::unique_ptr<State> state_;
};

// Makes the journal's writer thread do the checkpoints itself, every `pages` pages of log, so that the order of changes
// depends on nothing but the batches. What the writer does for batch n comes before anything of batch n + 1, but a
// checkpoint comes after the answer to n. Whoever wants to give orders at a moment that is the same in every run gives
// them while no journal is open, or offers a batch of position 0 first: it is fenced, without an access to the disk,
// when all that came before is done.
void options_for_one_writer(journal::Options& options, int pages);

}  // namespace heti::simulation

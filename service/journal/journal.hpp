#pragma once
// The durable order of one workspace: batches 1, 2, 3 ... of bytes that mean nothing here, each chained to the one
// before by a hash, and snapshots that a position of the chain vouches for. Two implementations keep one contract
// (tests/unit/journal_contract_test.cpp): SQLite on disk, and memory for tests and load measurement.
// The bytes on disk are described in service/journal/FORMAT.md.
#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/public_id.hpp"
#include "service/base/strong.hpp"
#include "service/base/time.hpp"

namespace heti::journal {

// 0 is before the first batch; batches are 1, 2, 3 ...
using Position = Strong<struct PositionTag, std::uint64_t>;

// The first 16 bytes of SHA-256(previous hash | position | at | payload). All zero before the first batch.
using Hash = std::array<std::uint8_t, 16>;

struct Batch {
  Position position;
  Instant at;
  Hash previous{};  // The hash of the batch before.
  std::string payload;
  friend bool operator==(const Batch&, const Batch&) = default;
};

[[nodiscard]] Hash hash_of(const Batch& batch);
[[nodiscard]] std::string to_string(const Hash& hash);  // 32 lower-case hex digits, for messages.

struct Tail {
  Position position;
  Hash hash{};
  Instant at;
  friend bool operator==(const Tail&, const Tail&) = default;
};

struct Snapshot {
  Position position;
  Hash hash{};               // The chain hash of that position.
  std::uint32_t format = 0;  // Whatever the writer of `bytes` calls its version.
  std::string bytes;
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

// What somebody beside the journal knows of it: at this position the chain hash was this.
struct Witness {
  std::string name;  // For messages: "default.tail", "archive.db".
  Position position;
  Hash hash{};
};

enum class AppendResult : std::uint8_t {
  durable,      // On stable storage: may be acknowledged.
  not_written,  // Certainly not in the journal. Offer the same bytes again later.
  fenced,       // Does not follow the tail: somebody else wrote, or a suffix was given up. Fold the state anew.
  unknown,      // May or may not be in the journal. Offer the same bytes again until another answer comes.
};
[[nodiscard]] std::string_view to_string(AppendResult result);

struct Stats {
  std::uint64_t appends = 0;             // Durable batches since the journal was opened.
  std::uint64_t append_errors = 0;       // not_written and unknown answers since then.
  std::uint64_t bytes = 0;               // What batches take in storage now; 0 where there is no storage.
  std::uint64_t checkpoints = 0;         // Since opened.
  std::uint64_t snapshots_rejected = 0;  // Damaged, or not confirmed by the journal; since opened.
  std::uint64_t lost = 0;                // Batches known to be lost, for which a new history began.
  std::uint64_t healed = 0;              // Batches that storage had lost and got again; since opened.
  bool synced = false;                   // What is answered `durable` survives a power cut where it is stored.
  double last_append_seconds = 0;        // Write and sync of the last durable batch.
};

class Journal {
 public:
  virtual ~Journal() = default;  // Finishes the append under way (its `done` runs), then closes.

  // A random id that changes only when acknowledged batches at the end were lost and given up. Any thread.
  [[nodiscard]] virtual PublicId history() const = 0;

  // The durable tail. Any thread.
  [[nodiscard]] virtual Tail tail() const = 0;

  // False for good once another node may write or the end was lost behind our back: then this process has to end. Any
  // thread.
  [[nodiscard]] virtual bool owned() const { return true; }

  // Makes one batch durable. Only one may be under way; `done` runs once, on the writer's thread (memory: inline,
  // before append returns), must not throw, and may call append. The batch must have position tail + 1 and the tail's
  // hash as `previous`, else it is fenced; but the tail itself, offered again byte for byte, is answered `durable`, so
  // that an append of unknown outcome can be repeated.
  virtual void append(Batch batch, std::function<void(AppendResult)> done) = 0;

  // Hands durable batches after `after` in order to `each`, with their chain hash, until it returns false or the tail
  // is reached. Every batch's checksum and chain are verified before it is handed over; an error names the position.
  // Any thread; `each` runs on the caller's.
  [[nodiscard]] virtual std::expected<void, std::string> read(
      Position after, const std::function<bool(const Batch&, const Hash&)>& each) const = 0;

  // Leaves a durable mark "alive at `now`", soon, without an answer; a later mark replaces a waiting one. Any thread.
  virtual void keep_alive(Instant now) = 0;

  // When the process before was last known alive: the later of its last batch and its last mark, as found at open. A
  // batch before the mark takes the mark back: the clock was set back between two starts.
  // The epoch if there was none. Any thread.
  [[nodiscard]] virtual Instant alive_until() const = 0;

  // Stores a snapshot that the journal confirms (position and chain hash); the two newest are kept. Any thread.
  [[nodiscard]] virtual std::expected<void, std::string> save_snapshot(Snapshot snapshot) = 0;

  // Newest first, each undamaged and confirmed by the journal; the others are left out and counted. Any thread.
  [[nodiscard]] virtual std::expected<std::vector<Snapshot>, std::string> snapshots() const = 0;

  // Somebody outside has shown that acknowledged batches at the end are gone: `shown` says who and by what, such as "a
  // visitor's token knows position 12 (...)". They are given up as if that had been found at open: a new history
  // begins. `done` runs as append's does, with a sentence if the new history could not be stored; then nothing has
  // changed.
  virtual void give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) = 0;

  [[nodiscard]] virtual Stats stats() const = 0;

  // A sentence for the operator if acknowledged batches turned out to be lost and a new history began. Any thread.
  [[nodiscard]] virtual std::optional<std::string> open_notice() const = 0;
};

// The journal in SQLite. Callbacks that are not set are not called; they run on the journal's own threads (on_warning
// also on the thread that opens, or that asks for snapshots) and must not throw or call back into the journal.
struct Options {
  std::filesystem::path directory;    // Created (mode 0700) if missing; its parent must exist.
  std::string workspace = "default";  // 1 to 64 of a-z, 0-9, '-' and '_': it is part of file names.
  int checkpoint_pages = 1000;        // Pages (4 KiB) in the write-ahead log that start a checkpoint beside the writer.
  int wal_pages_max = 4000;           // From here the writer itself finishes the checkpoint, so that the log restarts.
  std::string vfs{};                  // SQLite's virtual file system; empty is the system's. Tests put faults there.
  std::function<void(double seconds)> on_append{};              // Write and sync of each durable batch.
  std::function<void(std::string_view sentence)> on_warning{};  // What an operator should read in the log.
  // Who else saw batches of this history (the archive); asked whenever the tail is found anew. Like the side file and
  // the snapshots they show that the journal has lost its end.
  std::function<std::vector<Witness>(const PublicId& history)> witnesses{};
  std::function<void()> after_commit{};  // Between commit and everything that follows it; for kill tests.
};
[[nodiscard]] std::expected<std::unique_ptr<Journal>, std::string> open_sqlite(Options options);

// What a memory journal leaves behind when it is closed; open it again by handing it over again.
class MemoryDisk;
[[nodiscard]] std::shared_ptr<MemoryDisk> make_memory_disk();

// Faults that a test may order for one append, decided before it is looked at.
enum class MemoryFault : std::uint8_t { none, not_written, fenced, unknown_written, unknown_lost };

struct MemoryOptions {
  std::shared_ptr<MemoryDisk> disk{};                // None: a new one.
  std::function<MemoryFault(const Batch&)> fault{};  // None: no faults.
};
[[nodiscard]] std::unique_ptr<Journal> make_memory(MemoryOptions options = {});

}  // namespace heti::journal

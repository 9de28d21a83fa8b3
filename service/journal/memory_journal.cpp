// The journal without a disk: the same contract, for tests and for measuring load without syncs.
#include <openssl/rand.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "service/base/check.hpp"
#include "service/journal/journal.hpp"

namespace heti::journal {

class MemoryDisk {
 public:
  struct Row {
    Batch batch;
    Hash hash{};
  };
  std::mutex mutex;
  PublicId history;
  std::vector<Row> rows;            // rows[i] is position i + 1.
  std::vector<Snapshot> snapshots;  // Newest first.
  Instant mark;

  void begin_history() { CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&history), sizeof history) == 1); }

  [[nodiscard]] Tail tail() const {
    if (rows.empty()) return {};
    return {rows.back().batch.position, rows.back().hash, rows.back().batch.at};
  }
};

namespace {

class MemoryJournal final : public Journal {
 public:
  explicit MemoryJournal(MemoryOptions options) : disk_(std::move(options.disk)), fault_(std::move(options.fault)) {
    if (!disk_) disk_ = make_memory_disk();
    const std::lock_guard lock(disk_->mutex);
    alive_until_ = std::max(disk_->mark, disk_->tail().at);
  }

  PublicId history() const override {
    const std::lock_guard lock(disk_->mutex);
    return disk_->history;
  }

  Tail tail() const override {
    const std::lock_guard lock(disk_->mutex);
    return disk_->tail();
  }

  void append(Batch batch, std::function<void(AppendResult)> done) override {
    const AppendResult result = store(std::move(batch));
    done(result);  // Outside the lock: it may append again.
  }

  std::expected<void, std::string> read(Position after,
                                        const std::function<bool(const Batch&, const Hash&)>& each) const override {
    for (std::size_t index = after.value();; ++index) {
      MemoryDisk::Row row;
      {
        const std::lock_guard lock(disk_->mutex);
        if (index > disk_->rows.size()) {
          return std::unexpected("journal in memory: position " + std::to_string(after.value()) +
                                 " lies beyond its end " + std::to_string(disk_->rows.size()));
        }
        if (index == disk_->rows.size()) return {};
        row = disk_->rows[index];
      }
      if (!each(row.batch, row.hash)) return {};
    }
  }

  void keep_alive(Instant now) override {
    const std::lock_guard lock(disk_->mutex);
    disk_->mark = std::max(disk_->mark, now);
  }

  Instant alive_until() const override { return alive_until_; }

  std::expected<void, std::string> save_snapshot(Snapshot snapshot) override {
    const std::lock_guard lock(disk_->mutex);
    if (!confirmed(snapshot)) {
      return std::unexpected("snapshot of position " + std::to_string(snapshot.position.value()) +
                             " is not confirmed by the journal");
    }
    auto& kept = disk_->snapshots;
    std::erase_if(kept, [&](const Snapshot& other) { return other.position == snapshot.position; });
    kept.push_back(std::move(snapshot));
    std::ranges::sort(kept, std::greater{}, &Snapshot::position);
    if (kept.size() > 2) kept.resize(2);
    return {};
  }

  std::expected<std::vector<Snapshot>, std::string> snapshots() const override {
    const std::lock_guard lock(disk_->mutex);
    return disk_->snapshots;
  }

  void give_up_end(std::string, std::function<void(std::expected<void, std::string>)> done) override {
    {
      const std::lock_guard lock(disk_->mutex);
      disk_->begin_history();
    }
    done({});
  }

  Stats stats() const override {
    const std::lock_guard lock(disk_->mutex);
    return stats_;
  }

  std::optional<std::string> open_notice() const override { return std::nullopt; }

 private:
  AppendResult store(Batch batch) {
    const MemoryFault fault = fault_ ? fault_(batch) : MemoryFault::none;
    const std::lock_guard lock(disk_->mutex);
    switch (fault) {
      case MemoryFault::none: return store_locked(std::move(batch));
      case MemoryFault::not_written: ++stats_.append_errors; return AppendResult::not_written;
      case MemoryFault::fenced: return AppendResult::fenced;
      case MemoryFault::unknown_written:
        ++stats_.append_errors;
        store_locked(std::move(batch));
        break;
      case MemoryFault::unknown_lost: ++stats_.append_errors; break;
    }
    return AppendResult::unknown;
  }

  AppendResult store_locked(Batch batch) {
    const Tail tail = disk_->tail();
    const Hash hash = hash_of(batch);
    if (batch.position == tail.position && hash == tail.hash) return AppendResult::durable;
    if (batch.position.value() != tail.position.value() + 1 || batch.previous != tail.hash) return AppendResult::fenced;
    disk_->mark = std::min(disk_->mark, batch.at);  // The clock was set back between two starts.
    disk_->rows.push_back({std::move(batch), hash});
    ++stats_.appends;
    return AppendResult::durable;
  }

  bool confirmed(const Snapshot& snapshot) const {
    const std::uint64_t position = snapshot.position.value();
    if (position == 0) return snapshot.hash == Hash{};
    return position <= disk_->rows.size() && disk_->rows[position - 1].hash == snapshot.hash;
  }

  std::shared_ptr<MemoryDisk> disk_;
  std::function<MemoryFault(const Batch&)> fault_;
  Instant alive_until_;
  Stats stats_;
};

}  // namespace

std::shared_ptr<MemoryDisk> make_memory_disk() {
  auto disk = std::make_shared<MemoryDisk>();
  disk->begin_history();
  return disk;
}

std::unique_ptr<Journal> make_memory(MemoryOptions options) {
  return std::make_unique<MemoryJournal>(std::move(options));
}

}  // namespace heti::journal

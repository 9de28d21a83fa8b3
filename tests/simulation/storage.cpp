#include "tests/simulation/storage.hpp"

#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/simulation/crash_disk.hpp"
#include "tests/simulation/file_aging.hpp"
#include "tests/simulation/random.hpp"

namespace heti::simulation {
namespace {

constexpr int never_checkpoint_pages = 1 << 30;
constexpr int pages_between_checkpoints = 1000;

class SqliteStorage final : public Storage {
 public:
  SqliteStorage(std::filesystem::path directory, std::uint64_t seed, bool checkpoints)
      : directory_(std::move(directory)), checkpoints_(checkpoints), random_(seed), disk_(seed), aging_(directory_) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~SqliteStorage() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::expected<std::unique_ptr<journal::Journal>, std::string> open() override {
    journal::Options options{.directory = directory_};
    options.vfs = disk_.vfs();
    options.on_warning = [this](std::string_view) { ++warnings_; };
    options_for_one_writer(options, checkpoints_ ? pages_between_checkpoints : never_checkpoint_pages);
    auto journal = journal::open_sqlite(std::move(options));
    if (journal) aging_.opened(**journal);
    return journal;
  }

  void note(const journal::Journal& journal) override {
    if (!checkpoints_) aging_.note(journal);
  }
  void keep_alive(journal::Journal& journal, Instant now) override {
    const std::uint64_t calls = disk_.counts().calls;
    const std::uint64_t warnings = warnings_;
    journal.keep_alive(now);
    if (now <= journal.tail().at) return;  // The last batch is a better mark, and nothing is written.
    // Writing it takes an access to the disk, unless it fails before, and then there is a warning.
    while (disk_.powered() && disk_.counts().calls == calls && warnings_ == warnings) std::this_thread::yield();
  }
  bool countable() const override { return !checkpoints_; }

  void crash_at(std::uint64_t n) override { n == 0 ? disk_.cut_power() : disk_.crash_at(n); }
  bool powered() const override { return disk_.powered(); }
  void power_on() override {
    if (!checkpoints_) aging_.crash(random_);
    disk_.crash(random_);
  }
  void kill() override { disk_.kill(); }
  void closed() override {
    if (!checkpoints_) aging_.closed();
  }

  void fail_next(std::uint64_t skip, std::uint64_t kind) override {
    const auto fault = static_cast<Fault>(kind % fault_kinds);
    const bool full = kind / fault_kinds % 3 == 0 && (fault == Fault::write || fault == Fault::short_write);
    disk_.fail_next(fault, full ? SQLITE_FULL : SQLITE_IOERR, 1 + kind / (fault_kinds * 3) % 3, skip);
  }
  void heal() override {
    disk_.heal();
    disk_.crash_at(0);
  }

  bool damage_newest_snapshot(bool remove) override {
    std::filesystem::path newest;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().filename().string().starts_with("default.snapshot.0")) newest = std::max(newest, entry.path());
    }
    if (newest.empty()) return false;
    if (remove) return std::filesystem::remove(newest);
    std::fstream file(newest, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(random_.below(std::filesystem::file_size(newest)));
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 0x40));
    return file.good();
  }

  Counts counts() const override {
    const DiskCounts disk = disk_.counts();
    Counts counts{.changes = disk.changes,
                  .errors = 0,
                  .power_cuts = disk.power_cuts,
                  .torn_writes = disk.writes_torn,
                  .lost_writes = disk.writes_lost};
    for (const std::uint64_t failed : disk.faults) counts.errors += failed;
    return counts;
  }

 private:
  const std::filesystem::path directory_;
  const bool checkpoints_;
  Random random_;
  std::atomic<std::uint64_t> warnings_ = 0;
  CrashDisk disk_;
  FileAging aging_;
};

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(std::uint64_t seed) : random_(seed), disk_(journal::make_memory_disk()) {}

  std::expected<std::unique_ptr<journal::Journal>, std::string> open() override {
    if (!powered_) return std::unexpected(std::string("no power"));
    return journal::make_memory({.disk = disk_, .fault = [this](const journal::Batch&) { return fate(); }});
  }
  void note(const journal::Journal&) override {}
  void keep_alive(journal::Journal& journal, Instant now) override { journal.keep_alive(now); }
  bool countable() const override { return true; }
  void crash_at(std::uint64_t n) override {
    power_goes_in_ = n;
    if (n == 0) powered_ = false;
  }
  bool powered() const override { return powered_; }
  void power_on() override {
    powered_ = true;
    power_goes_in_ = 0;
  }
  void kill() override {}
  void closed() override {}
  void fail_next(std::uint64_t skip, std::uint64_t kind) override {
    skip_ = skip % 8;
    count_ = 1 + kind % 3;
    kind_ = kind / 3 % 3;
  }
  void heal() override { count_ = power_goes_in_ = 0; }
  bool damage_newest_snapshot(bool) override { return false; }
  Counts counts() const override { return counts_; }

 private:
  journal::MemoryFault fate() {
    using enum journal::MemoryFault;
    ++counts_.changes;
    if (!powered_) return unknown_lost;
    if (power_goes_in_ != 0 && --power_goes_in_ == 0) {
      powered_ = false;
      ++counts_.power_cuts;
      return random_.chance(500) ? unknown_written : unknown_lost;
    }
    if (count_ == 0) return none;
    if (skip_ > 0) return --skip_, none;
    --count_;
    ++counts_.errors;
    return kind_ == 0 ? not_written : kind_ == 1 ? unknown_written : unknown_lost;
  }

  Random random_;
  std::shared_ptr<journal::MemoryDisk> disk_;
  bool powered_ = true;
  std::uint64_t power_goes_in_ = 0;
  std::uint64_t skip_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t kind_ = 0;
  Counts counts_;
};

}  // namespace

std::unique_ptr<Storage> sqlite_storage(std::filesystem::path directory, std::uint64_t seed, bool checkpoints) {
  return std::make_unique<SqliteStorage>(std::move(directory), seed, checkpoints);
}

std::unique_ptr<Storage> memory_storage(std::uint64_t seed) { return std::make_unique<MemoryStorage>(seed); }

}  // namespace heti::simulation

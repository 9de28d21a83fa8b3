#include "tests/simulation/crash_disk.hpp"

#include <sqlite3.h>

#include <atomic>
#include <utility>

#include "service/base/check.hpp"
#include "tests/simulation/crash_disk_state.hpp"

namespace heti::simulation {
namespace {

void make(Names& names, const NameChange& change) {
  if (change.file) {
    names[change.name] = change.file;
  } else {
    names.erase(change.name);
  }
}

int own_code(Fault call) {
  switch (call) {
    case Fault::open: return SQLITE_CANTOPEN;
    case Fault::read: return SQLITE_IOERR_READ;
    case Fault::write:
    case Fault::short_write: return SQLITE_IOERR_WRITE;
    case Fault::sync: return SQLITE_IOERR_FSYNC;
    case Fault::truncate: return SQLITE_IOERR_TRUNCATE;
    case Fault::remove: return SQLITE_IOERR_DELETE;
  }
  std::abort();
}

}  // namespace

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::open: return "open";
    case Fault::read: return "read";
    case Fault::write: return "write";
    case Fault::short_write: return "short write";
    case Fault::sync: return "sync";
    case Fault::truncate: return "truncate";
    case Fault::remove: return "remove";
  }
  std::abort();
}

Fate CrashDisk::State::fate(Fault call, bool is_change) {
  if (!powered) return {.code = own_code(call)};
  ++counts.calls;
  if (is_change) {
    ++counts.changes;
    if (power_goes_in > 0 && --power_goes_in == 0) {
      powered = false;
      ++counts.power_cuts;
      return {.code = own_code(call), .power_went = true};
    }
  }
  const bool half = call == Fault::write && fails(Fault::short_write);
  if (!half && !fails(call)) return {};
  const int code = orders[static_cast<std::size_t>(half ? Fault::short_write : call)].code;
  return {.code = code == SQLITE_IOERR ? own_code(call) : code, .half = half};
}

bool CrashDisk::State::fails(Fault fault) {
  Order& order = orders[static_cast<std::size_t>(fault)];
  if (order.count == 0) return false;
  if (order.skip > 0) {
    --order.skip;
    return false;
  }
  --order.count;
  ++counts.faults[static_cast<std::size_t>(fault)];
  return true;
}

void CrashDisk::State::change_name(NameChange change) {
  make(names, change);
  name_changes.push_back(std::move(change));
}

void CrashDisk::State::sync_names() {
  for (const NameChange& change : name_changes) make(safe_names, change);
  name_changes.clear();
}

void CrashDisk::State::end_process() {
  ++life;
  for (const auto* where : {&names, &safe_names}) {
    for (const auto& [name, file] : *where) file->sharing = std::make_shared<Sharing>();
  }
}

CrashDisk::CrashDisk(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {
  static std::atomic<std::uint64_t> disks = 0;
  state_->vfs_name = "heti-crash-disk-" + std::to_string(++disks);
  install_calls(*state_);
  CHECK(sqlite3_vfs_register(&state_->vfs, 0) == SQLITE_OK);
}

CrashDisk::~CrashDisk() {
  CHECK(state_->handles == 0);
  sqlite3_vfs_unregister(&state_->vfs);
}

const std::string& CrashDisk::vfs() const { return state_->vfs_name; }

void CrashDisk::crash_at(std::uint64_t n) {
  const std::lock_guard lock(state_->mutex);
  state_->power_goes_in = n;
}

void CrashDisk::cut_power() {
  const std::lock_guard lock(state_->mutex);
  state_->powered = false;
}

bool CrashDisk::powered() const {
  const std::lock_guard lock(state_->mutex);
  return state_->powered;
}

void CrashDisk::crash(Random& random) {
  const std::lock_guard lock(state_->mutex);
  const std::size_t kept = random.below(state_->name_changes.size() + 1);
  state_->counts.names_lost += state_->name_changes.size() - kept;
  state_->name_changes.resize(kept);
  state_->sync_names();
  state_->names = state_->safe_names;
  for (const auto& [name, file] : state_->names) file->content.crash(random, state_->losses);
  state_->end_process();
  state_->powered = true;
  state_->power_goes_in = 0;
  ++state_->counts.crashes;
}

void CrashDisk::kill() {
  const std::lock_guard lock(state_->mutex);
  CHECK(state_->powered);
  state_->end_process();
  ++state_->counts.kills;
}

void CrashDisk::fail_next(Fault fault, int code, std::uint64_t count, std::uint64_t skip) {
  CHECK(code != SQLITE_OK);
  const std::lock_guard lock(state_->mutex);
  state_->orders[static_cast<std::size_t>(fault)] = {code, skip, count};
}

void CrashDisk::heal() {
  const std::lock_guard lock(state_->mutex);
  state_->orders = {};
}

void CrashDisk::lie_about_syncs(bool lies) {
  const std::lock_guard lock(state_->mutex);
  state_->lies = lies;
}

DiskCounts CrashDisk::counts() const {
  const std::lock_guard lock(state_->mutex);
  DiskCounts counts = state_->counts;
  counts.writes_lost = state_->losses.lost;
  counts.writes_torn = state_->losses.torn;
  return counts;
}

void options_for_one_writer(journal::Options& options, int pages) {
  options.checkpoint_pages = options.wal_pages_max = pages;
}

}  // namespace heti::simulation

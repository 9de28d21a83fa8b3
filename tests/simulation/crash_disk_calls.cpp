// What SQLite calls: files, locks and shared memory of the simulated disk.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "service/base/check.hpp"
#include "tests/simulation/crash_disk_state.hpp"

namespace heti::simulation {
namespace {

using State = CrashDisk::State;

struct Handle : sqlite3_file {
  State* disk = nullptr;
  std::shared_ptr<File> file;
  std::shared_ptr<Sharing> sharing;  // Kept alive, with the memory that SQLite was given, until this is closed.
  std::uint64_t life = 0;
  int level = SQLITE_LOCK_NONE;
  unsigned shared_slots = 0;
  unsigned exclusive_slots = 0;
  bool mapped = false;
  bool read_only = false;

  [[nodiscard]] bool alive() const { return disk->powered && life == disk->life; }
};

State& state_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }
Handle& handle_of(sqlite3_file* file) { return *static_cast<Handle*>(file); }
std::size_t to_size(sqlite3_int64 value) {
  CHECK(value >= 0);
  return static_cast<std::size_t>(value);
}
constexpr int transfer_max = 0x1ffff;  // SQLite's own file system does not write more at once.
unsigned bits(int offset, int n) { return (1u << (offset + n)) - (1u << offset); }

void drop_slots(Handle& handle, unsigned mask) {
  for (unsigned i = 0; i < SQLITE_SHM_NLOCK; ++i) {
    const unsigned bit = 1u << i;
    if ((mask & handle.shared_slots & bit) != 0) --handle.sharing->slots[i].sharers;
    if ((mask & handle.exclusive_slots & bit) != 0) handle.sharing->slots[i].exclusive = false;
  }
  handle.shared_slots &= ~mask;
  handle.exclusive_slots &= ~mask;
}

void drop_lock(Handle& handle, int level) {
  if (handle.level <= level) return;
  if (handle.level > SQLITE_LOCK_SHARED) handle.sharing->level = SQLITE_LOCK_SHARED;
  if (level == SQLITE_LOCK_NONE && --handle.sharing->sharers == 0) handle.sharing->level = SQLITE_LOCK_NONE;
  handle.level = level;
}

void unmap(Handle& handle) {
  drop_slots(handle, ~0u);
  if (std::exchange(handle.mapped, false) && --handle.sharing->mapped == 0) handle.sharing->regions.clear();
}

int close_file(sqlite3_file* raw) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  unmap(handle);  // Of a dead handle the sharing is dead, too.
  drop_lock(handle, SQLITE_LOCK_NONE);
  --handle.disk->handles;
  raw->pMethods = nullptr;
  handle.~Handle();
  return SQLITE_OK;
}

int read_file(sqlite3_file* raw, void* to, int size, sqlite3_int64 at) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive()) return SQLITE_IOERR_READ;
  CHECK(size <= transfer_max);
  const Fate fate = handle.disk->fate(Fault::read, false);
  if (fate.code != SQLITE_OK) return fate.code;
  const std::size_t have = handle.file->content.read(static_cast<char*>(to), to_size(size), to_size(at));
  if (have == to_size(size)) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + have, 0, to_size(size) - have);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* raw, const void* from, int size, sqlite3_int64 at) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive() || handle.read_only) return SQLITE_IOERR_WRITE;
  CHECK(size <= transfer_max);
  const Fate fate = handle.disk->fate(Fault::write, true);
  const std::string_view bytes(static_cast<const char*>(from), to_size(fate.half ? size / 2 : size));
  if (fate.reaches_cache() || fate.half) handle.file->content.write(bytes, to_size(at));
  return fate.code;
}

int truncate_file(sqlite3_file* raw, sqlite3_int64 size) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive() || handle.read_only) return SQLITE_IOERR_TRUNCATE;
  const Fate fate = handle.disk->fate(Fault::truncate, true);
  if (fate.reaches_cache()) handle.file->content.truncate(to_size(size));
  return fate.code;
}

int sync_file(sqlite3_file* raw, int) {
  Handle& handle = handle_of(raw);
  State& disk = *handle.disk;
  const std::lock_guard lock(disk.mutex);
  if (!handle.alive()) return SQLITE_IOERR_FSYNC;
  const Fate fate = disk.fate(Fault::sync, true);
  if (fate.code != SQLITE_OK) {
    if (!fate.power_went) handle.file->content.fail_sync(disk.random, disk.losses);
    return fate.code;
  }
  ++disk.counts.syncs;
  if (disk.lies) {
    ++disk.counts.syncs_lied_about;
    return SQLITE_OK;
  }
  handle.file->content.sync();
  disk.sync_names();
  return SQLITE_OK;
}

int file_size(sqlite3_file* raw, sqlite3_int64* size) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(handle.file->content.size());
  return SQLITE_OK;
}

// The rules of SQLite's own locks between the threads of one process.
int lock_file(sqlite3_file* raw, int level) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive()) return SQLITE_IOERR_LOCK;
  Sharing& sharing = *handle.sharing;
  if (handle.level >= level) return SQLITE_OK;
  if (handle.read_only && level > SQLITE_LOCK_SHARED) return SQLITE_IOERR_LOCK;  // As the system does.
  if (handle.level != sharing.level && (sharing.level >= SQLITE_LOCK_PENDING || level > SQLITE_LOCK_SHARED)) {
    return SQLITE_BUSY;
  }
  if (level == SQLITE_LOCK_SHARED) {
    ++sharing.sharers;
    sharing.level = std::max(sharing.level, SQLITE_LOCK_SHARED);
    handle.level = SQLITE_LOCK_SHARED;
    return SQLITE_OK;
  }
  const bool blocked = level == SQLITE_LOCK_EXCLUSIVE && sharing.sharers > 1;
  handle.level = sharing.level = blocked ? SQLITE_LOCK_PENDING : level;
  return blocked ? SQLITE_BUSY : SQLITE_OK;
}

int unlock_file(sqlite3_file* raw, int level) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive()) return SQLITE_IOERR_UNLOCK;
  drop_lock(handle, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* raw, int* out) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive()) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  *out = handle.sharing->level > SQLITE_LOCK_SHARED ? 1 : 0;
  return SQLITE_OK;
}

int shm_map(sqlite3_file* raw, int region, int size, int extend, void volatile** out) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  *out = nullptr;
  if (!handle.alive()) return SQLITE_IOERR_SHMMAP;
  auto& regions = handle.sharing->regions;
  if (!std::exchange(handle.mapped, true)) ++handle.sharing->mapped;
  if (to_size(region) >= regions.size() && extend == 0) return SQLITE_OK;
  while (to_size(region) >= regions.size()) regions.push_back(std::make_unique<char[]>(to_size(size)));
  *out = regions[to_size(region)].get();
  return SQLITE_OK;
}

int shm_lock(sqlite3_file* raw, int offset, int n, int flags) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  if (!handle.alive()) return SQLITE_IOERR_SHMLOCK;
  const unsigned mask = bits(offset, n);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    drop_slots(handle, mask);
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  const unsigned wanted = mask & ~(exclusive ? handle.exclusive_slots : handle.shared_slots);
  for (unsigned i = 0; i < SQLITE_SHM_NLOCK; ++i) {
    if ((wanted & 1u << i) == 0) continue;
    const Sharing::Slot& slot = handle.sharing->slots[i];
    if (slot.exclusive || (exclusive && slot.sharers > 0)) return SQLITE_BUSY;
  }
  for (unsigned i = 0; i < SQLITE_SHM_NLOCK; ++i) {
    if ((wanted & 1u << i) == 0) continue;
    Sharing::Slot& slot = handle.sharing->slots[i];
    if (exclusive) {
      slot.exclusive = true;
    } else {
      ++slot.sharers;
    }
  }
  (exclusive ? handle.exclusive_slots : handle.shared_slots) |= wanted;
  return SQLITE_OK;
}

void shm_barrier(sqlite3_file* raw) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::lock_guard lock(handle_of(raw).disk->mutex);
}

int shm_unmap(sqlite3_file* raw, int) {
  Handle& handle = handle_of(raw);
  const std::lock_guard lock(handle.disk->mutex);
  unmap(handle);
  return SQLITE_OK;
}

const sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    // As the system's own: bytes beside a write are safe, and no more is promised.
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* raw, int flags, int* out_flags) {
  State& disk = state_of(vfs);
  raw->pMethods = nullptr;
  const std::lock_guard lock(disk.mutex);
  const auto found = name == nullptr ? disk.names.end() : disk.names.find(name);
  std::shared_ptr<File> file = found == disk.names.end() ? nullptr : found->second;
  const bool creates = file == nullptr && name != nullptr && (flags & SQLITE_OPEN_CREATE) != 0;
  const Fate fate = disk.fate(Fault::open, creates);
  if (creates && fate.reaches_cache()) disk.change_name({name, file = std::make_shared<File>()});
  if (fate.code != SQLITE_OK) return fate.code;
  if (name == nullptr) file = std::make_shared<File>();  // A temporary file that only its handle knows.
  if (file == nullptr) return SQLITE_CANTOPEN;
  auto* handle = new (raw) Handle;
  handle->disk = &disk;
  handle->file = file;
  handle->sharing = file->sharing;
  handle->life = disk.life;
  handle->read_only = (flags & SQLITE_OPEN_READONLY) != 0;
  handle->pMethods = &methods;
  ++disk.handles;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  State& disk = state_of(vfs);
  const std::lock_guard lock(disk.mutex);
  if (disk.powered && !disk.names.contains(name)) return SQLITE_IOERR_DELETE_NOENT;
  const Fate fate = disk.fate(Fault::remove, true);
  if (fate.reaches_cache()) disk.change_name({name, nullptr});
  if (fate.code == SQLITE_OK && sync_directory != 0 && !disk.lies) disk.sync_names();
  return fate.code;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* out) {
  State& disk = state_of(vfs);
  const std::lock_guard lock(disk.mutex);
  if (!disk.powered) return SQLITE_IOERR_ACCESS;
  const auto found = disk.names.find(name);
  *out = found != disk.names.end() && found->second->content.size() > 0 ? 1 : 0;  // As the system's: no empty files.
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  const std::string_view path(name);
  if (path.size() >= to_size(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, path.data(), path.size() + 1);
  return SQLITE_OK;
}

}  // namespace

void install_calls(CrashDisk::State& disk) {
  sqlite3_vfs& vfs = disk.vfs = *sqlite3_vfs_find(nullptr);
  vfs.szOsFile = sizeof(Handle);
  vfs.pNext = nullptr;
  vfs.zName = disk.vfs_name.c_str();
  vfs.pAppData = &disk;
  vfs.xOpen = open_file;
  vfs.xDelete = remove_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
}

}  // namespace heti::simulation

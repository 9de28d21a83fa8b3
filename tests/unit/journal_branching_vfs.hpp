#pragma once
// A file system for SQLite over that of a CrashDisk, which splits the process at each call: the child has that call
// fail and goes on, the parent waits until the child is done and goes on as if nothing had been. The disk is memory, so
// each of the two has its own. Thus every call of one session fails once, without running the session anew for each.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <string_view>

namespace heti::journal::test {

class BranchingVfs {
 public:
  static constexpr const char* name = "heti-branching";

  enum class Call : std::uint8_t { open, close, read, write, sync, truncate, size, remove, access, map };
  static constexpr std::array<std::string_view, 10> call_names{"open",     "close", "read",   "write",  "sync",
                                                               "truncate", "size",  "remove", "access", "map"};
  // What the failing call is answered with: an error of its own kind, a full disk, or an error after half of the write.
  enum class Kind : std::uint8_t { error, full, half };
  static constexpr int kinds = 3;

  struct Hooks {
    // Before call n (from 1), in the parent: the kinds of faults to try there.
    std::function<std::vector<Kind>(std::uint64_t n)> wanted;
    std::function<void()> before_fork;  // Everything else must stand still until after_fork.
    std::function<void(bool child)> after_fork;
    std::function<void(std::uint64_t n, Call call, Kind kind, int status)> judged;  // The child has ended.
    std::function<void()> failed_sync;  // In the child: the next sync loses what it should have kept.
  };

  static void begin(const std::string& below, Hooks hooks) {
    real() = sqlite3_vfs_find(below.c_str());
    static sqlite3_vfs vfs;
    vfs = *real();
    vfs.zName = name;
    vfs.pNext = nullptr;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real()->szOsFile;
    vfs.xOpen = [](sqlite3_vfs*, sqlite3_filename path, sqlite3_file* raw, int flags, int* out_flags) {
      auto* file = new (raw) File{};
      file->below = reinterpret_cast<sqlite3_file*>(file + 1);
      if (fails(Call::open)) return error(SQLITE_CANTOPEN);
      const int rc = real()->xOpen(real(), path, file->below, flags, out_flags);
      if (rc == SQLITE_OK) file->base.pMethods = methods();
      return rc;
    };
    vfs.xDelete = [](sqlite3_vfs*, const char* path, int sync_directory) {
      return fails(Call::remove) ? SQLITE_IOERR_DELETE : real()->xDelete(real(), path, sync_directory);
    };
    vfs.xAccess = [](sqlite3_vfs*, const char* path, int flags, int* out) {
      return fails(Call::access) ? SQLITE_IOERR_ACCESS : real()->xAccess(real(), path, flags, out);
    };
    state() = {};
    state().hooks = std::move(hooks);
    sqlite3_vfs_register(&vfs, 0);
  }

  // No call fails or splits from here on; for the child's judgement.
  static void rest() { state().resting = true; }
  static std::uint64_t calls() { return state().calls; }
  static const std::array<std::uint64_t, call_names.size()>& calls_by_name() { return state().by_name; }

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* below;
  };
  struct State {
    Hooks hooks;
    std::uint64_t calls = 0;
    std::array<std::uint64_t, call_names.size()> by_name{};
    bool resting = false;
    Kind kind = Kind::error;  // In a child, of its fault.
  };

  static State& state() {
    static State it;
    return it;
  }
  static sqlite3_vfs*& real() {
    static sqlite3_vfs* it = nullptr;
    return it;
  }
  static sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<File*>(file)->below; }
  static int error(int own) { return state().kind == Kind::full ? SQLITE_FULL : own; }

  // True in a child, once. Only one thread at a time may call SQLite.
  static bool fails(Call call) {
    State& it = state();
    if (it.resting) return false;
    const std::uint64_t n = ++it.calls;
    ++it.by_name[static_cast<std::size_t>(call)];
    for (const Kind kind : it.hooks.wanted(n)) {
      it.hooks.before_fork();
      const pid_t child = ::fork();
      if (child == 0) {
        it.kind = kind;
        it.resting = true;
        it.hooks.after_fork(true);
        return true;
      }
      int status = -1;
      if (child > 0) ::waitpid(child, &status, 0);
      it.hooks.after_fork(false);
      it.hooks.judged(n, call, kind, status);
    }
    return false;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods it{
        .iVersion = 2,
        .xClose =
            [](sqlite3_file* f) {
              const bool failed = fails(Call::close);
              const int rc = below(f)->pMethods->xClose(below(f));
              return failed ? SQLITE_IOERR_CLOSE : rc;
            },
        .xRead =
            [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
              return fails(Call::read) ? SQLITE_IOERR_READ : below(f)->pMethods->xRead(below(f), to, size, at);
            },
        .xWrite =
            [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
              if (!fails(Call::write)) return below(f)->pMethods->xWrite(below(f), from, size, at);
              if (state().kind == Kind::half) below(f)->pMethods->xWrite(below(f), from, size / 2, at);
              return error(SQLITE_IOERR_WRITE);
            },
        .xTruncate =
            [](sqlite3_file* f, sqlite3_int64 size) {
              return fails(Call::truncate) ? error(SQLITE_IOERR_TRUNCATE)
                                           : below(f)->pMethods->xTruncate(below(f), size);
            },
        .xSync =
            [](sqlite3_file* f, int flags) {
              if (fails(Call::sync)) state().hooks.failed_sync();
              return below(f)->pMethods->xSync(below(f), flags);
            },
        .xFileSize =
            [](sqlite3_file* f, sqlite3_int64* size) {
              return fails(Call::size) ? SQLITE_IOERR_FSTAT : below(f)->pMethods->xFileSize(below(f), size);
            },
        .xLock = [](sqlite3_file* f, int level) { return below(f)->pMethods->xLock(below(f), level); },
        .xUnlock = [](sqlite3_file* f, int level) { return below(f)->pMethods->xUnlock(below(f), level); },
        .xCheckReservedLock = [](sqlite3_file* f,
                                 int* out) { return below(f)->pMethods->xCheckReservedLock(below(f), out); },
        .xFileControl = [](sqlite3_file* f, int op,
                           void* arg) { return below(f)->pMethods->xFileControl(below(f), op, arg); },
        .xSectorSize = [](sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); },
        .xDeviceCharacteristics = [](sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); },
        .xShmMap =
            [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
              return fails(Call::map) ? SQLITE_IOERR_SHMMAP
                                      : below(f)->pMethods->xShmMap(below(f), page, size, extend, out);
            },
        .xShmLock = [](sqlite3_file* f, int offset, int n,
                       int flags) { return below(f)->pMethods->xShmLock(below(f), offset, n, flags); },
        .xShmBarrier = [](sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); },
        .xShmUnmap = [](sqlite3_file* f, int remove) { return below(f)->pMethods->xShmUnmap(below(f), remove); },
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    return &it;
  }
};

}  // namespace heti::journal::test

#pragma once
// A file system for SQLite that fails on order: the nth write, sync or truncation of any file of the database. It
// hands everything else to the system's own. One plan for the whole process: tests run one after the other.
#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <new>
#include <string_view>

namespace heti::journal::test {

class FaultVfs {
 public:
  static constexpr const char* name = "heti-faults";

  enum class Call : int { any, write, sync };
  struct Plan {
    std::atomic<Call> call = Call::any;
    std::atomic<int> until_first = -1;     // Calls that still succeed; negative: no faults.
    std::atomic<int> failures = 0;         // Calls that then fail.
    std::atomic<int> code = SQLITE_IOERR;  // IOERR becomes the write's, sync's or truncation's own code.
    std::atomic<int> failed = 0;           // How many did fail since armed.
  };

  static void arm(Call call, int nth, int failures, int code) {
    plan().failed = 0;
    plan().call = call;
    plan().code = code;
    plan().failures = failures;
    plan().until_first = nth;
  }
  // True if at least one call failed since arm().
  static bool disarm() {
    plan().until_first = -1;
    plan().failures = 0;
    return plan().failed > 0;
  }

  static void install() {
    if (sqlite3_vfs_find(name) != nullptr) return;
    static sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
    real() = sqlite3_vfs_find(nullptr);
    vfs.zName = name;
    vfs.pNext = nullptr;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real()->szOsFile;
    vfs.xOpen = [](sqlite3_vfs*, sqlite3_filename path, sqlite3_file* raw, int flags, int* out_flags) {
      auto* file = new (raw) File{};
      file->below = reinterpret_cast<sqlite3_file*>(file + 1);
      const int rc = real()->xOpen(real(), path, file->below, flags, out_flags);
      if (rc == SQLITE_OK) file->base.pMethods = methods();
      return rc;
    };
    sqlite3_vfs_register(&vfs, 0);
  }

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* below;
  };

  static Plan& plan() {
    static Plan it;
    return it;
  }
  static sqlite3_vfs*& real() {
    static sqlite3_vfs* it = nullptr;
    return it;
  }
  static sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<File*>(file)->below; }

  static bool fails(Call call) {
    auto& it = plan();
    if (it.until_first < 0 || (it.call != Call::any && it.call != call)) return false;
    if (it.until_first > 0) {
      --it.until_first;
      return false;
    }
    if (it.failures <= 0) return false;
    --it.failures;
    ++it.failed;
    return true;
  }
  static int code(int ioerr) { return plan().code == SQLITE_IOERR ? ioerr : plan().code.load(); }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods it{
        .iVersion = 2,
        .xClose = [](sqlite3_file* f) { return below(f)->pMethods->xClose(below(f)); },
        .xRead = [](sqlite3_file* f, void* to, int size,
                    sqlite3_int64 at) { return below(f)->pMethods->xRead(below(f), to, size, at); },
        .xWrite =
            [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
              if (!fails(Call::write)) return below(f)->pMethods->xWrite(below(f), from, size, at);
              below(f)->pMethods->xWrite(below(f), from, size / 2, at);  // Failing disks often write a part.
              return code(SQLITE_IOERR_WRITE);
            },
        .xTruncate =
            [](sqlite3_file* f, sqlite3_int64 size) {
              return fails(Call::any) ? code(SQLITE_IOERR_TRUNCATE) : below(f)->pMethods->xTruncate(below(f), size);
            },
        .xSync =
            [](sqlite3_file* f, int flags) {
              return fails(Call::sync) ? SQLITE_IOERR_FSYNC : below(f)->pMethods->xSync(below(f), flags);
            },
        .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return below(f)->pMethods->xFileSize(below(f), size); },
        .xLock = [](sqlite3_file* f, int level) { return below(f)->pMethods->xLock(below(f), level); },
        .xUnlock = [](sqlite3_file* f, int level) { return below(f)->pMethods->xUnlock(below(f), level); },
        .xCheckReservedLock = [](sqlite3_file* f,
                                 int* out) { return below(f)->pMethods->xCheckReservedLock(below(f), out); },
        .xFileControl = [](sqlite3_file* f, int op,
                           void* arg) { return below(f)->pMethods->xFileControl(below(f), op, arg); },
        .xSectorSize = [](sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); },
        .xDeviceCharacteristics = [](sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); },
        .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                      void volatile** out) { return below(f)->pMethods->xShmMap(below(f), page, size, extend, out); },
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

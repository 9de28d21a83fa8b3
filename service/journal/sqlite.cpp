#include "service/journal/sqlite.hpp"

#include <algorithm>
#include <vector>

#include "service/base/check.hpp"

namespace heti::journal {
namespace {

struct FreeFilename {
  void operator()(const char* name) const { sqlite3_free_filename(const_cast<char*>(name)); }
};

// A file opened through SQLite's virtual file system.
class VfsFile {
 public:
  explicit VfsFile(const sqlite3_vfs& vfs) : memory_(static_cast<std::size_t>(vfs.szOsFile)) {}
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;
  ~VfsFile() {
    if (get()->pMethods != nullptr) get()->pMethods->xClose(get());
  }
  [[nodiscard]] sqlite3_file* get() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
  [[nodiscard]] const sqlite3_io_methods& methods() { return *get()->pMethods; }

 private:
  std::vector<char> memory_;  // Of zeros: no methods until it is open.
};

int write_over_itself(VfsFile& file) {
  sqlite3_int64 size = 0;
  if (const int rc = file.methods().xFileSize(file.get(), &size); rc != SQLITE_OK) return rc;
  std::vector<char> chunk(1 << 16);  // SQLite's own file system cannot take 128 KiB at once.
  for (sqlite3_int64 at = 0; at < size;) {
    const int amount = static_cast<int>(std::min<sqlite3_int64>(size - at, std::ssize(chunk)));
    if (const int rc = file.methods().xRead(file.get(), chunk.data(), amount, at); rc != SQLITE_OK) return rc;
    if (const int rc = file.methods().xWrite(file.get(), chunk.data(), amount, at); rc != SQLITE_OK) return rc;
    at += amount;
  }
  return file.methods().xSync(file.get(), SQLITE_SYNC_NORMAL);
}

// `kind` says which of the database's files. It is opened as SQLite itself does, whose locks would not survive another
// descriptor on the database being closed.
std::expected<void, std::string> renew(const std::filesystem::path& database, int kind, const std::string& vfs_name) {
  const std::string log = database.string() + "-wal";
  const std::string rollback = database.string() + "-journal";
  const std::unique_ptr<const char, FreeFilename> names(
      sqlite3_create_filename(database.c_str(), rollback.c_str(), log.c_str(), 0, nullptr));
  CHECK(names != nullptr);
  const char* name = kind == SQLITE_OPEN_WAL ? sqlite3_filename_wal(names.get()) : names.get();
  const auto failed = [&](std::string_view what, int rc) {
    return std::unexpected(std::string(name) + ": " + std::string(what) + ": " + sqlite3_errstr(rc) + " (" +
                           std::to_string(rc) + ")");
  };
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (vfs == nullptr) return failed("cannot be opened", SQLITE_CANTOPEN);
  int is_there = 0;
  int rc = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &is_there);
  if (rc != SQLITE_OK) return failed("cannot be found", rc);
  if (is_there == 0) return {};
  VfsFile file(*vfs);
  int flags = 0;
  rc = vfs->xOpen(vfs, name, file.get(), SQLITE_OPEN_READWRITE | kind, &flags);
  if (rc != SQLITE_OK) return failed("cannot be opened", rc);
  rc = write_over_itself(file);
  if (rc != SQLITE_OK) return failed("cannot be written anew", rc);
  return {};
}

}  // namespace

std::expected<void, std::string> renew_log(const std::filesystem::path& database, const std::string& vfs) {
  return renew(database, SQLITE_OPEN_WAL, vfs);
}

std::expected<void, std::string> renew_database(const std::filesystem::path& database, const std::string& vfs) {
  return renew(database, SQLITE_OPEN_MAIN_DB, vfs);
}

Statement& Statement::bind(int index, std::int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_text(int index, std::string_view value) {
  CHECK(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8) ==
        SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();  // A null pointer would bind NULL instead of no bytes.
  CHECK(sqlite3_bind_blob64(statement_.get(), index, data, value.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

std::optional<std::int64_t> Statement::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::string_view> Statement::text(int column) const { return bytes(column, SQLITE_TEXT); }
std::optional<std::string_view> Statement::blob(int column) const { return bytes(column, SQLITE_BLOB); }

std::optional<std::string_view> Statement::bytes(int column, int type) const {
  if (sqlite3_column_type(statement_.get(), column) != type) return std::nullopt;
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  if (size == 0) return std::string_view{};
  if (data == nullptr) return std::nullopt;
  return std::string_view{static_cast<const char*>(data), size};
}

std::expected<Connection, std::string> Connection::open(const std::filesystem::path& path, Mode mode,
                                                        const std::string& vfs) {
  const int access = mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &raw, access | SQLITE_OPEN_NOMUTEX, vfs.empty() ? nullptr : vfs.c_str());
  Connection connection(path, raw);
  if (rc != SQLITE_OK) {
    return std::unexpected(raw != nullptr ? connection.error("cannot be opened")
                                          : path.string() + ": cannot be opened: " + sqlite3_errstr(rc));
  }
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 2000);
  // Checkpoints are ours to time; nothing in a database file may make SQLite call functions; sizes inside a page are
  // checked before they are believed.
  auto set = connection.run("PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
  if (set && mode == Mode::write) {
    set = connection.run("PRAGMA secure_delete=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  }
  if (!set) return std::unexpected(set.error());
  return connection;
}

std::expected<void, std::string> Connection::run(const char* sql) {
  if (sqlite3_exec(get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return std::unexpected(error(sql));
  return {};
}

std::expected<Statement, std::string> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr) !=
      SQLITE_OK) {
    return std::unexpected(error(sql));
  }
  return Statement(raw);
}

std::expected<bool, std::string> Connection::checkpoint(int mode) {
  int pages = 0;
  int moved = 0;
  const int rc = sqlite3_wal_checkpoint_v2(get(), nullptr, mode, &pages, &moved);
  if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) return false;
  if (rc != SQLITE_OK) return std::unexpected(error("checkpoint"));
  return pages == moved;
}

std::string Connection::error(std::string_view what) const {
  const int code = sqlite3_extended_errcode(get());
  return path_.string() + ": " + std::string(what) + ": " + sqlite3_errmsg(get()) + " (" + std::to_string(code) + ")";
}

void Connection::leave_log() { sqlite3_db_config(get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

}  // namespace heti::journal

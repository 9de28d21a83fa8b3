#include "service/journal/sqlite.hpp"

#include "service/base/check.hpp"

namespace heti::journal {

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

}  // namespace heti::journal

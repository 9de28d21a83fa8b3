#pragma once
// SQLite with owners: a connection and a statement that close themselves and speak in std::expected. Not thread-safe:
// one thread uses a connection at a time (SQLITE_OPEN_NOMUTEX).
#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heti::journal {

struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
};

// Bound text and blobs must stay alive until reset() or the statement's end; columns are valid until the next step().
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  Statement& bind(int index, std::int64_t value);
  Statement& bind_text(int index, std::string_view value);
  Statement& bind_blob(int index, std::string_view value);

  [[nodiscard]] int step() { return sqlite3_step(statement_.get()); }  // SQLITE_ROW, SQLITE_DONE or an error.
  void reset() { sqlite3_reset(statement_.get()); }

  // Nothing if the column holds another type than asked for, which only damage can cause.
  [[nodiscard]] std::optional<std::int64_t> integer(int column) const;
  [[nodiscard]] std::optional<std::string_view> text(int column) const;
  [[nodiscard]] std::optional<std::string_view> blob(int column) const;

 private:
  [[nodiscard]] std::optional<std::string_view> bytes(int column, int type) const;
  std::unique_ptr<sqlite3_stmt, CloseStatement> statement_;
};

// Writes the bytes of the database, or of its write-ahead log if there is one, over themselves and syncs them. After a
// sync that failed, pages can be read that are not on the disk, and the next sync succeeds without writing them. The
// log: before any connection is open. The database: while nobody moves pages into it; that takes as long as it is
// large.
[[nodiscard]] std::expected<void, std::string> renew_log(const std::filesystem::path& database, const std::string& vfs);
[[nodiscard]] std::expected<void, std::string> renew_database(const std::filesystem::path& database,
                                                              const std::string& vfs);

class Connection {
 public:
  enum class Mode : std::uint8_t { write, read };

  // Applies the settings of FORMAT.md. A reader does not create the file.
  [[nodiscard]] static std::expected<Connection, std::string> open(const std::filesystem::path& path, Mode mode,
                                                                   const std::string& vfs);

  [[nodiscard]] std::expected<void, std::string> run(const char* sql);
  [[nodiscard]] std::expected<Statement, std::string> prepare(std::string_view sql);

  // Moves pages of the write-ahead log into the database as far as it can without waiting for anybody.
  // True if all of them are there and synced.
  [[nodiscard]] std::expected<bool, std::string> checkpoint(int mode = SQLITE_CHECKPOINT_PASSIVE);

  // Closing does not move the log into the database, even if this is the last connection.
  void leave_log();

  // "PATH: what: database or disk is full (13)"
  [[nodiscard]] std::string error(std::string_view what) const;
  [[nodiscard]] int error_code() const { return sqlite3_extended_errcode(get()); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] sqlite3* get() const { return connection_.get(); }

 private:
  Connection(std::filesystem::path path, sqlite3* connection) : path_(std::move(path)), connection_(connection) {}
  std::filesystem::path path_;
  std::unique_ptr<sqlite3, CloseConnection> connection_;
};

}  // namespace heti::journal

#pragma once
// Inside the secrets store only: statements on secrets.db.
#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "service/gateway/crypto.hpp"

namespace heti::gateway {

inline std::string_view text_of(const Bytes32& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// One prepared statement: bind, step, read. Errors are sentences about the store.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    ok_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) == SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& text(int index, std::string_view value) {
    if (ok_)
      ok_ = sqlite3_bind_text64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) ==
            SQLITE_OK;
    return *this;
  }
  Statement& blob(int index, std::string_view value) {
    if (ok_) ok_ = sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT) == SQLITE_OK;
    return *this;
  }
  Statement& number(int index, std::int64_t value) {
    if (ok_) ok_ = sqlite3_bind_int64(statement_, index, value) == SQLITE_OK;
    return *this;
  }
  // True: a row is there. False: done.
  std::expected<bool, std::string> step() {
    const int result = ok_ ? sqlite3_step(statement_) : SQLITE_ERROR;
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return std::unexpected(std::string("secrets.db: ") + sqlite3_errmsg(database_));
  }
  std::string column(int index) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, index));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, index));
    return data == nullptr ? std::string() : std::string(data, size);
  }
  std::int64_t column_number(int index) const { return sqlite3_column_int64(statement_, index); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  bool ok_ = false;
};

inline std::expected<void, std::string> run(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(std::string("secrets.db: ") + sqlite3_errmsg(database));
}

inline std::expected<void, std::string> run(Statement& statement) {
  auto result = statement.step();
  if (!result) return std::unexpected(result.error());
  return {};
}

// Hashes a session by its place in memory: never the cookie itself.
inline std::uint64_t key_of(const Bytes32& id) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = (key << 8) | id[i];
  return key;
}

}  // namespace heti::gateway

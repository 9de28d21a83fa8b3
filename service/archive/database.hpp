#pragma once
// archive.db: the connection, the tables (FORMAT.md) and the place in the journal that its rows have reached. Used by
// one thread at a time. Errors name the file and what was being done.
#include <array>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "service/base/public_id.hpp"
#include "service/base/strong.hpp"
#include "service/base/time.hpp"
#include "service/journal/journal.hpp"
#include "service/journal/sqlite.hpp"

namespace heti::archive {

// How far the rows of one history have come. `id` keys every row of that history.
struct Place {
  std::int64_t id = 0;
  journal::Position position;
  journal::Hash hash{};  // the chain hash of that position
};

struct Blob {
  std::string_view bytes;
};
using Bytes16 = std::array<char, 16>;

Bytes16 bytes_of(const PublicId& id);
std::optional<PublicId> id_from(std::optional<std::string_view> bytes);

// What SQLite is given for a value of ours.
template <class T>
auto to_sql(const T& value) {
  if constexpr (std::is_same_v<T, Instant>) {
    return std::int64_t{to_ms(value)};
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);  // Unsigned values above the middle come back by the same cast.
  } else if constexpr (std::is_same_v<T, PublicId>) {
    return bytes_of(value);
  } else if constexpr (std::is_same_v<T, journal::Hash>) {
    Bytes16 bytes{};
    std::memcpy(bytes.data(), value.data(), bytes.size());
    return bytes;
  } else if constexpr (std::is_same_v<T, Bytes16> || std::is_same_v<T, Blob>) {
    return value;
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string_view(value);
  } else {
    return static_cast<std::int64_t>(value.value());  // Strong
  }
}

// What a reader of rows says to each.
enum class Rows : std::uint8_t {
  more,
  enough,   // the rest is not read
  damaged,  // it cannot be what was written
};
inline Rows rows_from(Rows answer) { return answer; }
inline Rows rows_from(bool sound) { return sound ? Rows::more : Rows::damaged; }

class Database {
 public:
  static constexpr std::int64_t present_format = 4;

  // Creates the tables in an empty file; another format is refused, never guessed at. What the file holds is synced,
  // whatever became of the process that wrote it. A file of an older format is emptied and gets the present tables, in
  // one transaction, if `may_renew` agrees, which is told the format and may ask for places; its error is given back
  // otherwise, and nothing is changed.
  using MayRenew = std::function<std::expected<void, std::string>(Database& old, std::int64_t format)>;
  [[nodiscard]] static std::expected<Database, std::string> open(const std::string& path, std::string workspace,
                                                                 const MayRenew& may_renew);
  // Changes nothing. Nothing if the file has no tables yet, or those of an older format.
  [[nodiscard]] static std::expected<std::optional<Database>, std::string> open_to_read(const std::string& path,
                                                                                        std::string workspace);

  [[nodiscard]] std::expected<void, std::string> run(const char* sql) { return connection_.run(sql); }

  // Runs a statement that gives no rows; says how many it changed. Each text is prepared once and kept.
  template <class... Args>
  [[nodiscard]] std::expected<int, std::string> execute(std::string_view sql, const Args&... args) {
    auto done = step(
        sql, [](const journal::Statement&) { return false; }, std::tuple{to_sql(args)...});
    if (!done) return std::unexpected(done.error());
    return sqlite3_changes(connection_.get());
  }
  // The number of the row that was inserted last.
  [[nodiscard]] std::int64_t last_id() const { return sqlite3_last_insert_rowid(connection_.get()); }

  // Hands every row to `each`, which answers with Rows, or with false for damage.
  template <class Each, class... Args>
  [[nodiscard]] std::expected<void, std::string> query(std::string_view sql, const Each& each, const Args&... args) {
    return step(sql, each, std::tuple{to_sql(args)...});
  }

  // The place of a history; nothing if it has no rows here.
  [[nodiscard]] std::expected<std::optional<Place>, std::string> place(const PublicId& history);
  [[nodiscard]] std::expected<Place, std::string> begin_history(const PublicId& history);
  [[nodiscard]] std::expected<void, std::string> move(const Place& place);
  // Histories of the workspace besides this one.
  [[nodiscard]] std::expected<std::int64_t, std::string> others(const Place& place);
  // Deletes their rows.
  [[nodiscard]] std::expected<void, std::string> drop_others(const Place& place);

  [[nodiscard]] std::string path() const { return connection_.path().string(); }

  // Moves what was committed into the database file and syncs it. False: not all of it yet.
  [[nodiscard]] std::expected<bool, std::string> checkpoint() { return connection_.checkpoint(); }

 private:
  Database(journal::Connection connection, std::string workspace)
      : connection_(std::move(connection)), workspace_(std::move(workspace)) {}

  [[nodiscard]] std::expected<std::int64_t, std::string> format();  // 0: no tables; a newer one is an error.
  [[nodiscard]] std::expected<void, std::string> renew();
  [[nodiscard]] std::expected<journal::Statement*, std::string> prepared(std::string_view sql);

  static void bind(journal::Statement& to, int index, std::int64_t value) { to.bind(index, value); }
  static void bind(journal::Statement& to, int index, std::string_view value) { to.bind_text(index, value); }
  static void bind(journal::Statement& to, int index, Blob value) { to.bind_blob(index, value.bytes); }
  static void bind(journal::Statement& to, int index, const Bytes16& value) {
    to.bind_blob(index, {value.data(), value.size()});
  }

  template <class Each, class... Values>
  std::expected<void, std::string> step(std::string_view sql, const Each& each, const std::tuple<Values...>& values) {
    const auto found = prepared(sql);
    if (!found) return std::unexpected(found.error());
    journal::Statement& statement = **found;
    std::apply(
        [&statement](const auto&... value) {
          int index = 0;
          (bind(statement, ++index, value), ...);
        },
        values);
    int rc = statement.step();
    Rows answer = Rows::more;
    while (rc == SQLITE_ROW && answer == Rows::more) {
      answer = rows_from(each(std::as_const(statement)));
      if (answer == Rows::more) rc = statement.step();
    }
    std::string error;
    if (answer == Rows::damaged) error = connection_.path().string() + ": a row is damaged";
    if (answer == Rows::more && rc != SQLITE_DONE) error = connection_.error(sql);
    statement.reset();  // Also after a failure: a statement that still runs would hold the transaction open.
    if (!error.empty()) return std::unexpected(std::move(error));
    return {};
  }

  journal::Connection connection_;
  std::string workspace_;
  std::map<std::string, journal::Statement, std::less<>> statements_;  // Gone before the connection.
};

}  // namespace heti::archive

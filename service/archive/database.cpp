#include "service/archive/database.hpp"

#include "service/journal/hash.hpp"

namespace heti::archive {
namespace {

// application_id spells "HETA". FORMAT.md says what the columns mean.
constexpr std::int64_t application_id = 0x48455441;
constexpr const char* schema =
    "CREATE TABLE histories(id INTEGER PRIMARY KEY, workspace TEXT NOT NULL, history BLOB NOT NULL,"
    " position INTEGER NOT NULL, hash BLOB NOT NULL, UNIQUE(workspace, history)) STRICT;"
    "CREATE TABLE queues(history INTEGER NOT NULL REFERENCES histories ON DELETE CASCADE, queue INTEGER NOT NULL,"
    " name TEXT NOT NULL, display_name TEXT NOT NULL, PRIMARY KEY(history, queue)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE agents(history INTEGER NOT NULL REFERENCES histories ON DELETE CASCADE, agent INTEGER NOT NULL,"
    " name TEXT NOT NULL, display_name TEXT NOT NULL, PRIMARY KEY(history, agent)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE conversations(history INTEGER NOT NULL REFERENCES histories ON DELETE CASCADE,"
    " conversation INTEGER NOT NULL, public_id BLOB NOT NULL, visitor BLOB NOT NULL, queue INTEGER NOT NULL,"
    " agent INTEGER NOT NULL, created INTEGER NOT NULL, closed_at INTEGER, last_seq INTEGER NOT NULL,"
    " preview_seq INTEGER NOT NULL, preview_author INTEGER NOT NULL, preview_run INTEGER NOT NULL,"
    " rating INTEGER NOT NULL, rated_seq INTEGER NOT NULL, rated_run INTEGER NOT NULL, accepted_at INTEGER,"
    " PRIMARY KEY(history, conversation)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX conversations_by_public_id ON conversations(history, public_id);"
    "CREATE INDEX conversations_closed ON conversations(history, queue, closed_at, conversation)"
    " WHERE closed_at IS NOT NULL;"
    "CREATE TABLE people(history INTEGER NOT NULL, conversation INTEGER NOT NULL, salt BLOB NOT NULL,"
    " name TEXT NOT NULL, email TEXT NOT NULL, page_url TEXT NOT NULL, page_title TEXT NOT NULL,"
    " PRIMARY KEY(history, conversation),"
    " FOREIGN KEY(history, conversation) REFERENCES conversations ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    // In the order of writing, so that a transaction fills pages one after the other, however many conversations speak;
    // keyed by conversation, each would have a page of its own to change.
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, history INTEGER NOT NULL, conversation INTEGER NOT NULL,"
    " first_seq INTEGER NOT NULL, events BLOB NOT NULL) STRICT;"
    "CREATE INDEX runs_by_seq ON runs(history, conversation, first_seq);"
    "CREATE TABLE entry_texts(id INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE, texts BLOB NOT NULL) STRICT;"
    "CREATE TABLE notes(history INTEGER NOT NULL, conversation INTEGER NOT NULL, position INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, at INTEGER NOT NULL, agent INTEGER NOT NULL, name TEXT NOT NULL, stream TEXT NOT NULL,"
    " n INTEGER NOT NULL, text_hash BLOB, PRIMARY KEY(history, conversation, position, idx),"
    " FOREIGN KEY(history, conversation) REFERENCES conversations ON DELETE CASCADE"
    " DEFERRABLE INITIALLY DEFERRED) STRICT, WITHOUT ROWID;"  // A new conversation's row is written after its notes.
    "CREATE TABLE note_texts(history INTEGER NOT NULL, conversation INTEGER NOT NULL, position INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(history, conversation, position, idx),"
    " FOREIGN KEY(history, conversation, position, idx) REFERENCES notes ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    // The journal's time never goes back, so this is also the order of writing: one table, filled at its end, is found
    // by time without an index.
    "CREATE TABLE samples(history INTEGER NOT NULL, at INTEGER NOT NULL, position INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, kind INTEGER NOT NULL, queue INTEGER NOT NULL, conversation INTEGER NOT NULL,"
    " what INTEGER NOT NULL, how INTEGER NOT NULL, value INTEGER NOT NULL,"
    " PRIMARY KEY(history, at, position, idx, kind)) STRICT, WITHOUT ROWID;"
    "PRAGMA application_id=1212503105; PRAGMA user_version=4;";

// Those of formats 1 to 3, children first. Format 1 had no facts, format 3 neither these nor entries, but runs.
constexpr const char* drop_old_tables =
    "DROP TABLE IF EXISTS facts; DROP TABLE note_texts; DROP TABLE notes; DROP TABLE entry_texts;"
    "DROP TABLE IF EXISTS entries; DROP TABLE IF EXISTS runs;"
    "DROP TABLE people; DROP TABLE conversations; DROP TABLE agents; DROP TABLE queues; DROP TABLE histories;";

}  // namespace

Bytes16 bytes_of(const PublicId& id) {
  Bytes16 bytes{};
  const auto high = journal::big_endian(id.high);
  const auto low = journal::big_endian(id.low);
  std::memcpy(bytes.data(), high.data(), 8);
  std::memcpy(bytes.data() + 8, low.data(), 8);
  return bytes;
}

std::optional<PublicId> id_from(std::optional<std::string_view> bytes) {
  if (!bytes || bytes->size() != 16) return std::nullopt;
  return PublicId{.high = journal::from_big_endian(bytes->substr(0, 8)),
                  .low = journal::from_big_endian(bytes->substr(8))};
}

std::expected<Database, std::string> Database::open(const std::string& path, std::string workspace,
                                                    const MayRenew& may_renew) {
  auto connection = journal::Connection::open(path, journal::Connection::Mode::write, {});
  if (!connection) return std::unexpected(connection.error());
  // A commit need not be synced: the journal is the truth, and after a loss of power rows are written again from the
  // place that survived. Only what a checkpoint has synced is called durable.
  if (auto set = connection->run("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-16384");
      !set) {
    return std::unexpected(set.error());
  }
  Database database(std::move(*connection), std::move(workspace));
  const auto format = database.format();
  if (!format) return std::unexpected(format.error());
  if (*format != 0 && *format != present_format) {
    if (auto may = may_renew(database, *format); !may) return std::unexpected(may.error());
  }
  if (*format != present_format) {
    if (auto renewed = database.renew(); !renewed) return std::unexpected(renewed.error());
  }
  if (auto set = database.run("PRAGMA foreign_keys=ON"); !set) return std::unexpected(set.error());
  if (auto synced = database.checkpoint(); !synced) return std::unexpected(synced.error());
  return database;
}

std::expected<std::optional<Database>, std::string> Database::open_to_read(const std::string& path,
                                                                           std::string workspace) {
  auto connection = journal::Connection::open(path, journal::Connection::Mode::read, {});
  if (!connection) return std::unexpected(connection.error());
  Database database(std::move(*connection), std::move(workspace));
  const auto format = database.format();
  if (!format) return std::unexpected(format.error());
  if (*format != present_format) return std::optional<Database>{};
  return std::optional<Database>(std::move(database));
}

std::expected<std::int64_t, std::string> Database::format() {
  std::int64_t owner = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;
  const auto ask = [this](std::string_view sql, std::int64_t& answer) {
    return query(sql, [&answer](const journal::Statement& row) {
      answer = row.integer(0).value_or(0);
      return true;
    });
  };
  if (auto asked = ask("PRAGMA application_id", owner); !asked) return std::unexpected(asked.error());
  if (auto asked = ask("PRAGMA user_version", version); !asked) return std::unexpected(asked.error());
  if (auto asked = ask("SELECT count(*) FROM sqlite_schema", tables); !asked) return std::unexpected(asked.error());
  if (tables == 0) return 0;
  if (owner != application_id) return std::unexpected(connection_.error("is not an archive of Heti"));
  if (version >= 1 && version <= present_format) return version;
  return std::unexpected(connection_.error("has format " + std::to_string(version) + "; this program reads format " +
                                           std::to_string(present_format)));
}

// Foreign keys are off meanwhile: dropping a table would otherwise delete its rows one by one.
std::expected<void, std::string> Database::renew() {
  const auto format = this->format();
  if (!format) return std::unexpected(format.error());
  statements_.clear();  // One that was not stepped to its end would keep the tables from being dropped.
  const std::string drop = *format != 0 ? drop_old_tables : "";
  const std::string sql = "BEGIN IMMEDIATE;" + drop + schema + "COMMIT";
  auto done = run(sql.c_str());
  if (!done) static_cast<void>(run("ROLLBACK"));  // The first error says what went wrong.
  return done;
}

std::expected<journal::Statement*, std::string> Database::prepared(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    auto made = connection_.prepare(sql);
    if (!made) return std::unexpected(made.error());
    found = statements_.emplace(std::string(sql), std::move(*made)).first;
  }
  return &found->second;
}

std::expected<std::optional<Place>, std::string> Database::place(const PublicId& history) {
  std::optional<Place> found;
  auto asked = query(
      "SELECT id, position, hash FROM histories WHERE workspace=?1 AND history=?2",
      [&found](const journal::Statement& row) {
        const auto id = row.integer(0);
        const auto position = row.integer(1);
        const auto hash = row.blob(2);
        if (!id || !position || !hash || hash->size() != sizeof(journal::Hash)) return false;
        found = Place{.id = *id, .position = journal::Position{static_cast<std::uint64_t>(*position)}, .hash = {}};
        std::memcpy(found->hash.data(), hash->data(), hash->size());
        return true;
      },
      workspace_, history);
  if (!asked) return std::unexpected(asked.error());
  return found;
}

std::expected<Place, std::string> Database::begin_history(const PublicId& history) {
  const auto begun = execute("INSERT INTO histories(workspace, history, position, hash) VALUES(?1, ?2, 0, ?3)",
                             workspace_, history, journal::Hash{});
  if (!begun) return std::unexpected(begun.error());
  return Place{.id = sqlite3_last_insert_rowid(connection_.get()), .position = {}, .hash = {}};
}

std::expected<void, std::string> Database::move(const Place& place) {
  const auto moved =
      execute("UPDATE histories SET position=?2, hash=?3 WHERE id=?1", place.id, place.position, place.hash);
  if (!moved) return std::unexpected(moved.error());
  if (*moved != 1) return std::unexpected(connection_.error("the history that is being written has no row"));
  return {};
}

std::expected<std::int64_t, std::string> Database::others(const Place& place) {
  std::int64_t count = 0;
  auto asked = query(
      "SELECT count(*) FROM histories WHERE workspace=?1 AND id<>?2",
      [&count](const journal::Statement& row) {
        count = row.integer(0).value_or(0);
        return true;
      },
      workspace_, place.id);
  if (!asked) return std::unexpected(asked.error());
  return count;
}

std::expected<void, std::string> Database::drop_others(const Place& place) {
  // Runs first, their texts go with them, and samples: should it end between, the histories are still there to be
  // dropped next time.
  const auto runs =
      execute("DELETE FROM runs WHERE history IN (SELECT id FROM histories WHERE workspace=?1 AND id<>?2)", workspace_,
              place.id);
  if (!runs) return std::unexpected(runs.error());
  const auto samples =
      execute("DELETE FROM samples WHERE history IN (SELECT id FROM histories WHERE workspace=?1 AND id<>?2)",
              workspace_, place.id);
  if (!samples) return std::unexpected(samples.error());
  const auto dropped = execute("DELETE FROM histories WHERE workspace=?1 AND id<>?2", workspace_, place.id);
  if (!dropped) return std::unexpected(dropped.error());
  return {};
}

}  // namespace heti::archive

#include "service/journal/sqlite_rows.hpp"

#include <openssl/rand.h>

#include <cstring>
#include <vector>

#include "service/base/check.hpp"
#include "service/journal/hash.hpp"

namespace heti::journal {
namespace {

// A read transaction keeps the write-ahead log from starting over, so long readings are cut into short ones.
constexpr std::size_t chunk_rows_max = 256;
constexpr std::size_t chunk_bytes_max = 4 << 20;

constexpr std::int64_t application_id = 0x48455449;  // "HETI"
constexpr std::int64_t schema_version = 1;

std::expected<std::int64_t, std::string> pragma(Connection& connection, std::string_view sql) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  if (statement->step() != SQLITE_ROW) return std::unexpected(connection.error(sql));
  return statement->integer(0).value_or(0);
}

std::optional<Hash> to_hash(std::optional<std::string_view> bytes) {
  Hash hash{};
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

}  // namespace

std::string at_position(Position position) { return "position " + std::to_string(position.value()); }

std::expected<void, std::string> prepare_schema(Connection& connection) {
  const auto version = pragma(connection, "PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto owner = pragma(connection, "PRAGMA application_id");
  if (!owner) return std::unexpected(owner.error());
  const auto tables = pragma(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*tables == 0) {
    return connection.run(
        "BEGIN IMMEDIATE;"
        "CREATE TABLE journal(workspace TEXT PRIMARY KEY, history BLOB NOT NULL, alive INTEGER NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE batch(workspace TEXT NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL,"
        " previous BLOB NOT NULL, hash BLOB NOT NULL, payload BLOB NOT NULL, PRIMARY KEY(workspace, position))"
        " STRICT, WITHOUT ROWID;"
        "PRAGMA application_id=1212503113; PRAGMA user_version=1;"
        "COMMIT");
  }
  if (*owner != application_id) return std::unexpected(connection.error("is not a journal of Heti"));
  if (*version != schema_version) {
    return std::unexpected(connection.error("has format " + std::to_string(*version) + "; this program reads format " +
                                            std::to_string(schema_version)));
  }
  return {};
}

std::expected<PublicId, std::string> read_history(Connection& connection, const std::string& workspace) {
  auto find = connection.prepare("SELECT history FROM journal WHERE workspace=?1");
  if (!find) return std::unexpected(find.error());
  const int rc = find->bind_text(1, workspace).step();
  if (rc == SQLITE_DONE)
    return std::unexpected(connection.path().string() + ": has no journal of workspace " + workspace);
  if (rc != SQLITE_ROW) return std::unexpected(connection.error("reading the history"));
  const auto bytes = find->blob(0);
  if (!bytes || bytes->size() != 16) {
    return std::unexpected(connection.path().string() + ": the entry of workspace " + workspace + " is damaged");
  }
  return PublicId{from_big_endian(bytes->substr(0, 8)), from_big_endian(bytes->substr(8))};
}

std::string encode_history(const PublicId& id) {
  const auto high = big_endian(id.high);
  const auto low = big_endian(id.low);
  return std::string(high.data(), 8) + std::string(low.data(), 8);
}

PublicId random_history() {
  PublicId id;
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) == 1);
  return id;
}

std::string Rows::fault(Position position, std::string_view what) const {
  return "journal of workspace " + workspace_ + ": batch " + std::to_string(position.value()) + " " + std::string(what);
}

std::expected<Row, std::string> Rows::decode(const Statement& statement, Position expected) const {
  const auto position = statement.integer(0);
  const auto at = statement.integer(1);
  const auto previous = to_hash(statement.blob(2));
  const auto hash = to_hash(statement.blob(3));
  const auto payload = statement.blob(4);
  if (!position || !at || !previous || !hash || !payload) return std::unexpected(fault(expected, "is damaged"));
  Row row{{Position{static_cast<std::uint64_t>(*position)}, instant_from_ms(*at), *previous, std::string(*payload)},
          *hash};
  if (row.batch.position != expected) {
    return std::unexpected(fault(expected, "is missing; the next is " + std::to_string(*position)));
  }
  if (hash_of(row.batch) != *hash) return std::unexpected(fault(expected, "is damaged: its checksum does not match"));
  return row;
}

std::expected<std::optional<Row>, std::string> Rows::last() {
  auto find = connection_.prepare("SELECT max(position) FROM batch WHERE workspace=?1");
  if (!find) return std::unexpected(find.error());
  find->bind_text(1, workspace_);
  if (find->step() != SQLITE_ROW) return std::unexpected(connection_.error("finding the last batch"));
  const auto position = find->integer(0);
  if (!position) return std::optional<Row>{};
  auto row = at(Position{static_cast<std::uint64_t>(*position)});
  if (row && !*row) return std::unexpected(fault(Position{static_cast<std::uint64_t>(*position)}, "cannot be found"));
  return row;
}

std::expected<std::optional<Row>, std::string> Rows::at(Position position) {
  auto statement =
      connection_.prepare("SELECT position, at, previous, hash, payload FROM batch WHERE workspace=?1 AND position=?2");
  if (!statement) return std::unexpected(statement.error());
  statement->bind_text(1, workspace_).bind(2, static_cast<std::int64_t>(position.value()));
  const int rc = statement->step();
  if (rc == SQLITE_DONE) return std::optional<Row>{};
  if (rc != SQLITE_ROW) return std::unexpected(fault(position, connection_.error("cannot be read")));
  auto row = decode(*statement, position);
  if (!row) return std::unexpected(row.error());
  return std::optional<Row>{std::move(*row)};
}

std::expected<Verdict, std::string> Rows::judge(Position position, const Hash& hash) {
  if (position.value() == 0) return hash == Hash{} ? Verdict::confirmed : Verdict::contradicted;
  const auto row = at(position);
  if (!row) return std::unexpected(row.error());
  if (*row) return (*row)->hash == hash ? Verdict::confirmed : Verdict::contradicted;
  const auto next = at(Position{position.value() + 1});
  if (!next) return std::unexpected(next.error());
  if (*next) return (*next)->batch.previous == hash ? Verdict::confirmed : Verdict::contradicted;
  const auto end = last();
  if (!end) return std::unexpected(end.error());
  return *end && (*end)->batch.position > position ? Verdict::trimmed : Verdict::contradicted;
}

std::expected<void, std::string> Rows::check_structure() {
  auto statement = connection_.prepare("PRAGMA integrity_check(1)");
  if (!statement) return std::unexpected(statement.error());
  const int rc = statement->step();
  const auto verdict = rc == SQLITE_ROW ? statement->text(0) : std::nullopt;
  if (verdict == "ok") return {};
  return std::unexpected(verdict ? "the journal's file is damaged: " + std::string(*verdict)
                                 : connection_.error("the journal's file cannot be checked"));
}

std::expected<Hash, std::string> Rows::hash_before_first(Position after, Position durable) {
  if (after.value() == 0) return Hash{};
  const auto row = at(after);
  if (!row) return std::unexpected(row.error());
  if (*row) return (*row)->hash;
  // Trimmed up to here: whoever reads on from this position knows its hash from a snapshot that was confirmed.
  const auto next = at(Position{after.value() + 1});
  if (!next) return std::unexpected(next.error());
  if (*next) return (*next)->batch.previous;
  return std::unexpected(fault(after, "is not in the journal, which ends at " + std::to_string(durable.value())));
}

std::expected<void, std::string> Rows::read(Position after, Position durable,
                                            const std::function<bool(const Batch&, const Hash&)>& each) {
  auto previous = hash_before_first(after, durable);
  if (!previous) return std::unexpected(previous.error());
  auto statement = connection_.prepare(
      "SELECT position, at, previous, hash, payload FROM batch WHERE workspace=?1 AND position>?2 ORDER BY position");
  if (!statement) return std::unexpected(statement.error());
  statement->bind_text(1, workspace_);
  std::uint64_t position = after.value();
  std::vector<Row> chunk;
  for (;;) {
    chunk.clear();
    statement->bind(2, static_cast<std::int64_t>(position));
    std::optional<std::string> problem;  // Told only after the good batches before it were handed over.
    std::size_t bytes = 0;
    while (chunk.size() < chunk_rows_max && bytes < chunk_bytes_max) {
      const Position expected{position + chunk.size() + 1};
      const int rc = statement->step();
      if (rc == SQLITE_DONE) break;
      auto row = rc == SQLITE_ROW ? decode(*statement, expected)
                                  : std::unexpected(fault(expected, connection_.error("cannot be read")));
      if (row && row->batch.previous != *previous) {
        row = std::unexpected(fault(expected, "does not follow the batch before it: the chain is broken"));
      }
      if (!row) {
        problem = std::move(row.error());
        break;
      }
      previous = row->hash;
      bytes += row->batch.payload.size();
      chunk.push_back(std::move(*row));
    }
    statement->reset();
    for (const auto& row : chunk) {
      if (!each(row.batch, row.hash)) return {};
    }
    position += chunk.size();
    if (problem) {
      // Damage to a key can make other batches seem missing: say what the file as a whole looks like, too.
      if (const auto sound = check_structure(); !sound) *problem += " (" + sound.error() + ")";
      return std::unexpected(std::move(*problem));
    }
    if (chunk.empty()) break;
  }
  if (position < durable.value()) {
    return std::unexpected(fault(Position{position + 1}, "is missing: the journal ends before it, but " +
                                                             std::to_string(durable.value()) + " was durable"));
  }
  return {};
}

}  // namespace heti::journal

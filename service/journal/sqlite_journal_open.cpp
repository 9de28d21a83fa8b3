// How the journal in SQLite opens, and opens again after an error: nothing that an earlier connection left is believed
// before the tail is verified, the witnesses are heard and the write-ahead log is settled.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "service/journal/backup.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/sqlite_journal.hpp"

namespace heti::journal {
namespace {

bool valid_workspace(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

std::expected<std::unique_ptr<Journal>, std::string> open_sqlite(Options options) {
  if (!valid_workspace(options.workspace)) {
    return std::unexpected("workspace '" + options.workspace + "': a name is 1 to 64 of a-z, 0-9, '-' and '_'");
  }
  if (::mkdir(options.directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(system_error(options.directory, "cannot be created"));
  }
  auto lock = LockFile::take(options.directory / "journal.lock");
  if (!lock) return std::unexpected(lock.error());
  const auto restoring = options.directory / restoring_name;
  if (std::error_code error; std::filesystem::exists(restoring, error)) {
    return std::unexpected(restoring.string() +
                           ": a restore into this directory was not finished; run heti restore --replace again");
  }
  auto side = SideFile::open(options.directory / (options.workspace + ".tail"));
  if (!side) return std::unexpected(side.error());
  auto journal = std::make_unique<SqliteJournal>(std::move(options), std::move(*lock), std::move(*side));
  if (auto opened = journal->open(); !opened) return std::unexpected(opened.error());
  return journal;
}

std::expected<void, std::string> SqliteJournal::connect() {
  auto connection = Connection::open(path_, Connection::Mode::write, options_.vfs);
  if (!connection) return std::unexpected(connection.error());
  if (auto schema = prepare_schema(*connection); !schema) return schema;
  auto insert = connection->prepare("INSERT INTO batch VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  if (!insert) return std::unexpected(insert.error());
  auto mark = connection->prepare("UPDATE journal SET alive=?2 WHERE workspace=?1");
  if (!mark) return std::unexpected(mark.error());
  insert->bind_text(1, options_.workspace);
  mark->bind_text(1, options_.workspace);
  Writer writer{std::move(*connection), std::move(*insert), std::move(*mark), {}};
  sqlite3_wal_hook(
      writer.connection.get(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteJournal*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  // A sync that failed once may have left pages of the database that can be read and are not on disk. So nothing rests
  // on what a connection, or a process, that may have met such a failure moved there: the log is moved and synced anew.
  bool settled = false;
  for (int attempt = 0; attempt < 1000 && !settled; ++attempt) {  // Readers are done within milliseconds.
    auto done = checkpoint(writer.connection);
    if (!done) return std::unexpected(done.error());
    settled = *done;
    if (!settled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!settled) return std::unexpected(path_.string() + ": the write-ahead log could not be moved into the database");
  if (auto loaded = load(writer); !loaded) return loaded;
  writer_.emplace(std::move(writer));
  given_up_.reset();
  return {};
}

std::expected<void, std::string> SqliteJournal::load(Writer& writer) {
  Rows rows(writer.connection, options_.workspace);
  auto last = rows.last();
  if (!last) return std::unexpected(last.error());
  Tail tail;
  if (*last) tail = {(*last)->batch.position, (*last)->hash, (*last)->batch.at};

  std::optional<PublicId> history;
  Instant mark;
  {
    auto find = writer.connection.prepare("SELECT history, alive FROM journal WHERE workspace=?1");
    if (!find) return std::unexpected(find.error());
    const int rc = find->bind_text(1, options_.workspace).step();
    if (rc == SQLITE_ROW) {
      const auto bytes = find->blob(0);
      const auto alive = find->integer(1);
      if (!bytes || bytes->size() != 16 || !alive) {
        return std::unexpected(path_.string() + ": the entry of workspace " + options_.workspace + " is damaged");
      }
      history = PublicId{from_big_endian(bytes->substr(0, 8)), from_big_endian(bytes->substr(8))};
      mark = writer.marked = instant_from_ms(*alive);
    } else if (rc != SQLITE_DONE) {
      return std::unexpected(writer.connection.error("reading the history"));
    }
  }
  const auto seen = seen_beyond(rows, tail, history);
  if (!seen) return std::unexpected(seen.error());
  if (*seen && !history) {
    return std::unexpected(path_.string() + ": there is no journal of workspace " + options_.workspace + " here, but " +
                           **seen + ". Put journal.db back, or bring a backup with heti restore --replace; to begin " +
                           "anew without what was said, move the directory away");
  }
  if (*seen || !history) {
    auto begun = begin_history(writer.connection, tail, *seen ? lost_end(tail, **seen) : "");
    if (!begun) return begun;
  }
  const std::lock_guard lock(mutex_);
  tail_ = tail;
  if (history && !*seen) history_ = *history;
  if (!writer_thread_.joinable()) alive_until_ = std::max(mark, tail.at);
  return {};
}

std::expected<std::optional<std::string>, std::string> SqliteJournal::seen_beyond(
    Rows& rows, const Tail& tail, const std::optional<PublicId>& history) {
  std::string witnesses;
  const auto judge = [&](Position position, const Hash& hash, const std::string& witness) -> Verdict {
    const auto verdict = rows.judge(position, hash);
    if (!verdict) {  // Damage in the middle: reading will name it. It is no sign of a lost end.
      warn(verdict.error());
      return Verdict::trimmed;
    }
    if (*verdict == Verdict::contradicted) {
      seen_through_ = std::max(seen_through_, position);
      witnesses +=
          (witnesses.empty() ? "" : ", ") + witness + " knows " + at_position(position) + " (" + to_string(hash) + ")";
    }
    return *verdict;
  };
  const auto mark = side_.read();
  if (!mark) return std::unexpected(mark.error());
  if (*mark) judge((*mark)->position, (*mark)->hash, options_.workspace + ".tail");
  const auto paths = store_.list();
  if (!paths) return std::unexpected(paths.error());
  for (const auto& path : *paths) {
    const auto snapshot = SnapshotStore::load(path);
    if (snapshot) judge(snapshot->position, snapshot->hash, path.filename().string());
  }
  if (options_.witnesses && history) {
    for (const Witness& other : options_.witnesses(*history)) judge(other.position, other.hash, other.name);
  }
  if (witnesses.empty()) return std::optional<std::string>{};
  // Damage to a key can hide rows that are still there from every search. Only a sound file has really lost its end.
  if (auto sound = rows.check_structure(); !sound) {
    return std::unexpected(sound.error() + "; searching finds the end at " + at_position(tail.position) + ", but " +
                           witnesses);
  }
  return witnesses;
}

std::string SqliteJournal::lost_end(const Tail& tail, const std::string& shown) const {
  return "journal of workspace " + options_.workspace + " in " + path_.string() + " has lost its end: it ends at " +
         at_position(tail.position) + " (" + to_string(tail.hash) + "), but " + shown +
         ". What followed is given up, and a new history begins";
}

std::expected<void, std::string> SqliteJournal::begin_history(Connection& connection, const Tail& tail,
                                                              std::string notice) {
  const PublicId id = random_history();
  const std::string bytes = encode_history(id);
  // First the new history, then the witnesses of the old one: a crash between them only repeats this.
  auto store = connection.prepare(
      "INSERT INTO journal VALUES(?1, ?2, 0) ON CONFLICT(workspace) DO UPDATE SET history=excluded.history");
  if (!store) return std::unexpected(store.error());
  if (store->bind_text(1, options_.workspace).bind_blob(2, bytes).step() != SQLITE_DONE) {
    return std::unexpected(connection.error("storing the history"));
  }
  if (!notice.empty()) {
    const auto paths = store_.list();
    if (!paths) return std::unexpected(paths.error());
    Rows rows(connection, options_.workspace);
    for (const auto& path : *paths) {
      const auto snapshot = SnapshotStore::load(path);
      if (!snapshot) continue;
      const auto verdict = rows.judge(snapshot->position, snapshot->hash);
      if (!verdict || *verdict != Verdict::contradicted) continue;
      if (auto aside = store_.set_aside(path); !aside) return std::unexpected(aside.error());
    }
  }
  if (auto restarted = side_.restart({tail.position, tail.hash}); !restarted) return restarted;
  if (!notice.empty()) warn(notice);
  const std::lock_guard lock(mutex_);
  history_ = id;
  if (notice.empty()) return {};
  // Who shows it to a running service does not say how many.
  stats_.lost += seen_through_ > tail.position ? seen_through_.value() - tail.position.value() : 1;
  notice_ = std::move(notice);
  return {};
}

}  // namespace heti::journal

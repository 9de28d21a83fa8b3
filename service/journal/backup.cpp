#include "service/journal/backup.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <functional>

#include "service/journal/audit.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/lock_file.hpp"
#include "service/journal/side_file.hpp"
#include "service/journal/sqlite_reader.hpp"
#include "service/journal/sqlite_rows.hpp"
#include "service/journal/unique_fd.hpp"

namespace heti::journal {
namespace {

using Done = std::expected<void, std::string>;

constexpr const char* schema =
    "CREATE TABLE backup(workspace TEXT PRIMARY KEY, made INTEGER NOT NULL, position INTEGER NOT NULL,"
    " hash BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE enclosed(name TEXT PRIMARY KEY, hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;";

// Removes a half-made file, and what SQLite may have left beside it.
class Unfinished {
 public:
  explicit Unfinished(std::filesystem::path path) : path_(std::move(path)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (finished_) return;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path_.string() + suffix).c_str());
  }
  void finished() { finished_ = true; }

 private:
  std::filesystem::path path_;
  bool finished_ = false;
};

// One file without a log beside it. What would be lost in a crash is thrown away then, so nothing is synced on the way.
Done in_one_file(Connection& connection) {
  return connection.run("PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
}

Done stepped(Connection& connection, Statement& statement, std::string_view what) {
  if (statement.step() != SQLITE_DONE) return std::unexpected(connection.error(what));
  statement.reset();
  return {};
}

Done sync_file(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return std::unexpected(system_error(path, "cannot be synced"));
  return {};
}

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

bool is_there(const std::filesystem::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

Done create_empty(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(system_error(path, "cannot be created"));
  return {};
}

Done copy_batches(SqliteReader& from, const Tail& tail, Connection& to, const std::string& workspace) {
  auto insert = to.prepare("INSERT INTO batch VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  if (!insert) return std::unexpected(insert.error());
  insert->bind_text(1, workspace);
  Done stored;
  Tail last;
  const auto copied = from.read(Position{0}, [&](const Batch& batch, const Hash& hash) {
    insert->bind(2, static_cast<std::int64_t>(batch.position.value()))
        .bind(3, to_ms(batch.at))
        .bind_blob(4, bytes_of(batch.previous))
        .bind_blob(5, bytes_of(hash))
        .bind_blob(6, batch.payload);
    stored = stepped(to, *insert, "cannot be written");
    last = {batch.position, hash, batch.at};
    return stored.has_value() && batch.position < tail.position;
  });
  if (!stored) return stored;
  if (!copied) {
    return std::unexpected("no backup was made, for the journal is damaged: " + copied.error() +
                           "; heti journal verify tells more");
  }
  if (last != tail && tail.position.value() != 0) {
    return std::unexpected("no backup was made: the journal lost its end while it was read; try again");
  }
  return {};
}

Done write_backup(SqliteReader& from, const std::filesystem::path& path, const Backup& backup,
                  const std::vector<Enclosed>& enclosed) {
  auto to = Connection::open(path, Connection::Mode::write, {});
  if (!to) return std::unexpected(to.error());
  if (auto set = in_one_file(*to); !set) return set;
  if (auto made = prepare_schema(*to); !made) return made;
  if (auto made = to->run(schema); !made) return made;
  if (auto begun = to->run("BEGIN"); !begun) return begun;
  if (auto copied = copy_batches(from, backup.tail, *to, backup.workspace); !copied) return copied;
  const auto alive = from.alive_until();
  if (!alive) return std::unexpected(alive.error());
  const std::string history = encode_history(backup.history);
  auto journal = to->prepare("INSERT INTO journal VALUES(?1, ?2, ?3)");
  if (!journal) return std::unexpected(journal.error());
  journal->bind_text(1, backup.workspace).bind_blob(2, history).bind(3, to_ms(*alive));
  if (auto stored = stepped(*to, *journal, "cannot be written"); !stored) return stored;
  auto about = to->prepare("INSERT INTO backup VALUES(?1, ?2, ?3, ?4)");
  if (!about) return std::unexpected(about.error());
  about->bind_text(1, backup.workspace)
      .bind(2, to_ms(backup.made))
      .bind(3, static_cast<std::int64_t>(backup.tail.position.value()))
      .bind_blob(4, bytes_of(backup.tail.hash));
  if (auto stored = stepped(*to, *about, "cannot be written"); !stored) return stored;
  for (const Enclosed& each : enclosed) {
    auto add = to->prepare("INSERT INTO enclosed VALUES(?1, ?2, ?3)");
    if (!add) return std::unexpected(add.error());
    const Hash hash = short_sha256({each.bytes});
    add->bind_text(1, each.name).bind_blob(2, bytes_of(hash)).bind_blob(3, each.bytes);
    if (auto stored = stepped(*to, *add, "cannot be written"); !stored) return stored;
  }
  return to->run("COMMIT");
}

// What the backup says of itself.
std::expected<Backup, std::string> read_about(Connection& connection, const std::string& workspace) {
  Backup backup{.workspace = workspace, .history = {}, .made = {}, .tail = {}, .enclosed = {}};
  auto tables = connection.prepare("SELECT count(*) FROM sqlite_schema WHERE name IN ('backup', 'enclosed')");
  if (!tables) return std::unexpected(tables.error());
  if (tables->step() != SQLITE_ROW || tables->integer(0) != 2) {
    return std::unexpected(connection.path().string() + ": is a journal, but no backup made by heti backup");
  }
  auto about = connection.prepare("SELECT workspace, made, position, hash FROM backup");
  if (!about) return std::unexpected(about.error());
  if (about->step() != SQLITE_ROW) return std::unexpected(connection.error("says nothing of what it holds"));
  const auto whose = about->text(0);
  const auto made = about->integer(1);
  const auto position = about->integer(2);
  const auto hash = about->blob(3);
  if (!whose || !made || !position || !hash || hash->size() != backup.tail.hash.size()) {
    return std::unexpected(connection.path().string() + ": is damaged: what it says of itself cannot be read");
  }
  if (*whose != workspace) {
    return std::unexpected(connection.path().string() + ": is a backup of workspace " + std::string(*whose) +
                           ", not of " + workspace);
  }
  backup.made = instant_from_ms(*made);
  backup.tail.position = Position{static_cast<std::uint64_t>(*position)};
  std::memcpy(backup.tail.hash.data(), hash->data(), hash->size());
  auto files = connection.prepare("SELECT name, hash, bytes FROM enclosed ORDER BY name");
  if (!files) return std::unexpected(files.error());
  int rc = files->step();
  for (; rc == SQLITE_ROW; rc = files->step()) {
    const std::string name(files->text(0).value_or(""));
    const auto bytes = files->blob(2);
    if (!bytes || files->blob(1) != bytes_of(short_sha256({*bytes}))) {
      return std::unexpected(connection.path().string() + ": this backup is damaged: " + name +
                             " in it is not as it was; take another one");
    }
    backup.enclosed.push_back(name);
  }
  if (rc != SQLITE_DONE) return std::unexpected(connection.error("what is enclosed cannot be read"));
  return backup;
}

// SQLite does not mind if the end of its last page is cut off and was empty.
Done expect_whole_pages(Connection& connection) {
  auto size = connection.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  if (!size) return std::unexpected(size.error());
  if (size->step() != SQLITE_ROW) return std::unexpected(connection.error("its size cannot be read"));
  std::error_code error;
  const auto there = std::filesystem::file_size(connection.path(), error);
  if (!error && size->integer(0) == static_cast<std::int64_t>(there)) return {};
  return std::unexpected(connection.path().string() + ": this backup is damaged: it is cut off; take another one");
}

std::expected<Connection, std::string> open_backup(const std::filesystem::path& file) {
  auto connection = Connection::open(file, Connection::Mode::read, {});
  if (!connection) return connection;
  if (auto ours = prepare_schema(*connection); !ours) return std::unexpected(ours.error());
  return connection;
}

Done copy_bytes(const std::filesystem::path& from, const std::filesystem::path& to) {
  const UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return std::unexpected(system_error(from, "cannot be read"));
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out) return std::unexpected(system_error(to, "cannot be created"));
  std::string chunk;
  for (off_t at = 0;; at += static_cast<off_t>(chunk.size())) {
    if (!read_some(in.get(), chunk, 1 << 20, at)) return std::unexpected(system_error(from, "cannot be read"));
    if (chunk.empty()) return {};
    if (!write_all(out.get(), chunk, at)) return std::unexpected(system_error(to, "cannot be written"));
  }
}

// The copy becomes a journal: a history of its own, and nothing that only a backup has.
Done begin_anew(const std::filesystem::path& path, const std::string& workspace, const PublicId& history) {
  auto connection = Connection::open(path, Connection::Mode::write, {});
  if (!connection) return std::unexpected(connection.error());
  if (auto set = in_one_file(*connection); !set) return set;
  if (auto dropped = connection->run("DROP TABLE backup; DROP TABLE enclosed"); !dropped) return dropped;
  const std::string bytes = encode_history(history);
  auto renew = connection->prepare("UPDATE journal SET history=?2 WHERE workspace=?1");
  if (!renew) return std::unexpected(renew.error());
  renew->bind_text(1, workspace).bind_blob(2, bytes);
  return stepped(*connection, *renew, "cannot be given a new history");
}

// All files of the journal that are there. Snapshots and the witness belong to their journal and to no other.
std::expected<std::vector<std::filesystem::path>, std::string> files_of_journal(const std::filesystem::path& directory,
                                                                                const std::string& workspace) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  auto entry = std::filesystem::directory_iterator(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool database = name == "journal.db" || name == "journal.db-wal" || name == "journal.db-shm";
    if (database || name == workspace + ".tail" || name.starts_with(workspace + ".snapshot.")) {
      files.push_back(entry->path());
    }
  }
  if (error) return std::unexpected(directory.string() + ": cannot be listed: " + error.message());
  std::ranges::sort(files);
  return files;
}

std::string name_of_old(Instant now) {
  const std::time_t seconds = static_cast<std::time_t>(to_ms(now) / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "journal-before-%Y%m%dT%H%M%SZ", &utc);
  return text.data();
}

std::expected<std::filesystem::path, std::string> move_old(const std::vector<std::filesystem::path>& files,
                                                           const std::filesystem::path& directory, Instant now) {
  auto aside = directory / name_of_old(now);
  for (int n = 2; is_there(aside); ++n) aside = directory / (name_of_old(now) + "-" + std::to_string(n));
  if (::mkdir(aside.c_str(), 0700) != 0) return std::unexpected(system_error(aside, "cannot be created"));
  for (const auto& file : files) {
    if (::rename(file.c_str(), (aside / file.filename()).c_str()) != 0) {
      return std::unexpected(system_error(file, "cannot be moved aside"));
    }
  }
  if (!sync_directory(aside) || !sync_directory(directory)) {
    return std::unexpected(system_error(aside, "cannot be synced"));
  }
  return aside;
}

}  // namespace

std::expected<Backup, std::string> make_backup(const std::filesystem::path& directory, const std::string& workspace,
                                               const std::filesystem::path& file, Instant now,
                                               const std::vector<Enclosed>& enclosed) {
  if (is_there(file)) return std::unexpected(file.string() + ": exists; a backup never overwrites a file");
  auto from = SqliteReader::open(directory, workspace);
  if (!from) return std::unexpected(from.error());
  const auto tail = from->tail();
  if (!tail) return std::unexpected(tail.error());
  Backup backup{.workspace = workspace, .history = from->history(), .made = now, .tail = *tail, .enclosed = {}};
  for (const Enclosed& each : enclosed) backup.enclosed.push_back(each.name);

  auto unfinished_path = file;
  unfinished_path += ".part-" + std::to_string(::getpid());
  Unfinished unfinished(unfinished_path);
  if (auto created = create_empty(unfinished_path); !created) return std::unexpected(created.error());
  if (auto written = write_backup(*from, unfinished_path, backup, enclosed); !written) {
    return std::unexpected(written.error());
  }
  if (auto synced = sync_file(unfinished_path); !synced) return std::unexpected(synced.error());
  // Somebody may have made a file of that name meanwhile: renaming must not replace it. Not every file system can.
  if (::renameat2(AT_FDCWD, unfinished_path.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return std::unexpected(file.string() + ": exists; a backup never overwrites a file");
    if (errno != EINVAL || is_there(file) || ::rename(unfinished_path.c_str(), file.c_str()) != 0) {
      return std::unexpected(system_error(file, "cannot be put in place"));
    }
  }
  unfinished.finished();
  if (!sync_directory(directory_of(file))) return std::unexpected(system_error(file, "cannot be synced"));
  return backup;
}

std::expected<Backup, std::string> check_backup(const std::filesystem::path& file, const std::string& workspace) {
  auto connection = open_backup(file);
  if (!connection) return std::unexpected(connection.error());
  auto backup = read_about(*connection, workspace);
  if (!backup) return backup;
  if (auto whole = expect_whole_pages(*connection); !whole) return std::unexpected(whole.error());
  std::vector<Witness> end;
  if (backup->tail.position.value() != 0) end = {{"the backup itself", backup->tail.position, backup->tail.hash}};
  const auto found = audit(*connection, workspace, end);
  if (!found) return std::unexpected(found.error());
  std::string wrong;
  if (!found->holes.empty()) {
    wrong = "batch " + std::to_string(found->holes[0].first.value()) + " " + found->holes[0].what;
  } else if (found->first.value() > 1) {
    wrong = "it begins at batch " + std::to_string(found->first.value());
  } else if (!found->lost.empty() || found->end != backup->tail.position) {
    wrong = "it ends at batch " + std::to_string(found->end.value()) + " and was made up to " +
            std::to_string(backup->tail.position.value());
  } else if (found->structure) {
    wrong = *found->structure;
  }
  if (!wrong.empty()) {
    return std::unexpected(file.string() + ": this backup is damaged: " + wrong + "; take another one");
  }
  backup->history = found->history;
  backup->tail = found->tail;
  return backup;
}

std::expected<std::string, std::string> read_enclosed(const std::filesystem::path& file, const std::string& name) {
  auto connection = open_backup(file);
  if (!connection) return std::unexpected(connection.error());
  auto find = connection->prepare("SELECT bytes FROM enclosed WHERE name=?1");
  if (!find) return std::unexpected(find.error());
  find->bind_text(1, name);
  if (find->step() != SQLITE_ROW) return std::unexpected(file.string() + ": does not hold " + name);
  return std::string(find->blob(0).value_or(""));
}

std::expected<Restored, std::string> restore_backup(const std::filesystem::path& file,
                                                    const std::filesystem::path& directory,
                                                    const std::string& workspace, bool replace, Instant now) {
  const auto lock = LockFile::take(directory / "journal.lock");
  if (!lock) return std::unexpected(lock.error() + ". Stop the node first");
  const auto old = files_of_journal(directory, workspace);
  if (!old) return std::unexpected(old.error());
  if (!old->empty() && !replace) {
    return std::unexpected(directory.string() + ": there is a journal (" + old->front().filename().string() +
                           "); with --replace it is moved aside and kept");
  }
  auto backup = check_backup(file, workspace);
  if (!backup) return std::unexpected(backup.error());

  Restored restored{.backup = *backup, .history = random_history(), .kept_old = std::nullopt};
  const auto restoring = directory / restoring_name;
  const bool again = is_there(restoring);
  Unfinished unfinished(restoring);
  if (again) unfinished.finished();  // Some files of the old journal may be aside already: no node must start.
  if (auto copied = copy_bytes(file, restoring); !copied) return std::unexpected(copied.error());
  if (auto renewed = begin_anew(restoring, workspace, restored.history); !renewed) {
    return std::unexpected(renewed.error());
  }
  if (auto synced = sync_file(restoring); !synced) return std::unexpected(synced.error());
  if (!sync_directory(directory)) return std::unexpected(system_error(directory, "cannot be synced"));
  unfinished.finished();
  if (!old->empty()) {
    auto aside = move_old(*old, directory, now);
    if (!aside) return std::unexpected(aside.error());
    restored.kept_old = std::move(*aside);
  }
  if (backup->tail.position.value() != 0) {
    auto side = SideFile::open(directory / (workspace + ".tail"));
    if (!side) return std::unexpected(side.error());
    if (auto marked = side->restart({backup->tail.position, backup->tail.hash}); !marked) {
      return std::unexpected(marked.error());
    }
  }
  const auto database = directory / "journal.db";
  if (::rename(restoring.c_str(), database.c_str()) != 0 || !sync_directory(directory)) {
    return std::unexpected(system_error(database, "cannot be put in place"));
  }
  return restored;
}

}  // namespace heti::journal

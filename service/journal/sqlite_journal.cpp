#include "service/journal/sqlite_journal.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "service/base/check.hpp"
#include "service/base/thread_name.hpp"
#include "service/journal/hash.hpp"

namespace heti::journal {

SqliteJournal::SqliteJournal(Options options, LockFile lock, SideFile side)
    : options_(std::move(options)),
      path_(options_.directory / "journal.db"),
      lock_(std::move(lock)),
      store_(options_.directory, options_.workspace),
      side_(std::move(side)),
      next_checkpoint_(options_.checkpoint_pages),
      next_own_checkpoint_(options_.wal_pages_max) {}

std::expected<void, std::string> SqliteJournal::open() {
  if (auto renewed = renew_log(path_, options_.vfs); !renewed) return renewed;
  if (auto connected = connect(); !connected) return connected;
  writer_thread_ = std::thread([this] { write_loop(); });
  checkpointer_thread_ = std::thread([this] { checkpoint_loop(); });
  return {};
}

SqliteJournal::~SqliteJournal() {
  if (!writer_thread_.joinable()) return;  // Opening failed.
  {
    const std::lock_guard lock(mutex_);
    stopping_writer_ = true;
  }
  writer_wakes_.notify_one();
  writer_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    stopping_checkpointer_ = true;
  }
  checkpointer_wakes_.notify_one();
  checkpointer_thread_.join();
  // Closing the last connection moves the write-ahead log into the database and removes it. If part of what was moved
  // before may not be on the disk, the log must stay: opening moves all of it again.
  if (database_in_doubt_) (writer_ ? writer_->connection : *given_up_).leave_log();
  writer_.reset();
  given_up_.reset();
  if (!side_.sync()) warn(system_error(options_.directory / (options_.workspace + ".tail"), "cannot be synced"));
}

PublicId SqliteJournal::history() const {
  const std::lock_guard lock(mutex_);
  return history_;
}

Tail SqliteJournal::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_;
}

void SqliteJournal::append(Batch batch, std::function<void(AppendResult)> done) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!append_under_way_);
    append_under_way_ = true;
    request_.emplace(std::move(batch), std::move(done));
  }
  writer_wakes_.notify_one();
}

std::expected<void, std::string> SqliteJournal::read(Position after,
                                                     const std::function<bool(const Batch&, const Hash&)>& each) const {
  const Position durable = tail().position;
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  return Rows(*connection, options_.workspace).read(after, durable, each);
}

void SqliteJournal::keep_alive(Instant now) {
  {
    const std::lock_guard lock(mutex_);
    waiting_mark_ = now;
  }
  writer_wakes_.notify_one();
}

void SqliteJournal::give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!lost_end_);
    lost_end_ = {.shown = std::move(shown), .done = std::move(done)};
  }
  writer_wakes_.notify_one();
}

Instant SqliteJournal::alive_until() const {
  const std::lock_guard lock(mutex_);
  return alive_until_;
}

Stats SqliteJournal::stats() const {
  Stats stats;
  {
    const std::lock_guard lock(mutex_);
    stats = stats_;
  }
  stats.synced = true;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_.string() + suffix, error);
    if (!error) stats.bytes += size;
  }
  return stats;
}

std::optional<std::string> SqliteJournal::open_notice() const {
  const std::lock_guard lock(mutex_);
  return notice_;
}

// --- the writer ---

void SqliteJournal::write_loop() {
  name_thread("journal");
  std::unique_lock lock(mutex_);
  for (;;) {
    writer_wakes_.wait(lock, [this] { return request_ || lost_end_ || waiting_mark_ || stopping_writer_; });
    if (lost_end_) {
      const LostEnd lost = *std::exchange(lost_end_, std::nullopt);
      lock.unlock();
      lost.done(renew_history(lost.shown));
      lock.lock();
    } else if (request_) {
      Request request = std::move(*request_);
      request_.reset();
      lock.unlock();
      const AppendResult result = write(request.batch);
      lock.lock();
      append_under_way_ = false;  // `done` may append again.
      lock.unlock();
      request.done(result);
      care_for_log();
      lock.lock();
    } else if (waiting_mark_) {
      const Instant mark = *std::exchange(waiting_mark_, std::nullopt);
      lock.unlock();
      keep_mark(mark);
      care_for_log();
      lock.lock();
    } else {
      return;
    }
  }
}

AppendResult SqliteJournal::write(const Batch& batch) {
  if (!writer_) {
    if (auto connected = connect(); !connected) {
      warn(connected.error());
      const std::lock_guard lock(mutex_);
      ++stats_.append_errors;
      return in_doubt_ ? AppendResult::unknown : AppendResult::not_written;
    }
  }
  const Tail before = tail();
  const Hash hash = hash_of(batch);
  if (batch.position == before.position && hash == before.hash) {
    in_doubt_ = false;
    return AppendResult::durable;
  }
  if (batch.position.value() != before.position.value() + 1 || batch.previous != before.hash) {
    return AppendResult::fenced;
  }
  // The clock was set back between two starts: by a mark of the time before, this process would seem to live until
  // then.
  if (batch.at < writer_->marked && !write_mark(batch.at)) {
    const std::lock_guard lock(mutex_);
    ++stats_.append_errors;
    return in_doubt_ ? AppendResult::unknown : AppendResult::not_written;
  }
  const auto start = std::chrono::steady_clock::now();
  const int rc = writer_->insert.bind(2, static_cast<std::int64_t>(batch.position.value()))
                     .bind(3, to_ms(batch.at))
                     .bind_blob(4, bytes_of(batch.previous))
                     .bind_blob(5, bytes_of(hash))
                     .bind_blob(6, batch.payload)
                     .step();
  if (rc != SQLITE_DONE) return after_failure(rc);
  writer_->insert.reset();
  in_doubt_ = false;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (options_.after_commit) options_.after_commit();
  if (!side_.write({batch.position, hash}) && !std::exchange(side_warned_, true)) {
    warn(system_error(options_.directory / (options_.workspace + ".tail"), "cannot be written"));
  }
  {
    const std::lock_guard lock(mutex_);
    tail_ = {batch.position, hash, batch.at};
    ++stats_.appends;
    stats_.last_append_seconds = took.count();
  }
  if (options_.on_append) options_.on_append(took.count());
  return AppendResult::durable;
}

AppendResult SqliteJournal::after_failure(int code) {
  warn(writer_->connection.error("append failed"));
  give_up();
  // A full disk shows while pages are written, before the page that would make the transaction valid, and a lock not
  // gained shows before anything is written. Whatever else happened may have happened after that page.
  const int primary = code & 0xff;
  const bool certain = primary == SQLITE_FULL || primary == SQLITE_BUSY || primary == SQLITE_TOOBIG;
  if (!certain) in_doubt_ = true;
  const std::lock_guard lock(mutex_);
  ++stats_.append_errors;
  return in_doubt_ ? AppendResult::unknown : AppendResult::not_written;
}

std::expected<void, std::string> SqliteJournal::renew_history(const std::string& shown) {
  if (!writer_) {
    if (auto connected = connect(); !connected) return connected;
  }
  return begin_history(writer_->connection, tail(), lost_end(tail(), shown));
}

void SqliteJournal::keep_mark(Instant now) {
  if (!writer_) {
    if (auto connected = connect(); !connected) return warn(connected.error());
  }
  if (now <= tail().at || now <= writer_->marked) return;  // The last batch, or mark, is a better one.
  write_mark(now);
}

bool SqliteJournal::write_mark(Instant at) {
  if (writer_->mark.bind(2, to_ms(at)).step() != SQLITE_DONE) {
    warn(writer_->connection.error("the mark of life failed"));
    give_up();
    return false;
  }
  writer_->mark.reset();
  writer_->marked = at;
  return true;
}

void SqliteJournal::give_up() {
  given_up_ = std::move(writer_->connection);
  writer_.reset();
}

// The write-ahead log starts over only after a moment in which all of it is in the database. Under steady load the
// checkpointer never quite gets there, so that now and then the writer does the little that is left.
void SqliteJournal::care_for_log() {
  if (!writer_) return;
  if (log_pages_ < options_.checkpoint_pages) {
    next_checkpoint_ = options_.checkpoint_pages;
    next_own_checkpoint_ = options_.wal_pages_max;
    return;
  }
  if (log_pages_ >= next_own_checkpoint_) {
    next_checkpoint_ = next_own_checkpoint_ = log_pages_ + options_.checkpoint_pages;
    if (auto done = checkpoint(writer_->connection); !done) warn(done.error());
  } else if (log_pages_ >= next_checkpoint_) {
    next_checkpoint_ = log_pages_ + options_.checkpoint_pages;
    {
      const std::lock_guard lock(mutex_);
      checkpoint_wanted_ = true;
    }
    checkpointer_wakes_.notify_one();
  }
}

// A checkpoint that does not reach the log's end syncs nothing, and the one that completes it moves only the rest: if
// its sync fails, the pages of both may be lost, and a second attempt would write only those of the second.
std::expected<bool, std::string> SqliteJournal::checkpoint(Connection& connection) {
  const std::unique_lock lock(checkpoint_mutex_, std::try_to_lock);
  if (!lock) return false;
  if (database_in_doubt_) {
    if (auto renewed = renew_database(path_, options_.vfs); !renewed) return std::unexpected(renewed.error());
    database_in_doubt_ = false;
  }
  auto done = connection.checkpoint();
  if (!done && connection.error_code() == SQLITE_IOERR_FSYNC) database_in_doubt_ = true;
  return done;
}

// --- the checkpointer ---

void SqliteJournal::checkpoint_loop() {
  name_thread("checkpoint");
  std::optional<Connection> connection;
  std::unique_lock lock(mutex_);
  for (;;) {
    checkpointer_wakes_.wait(lock, [this] { return checkpoint_wanted_ || stopping_checkpointer_; });
    if (stopping_checkpointer_) return;
    checkpoint_wanted_ = false;
    lock.unlock();
    checkpoint_once(connection);
    lock.lock();
  }
}

void SqliteJournal::checkpoint_once(std::optional<Connection>& connection) {
  if (!connection) {
    auto opened = Connection::open(path_, Connection::Mode::write, options_.vfs);
    if (!opened) return warn(opened.error());
    connection.emplace(std::move(*opened));
  }
  if (auto done = checkpoint(*connection); !done) {
    warn(done.error());
    connection.reset();  // After a failed sync the same descriptor would report success.
    return;
  }
  if (!side_.sync()) warn(system_error(options_.directory / (options_.workspace + ".tail"), "cannot be synced"));
  const std::lock_guard lock(mutex_);
  ++stats_.checkpoints;
}

// --- snapshots ---

std::expected<Connection, std::string> SqliteJournal::reader() const {
  return Connection::open(path_, Connection::Mode::read, options_.vfs);
}

std::expected<void, std::string> SqliteJournal::save_snapshot(Snapshot snapshot) {
  const std::lock_guard lock(snapshot_mutex_);
  {
    auto connection = reader();
    if (!connection) return std::unexpected(connection.error());
    const auto verdict = Rows(*connection, options_.workspace).judge(snapshot.position, snapshot.hash);
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict != Verdict::confirmed) {
      return std::unexpected("snapshot of " + at_position(snapshot.position) + " is not confirmed by the journal");
    }
  }
  if (auto saved = store_.save(snapshot); !saved) return saved;
  auto good = good_snapshots();
  if (!good) return std::unexpected(good.error());
  const auto paths = store_.list();
  if (!paths) return std::unexpected(paths.error());
  for (const auto& path : *paths) {
    const auto kept = good->begin() + std::min<std::ptrdiff_t>(2, std::ssize(*good));
    if (std::any_of(good->begin(), kept, [&](const auto& item) { return item.first == path; })) continue;
    if (auto removed = store_.remove(path); !removed) return removed;
  }
  return {};
}

std::expected<std::vector<Snapshot>, std::string> SqliteJournal::snapshots() const {
  const std::lock_guard lock(snapshot_mutex_);
  auto good = good_snapshots();
  if (!good) return std::unexpected(good.error());
  std::vector<Snapshot> out;
  for (auto& [path, snapshot] : *good) out.push_back(std::move(snapshot));
  return out;
}

std::expected<std::vector<std::pair<std::filesystem::path, Snapshot>>, std::string> SqliteJournal::good_snapshots()
    const {
  const auto paths = store_.list();
  if (!paths) return std::unexpected(paths.error());
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  Rows rows(*connection, options_.workspace);
  std::vector<std::pair<std::filesystem::path, Snapshot>> good;
  for (const auto& path : *paths) {
    auto snapshot = SnapshotStore::load(path);
    if (!snapshot) {
      reject_snapshot(snapshot.error());
      continue;
    }
    const auto verdict = rows.judge(snapshot->position, snapshot->hash);
    if (!verdict) {
      reject_snapshot(path.string() + ": cannot be confirmed: " + verdict.error());
    } else if (*verdict != Verdict::confirmed) {
      reject_snapshot(path.string() + ": is not confirmed by the journal");
    } else {
      good.emplace_back(path, std::move(*snapshot));
    }
  }
  return good;
}

void SqliteJournal::reject_snapshot(const std::string& why) const {
  warn(why);
  const std::lock_guard lock(mutex_);
  ++stats_.snapshots_rejected;
}

void SqliteJournal::warn(std::string_view sentence) const {
  if (options_.on_warning) options_.on_warning(sentence);
}

}  // namespace heti::journal

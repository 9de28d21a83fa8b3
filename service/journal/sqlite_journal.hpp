#pragma once
// The journal in SQLite. Three kinds of threads: any (reads, snapshots: a connection of their own each time), the
// writer (appends, marks), the checkpointer. mutex_ guards what they share and is never held over a disk access.
// As long as the journal is open, so is writer_ or given_up_.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "service/journal/journal.hpp"
#include "service/journal/lock_file.hpp"
#include "service/journal/side_file.hpp"
#include "service/journal/snapshot_store.hpp"
#include "service/journal/sqlite.hpp"
#include "service/journal/sqlite_rows.hpp"

namespace heti::journal {

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(Options options, LockFile lock, SideFile side);
  ~SqliteJournal() override;

  // The rest of opening, before any other call: connection, tail, witness, threads.
  [[nodiscard]] std::expected<void, std::string> open();

  PublicId history() const override;
  Tail tail() const override;
  void append(Batch batch, std::function<void(AppendResult)> done) override;
  std::expected<void, std::string> read(Position after,
                                        const std::function<bool(const Batch&, const Hash&)>& each) const override;
  void keep_alive(Instant now) override;
  Instant alive_until() const override;
  std::expected<void, std::string> save_snapshot(Snapshot snapshot) override;
  std::expected<std::vector<Snapshot>, std::string> snapshots() const override;
  void give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) override;
  Stats stats() const override;
  std::optional<std::string> open_notice() const override;

 private:
  // What the writer holds while it has a good connection. The statements go before the connection.
  struct Writer {
    Connection connection;
    Statement insert;
    Statement mark;
    Instant marked{};  // the mark of life on disk
  };
  struct Request {
    Batch batch;
    std::function<void(AppendResult)> done;
  };

  struct LostEnd {
    std::string shown;
    std::function<void(std::expected<void, std::string>)> done;
  };

  // Writer's thread (and open, before there is one).
  void write_loop();
  [[nodiscard]] AppendResult write(const Batch& batch);
  [[nodiscard]] AppendResult after_failure(int code);
  void keep_mark(Instant now);
  [[nodiscard]] std::expected<void, std::string> renew_history(const std::string& shown);
  bool write_mark(Instant at);
  void give_up();
  [[nodiscard]] std::expected<void, std::string> connect();
  [[nodiscard]] std::expected<void, std::string> load(Writer& writer);
  // Who has seen what the journal does not hold, and what; nothing if nobody has.
  [[nodiscard]] std::expected<std::optional<std::string>, std::string> seen_beyond(
      Rows& rows, const Tail& tail, const std::optional<PublicId>& history);
  [[nodiscard]] std::expected<void, std::string> begin_history(Connection& connection, const Tail& tail,
                                                               std::string notice);
  std::string lost_end(const Tail& tail, const std::string& shown) const;
  void care_for_log();
  // As Connection::checkpoint. Any thread; false also if another one is at it.
  [[nodiscard]] std::expected<bool, std::string> checkpoint(Connection& connection);

  void checkpoint_loop();
  void checkpoint_once(std::optional<Connection>& connection);

  [[nodiscard]] std::expected<Connection, std::string> reader() const;
  [[nodiscard]] std::expected<std::vector<std::pair<std::filesystem::path, Snapshot>>, std::string> good_snapshots()
      const;
  void reject_snapshot(const std::string& why) const;
  void warn(std::string_view sentence) const;

  const Options options_;
  const std::filesystem::path path_;
  const LockFile lock_;
  const SnapshotStore store_;
  SideFile side_;                 // Written by the writer, synced by the checkpointer too.
  std::optional<Writer> writer_;  // Writer's thread only; empty after an error until it could be opened again.
  // Writer's thread only: the connection of that error, unused, until the new one is there. As long as any is open,
  // the connections share what they know of the log, and nobody takes from the file what a failed commit left there.
  std::optional<Connection> given_up_;
  bool in_doubt_ = false;        // Writer's thread only: the batch after the tail may be in the log or not.
  bool side_warned_ = false;     // Writer's thread only.
  int log_pages_ = 0;            // Writer's thread only: pages in the write-ahead log after the last commit.
  int next_checkpoint_ = 0;      // Writer's thread only: pages at which to wake the checkpointer,
  int next_own_checkpoint_ = 0;  // and at which to do it here.

  std::mutex checkpoint_mutex_;     // Held by whoever moves pages into the database.
  bool database_in_doubt_ = false;  // Guarded by it: a sync of the database failed, and it was not yet written anew.

  mutable std::mutex mutex_;
  mutable std::mutex snapshot_mutex_;  // One saving or listing at a time.
  std::condition_variable writer_wakes_;
  std::condition_variable checkpointer_wakes_;
  PublicId history_;
  Tail tail_;
  Instant alive_until_;
  std::optional<std::string> notice_;
  Position seen_through_;  // By somebody, of what the journal does not have.
  mutable Stats stats_;
  std::optional<Request> request_;
  bool append_under_way_ = false;
  std::optional<Instant> waiting_mark_;
  std::optional<LostEnd> lost_end_;
  bool checkpoint_wanted_ = false;
  bool stopping_writer_ = false;
  bool stopping_checkpointer_ = false;
  std::thread writer_thread_;
  std::thread checkpointer_thread_;
};

}  // namespace heti::journal

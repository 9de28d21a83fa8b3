#pragma once
// The journal in Redis as its owner holds it. Two kinds of threads: any (reads, snapshots: a connection of their own
// each time) and the writer (appends, beats, marks), whose connection WAIT is asked on, because it covers only what was
// written on the same one. mutex_ guards what they share and is never held over a call.
#include <atomic>

#include "service/base/threads.hpp"
#include "service/journal/lock_file.hpp"
#include "service/journal/redis/redis_journal.hpp"
#include "service/journal/redis/store.hpp"

namespace heti::journal::redis {

class OwnedJournal final : public RedisJournal {
 public:
  explicit OwnedJournal(RedisOptions options);
  ~OwnedJournal() override;

  // The rest of opening, before any other call: connection, claim, witnesses, thread.
  [[nodiscard]] std::expected<void, std::string> open();

  // Any thread, while open() waits for its turn: looks at once, and if asked waits no longer, which is an error.
  void look_now(bool and_give_up);

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
  bool owned() const override;
  Position committed() const override;
  std::expected<Position, std::string> trim(Position through) override;
  std::expected<Position, std::string> trimmed_through() const override;
  bool synced_each_time() const override;

 private:
  struct Request {
    Batch batch;
    std::function<void(AppendResult)> done;
  };
  struct LostEnd {
    std::string shown;
    std::function<void(std::expected<void, std::string>)> done;
  };

  // Opening (owned_journal_open.cpp).
  [[nodiscard]] std::expected<void, std::string> connect();
  [[nodiscard]] std::expected<void, std::string> claim();
  // Returns when the record may be claimed: what it says then.
  [[nodiscard]] std::expected<Sighting, std::string> await_turn();
  [[nodiscard]] Millis silence_before(const Sighting& claim) const;
  [[nodiscard]] std::expected<void, std::string> take_over(const Reply& claimed, const std::string& token);
  [[nodiscard]] std::expected<void, std::string> ask_witnesses();
  [[nodiscard]] std::expected<void, std::string> begin_history(std::string notice, std::uint64_t lost);

  // Writer's thread (and open, before there is one).
  void write_loop();
  [[nodiscard]] AppendResult write(const Batch& batch);
  // Appends again what Redis has lost of what this process knows.
  enum class Healed : std::uint8_t { yes, impossible, not_now };
  [[nodiscard]] Healed heal();
  [[nodiscard]] std::string id_of(Position position) const;
  [[nodiscard]] bool append_again(std::vector<std::pair<Batch, Hash>> missing);
  [[nodiscard]] std::expected<std::vector<Reply>, Failure> run_append(const Batch& batch, const Hash& hash,
                                                                      const std::string& id);
  void doubt_master(std::string_view error);
  [[nodiscard]] AppendResult no_answer(std::string_view sentence, bool perhaps_written);
  [[nodiscard]] AppendResult refused(std::string sentence);
  [[nodiscard]] std::expected<void, std::string> renew_history(const std::string& shown);
  void beat(std::optional<Instant> mark);
  void release();
  // How many replicas confirmed, from the reply of WAIT; nothing if that was no number.
  [[nodiscard]] std::expected<void, std::string> enough(const Reply& wait) const;
  [[nodiscard]] std::vector<Command> wait_command() const;
  [[nodiscard]] Millis wait_time() const;
  [[nodiscard]] std::string lost_end(const std::string& shown) const;

  [[nodiscard]] std::expected<Connection, std::string> reader() const;
  void reject_snapshot(const std::string& why) const;
  void warn(std::string_view sentence) const;
  [[nodiscard]] std::string place() const;

  const RedisOptions options_;
  std::optional<LockFile> lock_;
  const Keys keys_;
  const std::string replicas_;          // As words of WAIT.
  const std::string replicas_timeout_;  // Likewise.

  // Writer's thread only.
  std::optional<Connection> link_;
  std::string token_;
  std::string epoch_;
  std::string tail_id_;  // The last entry: a batch, or the claim.
  std::string committed_id_;
  bool in_doubt_ = false;  // The batch after the tail may be in Redis or not.
  bool beat_failed_ = false;
  std::vector<std::string> told_;  // What was said about its durability: not said again at every new connection.

  mutable Mutex mutex_;
  Condition writer_wakes_;
  PublicId history_;
  Tail tail_;
  Position committed_;
  Instant alive_until_;
  std::optional<std::string> notice_;
  mutable Stats stats_;
  bool owned_ = false;
  bool synced_each_time_ = false;
  std::optional<Request> request_;
  bool append_under_way_ = false;
  std::optional<Instant> waiting_mark_;
  std::optional<LostEnd> lost_end_;
  bool stopping_ = false;
  bool look_now_ = false;
  std::atomic<bool> stop_waiting_ = false;
  Condition look_;
  Thread writer_thread_;
};

}  // namespace heti::journal::redis

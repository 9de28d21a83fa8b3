#pragma once
// A node's journal among others: it follows the owner until it is the owner. Threads: the bus's, one that follows, and
// one that waits for its turn. What the owner made durable is published whole; what was missed is read from the stream.
#include <atomic>
#include <deque>

#include "service/base/threads.hpp"
#include "service/journal/lock_file.hpp"
#include "service/journal/redis/bus.hpp"
#include "service/journal/redis/memory.hpp"
#include "service/journal/redis/owned_journal.hpp"
#include "service/journal/redis/redis_journal.hpp"
#include "service/journal/redis/store.hpp"
#include "service/journal/side_file.hpp"

namespace heti::journal::redis {

class FollowingJournal final : public SharedJournal {
 public:
  FollowingJournal(RedisOptions options, SharedOptions shared)
      : options_(std::move(options)), shared_(std::move(shared)), keys_(options_.workspace) {}
  ~FollowingJournal() override;

  [[nodiscard]] std::expected<void, std::string> open();

  void start(Position position) override;
  bool leading() const override { return leader_ != nullptr; }
  std::string owner() const override;
  Millis cut_off() const override { return bus_->silent_for(); }
  void publish(std::string_view channel, std::string payload) override {
    bus_->publish(channel_of(channel), std::move(payload));
  }

  PublicId history() const override;
  Tail tail() const override;
  bool owned() const override;
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
  Position committed() const override;
  std::expected<Position, std::string> trim(Position through) override;
  std::expected<Position, std::string> trimmed_through() const override;
  bool synced_each_time() const override;

 private:
  std::string channel_of(std::string_view suffix) const;
  void on_message(std::string_view channel, const std::string& payload);
  void warn(std::string_view sentence) const;

  // The same sentence at most once a minute; each thread that repeats itself has its own.
  struct Said {
    std::string sentence;
    SteadyClock::time_point at;
  };
  void warn_once(Said& said, std::string sentence) const;

  // The thread that follows.
  void follow_loop();
  [[nodiscard]] std::expected<void, std::string> hand_on_backlog(Store store);
  void hand_on(const Batch& batch, const Hash& hash);
  [[nodiscard]] std::expected<void, std::string> catch_up();
  [[nodiscard]] std::expected<void, std::string> catch_up(Store store);
  void lose(std::string why);
  // Up to where this node has seen this history, in a file; and what it said at the start, until the journal was asked.
  void open_seen();
  void note_seen(const Batch& batch, const Hash& hash);
  [[nodiscard]] std::optional<SideFile::Mark> seen() const;
  void forget_seen();
  [[nodiscard]] std::expected<void, std::string> ask_for_what_was_seen(Store store);
  void on_witness(const std::string& payload);
  // The thread that waits for its turn.
  void claim_loop();
  [[nodiscard]] bool claim_once(Said& said);

  const RedisOptions options_;
  const SharedOptions shared_;
  const Keys keys_;
  std::optional<LockFile> lock_;
  bool synced_each_time_ = false;

  mutable Mutex mutex_;
  Condition wakes_;
  PublicId history_;
  Tail tail_;  // Of what was followed.
  std::string owner_;
  std::optional<SideFile::Mark> seen_;  // At the start, and the journal was not asked for it yet or does not have it.
  std::deque<Batch> heard_;
  bool look_now_ = false;
  bool stopping_ = false;
  bool following_ = false;
  bool lost_ = false;
  bool claimed_ = false;            // By this node: what has become of the history is for it to say, who knows why.
  std::uint64_t lost_batches_ = 0;  // As the record says.
  Memory memory_;                   // Before the claimant, which uses it.
  std::unique_ptr<OwnedJournal> claimant_;  // Waits for its turn, or is the leader.

  std::optional<SideFile> seen_file_;  // Of the thread that follows; then of the owner's writer.
  std::optional<Connection> link_;     // Of the thread that follows, as the next one.
  Position told_;                      // Behind the tail only until what lay between start() and it was handed on.
  std::atomic<OwnedJournal*> leader_ = nullptr;
  std::unique_ptr<Bus> bus_;
  Thread follower_;
  Thread waiting_;
};

}  // namespace heti::journal::redis

// A node's journal among others: it follows the owner until it is the owner. Threads: the bus's, one that follows, and
// one that waits for its turn. What the owner made durable is published whole; what was missed is read from the stream.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "service/base/bytes.hpp"
#include "service/base/thread_name.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/redis/bus.hpp"
#include "service/journal/redis/durability.hpp"
#include "service/journal/redis/owned_journal.hpp"

namespace heti::journal {
namespace redis {
namespace {

// Published batches that wait to be handed on; what is beyond is read from the stream.
constexpr std::size_t heard_max = 4096;

std::string published(const Batch& batch) {
  ByteWriter out;
  encode(out, batch.position);
  encode(out, batch.at);
  out.text({reinterpret_cast<const char*>(batch.previous.data()), batch.previous.size()});
  out.text(batch.payload);
  return out.take();
}

std::optional<Batch> from_published(std::string_view bytes) {
  ByteReader in(bytes);
  Batch batch;
  decode(in, batch.position);
  decode(in, batch.at);
  const auto previous = hash_from(in.text());
  batch.payload = in.text();
  if (!in.ok() || !in.at_end() || !previous) return std::nullopt;
  batch.previous = *previous;
  return batch;
}

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
  bool synced_each_time() const override;

 private:
  std::string channel_of(std::string_view suffix) const;
  void on_message(std::string_view channel, const std::string& payload);
  void warn(std::string_view sentence) const;

  // The thread that follows.
  void follow_loop();
  void hand_on(const Batch& batch, const Hash& hash);
  [[nodiscard]] std::expected<void, std::string> catch_up();
  [[nodiscard]] std::expected<void, std::string> catch_up(Store store);
  void lose(std::string why);
  // The thread that waits for its turn.
  void claim_loop();
  [[nodiscard]] bool claim_once();

  const RedisOptions options_;
  const SharedOptions shared_;
  const Keys keys_;
  std::optional<LockFile> lock_;
  bool synced_each_time_ = false;

  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  PublicId history_;
  Tail tail_;  // Of what was followed.
  std::string owner_;
  std::deque<Batch> heard_;
  bool look_now_ = false;
  bool stopping_ = false;
  bool following_ = false;
  bool lost_ = false;
  std::unique_ptr<OwnedJournal> claimant_;  // Waits for its turn, or is the leader.

  std::optional<Connection> link_;  // Of the thread that follows.
  std::atomic<OwnedJournal*> leader_ = nullptr;
  std::unique_ptr<Bus> bus_;
  std::thread follower_;
  std::thread waiting_;
};

std::string FollowingJournal::channel_of(std::string_view suffix) const {
  std::string channel = "{";
  return channel.append(options_.workspace).append("}:").append(suffix);
}

std::expected<void, std::string> FollowingJournal::open() {
  if (!options_.lock_file.empty()) {
    auto lock = LockFile::take(options_.lock_file);
    if (!lock) return std::unexpected(lock.error());
    lock_.emplace(std::move(*lock));
  }
  auto connection = Connection::open(options_.connection);
  if (!connection) return std::unexpected(connection.error());
  const auto found = trusted(*connection, options_.replicas, options_.accept_loss);
  if (!found) return std::unexpected(found.error());
  synced_each_time_ = found->synced_each_time;
  const auto record = Store(*connection, keys_).record();
  if (!record) return std::unexpected(record.error());
  if (*record) {
    history_ = (*record)->history;
    owner_ = (*record)->node;
    tail_ = (*record)->tail;
    if ((*record)->committed < tail_.position) {
      // The last batch may not last: it is followed when it does.
      tail_ = {};
      const auto read = Store(*connection, keys_)
                            .read(Position{(*record)->committed.value() - ((*record)->committed.value() > 0 ? 1 : 0)},
                                  (*record)->committed, [this](const Batch& batch, const Hash& hash) {
                                    tail_ = {batch.position, hash, batch.at};
                                    return true;
                                  });
      if (!read) return std::unexpected(read.error());
    }
  }
  BusOptions bus{.connection = options_.connection};
  bus.channels = {channel_of("durable"), channel_of("released")};
  for (const std::string& suffix : shared_.channels) bus.channels.push_back(channel_of(suffix));
  bus.on_message = [this](std::string_view channel, const std::string& payload) { on_message(channel, payload); };
  bus.on_connected = [this] {
    const std::lock_guard lock(mutex_);
    look_now_ = true;  // Something may have been missed.
    wakes_.notify_all();
  };
  bus.on_warning = options_.on_warning;
  bus_ = std::make_unique<Bus>(std::move(bus));
  return {};
}

FollowingJournal::~FollowingJournal() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (claimant_) claimant_->look_now(true);
  }
  wakes_.notify_all();
  if (waiting_.joinable()) waiting_.join();
  if (follower_.joinable()) follower_.join();
  const bool led = leader_ != nullptr;
  leader_ = nullptr;
  claimant_.reset();  // Finishes the append under way, and hands the workspace over.
  if (led && bus_) bus_->publish(channel_of("released"), "");
  bus_.reset();
}

void FollowingJournal::start(Position position) {
  {
    const std::lock_guard lock(mutex_);
    following_ = true;
    look_now_ = true;
  }
  if (position != tail().position) warn("what is followed begins elsewhere than at the end that was found");
  follower_ = std::thread([this] { follow_loop(); });
  waiting_ = std::thread([this] { claim_loop(); });
}

void FollowingJournal::on_message(std::string_view channel, const std::string& payload) {
  if (channel == channel_of("durable")) {
    if (leader_ != nullptr) return;
    auto batch = from_published(payload);
    const std::lock_guard lock(mutex_);
    if (batch && heard_.size() < heard_max) {
      heard_.push_back(std::move(*batch));
    } else {
      look_now_ = true;
    }
    wakes_.notify_all();
  } else if (channel == channel_of("released")) {
    const std::lock_guard lock(mutex_);
    if (claimant_) claimant_->look_now(false);
  } else if (shared_.on_message) {
    shared_.on_message(channel.substr(channel.find("}:") + 2), payload);
  }
}

void FollowingJournal::follow_loop() {
  name_thread("follow");
  std::unique_lock lock(mutex_);
  auto next_look = std::chrono::steady_clock::now();
  while (following_ && !stopping_ && !lost_) {
    wakes_.wait_until(lock, next_look, [this] { return !heard_.empty() || look_now_ || !following_ || stopping_; });
    if (!following_ || stopping_) return;
    while (!heard_.empty()) {
      const Batch batch = std::move(heard_.front());
      heard_.pop_front();
      if (batch.position <= tail_.position) continue;
      if (batch.position.value() != tail_.position.value() + 1 || batch.previous != tail_.hash) {
        look_now_ = true;
        continue;
      }
      lock.unlock();
      hand_on(batch, hash_of(batch));
      lock.lock();
    }
    if (!look_now_ && std::chrono::steady_clock::now() < next_look) continue;
    look_now_ = false;
    lock.unlock();
    const auto caught_up = catch_up();
    if (!caught_up) warn(caught_up.error());
    next_look = std::chrono::steady_clock::now() + options_.look_every;
    lock.lock();
  }
}

void FollowingJournal::hand_on(const Batch& batch, const Hash& hash) {
  {
    const std::lock_guard lock(mutex_);
    tail_ = {batch.position, hash, batch.at};
  }
  if (shared_.on_batch) shared_.on_batch(batch, hash);
}

// What the record says is confirmed and was not heard. An error: Redis cannot be asked, now.
std::expected<void, std::string> FollowingJournal::catch_up() {
  if (!link_) {
    auto connection = Connection::open(options_.connection);
    if (!connection) return std::unexpected(connection.error());
    link_.emplace(std::move(*connection));
  }
  auto caught_up = catch_up(Store(*link_, keys_));
  if (!caught_up) link_.reset();
  return caught_up;
}

std::expected<void, std::string> FollowingJournal::catch_up(Store store) {
  const auto record = store.record();
  if (!record) return std::unexpected(record.error());
  const Tail mine = tail();
  const auto gone = [this](const char* why) -> std::expected<void, std::string> {
    lose(why);
    return {};
  };
  if (!*record)
    return mine.position.value() == 0 ? std::expected<void, std::string>{} : gone("the journal is not there any more");
  const Record& now = **record;
  {
    const std::lock_guard lock(mutex_);
    owner_ = now.node;
    if (history_ == PublicId{}) history_ = now.history;
  }
  if (now.history != history()) return gone("a new history has begun");
  if (now.tail.position < mine.position || (now.tail.position == mine.position && now.tail.hash != mine.hash)) {
    return gone("the journal has lost its end: this node knows more of it");
  }
  if (now.committed <= mine.position) return {};
  const auto verdict = store.judge(mine.position, mine.hash);
  if (!verdict) return std::unexpected(verdict.error());
  if (*verdict == Verdict::contradicted) return gone("the journal is another one than was followed");
  return store.read(mine.position, now.committed, [this](const Batch& batch, const Hash& hash) {
    hand_on(batch, hash);
    const std::lock_guard lock(mutex_);
    return following_ && !stopping_;
  });
}

void FollowingJournal::lose(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(lost_, true)) return;
  }
  warn(why);
  if (shared_.on_lost) shared_.on_lost(std::move(why));
}

void FollowingJournal::claim_loop() {
  name_thread("claim");
  while (!claim_once()) {
    std::unique_lock lock(mutex_);
    if (wakes_.wait_for(lock, options_.look_every, [this] { return stopping_ || lost_; })) return;
  }
}

// True: this thread has nothing more to do.
bool FollowingJournal::claim_once() {
  RedisOptions options = options_;
  options.lock_file.clear();
  options.claim_patience.reset();
  options.on_durable = [this](const Batch& batch) { bus_->publish(channel_of("durable"), published(batch)); };
  // What was followed was confirmed: a journal that does not have it has lost its end.
  options.witnesses = [this](const PublicId& history) {
    auto all = options_.witnesses ? options_.witnesses(history) : std::vector<Witness>{};
    const Tail mine = tail();
    if (history == this->history() && mine.position.value() != 0) {
      all.push_back({"this node", mine.position, mine.hash});
    }
    return all;
  };
  OwnedJournal* claimant = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || lost_) return true;
    claimant_ = std::make_unique<OwnedJournal>(std::move(options));
    claimant = claimant_.get();
  }
  if (const auto opened = claimant->open(); !opened) {
    const std::lock_guard lock(mutex_);
    claimant_.reset();
    if (!stopping_) warn(opened.error());
    return stopping_ || lost_;
  }
  {
    const std::lock_guard lock(mutex_);
    following_ = false;
  }
  wakes_.notify_all();
  follower_.join();
  const PublicId mine = history();
  if (claimant->tail().position < tail().position || (mine != PublicId{} && claimant->history() != mine)) {
    const auto notice = claimant->open_notice();
    {
      const std::lock_guard lock(mutex_);
      claimant_.reset();  // Hands it over again: who starts anew reads what there is.
    }
    lose(notice.value_or("the journal is another one than was followed"));
    return true;
  }
  leader_ = claimant;
  if (shared_.on_owned) shared_.on_owned();
  return true;
}

// ---- The journal, as whoever follows has it, or as its owner has.

PublicId FollowingJournal::history() const {
  if (const OwnedJournal* leader = leader_) return leader->history();
  const std::lock_guard lock(mutex_);
  return history_;
}

Tail FollowingJournal::tail() const {
  if (const OwnedJournal* leader = leader_) return leader->tail();
  const std::lock_guard lock(mutex_);
  return tail_;
}

std::string FollowingJournal::owner() const {
  const std::lock_guard lock(mutex_);
  return leader_ != nullptr ? options_.node : owner_;
}

bool FollowingJournal::owned() const {
  if (const OwnedJournal* leader = leader_) return leader->owned();
  const std::lock_guard lock(mutex_);
  return !lost_;
}

void FollowingJournal::append(Batch batch, std::function<void(AppendResult)> done) {
  if (OwnedJournal* leader = leader_) return leader->append(std::move(batch), std::move(done));
  done(AppendResult::fenced);
}

std::expected<void, std::string> FollowingJournal::read(
    Position after, const std::function<bool(const Batch&, const Hash&)>& each) const {
  if (const OwnedJournal* leader = leader_) return leader->read(after, each);
  const Position through = tail().position;
  auto connection = Connection::open(options_.connection);
  if (!connection) return std::unexpected(connection.error());
  return Store(*connection, keys_).read(after, through, each);
}

void FollowingJournal::keep_alive(Instant now) {
  if (OwnedJournal* leader = leader_) leader->keep_alive(now);
}

Instant FollowingJournal::alive_until() const {
  if (const OwnedJournal* leader = leader_) return leader->alive_until();
  return tail().at;
}

std::expected<void, std::string> FollowingJournal::save_snapshot(Snapshot snapshot) {
  if (OwnedJournal* leader = leader_) return leader->save_snapshot(std::move(snapshot));
  return std::unexpected("this node does not own the workspace, and leaves snapshots to the one that does");
}

std::expected<std::vector<Snapshot>, std::string> FollowingJournal::snapshots() const {
  if (const OwnedJournal* leader = leader_) return leader->snapshots();
  auto connection = Connection::open(options_.connection);
  if (!connection) return std::unexpected(connection.error());
  auto all = Store(*connection, keys_).snapshots([this](const std::string& why) { warn(why); });
  if (!all) return all;
  const Position end = tail().position;
  std::erase_if(*all, [end](const Snapshot& snapshot) { return snapshot.position > end; });
  return all;
}

void FollowingJournal::give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) {
  if (OwnedJournal* leader = leader_) return leader->give_up_end(std::move(shown), std::move(done));
  done(std::unexpected("this node does not own the workspace"));
}

Stats FollowingJournal::stats() const {
  if (const OwnedJournal* leader = leader_) return leader->stats();
  return {};
}

std::optional<std::string> FollowingJournal::open_notice() const {
  if (const OwnedJournal* leader = leader_) return leader->open_notice();
  return std::nullopt;
}

Position FollowingJournal::committed() const {
  if (const OwnedJournal* leader = leader_) return leader->committed();
  return tail().position;
}

std::expected<Position, std::string> FollowingJournal::trim(Position through) {
  if (OwnedJournal* leader = leader_) return leader->trim(through);
  return std::unexpected("this node does not own the workspace, and leaves trimming to the one that does");
}

bool FollowingJournal::synced_each_time() const {
  if (const OwnedJournal* leader = leader_) return leader->synced_each_time();
  return synced_each_time_;
}

void FollowingJournal::warn(std::string_view sentence) const {
  if (options_.on_warning) options_.on_warning(sentence);
}

}  // namespace
}  // namespace redis

std::expected<std::unique_ptr<SharedJournal>, std::string> open_shared_redis(RedisOptions options,
                                                                             SharedOptions shared) {
  if (auto sound = redis::check_workspace(options.workspace); !sound) return std::unexpected(sound.error());
  auto journal = std::make_unique<redis::FollowingJournal>(std::move(options), std::move(shared));
  if (auto opened = journal->open(); !opened) return std::unexpected(opened.error());
  return journal;
}

}  // namespace heti::journal

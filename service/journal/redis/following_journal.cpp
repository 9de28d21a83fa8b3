#include "service/journal/redis/following_journal.hpp"

#include <algorithm>
#include <utility>

#include "service/base/bytes.hpp"
#include "service/base/planted.hpp"
#include "service/base/thread_name.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/redis/durability.hpp"

namespace heti::journal::redis {
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

}  // namespace

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
  const auto record = Store(*connection, keys_).record(options_.replicas > 0);
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
  open_seen();
  BusOptions bus{.connection = options_.connection};
  bus.channels = {channel_of("durable"), channel_of("released"), channel_of("witness")};
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
  if (bus_) bus_->stop_hearing();  // What it calls uses all of this.
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
  told_ = position;
  follower_ = Thread([this] { follow_loop(); });
  waiting_ = Thread([this] { claim_loop(); });
}

void FollowingJournal::on_message(std::string_view channel, const std::string& payload) {
  if (channel == channel_of("durable")) {
    if (leader_ != nullptr) return;
    auto batch = from_published(payload);
    const std::lock_guard lock(mutex_);
    // Of a journal that did not exist at the start, the history is not known yet.
    if (!batch || heard_.size() >= heard_max || history_ == PublicId{}) look_now_ = true;
    if (batch && heard_.size() < heard_max) heard_.push_back(std::move(*batch));
    wakes_.notify_all();
  } else if (channel == channel_of("released")) {
    const std::lock_guard lock(mutex_);
    if (claimant_) claimant_->look_now(false);
  } else if (channel == channel_of("witness")) {
    on_witness(payload);
  } else if (shared_.on_message) {
    shared_.on_message(channel.substr(channel.find("}:") + 2), payload);
  }
}

void FollowingJournal::follow_loop() {
  name_thread("follow");
  std::unique_lock lock(mutex_);
  auto next_look = SteadyClock::now();
  Said said;
  while (following_ && !stopping_ && !lost_) {
    const auto next_is_heard = [this] { return told_ == tail_.position && !heard_.empty() && history_ != PublicId{}; };
    wakes_.wait_until(lock, next_look, [&] { return next_is_heard() || look_now_ || !following_ || stopping_; });
    if (!following_ || stopping_) return;
    while (next_is_heard()) {
      const Batch batch = std::move(heard_.front());
      heard_.pop_front();
      if (batch.position <= tail_.position) continue;
      if (batch.position.value() != tail_.position.value() + 1 || batch.previous != tail_.hash) {
        look_now_ = !planted(Planted::gap_skipped);
        if (look_now_) continue;
      }
      lock.unlock();
      hand_on(batch, hash_of(batch));
      lock.lock();
    }
    if (!look_now_ && SteadyClock::now() < next_look) continue;
    look_now_ = false;
    lock.unlock();
    const auto caught_up = catch_up();
    if (!caught_up) warn_once(said, caught_up.error());
    next_look = SteadyClock::now() + options_.look_every;
    lock.lock();
  }
}

void FollowingJournal::hand_on(const Batch& batch, const Hash& hash) {
  {
    const std::lock_guard lock(mutex_);
    tail_ = {batch.position, hash, batch.at};
  }
  told_ = batch.position;
  memory_.add(batch, hash);
  note_seen(batch, hash);
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
  const auto record = store.record(options_.replicas > 0);
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
    if (claimed_) return {};  // After the record was read: it may tell of a history that was begun here.
    owner_ = now.node;
    lost_batches_ = now.lost;
    if (history_ == PublicId{}) history_ = now.history;
  }
  open_seen();
  if (now.history != history() && !planted(Planted::history_ignored)) return gone("a new history has begun");
  // What is missing is appended again by who leads, or by who leads next: perhaps from here.
  if (now.tail.position < mine.position && memory_.has(now.tail.position, now.tail.hash)) return {};
  if (now.tail.position < mine.position || (now.tail.position == mine.position && now.tail.hash != mine.hash)) {
    return gone("the journal has lost its end: this node knows more of it");
  }
  if (auto asked = ask_for_what_was_seen(store); !asked) return asked;
  if (told_ > mine.position) return gone("the journal has lost its end: this node began beyond it");
  if (told_ < mine.position) {
    if (auto handed_on = hand_on_backlog(store); !handed_on) return handed_on;
  }
  if (now.committed <= mine.position) return {};
  const auto verdict = store.judge(mine.position, mine.hash);
  if (!verdict) return std::unexpected(verdict.error());
  if (*verdict == Verdict::contradicted) return gone("the journal is another one than was followed");
  if (*verdict == Verdict::trimmed) return gone("what follows here was trimmed before it was read");
  return store.read(mine.position, now.committed, [this](const Batch& batch, const Hash& hash) {
    hand_on(batch, hash);
    const std::lock_guard lock(mutex_);
    return following_ && !stopping_;
  });
}

// What lay between start() and the end that was found.
std::expected<void, std::string> FollowingJournal::hand_on_backlog(Store store) {
  const Position end = tail().position;
  return store.read(told_, end, [this](const Batch& batch, const Hash& hash) {
    told_ = batch.position;
    memory_.add(batch, hash);
    if (shared_.on_batch) shared_.on_batch(batch, hash);
    const std::lock_guard lock(mutex_);
    return following_ && !stopping_;
  });
}

void FollowingJournal::lose(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(lost_, true)) return;
    if (claimant_) claimant_->look_now(true);
  }
  wakes_.notify_all();
  warn(why);
  if (shared_.on_lost) shared_.on_lost(std::move(why));
}

void FollowingJournal::claim_loop() {
  name_thread("claim");
  Said said;
  while (!claim_once(said)) {
    std::unique_lock lock(mutex_);
    if (wakes_.wait_for(lock, options_.look_every, [this] { return stopping_ || lost_; })) return;
  }
}

// True: this thread has nothing more to do.
bool FollowingJournal::claim_once(Said& said) {
  RedisOptions options = options_;
  options.lock_file.clear();
  options.claim_patience.reset();
  options.memory = &memory_;
  options.claim_later = shared_.claim_later;
  options.on_durable = [this](const Batch& batch) {
    bus_->publish(channel_of("durable"), published(batch));
    const Hash hash = hash_of(batch);
    memory_.add(batch, hash);
    note_seen(batch, hash);
  };
  // What was followed was confirmed: a journal that does not have it has lost its end.
  options.witnesses = [this](const PublicId& history) {
    {
      const std::lock_guard lock(mutex_);
      claimed_ = true;
    }
    auto all = options_.witnesses ? options_.witnesses(history) : std::vector<Witness>{};
    const Tail mine = tail();
    if (history == this->history() && mine.position.value() != 0) {
      all.push_back({"this node", mine.position, mine.hash});
    }
    const auto mark = seen();
    if (history == this->history() && mark) all.push_back({"this node's last run", mark->position, mark->hash});
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
    {
      const std::lock_guard lock(mutex_);
      claimant_.reset();
      claimed_ = false;
      if (stopping_ || lost_) return true;
    }
    warn_once(said, opened.error());
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    following_ = false;
  }
  wakes_.notify_all();
  follower_.join();
  const PublicId mine = history();
  bool lost = false;
  {
    const std::lock_guard lock(mutex_);
    lost = lost_;
  }
  if (lost || claimant->tail().position < tail().position || (mine != PublicId{} && claimant->history() != mine)) {
    const auto notice = claimant->open_notice();
    std::unique_ptr<OwnedJournal> given_back;
    {
      const std::lock_guard lock(mutex_);
      given_back = std::move(claimant_);
    }
    given_back.reset();  // Who starts anew reads what there is.
    bus_->publish(channel_of("released"), "");
    lose(notice.value_or("the journal is another one than was followed"));
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    history_ = claimant->history();
  }
  forget_seen();  // The journal was asked for it when it was claimed.
  open_seen();    // If the journal was empty until now.
  leader_ = claimant;
  if (shared_.on_owned) shared_.on_owned();
  return true;
}

}  // namespace heti::journal::redis

#include "service/journal/redis/owned_journal.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/base/thread_name.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/snapshot_store.hpp"

namespace heti::journal::redis {
namespace {

using Clock = SteadyClock;

// Redis looked at the command, said no and ran nothing of it. After any other error something may have been written.
bool certainly_not_run(std::string_view error) {
  constexpr std::array codes{"OOM",      "READONLY", "NOREPLICAS", "MISCONF", "LOADING",     "MASTERDOWN", "BUSY ",
                             "NOSCRIPT", "NOPERM",   "NOAUTH",     "MOVED",   "CLUSTERDOWN", "TRYAGAIN"};
  return std::ranges::any_of(codes, [&](std::string_view code) { return error.starts_with(code); });
}

}  // namespace

OwnedJournal::OwnedJournal(RedisOptions options)
    : options_(std::move(options)),
      keys_(options_.workspace),
      replicas_(std::to_string(options_.replicas)),
      replicas_timeout_(std::to_string(options_.replicas_timeout.count())) {}

OwnedJournal::~OwnedJournal() {
  if (!writer_thread_.joinable()) return;  // Opening failed.
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  writer_wakes_.notify_one();
  writer_thread_.join();
  release();
}

PublicId OwnedJournal::history() const {
  const std::lock_guard lock(mutex_);
  return history_;
}

Tail OwnedJournal::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_;
}

Instant OwnedJournal::alive_until() const {
  const std::lock_guard lock(mutex_);
  return alive_until_;
}

bool OwnedJournal::owned() const {
  const std::lock_guard lock(mutex_);
  return owned_;
}

Position OwnedJournal::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

bool OwnedJournal::synced_each_time() const {
  const std::lock_guard lock(mutex_);
  return synced_each_time_;
}

Stats OwnedJournal::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.synced = synced_each_time_;
  return stats;
}

std::optional<std::string> OwnedJournal::open_notice() const {
  const std::lock_guard lock(mutex_);
  return notice_;
}

void OwnedJournal::append(Batch batch, std::function<void(AppendResult)> done) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!append_under_way_);
    append_under_way_ = true;
    request_.emplace(std::move(batch), std::move(done));
  }
  writer_wakes_.notify_one();
}

void OwnedJournal::keep_alive(Instant now) {
  {
    const std::lock_guard lock(mutex_);
    waiting_mark_ = now;
  }
  writer_wakes_.notify_one();
}

void OwnedJournal::give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!lost_end_);
    lost_end_ = {.shown = std::move(shown), .done = std::move(done)};
  }
  writer_wakes_.notify_one();
}

// --- the writer ---

void OwnedJournal::write_loop() {
  name_thread("journal");
  auto next_beat =
      Clock::now();  // At once: those who follow learn that the claim, and what lay before it, is confirmed.
  std::unique_lock lock(mutex_);
  for (;;) {
    writer_wakes_.wait_until(lock, next_beat, [this] { return request_ || lost_end_ || waiting_mark_ || stopping_; });
    if (Clock::now() >= next_beat) {  // First: under load there is always something else to do.
      const auto mark = std::exchange(waiting_mark_, std::nullopt);
      lock.unlock();
      beat(mark);
      next_beat = Clock::now() + options_.beat_every;
      lock.lock();
    } else if (lost_end_) {
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
      lock.lock();
    } else if (waiting_mark_) {
      const auto mark = std::exchange(waiting_mark_, std::nullopt);
      lock.unlock();
      beat(mark);
      lock.lock();
    } else if (stopping_) {
      return;
    }
  }
}

AppendResult OwnedJournal::write(const Batch& batch) {
  if (!owned()) return AppendResult::fenced;
  const Tail before = tail();
  const Hash hash = hash_of(batch);
  if (batch.position == before.position && hash == before.hash) return AppendResult::durable;
  if (batch.position.value() != before.position.value() + 1 || batch.previous != before.hash) {
    return AppendResult::fenced;
  }
  if (!link_) {
    if (auto connected = connect(); !connected) return no_answer(connected.error(), false);
  }
  const auto start = Clock::now();
  std::string id = id_of(batch.position);
  const auto replies = run_append(batch, hash, id);
  if (!replies) {
    link_.reset();
    return no_answer(replies.error().sentence, replies.error().sent);
  }
  const Reply& reply = replies->front();
  if (reply.is_error()) {
    doubt_master(reply.text);
    return no_answer(place().append(" refuses an append: ").append(reply.text), !certainly_not_run(reply.text));
  }
  const auto answer = reply.at(0);
  if (planted(Planted::fenced_is_durable) && answer == "deposed") return AppendResult::durable;
  if (answer == "deposed") {
    return refused(place().append(": another node owns workspace ").append(options_.workspace).append(" now"));
  }
  if (answer == "tail") {
    const Healed healed = heal();
    if (healed == Healed::yes) return write(batch);
    if (healed == Healed::not_now) return no_answer(place().append(" has not got its end again yet"), false);
  }
  if (answer != "ok" && answer != "again") {
    return refused(place()
                       .append(": the journal of workspace ")
                       .append(options_.workspace)
                       .append(" does not end where this node left it: it ends at ")
                       .append(reply.at(2).empty() ? "nothing" : reply.at(2))
                       .append(" (its record says ")
                       .append(reply.at(1))
                       .append("), not at ")
                       .append(tail_id_)
                       .append(". Redis has lost its end, or somebody else writes there"));
  }
  if (planted(Planted::push_before_wait) && options_.on_durable) options_.on_durable(batch);
  if (options_.replicas > 0) {
    if (auto confirmed = enough(replies->back()); !confirmed) {
      doubt_master("NOREPLICAS");
      return no_answer(confirmed.error(), true);
    }
  }
  in_doubt_ = false;
  tail_id_ = id;
  committed_id_ = std::move(id);
  const std::chrono::duration<double> took = Clock::now() - start;
  {
    const std::lock_guard lock(mutex_);
    tail_ = {batch.position, hash, batch.at};
    committed_ = batch.position;
    ++stats_.appends;
    stats_.last_append_seconds = took.count();
  }
  if (options_.on_append) options_.on_append(took.count());
  if (options_.on_durable) options_.on_durable(batch);
  return AppendResult::durable;
}

std::expected<std::vector<Reply>, Failure> OwnedJournal::run_append(const Batch& batch, const Hash& hash,
                                                                    const std::string& id) {
  const std::string position = std::to_string(batch.position.value());
  const std::string at = std::to_string(to_ms(batch.at));
  return link_->run(
      append_script(), {keys_.journal, keys_.owner},
      {token_, tail_id_, bytes_of(batch.previous), id, bytes_of(hash), position, at, batch.payload, "", committed_id_},
      wait_command(), wait_time());
}

std::string OwnedJournal::id_of(Position position) const {
  std::string id = epoch_;
  return id.append("-").append(std::to_string(position.value()));
}

// A master no more, or one that has lost its replicas: where there are Sentinels they may know another one by now. The
// same bytes are offered there.
void OwnedJournal::doubt_master(std::string_view error) {
  if (options_.connection.address.sentinels.empty()) return;
  if (error.starts_with("READONLY") || error.starts_with("NOREPLICAS")) link_.reset();
}

AppendResult OwnedJournal::no_answer(std::string_view sentence, bool perhaps_written) {
  warn(sentence);
  if (perhaps_written) in_doubt_ = true;
  const std::lock_guard lock(mutex_);
  ++stats_.append_errors;
  return in_doubt_ ? AppendResult::unknown : AppendResult::not_written;
}

AppendResult OwnedJournal::refused(std::string sentence) {
  warn(sentence);
  const std::lock_guard lock(mutex_);
  owned_ = false;
  return AppendResult::fenced;
}

std::expected<void, std::string> OwnedJournal::renew_history(const std::string& shown) {
  if (!link_) {
    if (auto connected = connect(); !connected) return connected;
  }
  return begin_history(lost_end(shown), 0);  // How many, who shows it does not say.
}

void OwnedJournal::beat(std::optional<Instant> mark) {
  if (!owned()) return;
  const auto failed = [this](std::string_view sentence) {
    if (!std::exchange(beat_failed_, true)) warn(sentence);
  };
  if (!link_) {
    if (auto connected = connect(); !connected) return failed(connected.error());
  }
  const std::string at = mark ? std::to_string(to_ms(*mark)) : std::string{};
  const auto replies = link_->run(renew_script(), {keys_.journal, keys_.owner}, {token_, at, committed_id_});
  if (!replies) {
    link_.reset();
    return failed(replies.error().sentence);
  }
  const Reply& reply = replies->front();
  if (reply.is_error()) return failed(place().append(" refuses a beat: ").append(reply.text));
  beat_failed_ = false;
  if (reply.at(0) == "ok") {
    // Where nobody writes, nobody else would notice. Of a batch in doubt the next append says what became of it.
    if (!in_doubt_ && reply.at(1) != tail_id_ && heal() == Healed::impossible) {
      static_cast<void>(refused(lost_end("this node has written more")));
    }
    return;
  }
  warn(place().append(": another node owns workspace ").append(options_.workspace).append(" now"));
  const std::lock_guard lock(mutex_);
  owned_ = false;
}

void OwnedJournal::release() {
  if (!link_) return;  // The others find the beat silent.
  const auto replies = link_->run(release_script(), {keys_.journal, keys_.owner}, {token_});
  if (!replies) warn(replies.error().sentence);
}

std::expected<void, std::string> OwnedJournal::enough(const Reply& wait) const {
  if (wait.kind == Reply::Kind::integer && wait.integer >= options_.replicas) return {};
  std::string sentence = place();
  if (wait.is_error()) return std::unexpected(sentence.append(" does not wait for replicas: ").append(wait.text));
  return std::unexpected(sentence.append(": ")
                             .append(std::to_string(wait.integer))
                             .append(" of ")
                             .append(replicas_)
                             .append(" replicas confirmed within ")
                             .append(replicas_timeout_)
                             .append(" ms. Look after the replicas"));
}

std::vector<Command> OwnedJournal::wait_command() const {
  if (options_.replicas == 0) return {};
  return {{"WAIT", replicas_, replicas_timeout_}};
}

Millis OwnedJournal::wait_time() const { return options_.replicas == 0 ? Millis{0} : options_.replicas_timeout; }

// --- readers ---

std::expected<Connection, std::string> OwnedJournal::reader() const { return Connection::open(options_.connection); }

std::expected<void, std::string> OwnedJournal::read(Position after,
                                                    const std::function<bool(const Batch&, const Hash&)>& each) const {
  const Position durable = tail().position;
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  return Store(*connection, keys_).read(after, durable, each);
}

std::expected<void, std::string> OwnedJournal::save_snapshot(Snapshot snapshot) {
  const std::string position = std::to_string(snapshot.position.value());
  std::string unconfirmed = "snapshot of position ";
  unconfirmed.append(position).append(" is not confirmed by the journal");
  if (snapshot.position > tail().position) return std::unexpected(unconfirmed);
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  const std::string bytes = encode_snapshot(snapshot);
  const auto replies = connection->run(save_snapshot_script(), {keys_.journal, keys_.owner, keys_.snapshot},
                                       {position, bytes_of(snapshot.hash), bytes}, wait_command(), wait_time());
  if (!replies) return std::unexpected(replies.error().sentence);
  if (replies->front().is_error()) {
    return std::unexpected(place().append(" refuses a snapshot: ").append(replies->front().text));
  }
  if (replies->front().at(0) != "ok") return std::unexpected(unconfirmed);
  return options_.replicas > 0 ? enough(replies->back()) : std::expected<void, std::string>{};
}

std::expected<std::vector<Snapshot>, std::string> OwnedJournal::snapshots() const {
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  return Store(*connection, keys_).snapshots([this](const std::string& why) { reject_snapshot(why); });
}

std::expected<Position, std::string> OwnedJournal::trimmed_through() const {
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  return Store(*connection, keys_).trimmed_through();
}

std::expected<Position, std::string> OwnedJournal::trim(Position through) {
  // The writer's alone while the journal is open: set before there was a thread.
  const std::string position = std::to_string(through.value());
  auto connection = reader();
  if (!connection) return std::unexpected(connection.error());
  const auto replies = connection->run(trim_script(), {keys_.journal, keys_.owner, keys_.snapshot}, {token_, position});
  if (!replies) return std::unexpected(replies.error().sentence);
  const Reply& reply = replies->front();
  if (reply.is_error()) return std::unexpected(place().append(" refuses to trim: ").append(reply.text));
  if (reply.at(0) != "ok") {
    return std::unexpected(place().append(": another node owns workspace ").append(options_.workspace).append(" now"));
  }
  const auto gone = number_from(reply.at(1));
  if (!gone) return std::unexpected(place().append(" does not say what it trimmed"));
  return Position{static_cast<std::uint64_t>(*gone)};
}

void OwnedJournal::reject_snapshot(const std::string& why) const {
  warn(why);
  const std::lock_guard lock(mutex_);
  ++stats_.snapshots_rejected;
}

void OwnedJournal::warn(std::string_view sentence) const {
  if (options_.on_warning) options_.on_warning(sentence);
}

std::string OwnedJournal::place() const {
  std::string text = "Redis at ";
  return text.append(to_string(options_.connection.address));
}

}  // namespace heti::journal::redis

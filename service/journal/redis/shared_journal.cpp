// The journal that nodes share, as whoever follows has it, or as its owner has.
#include <utility>

#include "service/journal/redis/following_journal.hpp"

namespace heti::journal {
namespace redis {

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
  OwnedJournal* const leader = leader_;
  if (leader == nullptr) return done(std::unexpected("this node does not own the workspace"));
  leader->give_up_end(std::move(shown), [this, leader, done = std::move(done)](auto given_up) {
    if (given_up) {  // On the writer's thread: what is seen from here on is of the new history.
      {
        const std::lock_guard lock(mutex_);
        history_ = leader->history();
      }
      seen_file_.reset();
      open_seen();
    }
    done(std::move(given_up));
  });
}

Stats FollowingJournal::stats() const {
  if (const OwnedJournal* leader = leader_) return leader->stats();
  const std::lock_guard lock(mutex_);
  Stats stats;
  stats.lost = lost_batches_;
  stats.synced = synced_each_time_;
  return stats;
}

std::optional<std::string> FollowingJournal::open_notice() const {
  if (const OwnedJournal* leader = leader_) return leader->open_notice();
  return std::nullopt;
}

Position FollowingJournal::committed() const {
  if (const OwnedJournal* leader = leader_) return leader->committed();
  return tail().position;
}

std::expected<Position, std::string> FollowingJournal::trimmed_through() const {
  auto connection = Connection::open(options_.connection);
  if (!connection) return std::unexpected(connection.error());
  return Store(*connection, keys_).trimmed_through();
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

void FollowingJournal::warn_once(Said& said, std::string sentence) const {
  const auto now = SteadyClock::now();
  if (sentence == said.sentence && now - said.at < std::chrono::minutes(1)) return;
  warn(sentence);
  said = {std::move(sentence), now};
}

}  // namespace redis

std::expected<std::unique_ptr<SharedJournal>, std::string> open_shared_redis(RedisOptions options,
                                                                             SharedOptions shared) {
  if (auto sound = redis::check_workspace(options.workspace); !sound) return std::unexpected(sound.error());
  auto journal = std::make_unique<redis::FollowingJournal>(std::move(options), std::move(shared));
  if (auto opened = journal->open(); !opened) return std::unexpected(opened.error());
  return journal;
}

}  // namespace heti::journal

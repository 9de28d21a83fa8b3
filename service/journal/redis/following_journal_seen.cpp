// What this node has seen of a history outlives it and Redis's memory, and is told to whoever leads.
#include <utility>

#include "service/base/bytes.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/redis/following_journal.hpp"

namespace heti::journal::redis {

// One file for each history. Those of other histories say nothing of this one.
void FollowingJournal::open_seen() {
  if (options_.directory.empty() || history_ == PublicId{} || seen_file_) return;
  const std::string suffix = ".seen";
  std::string name = options_.workspace + ".";
  const std::string prefix = name;
  name.append(to_string(history_)).append(suffix);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, ignored)) {
    const std::string other = entry.path().filename().string();
    if (other != name && other.starts_with(prefix) && other.ends_with(suffix)) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
  auto file = SideFile::open(options_.directory / name);
  if (!file) return warn(file.error());
  const auto mark = file->read();
  if (!mark) warn(mark.error());
  if (mark) {
    const std::lock_guard lock(mutex_);
    seen_ = *mark;
  }
  seen_file_.emplace(std::move(*file));
}

// Not synced: it is for ends of this process and of Redis, not of this machine.
void FollowingJournal::note_seen(const Batch& batch, const Hash& hash) {
  if (seen_file_ && !has_seen_more()) static_cast<void>(seen_file_->write({batch.position, hash}));
}

std::optional<SideFile::Mark> FollowingJournal::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

// Then the file stays as it is, until a new history has begun.
bool FollowingJournal::has_seen_more() const {
  const auto mark = seen();
  return mark && mark->position > tail().position;
}

// To the owner, who may know nothing of it.
void FollowingJournal::tell_what_was_seen() {
  if (!has_seen_more()) return;
  ByteWriter out;
  const auto mark = seen();
  encode(out, history());
  encode(out, mark->position);
  out.text(bytes_of(mark->hash));
  out.text(options_.node);
  bus_->publish(channel_of("witness"), out.take());
}

void FollowingJournal::on_witness(const std::string& payload) {
  const OwnedJournal* const leader = leader_;
  if (leader == nullptr || !shared_.on_lost_end) return;
  ByteReader in(payload);
  PublicId history;
  Position position;
  decode(in, history);
  decode(in, position);
  const auto hash = hash_from(in.text());
  const std::string node(in.text());
  if (!in.ok() || !hash || history != leader->history()) return;
  auto connection = Connection::open(options_.connection);
  if (!connection) return;
  const auto verdict = Store(*connection, keys_).judge(position, *hash);
  if (!verdict || *verdict != Verdict::contradicted || history != leader->history()) return;
  std::string shown = "node ";
  shared_.on_lost_end(shown.append(node)
                          .append(" knows position ")
                          .append(std::to_string(position.value()))
                          .append(" (")
                          .append(journal::to_string(*hash))
                          .append(")"));
}

}  // namespace heti::journal::redis

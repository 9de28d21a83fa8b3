// What this node has seen of a history outlives it and Redis's memory, and is told to whoever leads.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include "service/base/bytes.hpp"
#include "service/base/planted.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/redis/following_journal.hpp"

namespace heti::journal::redis {
namespace {
constexpr std::size_t old_histories_kept = 16;
}

// One file for each history. Those of others are kept for a while: a Redis that is brought back to before a new history
// began names the old one again.
void FollowingJournal::open_seen() {
  if (options_.directory.empty() || history_ == PublicId{} || seen_file_) return;
  const std::string suffix = ".seen";
  std::string name = options_.workspace + ".";
  const std::string prefix = name;
  name.append(to_string(history_)).append(suffix);
  std::error_code ignored;
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> others;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, ignored)) {
    const std::string other = entry.path().filename().string();
    if (other == name || !other.starts_with(prefix) || !other.ends_with(suffix)) continue;
    others.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  std::ranges::sort(others, std::greater{});
  for (std::size_t i = old_histories_kept; i < others.size(); ++i) std::filesystem::remove(others[i].second, ignored);
  auto file = SideFile::open(options_.directory / name);
  if (!file) return warn(file.error());
  const auto mark = file->read();
  if (!mark) warn(mark.error());
  if (mark && !planted(Planted::seen_forgotten)) {
    const std::lock_guard lock(mutex_);
    seen_ = *mark;
  }
  seen_file_.emplace(std::move(*file));
}

// Not synced: it is for ends of this process and of Redis, not of this machine. As long as it is not known whether the
// journal has what the file says, the file stays as it is.
void FollowingJournal::note_seen(const Batch& batch, const Hash& hash) {
  if (seen_file_ && !seen()) static_cast<void>(seen_file_->write({batch.position, hash}));
}

std::optional<SideFile::Mark> FollowingJournal::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

// The owner may know nothing of it, and may have written something else at that position by now.
std::expected<void, std::string> FollowingJournal::ask_for_what_was_seen(Store store) {
  const auto mark = seen();
  if (!mark) return {};
  const auto verdict = store.judge(mark->position, mark->hash);
  if (!verdict) return std::unexpected(verdict.error());
  if (*verdict != Verdict::contradicted) {
    forget_seen();
    return {};
  }
  ByteWriter out;
  encode(out, history());
  encode(out, mark->position);
  out.text(bytes_of(mark->hash));
  out.text(options_.node);
  bus_->publish(channel_of("witness"), out.take());
  return {};
}

void FollowingJournal::forget_seen() {
  const std::lock_guard lock(mutex_);
  seen_.reset();
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

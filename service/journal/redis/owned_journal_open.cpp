#include <algorithm>
#include <chrono>
#include <utility>

#include "service/base/planted.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/redis/durability.hpp"
#include "service/journal/redis/memory.hpp"
#include "service/journal/redis/owned_journal.hpp"
#include "service/journal/sqlite_rows.hpp"

namespace heti::journal {

std::expected<std::unique_ptr<RedisJournal>, std::string> open_redis(RedisOptions options) {
  if (auto sound = redis::check_workspace(options.workspace); !sound) return std::unexpected(sound.error());
  auto journal = std::make_unique<redis::OwnedJournal>(std::move(options));
  if (auto opened = journal->open(); !opened) return std::unexpected(opened.error());
  return journal;
}

namespace redis {
namespace {

constexpr int claim_attempts = 10;  // Each lost one means that another node has just claimed.

}  // namespace

std::expected<void, std::string> OwnedJournal::open() {
  if (!options_.lock_file.empty()) {
    auto lock = LockFile::take(options_.lock_file);
    if (!lock) return std::unexpected(lock.error());
    lock_.emplace(std::move(*lock));
  }
  if (auto connected = connect(); !connected) return connected;
  if (auto claimed = claim(); !claimed) return claimed;
  if (options_.memory != nullptr) {
    const Tail end = tail();
    if (!append_again(options_.memory->after(end.position, end.hash))) {
      release();
      return std::unexpected(place().append(" did not take again what it has lost"));
    }
  }
  if (auto asked = ask_witnesses(); !asked) {
    release();
    return asked;
  }
  writer_thread_ = Thread([this] { write_loop(); });
  return {};
}

std::expected<void, std::string> OwnedJournal::connect() {
  auto connection = Connection::open(options_.connection);
  if (!connection) return std::unexpected(connection.error());
  const auto found = trusted(*connection, options_.replicas, options_.accept_loss);
  if (!found) return std::unexpected(found.error());
  std::vector<std::string> tell = found->remarks;
  if (!found->dangers.empty()) {
    tell.push_back(std::string("accepted by the configuration: ").append(in_one_sentence(found->dangers)));
  }
  if (tell != told_) {
    for (const auto& each : tell) warn(place().append(": ").append(each));
    told_ = std::move(tell);
  }
  {
    const std::lock_guard lock(mutex_);
    synced_each_time_ = found->synced_each_time;
  }
  link_.emplace(std::move(*connection));
  return {};
}

// The record must be readable all the time: who cannot read it knows nothing of the owner's silence.
std::expected<Sighting, std::string> OwnedJournal::await_turn() {
  using Clock = SteadyClock;
  const auto begun = Clock::now();
  std::optional<Sighting> before;
  auto silent_since = begun;
  auto free_since = begun;
  bool waiting = false;
  for (;;) {
    const auto asked = Clock::now();
    auto now = Store(*link_, keys_).sight();
    if (!now) return std::unexpected(now.error());
    if (stop_waiting_) return std::unexpected(place().append(": no longer waited for"));
    const Millis later = options_.claim_later ? options_.claim_later() : Millis{0};
    if (now->token.empty()) {
      if (asked - free_since >= later) return now;
    } else {
      free_since = Clock::now();
    }
    if (before != *now) {
      before = *now;
      silent_since = Clock::now();
    } else if (!now->token.empty() && asked - silent_since >= silence_before(*now) + later) {
      return now;
    }
    if (!options_.claim_patience && !waiting && silent_since != begun) {
      waiting = true;
      warn(
          place().append(": node ").append(now->node).append(" is at work; this one waits until it ends or is silent"));
    }
    if (options_.claim_patience && silent_since - begun > *options_.claim_patience) {
      return std::unexpected(place()
                                 .append(": workspace ")
                                 .append(options_.workspace)
                                 .append(" is owned by node ")
                                 .append(now->node)
                                 .append(", which is alive. Stop it first; two owners cannot be"));
    }
    std::unique_lock lock(mutex_);
    look_.wait_for(lock, options_.look_every, [this] { return look_now_; });
    look_now_ = false;
  }
}

Millis OwnedJournal::silence_before(const Sighting& claim) const {
  if (planted(Planted::claim_at_once)) return Millis{0};
  const auto dash = claim.tail.rfind('-');
  const auto end =
      dash == std::string::npos ? std::nullopt : number_from(std::string_view(claim.tail).substr(dash + 1));
  const bool knows_more = options_.memory != nullptr && end && *end > 0 &&
                          options_.memory->end().value() > static_cast<std::uint64_t>(*end);
  return options_.silence + (options_.memory == nullptr || knows_more ? Millis{0} : options_.courtesy);
}

void OwnedJournal::look_now(bool and_give_up) {
  {
    const std::lock_guard lock(mutex_);
    look_now_ = true;
    if (and_give_up) stop_waiting_ = true;
  }
  look_.notify_one();
}

std::expected<void, std::string> OwnedJournal::claim() {
  const std::string token = to_string(random_history());
  const std::string history = to_string(random_history());
  for (int attempt = 0; attempt < claim_attempts; ++attempt) {
    const auto seen = await_turn();
    if (!seen) return std::unexpected(seen.error());
    const auto replies =
        link_->run(claim_script(), {keys_.journal, keys_.owner},
                   {seen->token, seen->beat, seen->tail, token, options_.node, history}, wait_command(), wait_time());
    if (!replies) return std::unexpected(replies.error().sentence);
    const Reply& claimed = replies->front();
    if (claimed.is_error()) return std::unexpected(place().append(" refuses the claim: ").append(claimed.text));
    const auto answer = claimed.at(0);
    if (answer == "changed") continue;
    if (answer == "format") {
      return std::unexpected(
          place()
              .append(": the journal of workspace ")
              .append(options_.workspace)
              .append(" has format ")
              .append(claimed.at(1))
              .append(", which this version does not know. Use the version that wrote it, or newer"));
    }
    if (answer == "orphan" || answer == "torn") {
      return std::unexpected(place()
                                 .append(": the journal ")
                                 .append(keys_.journal)
                                 .append(" and its record ")
                                 .append(keys_.owner)
                                 .append(" do not belong together: the journal ends at ")
                                 .append(claimed.at(answer == "torn" ? 2 : 1))
                                 .append(answer == "torn" ? ", the record at " : ", and there is no record")
                                 .append(answer == "torn" ? claimed.at(1) : std::string_view{})
                                 .append(". Somebody wrote or removed one alone; bring both back from a backup"));
    }
    if (options_.replicas > 0) {
      if (auto confirmed = enough(replies->back()); !confirmed) {
        token_ = token;
        release();
        return confirmed;
      }
    }
    return take_over(claimed, token);
  }
  return std::unexpected(place().append(": other nodes claimed the workspace each time this one tried"));
}

std::expected<void, std::string> OwnedJournal::take_over(const Reply& claimed, const std::string& token) {
  const auto position = number_from(claimed.at(2));
  const auto hash = hash_from(claimed.at(3));
  const auto at = number_from(claimed.at(4));
  const auto history = parse_public_id(claimed.at(5));
  const auto alive = number_from(claimed.at(6));
  const auto lost = number_from(claimed.at(7));
  token_ = token;
  if (!position || !hash || !at || !history || !alive) {
    release();
    return std::unexpected(place().append(": the record ").append(keys_.owner).append(" is damaged"));
  }
  epoch_ = claimed.at(1);
  tail_id_ = epoch_;
  tail_id_.append("-0");
  committed_id_ = tail_id_;
  const std::lock_guard lock(mutex_);
  tail_ = {Position{static_cast<std::uint64_t>(*position)}, *hash, instant_from_ms(*at)};
  committed_ = tail_.position;
  history_ = *history;
  alive_until_ = std::max(instant_from_ms(*alive), tail_.at);
  stats_.lost = static_cast<std::uint64_t>(lost.value_or(0));
  owned_ = true;
  return {};
}

std::expected<void, std::string> OwnedJournal::ask_witnesses() {
  if (!options_.witnesses || planted(Planted::no_witness)) return {};
  std::string shown;
  std::uint64_t lost = 0;
  for (const Witness& witness : options_.witnesses(history())) {
    const auto verdict = Store(*link_, keys_).judge(witness.position, witness.hash);
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict != Verdict::contradicted) continue;
    const std::uint64_t end = tail().position.value();
    lost = std::max(lost, witness.position.value() > end ? witness.position.value() - end : 1);
    shown.append(shown.empty() ? "" : ", ").append(witness.name).append(" knows position ");
    shown.append(std::to_string(witness.position.value()))
        .append(" (")
        .append(journal::to_string(witness.hash))
        .append(")");
  }
  if (shown.empty()) return {};
  return begin_history(lost_end(shown), lost);
}

std::string OwnedJournal::lost_end(const std::string& shown) const {
  const Tail end = tail();
  std::string text = "journal of workspace ";
  return text.append(options_.workspace)
      .append(" in ")
      .append(place())
      .append(" has lost its end: it ends at position ")
      .append(std::to_string(end.position.value()))
      .append(" (")
      .append(journal::to_string(end.hash))
      .append("), but ")
      .append(shown)
      .append(". What followed is given up, and a new history begins");
}

std::expected<void, std::string> OwnedJournal::begin_history(std::string notice, std::uint64_t lost) {
  const PublicId id = random_history();
  const std::string text = to_string(id);
  lost = std::max<std::uint64_t>(lost, 1);
  const std::string count = std::to_string(lost);
  const auto replies =
      link_->run(history_script(), {keys_.journal, keys_.owner}, {token_, text, count}, wait_command(), wait_time());
  if (!replies) {
    link_.reset();
    return std::unexpected(replies.error().sentence);
  }
  if (replies->front().is_error()) return std::unexpected(place().append(": ").append(replies->front().text));
  if (replies->front().at(0) != "ok") {
    return std::unexpected(place().append(": a new history cannot begin: another node owns the workspace"));
  }
  if (options_.replicas > 0) {
    if (auto confirmed = enough(replies->back()); !confirmed) return confirmed;
  }
  warn(notice);
  const std::lock_guard lock(mutex_);
  history_ = id;
  stats_.lost += lost;
  notice_ = std::move(notice);
  return {};
}

}  // namespace redis
}  // namespace heti::journal

#include "service/journal/redis/store.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <utility>

#include "service/base/planted.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/snapshot_store.hpp"

namespace heti::journal::redis {
namespace {

std::string key(const std::string& workspace, std::string_view what) {
  std::string text = "{";
  return text.append(workspace).append("}:").append(what);
}

std::string where_is(Position position) {
  std::string text = "position ";
  return text.append(std::to_string(position.value()));
}

}  // namespace

std::expected<void, std::string> check_workspace(const std::string& name) {
  const bool sound = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (sound) return {};
  std::string sentence = "workspace \"";
  return std::unexpected(sentence.append(name).append("\": a name has 1 to 64 of a-z, 0-9, - and _"));
}

Keys::Keys(const std::string& workspace)
    : journal(key(workspace, "journal")), owner(key(workspace, "owner")), snapshot(key(workspace, "snapshot")) {}

std::optional<Hash> hash_from(std::string_view bytes) {
  Hash hash{};
  if (bytes.size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

std::optional<std::int64_t> number_from(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Store::said(std::string_view what) const {
  std::string text = "Redis at ";
  return text.append(to_string(connection_.address())).append(": ").append(what);
}

std::expected<Reply, std::string> Store::run(const Script& script, const Command& arguments) {
  auto replies = connection_.run(script, {keys_.journal, keys_.owner}, arguments);
  if (!replies) return std::unexpected(replies.error().sentence);
  if (replies->front().is_error()) return std::unexpected(said(replies->front().text));
  return std::move(replies->front());
}

std::expected<Sighting, std::string> Store::sight() {
  const auto reply = connection_.call(Command{"HMGET", keys_.owner, "token", "beat", "tail", "node"});
  if (!reply) return std::unexpected(reply.error().sentence);
  if (reply->is_error()) return std::unexpected(said(reply->text));
  return Sighting{std::string(reply->at(0)), std::string(reply->at(1)), std::string(reply->at(2)),
                  std::string(reply->at(3))};
}

std::expected<void, std::string> Store::read(Position after, Position through,
                                             const std::function<bool(const Batch&, const Hash&)>& each) {
  if (after > through) {
    return std::unexpected(said(where_is(after)).append(" lies beyond the end, ").append(where_is(through)));
  }
  if (after == through) return {};
  std::string why;
  auto previous = hash_at(after, why);
  if (!previous) return std::unexpected(previous.error());
  if (!*previous && why == "trimmed") {
    return std::unexpected(
        said("the journal begins after ")
            .append(where_is(after))
            .append(": what lay before was trimmed. If an archive needs it, give it a copy of another ")
            .append("node's (heti archive copy)"));
  }
  if (!*previous) return std::unexpected(said(where_is(after)).append(" cannot be read after: it is ").append(why));
  const std::string last = std::to_string(through.value());
  for (std::uint64_t next = after.value() + 1; next <= through.value();) {
    auto reply = run(read_script(), {std::to_string(next), last, "256", "4194304"});
    if (!reply) return std::unexpected(reply.error());
    if (reply->at(0) != "ok" || reply->list.size() != 2 || reply->list[1].list.empty()) {
      return std::unexpected(said(where_is(Position{next})).append(" cannot be read: it is ").append(reply->at(0)));
    }
    for (Reply& row : reply->list[1].list) {
      const auto dash = row.at(0).rfind('-');
      const auto position = dash == std::string_view::npos ? std::nullopt : number_from(row.at(0).substr(dash + 1));
      const auto at = number_from(row.at(1));
      const auto before = hash_from(row.at(2));
      const auto hash = hash_from(row.at(3));
      if (position != static_cast<std::int64_t>(next) || !at || !before || !hash) {
        return std::unexpected(said(where_is(Position{next})).append(" is damaged or missing: found ") +
                               row.list[0].text);
      }
      const Batch batch{Position{next}, instant_from_ms(*at), *before, std::move(row.list[4].text)};
      if (hash_of(batch) != *hash) return std::unexpected(said(where_is(batch.position)).append(" is damaged"));
      if (*before != **previous) {
        return std::unexpected(said(where_is(batch.position)).append(" does not follow the batch before it"));
      }
      *previous = *hash;
      ++next;
      if (!each(batch, *hash)) return {};
    }
  }
  return {};
}

std::expected<std::optional<Hash>, std::string> Store::hash_at(Position position, std::string& why) {
  const auto reply = run(hash_at_script(), {std::to_string(position.value())});
  if (!reply) return std::unexpected(reply.error());
  if (reply->at(0) == "ok") {
    const auto hash = hash_from(reply->at(1));
    if (!hash) return std::unexpected(said(where_is(position)).append(" is damaged: its hash has no 16 bytes"));
    return hash;
  }
  why = reply->at(0);
  return std::optional<Hash>{};
}

std::expected<Position, std::string> Store::trimmed_through() {
  const auto reply = run(read_script(), {"1", "1", "1", "1"});
  if (!reply) return std::unexpected(reply.error());
  if (reply->at(0) != "trimmed") return Position{};
  const auto through = number_from(reply->at(1));
  if (!through || *through < 0) return std::unexpected(said("does not say what was trimmed"));
  return Position{static_cast<std::uint64_t>(*through)};
}

std::expected<Verdict, std::string> Store::judge(Position position, const Hash& hash) {
  std::string why;
  const auto found = hash_at(position, why);
  if (!found) return std::unexpected(found.error());
  if (*found) return **found == hash ? Verdict::confirmed : Verdict::contradicted;
  if (why == "trimmed") return Verdict::trimmed;
  if (why == "beyond") return Verdict::contradicted;
  return std::unexpected(said(where_is(position)).append(" is ").append(why));
}

std::expected<std::vector<Snapshot>, std::string> Store::snapshots(
    const std::function<void(const std::string& why)>& reject) {
  const auto reply = connection_.call(Command{"HVALS", keys_.snapshot});
  if (!reply) return std::unexpected(reply.error().sentence);
  if (reply->is_error()) return std::unexpected(said(reply->text));
  std::vector<Snapshot> good;
  for (const Reply& each : reply->list) {
    auto snapshot = decode_snapshot(each.text);
    if (!snapshot) {
      reject(said("a snapshot is damaged: its checksum does not match"));
      continue;
    }
    const auto verdict = judge(snapshot->position, snapshot->hash);
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict == Verdict::confirmed) {
      good.push_back(std::move(*snapshot));
    } else {
      reject(said("the snapshot of ").append(where_is(snapshot->position)).append(" is not confirmed by the journal"));
    }
  }
  std::ranges::sort(good, std::greater{}, &Snapshot::position);
  return good;
}

// At most one batch is appended and not confirmed: the owner names the confirmed entry before it in each append, and
// the last one in each beat. A claim says nothing of that: it may be in doubt itself, and what lies before it with it.
std::expected<std::optional<Record>, std::string> Store::record(bool replicas) {
  const auto reply = connection_.call(Command{"HMGET", keys_.owner, "node", "history", "position", "hash", "at", "tail",
                                              "committed", "format", "lost"});
  if (!reply) return std::unexpected(reply.error().sentence);
  if (reply->is_error()) return std::unexpected(said(reply->text));
  if (reply->at(7).empty()) return std::optional<Record>{};
  const auto history = parse_public_id(reply->at(1));
  const auto position = number_from(reply->at(2));
  const auto hash = hash_from(reply->at(3));
  const auto at = number_from(reply->at(4));
  if (reply->at(7) != "1") {
    return std::unexpected(
        said("the journal has format ").append(reply->at(7)).append(", which this version does not know"));
  }
  if (!history || !position || *position < 0 || !hash || !at) {
    return std::unexpected(said("the record ").append(keys_.owner).append(" is damaged"));
  }
  const auto end = static_cast<std::uint64_t>(*position);
  const std::string_view mark = reply->at(6);
  const auto dash = mark.rfind('-');
  const auto confirmed = dash == std::string_view::npos ? std::nullopt : number_from(mark.substr(dash + 1));
  const bool all = !replicas || end == 0 || reply->at(5) == mark || confirmed == *position ||
                   (planted(Planted::claim_confirms) && reply->at(5).ends_with("-0"));
  return Record{.node = std::string(reply->at(0)),
                .history = *history,
                .tail = {Position{end}, *hash, instant_from_ms(*at)},
                .committed = Position{all ? end : end - 1},
                .lost = static_cast<std::uint64_t>(number_from(reply->at(8)).value_or(0))};
}

}  // namespace heti::journal::redis

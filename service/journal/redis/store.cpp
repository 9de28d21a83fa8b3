#include "service/journal/redis/store.hpp"

#include <charconv>
#include <cstring>
#include <utility>

#include "service/journal/hash.hpp"

namespace heti::journal::redis {
namespace {

std::string key(const std::string& workspace, std::string_view what) {
  std::string text = "{";
  return text.append(workspace).append("}:").append(what);
}

std::string at_position(Position position) {
  std::string text = "position ";
  return text.append(std::to_string(position.value()));
}

}  // namespace

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
    return std::unexpected(said(at_position(after)).append(" lies beyond the end, ").append(at_position(through)));
  }
  if (after == through) return {};
  std::string why;
  auto previous = hash_at(after, why);
  if (!previous) return std::unexpected(previous.error());
  if (!*previous) return std::unexpected(said(at_position(after)).append(" cannot be read after: it is ").append(why));
  const std::string last = std::to_string(through.value());
  for (std::uint64_t next = after.value() + 1; next <= through.value();) {
    auto reply = run(read_script(), {std::to_string(next), last, "256", "4194304"});
    if (!reply) return std::unexpected(reply.error());
    if (reply->at(0) != "ok" || reply->list.size() != 2 || reply->list[1].list.empty()) {
      return std::unexpected(said(at_position(Position{next})).append(" cannot be read: it is ").append(reply->at(0)));
    }
    for (Reply& row : reply->list[1].list) {
      const auto dash = row.at(0).rfind('-');
      const auto position = dash == std::string_view::npos ? std::nullopt : number_from(row.at(0).substr(dash + 1));
      const auto at = number_from(row.at(1));
      const auto before = hash_from(row.at(2));
      const auto hash = hash_from(row.at(3));
      if (position != static_cast<std::int64_t>(next) || !at || !before || !hash) {
        return std::unexpected(said(at_position(Position{next})).append(" is damaged or missing: found ") +
                               row.list[0].text);
      }
      const Batch batch{Position{next}, instant_from_ms(*at), *before, std::move(row.list[4].text)};
      if (hash_of(batch) != *hash) return std::unexpected(said(at_position(batch.position)).append(" is damaged"));
      if (*before != **previous) {
        return std::unexpected(said(at_position(batch.position)).append(" does not follow the batch before it"));
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
    if (!hash) return std::unexpected(said(at_position(position)).append(" is damaged: its hash has no 16 bytes"));
    return hash;
  }
  why = reply->at(0);
  return std::optional<Hash>{};
}

std::expected<Verdict, std::string> Store::judge(Position position, const Hash& hash) {
  std::string why;
  const auto found = hash_at(position, why);
  if (!found) return std::unexpected(found.error());
  if (*found) return **found == hash ? Verdict::confirmed : Verdict::contradicted;
  if (why == "trimmed") return Verdict::trimmed;
  if (why == "beyond") return Verdict::contradicted;
  return std::unexpected(said(at_position(position)).append(" is ").append(why));
}

std::expected<std::vector<std::string>, std::string> Store::snapshots() {
  auto reply = connection_.call(Command{"HVALS", keys_.snapshot});
  if (!reply) return std::unexpected(reply.error().sentence);
  if (reply->is_error()) return std::unexpected(said(reply->text));
  std::vector<std::string> out;
  for (Reply& each : reply->list) out.push_back(std::move(each.text));
  return out;
}

}  // namespace heti::journal::redis

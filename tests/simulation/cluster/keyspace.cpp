#include "tests/simulation/cluster/keyspace.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "service/base/check.hpp"

namespace heti::simulation {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Keyspace::StreamId id_of(std::string_view text, std::uint64_t missing) {
  if (text == "-") return {};
  if (text == "+") return {most, most};
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {number_of(text), missing};
  return {number_of(text.substr(0, dash)), number_of(text.substr(dash + 1))};
}

std::string to_text(const Keyspace::StreamId& id) { return std::to_string(id.ms) + "-" + std::to_string(id.n); }

Reply entry_reply(const Keyspace::StreamId& id, const Words& fields) {
  std::vector<Reply> list;
  for (const std::string& field : fields) list.push_back(text_reply(field));
  return list_reply({text_reply(to_text(id)), list_reply(std::move(list))});
}

}  // namespace

Reply integer_reply(std::int64_t value) {
  Reply reply;
  reply.kind = Reply::Kind::integer;
  reply.integer = value;
  return reply;
}
Reply text_reply(std::string text) {
  Reply reply;
  reply.kind = Reply::Kind::text;
  reply.text = std::move(text);
  return reply;
}
Reply error_reply(std::string text) {
  Reply reply;
  reply.kind = Reply::Kind::error;
  reply.text = std::move(text);
  return reply;
}
Reply list_reply(std::vector<Reply> list) {
  Reply reply;
  reply.kind = Reply::Kind::list;
  reply.list = std::move(list);
  return reply;
}

Reply Keyspace::run(const Words& words, Words& wrote, std::int64_t now_ms) {
  const std::string& name = words.at(0);
  const std::string& key = words.at(1);
  if (name == "HMGET" || name == "HGET" || name == "HKEYS" || name == "HVALS") {
    static const Hash none;
    const auto found = hashes_.find(key);
    const Hash& hash = found == hashes_.end() ? none : found->second;
    std::vector<Reply> list;
    if (name == "HKEYS" || name == "HVALS") {
      for (const auto& [field, value] : hash) list.push_back(text_reply(name == "HKEYS" ? field : value));
      return list_reply(std::move(list));
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto value = hash.find(words[i]);
      list.push_back(value == hash.end() ? Reply{} : text_reply(value->second));
    }
    return name == "HGET" ? list.front() : list_reply(std::move(list));
  }
  if (name == "HSET") {
    std::int64_t added = 0;
    for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
      added += hashes_[key].insert_or_assign(words[i], words[i + 1]).second ? 1 : 0;
    }
    wrote = words;
    return integer_reply(added);
  }
  if (name == "HDEL") {
    const bool gone = hashes_[key].erase(words.at(2)) > 0;
    if (gone) wrote = words;
    return integer_reply(gone ? 1 : 0);
  }
  if (name == "HINCRBY") {
    std::string& value = hashes_[key][words.at(2)];
    value = std::to_string(number_of(value) + number_of(words.at(3)));
    wrote = words;
    return integer_reply(static_cast<std::int64_t>(number_of(value)));
  }
  if (name == "XADD") return add(streams_[key], words, wrote, now_ms);
  if (name == "XRANGE" || name == "XREVRANGE") return range(streams_[key], words, name == "XREVRANGE");
  if (name == "XTRIM") {
    CHECK(words.at(2) == "MINID" && words.at(3) == "=");
    Stream& stream = streams_[key];
    const auto first = stream.entries.lower_bound(id_of(words.at(4), 0));
    const auto gone = std::distance(stream.entries.begin(), first);
    stream.entries.erase(stream.entries.begin(), first);
    if (gone > 0) wrote = words;
    return integer_reply(gone);
  }
  return error_reply("ERR unknown command '" + name + "'");
}

bool Keyspace::ends_with(const std::string& stream, std::string_view hash, int looks) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return false;
  auto entry = found->second.entries.rbegin();
  for (int i = 0; i < looks && entry != found->second.entries.rend(); ++i, ++entry) {
    for (std::size_t field = 0; field + 1 < entry->second.size(); field += 2) {
      if (entry->second[field] == "hash" && entry->second[field + 1] == hash) return true;
    }
  }
  return false;
}

Reply Keyspace::add(Stream& stream, const Words& words, Words& wrote, std::int64_t now_ms) {
  const std::string& asked = words.at(2);
  StreamId id;
  if (asked == "*") {
    id = {static_cast<std::uint64_t>(now_ms), 0};
    if (id.ms <= stream.last.ms) id = {stream.last.ms, stream.last.n + 1};
  } else {
    id = id_of(asked, 0);
    if (id <= stream.last) {
      return error_reply("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
  }
  stream.last = id;
  stream.entries[id] = Words(words.begin() + 3, words.end());
  wrote = words;
  wrote[2] = to_text(id);
  return text_reply(to_text(id));
}

Reply Keyspace::range(const Stream& stream, const Words& words, bool backwards) {
  std::string_view low = words.at(backwards ? 3 : 2);
  const std::string_view high = words.at(backwards ? 2 : 3);
  const bool beyond = low.starts_with('(');
  if (beyond) low.remove_prefix(1);
  std::size_t count = words.size() > 5 ? number_of(words.at(5)) : most;
  auto begin = beyond ? stream.entries.upper_bound(id_of(low, 0)) : stream.entries.lower_bound(id_of(low, 0));
  const auto end = stream.entries.upper_bound(id_of(high, most));
  std::vector<Reply> list;
  if (backwards) {
    for (auto i = end; i != begin && count > 0; --count) {
      --i;
      list.push_back(entry_reply(i->first, i->second));
    }
  } else {
    for (; begin != end && count > 0; ++begin, --count) list.push_back(entry_reply(begin->first, begin->second));
  }
  return list_reply(std::move(list));
}

}  // namespace heti::simulation

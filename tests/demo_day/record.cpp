#include "tests/demo_day/record.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <string_view>

namespace heti::demo_day {
namespace {

namespace json = boost::json;

std::string word(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
std::int64_t number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}
const json::object& part(const json::object& object, std::string_view name) {
  static const json::object none;
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}
const json::array& list(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

// "2026-06-01T06:00:00.000Z"
Instant time_of(const std::string& text) {
  const auto digits = [&](std::size_t from, std::size_t count) {
    int value = -1;
    if (text.size() == 24) std::from_chars(text.data() + from, text.data() + from + count, value);
    if (value < 0) throw std::string("\"" + text + "\" is no time");
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{digits(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(digits(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(digits(8, 2))}};
  return std::chrono::sys_days{date} + std::chrono::hours{digits(11, 2)} + std::chrono::minutes{digits(14, 2)} +
         std::chrono::seconds{digits(17, 2)} + Millis{digits(20, 3)};
}

class Reader {
 public:
  void read(const json::object& line) {
    const std::string what = word(line, "what");
    const std::string who = word(line, "who");
    const json::object& frame = part(line, "frame");
    if (!frame.empty()) ++day.frames;
    if (what == "sent" && frame.contains("ref")) asked_[{who, number(frame, "ref")}] = frame;
    if (what == "read") entries(word(part(frame, "conversation"), "id"), list(frame, "entries"));
    if (what == "received") received(who, !who.starts_with("visitor "), frame);
  }
  Day day;

 private:
  void received(const std::string& who, bool agent, const json::object& frame) {
    const std::string t = word(frame, "t");
    if (t == "entry") entry(word(frame, "conversation"), part(frame, "entry"));
    if (t == "opened") entries(word(part(frame, "conversation"), "id"), list(frame, "entries"));
    if (!agent) return;
    if (t == "chat") chat(part(frame, "chat"));
    if (t == "ok") granted(who, frame);
    if (t != "welcome") return;
    day.arrivals.push_back({.at = time_of(word(frame, "server_time")), .agent = who});
    for (const json::value& one : list(frame, "chats")) chat(one.as_object());
  }

  void granted(const std::string& who, const json::object& frame) {
    const auto found = asked_.find({who, number(frame, "ref")});
    if (found == asked_.end()) throw who + " was granted what was never asked for";
    const json::object& wish = found->second;
    day.deeds.push_back({.at = time_of(word(frame, "at")),
                         .agent = who,
                         .what = word(wish, "t"),
                         .status = word(wish, "status"),
                         .conversation = word(wish, "conversation")});
  }

  void chat(const json::object& chat) {
    const std::int64_t left = number(chat, "offer_ms");
    if (word(chat, "state") != "offered" || left == 0) return;
    const Instant due = time_of(word(chat, "as_of")) + Millis{left};
    const std::string asked = word(chat, "offered_to");
    const auto [place, is_new] = day.chats[word(chat, "conversation")].asked.emplace(due, asked);
    if (!is_new && place->second != asked) throw std::string("one offer is shown to two agents");
  }

  void entries(const std::string& conversation, const json::array& all) {
    for (const json::value& one : all) entry(conversation, one.as_object());
  }

  void entry(const std::string& conversation, const json::object& entry) {
    Line line{.at = time_of(word(entry, "at")),
              .kind = word(entry, "kind"),
              .role = word(part(entry, "author"), "role"),
              .agent = word(entry, "agent"),
              .by = word(entry, "by"),
              .reason = word(entry, "reason"),
              .score = number(entry, "score")};
    const auto [place, is_new] =
        day.chats[conversation].lines.emplace(static_cast<std::uint64_t>(number(entry, "seq")), line);
    if (!is_new && place->second != line) throw "an entry of " + conversation + " is shown in two ways";
  }

  std::map<std::pair<std::string, std::int64_t>, json::object> asked_;
};

// What nobody was shown would be counted by one side only.
void check_whole(const Day& day) {
  for (const auto& [id, chat] : day.chats) {
    std::uint64_t expected = 0;
    bool closed = chat.lines.empty();
    for (const auto& [seq, line] : chat.lines) {
      if (seq != ++expected) throw "entry " + std::to_string(expected) + " of " + id + " is missing in the record";
      closed = closed || line.kind == "closed";
    }
    if (!closed) throw "the record does not show the end of " + id;
  }
}

}  // namespace

std::expected<Day, std::string> read_record(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::unexpected(path + " cannot be read");
  Reader reader;
  std::string text;
  std::size_t number_of_line = 0;
  try {
    while (std::getline(in, text)) {
      ++number_of_line;
      boost::system::error_code error;
      const json::value value = json::parse(text, error);
      if (error || !value.is_object()) throw std::string("no JSON object");
      reader.read(value.get_object());
    }
    text.clear();
    check_whole(reader.day);
  } catch (const std::string& why) {
    return std::unexpected(path + ": line " + std::to_string(number_of_line) + ": " + why);
  }
  return std::move(reader.day);
}

}  // namespace heti::demo_day

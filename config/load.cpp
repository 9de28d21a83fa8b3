#include "config/load.hpp"

#include "config/toml.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "config/keys.hpp"
#include "config/overrides.hpp"
#include "config/relations.hpp"
#include "config/text.hpp"

namespace heti::config {
namespace {

// In the order of the file; the library's own order is that of the alphabet.
struct Member {
  std::string name;
  const toml::node* node;
  toml::source_position at;
};
std::vector<Member> members_of(const toml::table& table) {
  std::vector<Member> members;
  for (const auto& [key, node] : table) members.push_back({std::string(key.str()), &node, key.source().begin});
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  return members;
}

int line_of(const toml::source_position& at) { return static_cast<int>(at.line); }

std::string date_text(const toml::date& date) {
  return print_date({std::chrono::year{date.year}, std::chrono::month{date.month}, std::chrono::day{date.day}});
}

Raw raw_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* date = node.as_date()) return Unfit{date_text(date->get())};
  if (node.is_date_time()) return Unfit{"a date with a time"};
  if (node.is_time()) return Unfit{"a time of day"};
  if (node.is_table()) return Unfit{"a section"};
  std::vector<std::string> list;
  for (const toml::node& item : *node.as_array()) {
    if (!item.is_string()) return Unfit{"a list that holds " + shown(raw_of(item))};
    list.push_back(item.as_string()->get());
  }
  return list;
}

std::string lower_first(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

class Loader {
 public:
  Loader(const std::string& file, const ZoneExists& zone_exists, Instant now)
      : file_(file), zone_exists_(zone_exists), now_(now) {
    places_.file = file;
  }

  LoadResult load(std::string_view text, const Environment& environment) {
    if (const auto at = misplaced(text)) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*at), '\n');
      report(
          static_cast<int>(line), "",
          text[*at] == '"' || text[*at] == '\'' ? "a quote right behind other text" : "a letter that is not in quotes",
          "a-z, 0-9, \"_\" and \"-\" outside of quotes");
      return std::unexpected(std::move(problems_));
    }
    try {
      const toml::table root = toml::parse(text, file_);
      read(root);
    } catch (const toml::parse_error& error) {
      // "Error while parsing array: ..."
      const std::string what = "a syntax " + lower_first(error.description());
      // The library itself refuses dates that no calendar has, and dates occur in exceptions only.
      const bool date = what.find(" date") != std::string::npos;
      report(line_of(error.source().begin), "", what, "TOML 1.0", date ? to_string(HoursCode::exception_date) : "");
      return std::unexpected(std::move(problems_));
    }
    override_by(environment, settings_, places_, problems_);
    for (std::size_t i = 0; i < settings_.queues.size(); ++i) parse_hours(settings_.queues[i], hours_[i]);
    check_relations(settings_, places_, problems_);
    if (!problems_.empty()) {
      std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.file == environment_name, a.line) < std::pair(b.file == environment_name, b.line);
      });
      return std::unexpected(std::move(problems_));
    }
    return finished();
  }

 private:
  // What one queue says of its hours. Where a value is of the wrong type, that is told at once and something harmless
  // stands in for it, so that the rest can still be judged.
  struct Hours {
    HoursText text;
    std::set<std::string> undated;  // Places of exceptions whose dates have been refused already.
  };

  void report(int line, std::string key, std::string found, std::string expected, std::string_view code = {}) {
    places_.wrong.insert(key);
    problems_.push_back({file_, line, std::move(key), std::move(found), std::move(expected), std::string(code)});
  }

  using Special = std::function<bool(const Member&)>;

  // Sets the keys of `owner` from the table; `section` is "" or "queue.support.", `prefix` what lies between it and the
  // table, such as "sla.". `special` takes the members that are not in the table of keys.
  template <class Owner>
  void read_keys(const toml::table& table, const std::string& section, const std::string& prefix, Owner& owner,
                 const std::vector<Key<Owner>>& keys, const Special& special) {
    for (const Member& member : members_of(table)) {
      if (prefix.empty() && special(member)) continue;
      const std::string name = prefix + member.name;
      const std::string path = section + name;
      const int line = line_of(member.at);
      places_.set[path] = {file_, line};
      const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == name; });
      const bool is_section =
          std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return k.name.starts_with(name + "."); });
      if (key != keys.end()) {
        const Raw raw = raw_of(*member.node);
        if (!key->set(owner, raw)) report(line, path, shown(raw), key->expected);
      } else if (!is_section) {
        report_unknown(line, section, name, keys);
      } else if (const toml::table* inner = member.node->as_table()) {
        read_keys(*inner, section, name + ".", owner, keys, special);
      } else {
        report(line, path, shown(raw_of(*member.node)), "a section [" + path + "]");
      }
    }
  }

  // Proposes the nearest key of the same section, or one of that name elsewhere in it.
  template <class Owner>
  void report_unknown(int line, const std::string& section, const std::string& name,
                      const std::vector<Key<Owner>>& keys) {
    std::vector<std::string> known;
    for (const auto& key : keys) known.emplace_back(key.name);
    if constexpr (std::is_same_v<Owner, QueueSettings>) known.insert(known.end(), {"hours", "exception", "page"});
    if constexpr (std::is_same_v<Owner, Settings>) known.insert(known.end(), {"priority", "queue", "agent"});
    for (const auto& key : keys) {
      if (const auto dot = key.name.find('.'); dot != std::string_view::npos)
        known.emplace_back(key.name.substr(0, dot));
    }
    auto meant = nearest(name, known);
    const std::string leaf = name.substr(name.rfind('.') + 1);
    for (const std::string& candidate : known) {
      if (!meant && candidate.ends_with("." + leaf)) meant = candidate;
    }
    std::string expected = "a key that heti.toml describes";
    if (meant) expected = section + *meant;
    report(line, section + name, "an unknown key", std::move(expected));
  }

  void read(const toml::table& root) {
    read_keys(root, "", "", settings_, settings_keys(), [&](const Member& member) {
      if (member.name != "priority" && member.name != "queue" && member.name != "agent") return false;
      read_sections(member);
      return true;
    });
  }

  void read_sections(const Member& member) {
    places_.set[member.name] = {file_, line_of(member.at)};
    const toml::table* sections = member.node->as_table();
    if (sections == nullptr) {
      report(line_of(member.at), member.name, shown(raw_of(*member.node)), "sections [" + member.name + ".NAME]");
      return;
    }
    for (const Member& section : members_of(*sections)) {
      const std::string path = member.name + "." + section.name;
      places_.set[path] = {file_, line_of(section.at)};
      const toml::table* table = section.node->as_table();
      if (table == nullptr) {
        report(line_of(section.at), path, shown(raw_of(*section.node)), "a section [" + member.name + ".NAME]");
        places_.wrong.insert(member.name);
      } else if (member.name == "queue") {
        read_queue(section, *table, path + ".");
      } else if (member.name == "agent") {
        read_named(section, *table, path + ".", settings_.agents, agent_keys());
      } else {
        read_named(section, *table, path + ".", settings_.priorities, priority_keys());
      }
    }
  }

  template <class Named>
  void read_named(const Member& section, const toml::table& table, const std::string& path, std::vector<Named>& list,
                  const std::vector<Key<Named>>& keys) {
    Named& item = list.emplace_back();
    item.name = section.name;
    read_keys(table, path, "", item, keys, [](const Member&) { return false; });
  }

  void read_queue(const Member& section, const toml::table& table, const std::string& path) {
    QueueSettings& queue = settings_.queues.emplace_back();
    queue.name = section.name;
    Hours& hours = hours_.emplace_back();
    read_keys(table, path, "", queue, queue_keys(), [&](const Member& member) {
      if (member.name == "hours") {
        read_week(member, path, hours);
      } else if (member.name == "exception") {
        read_exceptions(member, path, hours);
      } else if (member.name == "page") {
        read_pages(member, path, queue);
      } else {
        return false;
      }
      return true;
    });
  }

  // A list of intervals or "closed".
  OpenText open_text(const toml::node& node, int line, const std::string& path) {
    const Raw raw = raw_of(node);
    if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) return OpenText{false, *list};
    const auto* text = std::get_if<std::string>(&raw);
    if (text != nullptr && *text == "closed") return OpenText{true, {}};
    std::string expected = "\"closed\" or a list of intervals, such as ";
    expected += text != nullptr && text->find('-') != std::string::npos ? "[" + shown(raw) + "]" : "[\"08:00-16:00\"]";
    report(line, path, shown(raw), std::move(expected));
    return OpenText{true, {}};
  }

  void read_week(const Member& week, const std::string& path, Hours& hours) {
    places_.set[path + "hours"] = {file_, line_of(week.at)};
    const toml::table* table = week.node->as_table();
    if (table == nullptr) {
      report(line_of(week.at), path + "hours", shown(raw_of(*week.node)),
             "days, such as hours.mon-fri = [\"08:00-16:00\"]");
      return;
    }
    for (const Member& day : members_of(*table)) {
      const int line = line_of(day.at);
      hours.text.days.push_back({day.name, open_text(*day.node, line, path + "hours." + day.name), line});
    }
  }

  // The sections [[queue.NAME.exception]] or [[queue.NAME.page]]; null, and told so, if the member is anything else.
  const toml::array* sections_of(const Member& member, const std::string& path) {
    const toml::array* list = member.node->as_array();
    const bool tables = list != nullptr &&
                        std::all_of(list->begin(), list->end(), [](const toml::node& item) { return item.is_table(); });
    if (tables) return list;
    report(line_of(member.at), path + member.name, shown(raw_of(*member.node)),
           "sections in double brackets, [[" + path + member.name + "]]");
    return nullptr;
  }

  void read_pages(const Member& member, const std::string& path, QueueSettings& queue) {
    const toml::array* list = sections_of(member, path);
    if (list == nullptr) return;
    places_.set[path + "page"] = {file_, line_of(member.at)};
    for (const toml::node& item : *list) {
      const std::string place = path + "page[" + std::to_string(queue.pages.size() + 1) + "]";
      places_.set[place] = {file_, line_of(item.source().begin)};
      read_keys(*item.as_table(), place + ".", "", queue.pages.emplace_back(), page_keys(),
                [](const Member&) { return false; });
    }
  }

  void read_exceptions(const Member& member, const std::string& path, Hours& hours) {
    const toml::array* list = sections_of(member, path);
    if (list == nullptr) return;
    for (const toml::node& item : *list) {
      const std::string place = "exception[" + std::to_string(hours.text.exceptions.size() + 1) + "]";
      read_exception(*item.as_table(), line_of(item.source().begin), path, place, hours);
    }
  }

  void read_exception(const toml::table& table, int line, const std::string& path, const std::string& place,
                      Hours& hours) {
    ExceptionText& exception = hours.text.exceptions.emplace_back();
    exception.line = line;
    exception.hours.closed = true;
    for (const Member& member : members_of(table)) {
      const std::string key = path + place + "." + member.name;
      const int at = line_of(member.at);
      if (member.name == "date" || member.name == "from" || member.name == "to") {
        auto& date = member.name == "date" ? exception.date : member.name == "from" ? exception.from : exception.to;
        if (const auto* value = member.node->as_date()) {
          date = date_text(value->get());
        } else {
          report(at, key, shown(raw_of(*member.node)), "a date without quotes, such as 2026-12-24");
          hours.undated.insert(place);
        }
      } else if (member.name == "hours") {
        exception.hours = open_text(*member.node, at, key);
      } else if (member.name == "note") {
        const auto* note = member.node->as_string();
        if (note != nullptr && note->get().size() <= 200 && is_plain_text(note->get())) {
          exception.note = note->get();
        } else {
          report(at, key, shown(raw_of(*member.node)), "a text of at most 200 bytes in one line");
        }
      } else {
        report(at, key, "an unknown key",
               nearest(member.name, {"date", "from", "to", "hours", "note"})
                   .value_or("one of date, from, to, hours, note"));
      }
    }
    if (table.contains("hours")) return;
    report(line, path + place + ".hours", "nothing", "\"closed\" or a list of intervals, such as [\"08:00-12:00\"]");
  }

  void parse_hours(QueueSettings& queue, Hours& hours) {
    const std::string path = "queue." + queue.name + ".";
    const Place place = places_.of(path + "timezone");
    hours.text.timezone = queue.schedule.timezone;
    hours.text.timezone_line = place.line;
    auto schedule = parse_schedule(hours.text, zone_exists_);
    if (schedule) {
      queue.schedule = std::move(*schedule);
      return;
    }
    for (HoursProblem& problem : schedule.error()) {
      const bool timezone = problem.code == HoursCode::timezone;
      // What was of the wrong type has been told already, with what was found.
      if (timezone && places_.wrong.contains(path + "timezone")) continue;
      if (problem.code == HoursCode::exception_date && hours.undated.contains(problem.place)) continue;
      problems_.push_back({timezone ? place.file : file_, problem.line, path + problem.place, std::move(problem.found),
                           std::move(problem.expected), std::string(to_string(problem.code))});
    }
  }

  Loaded finished() {
    std::vector<Warning> warnings = relation_warnings(settings_, places_);
    for (std::size_t i = 0; i < settings_.queues.size(); ++i) {
      QueueSettings& queue = settings_.queues[i];
      for (HoursWarning& warning : schedule_warnings(hours_[i].text, queue.schedule, now_)) {
        warnings.push_back({file_, warning.line, "queue." + queue.name + "." + warning.place, std::move(warning.text)});
      }
      if (queue.display_name.empty()) queue.display_name = queue.name;
    }
    for (AgentSettings& agent : settings_.agents) {
      if (agent.display_name.empty()) agent.display_name = agent.name;
    }
    std::stable_sort(warnings.begin(), warnings.end(),
                     [](const Warning& a, const Warning& b) { return a.line < b.line; });
    return {std::move(settings_), std::move(warnings)};
  }

  const std::string& file_;
  const ZoneExists& zone_exists_;
  Instant now_;
  Settings settings_;
  std::vector<Hours> hours_;  // One for each of settings_.queues.
  Places places_;
  std::vector<Problem> problems_;
};

std::string where(const std::string& file, int line) {
  return line == 0 ? file + ": " : file + ":" + std::to_string(line) + ": ";
}

// Names come from the file and may hold anything; a message must not forge another.
std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

std::string to_string(const Problem& problem) {
  std::string out = where(problem.file, problem.line);
  if (!problem.key.empty()) out += problem.key + ": ";
  out += "found " + problem.found + ", expected " + problem.expected;
  if (!problem.code.empty()) out += " (" + problem.code + ")";
  return in_one_line(std::move(out));
}

std::string to_string(const Warning& warning) {
  return in_one_line(where(warning.file, warning.line) + warning.key + ": warning: " + warning.text);
}

LoadResult load(const std::filesystem::path& file, const Environment& environment, const ZoneExists& zone_exists,
                Instant now) {
  const std::string name = file.string();
  const auto unreadable = [&](std::string found) {
    return std::unexpected(
        std::vector<Problem>{{name, 0, "", std::move(found), "a readable file of at most 1 MiB", ""}});
  };
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);  // Refuses directories too.
  if (error) return unreadable(error.message());
  if (size > file_bytes_max) return unreadable(std::to_string(size) + " bytes");
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && text.size() != size) return unreadable("an error while reading");
  return load_text(text, name, environment, zone_exists, now);
}

LoadResult load_text(std::string_view text, const std::string& name, const Environment& environment,
                     const ZoneExists& zone_exists, Instant now) {
  return Loader(name, zone_exists, now).load(text, environment);
}

}  // namespace heti::config

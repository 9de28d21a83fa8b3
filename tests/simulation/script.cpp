#include "tests/simulation/script.hpp"
#include "tests/simulation/words.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace heti::simulation {
namespace {

// One pattern per verb, used both ways. A word that begins with a capital names somebody: <V>, <A>, <Q> by who, whom,
// a or b; {a} and {b} are numbers, [a] and [b] durations.
struct Pattern {
  Verb verb{};
  std::string_view words;
  std::string_view fault;
};

constexpr std::array<Pattern, verbs> patterns{{
    {Verb::visitor_starts, "V{who} starts in Q{whom} page {b} tab {a}", ""},
    {Verb::visitor_starts_with_bot, "V{who} meets a bot in Q{whom} page {b} tab {a}", ""},
    {Verb::visitor_writes, "V{who} writes in tab {a}", ""},
    {Verb::visitor_repeats, "V{who} repeats in tab {a}", "repeated command"},
    {Verb::visitor_lies, "V{who} lies in tab {a}", "same number, other text"},
    {Verb::visitor_skips, "V{who} skips a number in tab {a}", "number left out"},
    {Verb::visitor_leaves, "V{who} leaves tab {a}", ""},
    {Verb::visitor_returns, "V{who} returns in tab {a}", ""},
    {Verb::visitor_reads, "V{who} reads in tab {a} after {b}", ""},
    {Verb::visitor_closes, "V{who} closes", ""},
    {Verb::visitor_rates, "V{who} rates {b}", ""},
    {Verb::bot_writes, "bot writes to V{who}", ""},
    {Verb::bot_hands_over, "bot hands over V{who}", ""},
    {Verb::system_writes, "system writes to V{who}", ""},
    {Verb::agent_connects, "A{who} connects as {a}", ""},
    {Verb::agent_drops, "A{who} drops {a}", ""},
    {Verb::agent_ready, "A{who} is ready", ""},
    {Verb::agent_away, "A{who} is away", ""},
    {Verb::agent_finishing, "A{who} ends the shift", ""},
    {Verb::agent_offline, "A{who} logs out", ""},
    {Verb::agent_sent_away, "A{whom} sends A{who} away", ""},
    {Verb::agent_sent_home, "A{whom} ends the shift of A{who}", ""},
    {Verb::agent_sent_off, "A{whom} logs out A{who}", ""},
    {Verb::agent_accepts, "A{who} accepts V{whom}", ""},
    {Verb::agent_declines, "A{who} declines V{whom}", ""},
    {Verb::agent_answers, "A{who} answers V{whom}", ""},
    {Verb::agent_repeats, "A{who} repeats to V{whom}", "repeated command"},
    {Verb::agent_lies, "A{who} lies to V{whom}", "same number, other text"},
    {Verb::agent_skips, "A{who} skips a number to V{whom}", "number left out"},
    {Verb::agent_notes, "A{who} notes on V{whom}", ""},
    {Verb::agent_closes, "A{who} closes V{whom}", ""},
    {Verb::agent_closes_spam, "A{who} closes V{whom} as spam", ""},
    {Verb::agent_finishes, "A{who} finishes V{whom}", ""},
    {Verb::agent_transfers, "A{who} transfers V{whom}", ""},
    {Verb::agent_transfers_to_queue, "A{who} transfers V{whom} to Q{a}", ""},
    {Verb::agent_transfers_to_agent, "A{who} transfers V{whom} to A{a}", ""},
    {Verb::agent_initiates, "A{who} begins with V{whom} in Q{a}", ""},
    {Verb::settings_change, "settings change {a}", ""},
    {Verb::queue_closes, "Q{who} closes for {a} minutes", ""},
    {Verb::queue_opens, "Q{who} opens for {a} minutes", ""},
    {Verb::queue_ends_closing, "Q{who} ends closing", ""},
    {Verb::snapshot, "snapshot", ""},
    {Verb::power_fails, "power fails at I/O {a} for [b]", "power failure between I/O steps"},
    {Verb::recovery_fails, "power fails in recovery at I/O {a} for [b]", "power failure in recovery"},
    {Verb::disk_fails, "disk fails at I/O {a} kind {b}", "disk error"},
    {Verb::killed, "killed for [b]", "process killed"},
    {Verb::stopped, "stopped for [b]", "process stopped"},
    {Verb::clock_steps, "clock steps by [b]", "wall clock stepped"},
    {Verb::clock_drifts, "clock gains [b] in 1000s", "wall clock drifts"},
    {Verb::snapshot_damaged, "newest snapshot damaged", "newest snapshot damaged"},
    {Verb::snapshot_missing, "newest snapshot missing", "newest snapshot missing"},
    {Verb::everybody_dropped, "everybody dropped", "all connections lost"},
    {Verb::answer_lost, "answer to V{who} lost", "answer lost"},
    {Verb::answer_lost_agent, "answer to A{who} lost", "answer lost"},
}};

const Pattern& pattern_of(Verb verb) { return patterns[static_cast<std::size_t>(verb)]; }

// 2001 ms is "2.001s".
std::string duration(std::int64_t ms) {
  std::string text = ms < 0 ? "-" : "";
  const std::uint64_t size = static_cast<std::uint64_t>(ms < 0 ? -ms : ms);
  text += std::to_string(size / 1000);
  if (size % 1000 != 0) {
    std::string part = std::to_string(1000 + size % 1000).substr(1);
    while (part.ends_with('0')) part.pop_back();
    text += "." + part;
  }
  return text + "s";
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> duration_from(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  const auto whole = number(text.substr(0, dot));
  if (!whole) return std::nullopt;
  std::int64_t ms = *whole * 1000;
  if (dot != std::string_view::npos) {
    std::string part(text.substr(dot + 1));
    if (part.empty() || part.size() > 3) return std::nullopt;
    part.resize(3, '0');
    const auto rest = number(part);
    if (!rest) return std::nullopt;
    ms += *rest;
  }
  return negative ? -ms : ms;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \t\r", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return words;
}

std::int64_t field(const Action& action, std::string_view name) {
  if (name == "who") return action.who;
  if (name == "whom") return action.whom;
  return name == "a" ? action.a : action.b;
}

void set_field(Action& action, std::string_view name, std::int64_t value) {
  if (name == "who") action.who = static_cast<std::uint32_t>(value);
  if (name == "whom") action.whom = static_cast<std::uint32_t>(value);
  if (name == "a") action.a = value;
  if (name == "b") action.b = value;
}

// A word of a pattern: what stands before the field, and the field.
struct Slot {
  std::string_view before;
  std::string_view name;
  bool is_duration = false;
};
std::optional<Slot> slot_of(std::string_view word) {
  const std::size_t open = word.find_first_of("{[");
  if (open == std::string_view::npos) return std::nullopt;
  return Slot{word.substr(0, open), word.substr(open + 1, word.size() - open - 2), word[open] == '['};
}

bool fits(const Pattern& pattern, const std::vector<std::string_view>& said, Action& action) {
  const auto words = words_of(pattern.words);
  if (words.size() != said.size()) return false;
  Action made = action;
  made.verb = pattern.verb;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto slot = slot_of(words[i]);
    if (!slot) {
      if (words[i] != said[i]) return false;
      continue;
    }
    if (!said[i].starts_with(slot->before)) return false;
    const std::string_view rest = said[i].substr(slot->before.size());
    const auto value = slot->is_duration ? duration_from(rest) : number(rest);
    if (!value) return false;
    set_field(made, slot->name, *value);
  }
  action = made;
  return true;
}

}  // namespace

std::string to_text(const Action& action) {
  std::string text = "at " + duration(action.at.count());
  for (const std::string_view word : words_of(pattern_of(action.verb).words)) {
    text += ' ';
    const auto slot = slot_of(word);
    if (!slot) {
      text += word;
      continue;
    }
    const std::int64_t value = field(action, slot->name);
    text += slot->before;
    text += slot->is_duration ? duration(value) : std::to_string(value);
  }
  return text;
}

std::string to_text(const Script& script) {
  std::string text = numbered("world ", script.seed) + (script.shape == Shape::day ? " day" : " small");
  for (const Action& action : script.actions) text += " | " + to_text(action);
  return text;
}

std::expected<Script, std::string> script_from(std::string_view text) {
  Script script;
  bool has_world = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("|\n"), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto words = words_of(part.substr(0, part.find('#')));
    if (words.empty()) continue;
    if (words[0] == "world" && words.size() == 3 && (words[2] == "small" || words[2] == "day")) {
      const auto seed = number(words[1]);
      if (!seed) return std::unexpected(joined("'", part, "': a world has a number"));
      script.seed = static_cast<std::uint64_t>(*seed);
      script.shape = words[2] == "day" ? Shape::day : Shape::small;
      has_world = true;
      continue;
    }
    const auto at = words.size() > 2 && words[0] == "at" ? duration_from(words[1]) : std::nullopt;
    Action action;
    action.at = Millis{at.value_or(0)};
    words.erase(words.begin(), words.begin() + std::min<std::ptrdiff_t>(2, std::ssize(words)));
    bool known = false;
    for (const Pattern& pattern : patterns) known = known || fits(pattern, words, action);
    if (!at || !known) return std::unexpected(joined("'", part, "' is nothing that can happen"));
    script.actions.push_back(action);
  }
  if (!has_world) return std::unexpected("a script begins with 'world SEED small' or 'world SEED day'");
  return script;
}

std::string_view fault_name(Verb verb) { return pattern_of(verb).fault; }

}  // namespace heti::simulation

#include "config/keys.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "config/text.hpp"

namespace heti::config {
namespace {

constexpr std::size_t shown_bytes_max = 60;

std::string print_number(double value) {
  char out[32];
  const auto end = std::to_chars(out, out + sizeof out, value).ptr;
  std::string text(out, end);
  // TOML tells floats from integers by the point.
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string print_list(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& item : list) out += (out.size() > 1 ? ", " : "") + in_quotes(item);
  return out + "]";
}

template <class T>
concept Whole = std::is_integral_v<T> && !std::is_same_v<T, bool>;

// A key of `Owner`; `At` gives the member. The expected text is the bounds in words.
template <class Owner, class At>
class KeyOf {
 public:
  KeyOf(std::string_view name, At at) : name_(name), at_(at) {}

  template <Whole T>
  Key<Owner> within(T min, T max, std::string_view meaning) const {
    const auto low = static_cast<std::int64_t>(min), high = static_cast<std::int64_t>(max);
    return {name_,
            Kind::integer,
            "an integer from " + std::to_string(low) + " to " + std::to_string(high),
            meaning,
            [at = at_, low, high](Owner& owner, const Raw& raw) {
              const auto* value = std::get_if<std::int64_t>(&raw);
              if (value == nullptr || *value < low || *value > high) return false;
              auto& member = at(owner);
              member = static_cast<std::remove_reference_t<decltype(member)>>(*value);
              return true;
            },
            [at = at_](const Owner& owner) { return std::to_string(at(owner)); }};
  }
  Key<Owner> within(double min, double max, std::string_view meaning) const {
    return {name_,
            Kind::number,
            "a number from " + print_number(min) + " to " + print_number(max),
            meaning,
            [at = at_, min, max](Owner& owner, const Raw& raw) {
              const auto* value = std::get_if<double>(&raw);
              if (value == nullptr || !(*value >= min && *value <= max)) return false;  // Not a number is out.
              at(owner) = *value;
              return true;
            },
            [at = at_](const Owner& owner) { return print_number(at(owner)); }};
  }
  Key<Owner> within(Millis min, Millis max, std::string_view meaning) const {
    return duration("a duration from " + print_duration(min) + " to " + print_duration(max), min, max, false, meaning);
  }
  // Or 0s, which means never.
  Key<Owner> never_or_within(Millis min, Millis max, std::string_view meaning) const {
    return duration("0s or a duration from " + print_duration(min) + " to " + print_duration(max), min, max, true,
                    meaning);
  }
  Key<Owner> text(std::size_t bytes_max, std::string_view meaning) const {
    return text_that("a text of at most " + std::to_string(bytes_max) + " bytes in one line", meaning,
                     [bytes_max](std::string_view text) { return text.size() <= bytes_max && is_plain_text(text); });
  }
  template <class Fits>
  Key<Owner> text_that(std::string expected, std::string_view meaning, Fits fits) const {
    return {name_,
            Kind::text,
            std::move(expected),
            meaning,
            [at = at_, fits](Owner& owner, const Raw& raw) {
              const auto* text = std::get_if<std::string>(&raw);
              if (text == nullptr || !fits(*text)) return false;
              at(owner) = *text;
              return true;
            },
            [at = at_](const Owner& owner) { return in_quotes(at(owner)); }};
  }
  template <class Fits>
  Key<Owner> list_of(std::size_t items_max, std::string expected, std::string_view meaning, Fits fits) const {
    return {name_,
            Kind::list,
            std::move(expected),
            meaning,
            [at = at_, items_max, fits](Owner& owner, const Raw& raw) {
              const auto* list = std::get_if<std::vector<std::string>>(&raw);
              if (list == nullptr || list->size() > items_max || !std::all_of(list->begin(), list->end(), fits)) {
                return false;
              }
              at(owner) = *list;
              return true;
            },
            [at = at_](const Owner& owner) { return print_list(at(owner)); }};
  }
  Key<Owner> flag(std::string_view meaning) const {
    return {name_,
            Kind::flag,
            "true or false",
            meaning,
            [at = at_](Owner& owner, const Raw& raw) {
              const auto* value = std::get_if<bool>(&raw);
              if (value != nullptr) at(owner) = *value;
              return value != nullptr;
            },
            [at = at_](const Owner& owner) { return std::string(at(owner) ? "true" : "false"); }};
  }
  // One of the spellings of the member's enumeration.
  Key<Owner> choice(std::string_view meaning) const {
    using E = std::remove_cvref_t<decltype(at_(std::declval<Owner&>()))>;
    std::string expected = "one of";
    for (const auto& [value, spelling] : spellings(E{}))
      expected += (expected.size() > 6 ? ", " : " ") + in_quotes(spelling);
    return {name_,
            Kind::text,
            std::move(expected),
            meaning,
            [at = at_](Owner& owner, const Raw& raw) {
              const auto* text = std::get_if<std::string>(&raw);
              if (text == nullptr) return false;
              for (const auto& [value, spelling] : spellings(E{})) {
                if (*text != spelling) continue;
                at(owner) = value;
                return true;
              }
              return false;
            },
            [at = at_](const Owner& owner) { return in_quotes(to_string(at(owner))); }};
  }

 private:
  Key<Owner> duration(std::string expected, Millis min, Millis max, bool or_zero, std::string_view meaning) const {
    return {name_,
            Kind::text,
            std::move(expected),
            meaning,
            [at = at_, min, max, or_zero](Owner& owner, const Raw& raw) {
              const auto* text = std::get_if<std::string>(&raw);
              const auto value = text != nullptr ? parse_duration(*text) : std::nullopt;
              if (!value) return false;
              if ((*value < min || *value > max) && !(or_zero && *value == Millis{0})) return false;
              at(owner) = *value;
              return true;
            },
            [at = at_](const Owner& owner) { return in_quotes(print_duration(at(owner))); }};
  }

  std::string_view name_;
  At at_;
};

template <class Owner, class At>
KeyOf<Owner, At> key_at(std::string_view name, At at) {
  return {name, at};
}

bool is_origin_or_any(std::string_view text) { return text == "*" || is_origin(text); }
bool is_path(std::string_view text) { return !text.empty() && text.size() <= 4096 && is_plain_text(text); }
bool is_path_or_nothing(std::string_view text) { return text.empty() || is_path(text); }
bool is_redis_or_nothing(std::string_view text) {
  const bool address = text.starts_with("redis://") || text.starts_with("unix:///") || text.starts_with("sentinel://");
  return text.empty() || (address && is_path(text));
}
bool is_page_prefix(std::string_view text) {
  const bool address = text.starts_with("https://") || text.starts_with("http://");
  return address && text.size() <= 2000 && is_plain_text(text);
}
bool is_name_or_nothing(std::string_view text) { return text.empty() || is_name(text); }

constexpr std::string_view names = "a name of 1 to 32 characters a-z, 0-9, _ and -";
constexpr std::string_view page_prefixes = "the beginning of an address, such as \"https://shop.example/checkout\"";
constexpr std::string_view skill_lists = "a list of names of skills, such as [\"german\"]";
constexpr std::string_view addresses = "an IP address, such as \"127.0.0.1\" or \"::\"";
constexpr std::string_view paths = "a path of 1 to 4096 bytes";

// The key is named as its member, so that there is one spelling of both.
#define AT(member) \
  [](auto& owner) -> auto& { return owner.member; }
#define KEY(member) key_at<Owner>(#member, AT(member))

std::vector<Key<Settings>> make_settings_keys() {
  using Owner = Settings;
  return {
      KEY(workspace).text_that(std::string(names), "The name of the company or brand; a label of every metric.",
                               is_name),
      KEY(threads).within(1, 64, "Threads that carry sockets. One is enough for thousands of chats."),
      KEY(listen.address).text_that(std::string(addresses), "Where browsers connect.", is_ip_address),
      KEY(listen.port)
          .within(0, 65'535, "The port of the widget, the console and their sockets; 0 takes any free one."),
      KEY(metrics.address)
          .text_that(std::string(addresses), "Where Prometheus and health checks connect; keep it private.",
                     is_ip_address),
      KEY(metrics.port).within(0, 65'535, "The port of /metrics, /livez and /readyz; 0 takes any free one."),
      KEY(journal.path)
          .text_that(std::string(paths), "A directory: the journal, the archive and the secrets lie in it.", is_path),
      KEY(journal.kind)
          .choice("\"redis\" keeps the journal in Redis, so that another node can go on with it; \"memory\" forgets "
                  "everything at the end; for tests."),
      KEY(journal.address)
          .text_that("\"redis://HOST:PORT\", \"unix:///SOCKET\" or \"sentinel://HOST:PORT,HOST:PORT/MASTER\"",
                     "Where Redis is, or which Sentinels know where its master is.", is_redis_or_nothing),
      KEY(journal.password_file)
          .text_that("a path of at most 4096 bytes, or nothing", "A file whose first line is the password of Redis.",
                     is_path_or_nothing),
      KEY(journal.replicas).within(0, 5, "How many replicas of Redis must have a message before it is acknowledged."),
      KEY(journal.accept_loss)
          .flag("Take a Redis that could lose acknowledged messages in silence; what it could lose is in the log."),
      KEY(journal.keep)
          .within(
              1'000, 100'000'000,
              "How many batches before its end a journal in Redis keeps; older ones are removed when every node has "
              "archived them."),
      KEY(journal.snapshot_every)
          .within(100, 10'000'000, "Batches from one snapshot to the next; a start reads what came after the last."),
      KEY(web.root).text_that(std::string(paths), "The directory of the built widget and console.", is_path),
      KEY(console.origins)
          .list_of(100, "a list of origins, such as [\"https://desk.example\"]",
                   "Origins that may open the console's socket besides Heti's own.", is_origin),
      KEY(widget.origins)
          .list_of(1000, "a list of origins, such as [\"https://shop.example\"], or [\"*\"]",
                   "Sites that may embed the widget; \"*\" is any.", is_origin_or_any),
      KEY(proxy.tls).flag("A proxy in front speaks TLS with browsers: own origins are https, cookies are Secure."),
      KEY(proxy.trusted)
          .list_of(100, "a list of IP addresses, such as [\"10.0.0.2\"]",
                   "Proxies whose X-Forwarded-For is believed; it is ignored from anybody else.", is_ip_address),
      KEY(log.level).choice("From this level on, lines are written to standard error."),
      KEY(probe.enabled)
          .flag("A customer of the node's own chats through the front door; what fails for it raises an alert."),
      KEY(probe.interval).within(5s, 1h, "How often."),
      KEY(limits.frame_bytes_max)
          .within(1'024, 65'536, "Longest frame a client may send; a longer one closes its socket."),
      KEY(limits.connections_max)
          .within(1, 1'000'000, "Sockets at a time; further ones are refused with 503. Mind the limit of open files."),
      KEY(limits.connections_per_ip_max).within(1, 1'000'000, "Sockets at a time from one address (IPv6: one /64)."),
      KEY(limits.outbox_bytes_max)
          .within(16'384, 16'777'216, "Bytes waiting for one slow socket before it is closed, to resume later."),
      KEY(limits.outbox_total_bytes_max)
          .within(1'048'576, 2'147'483'647, "Bytes waiting for all sockets together before the fullest are closed."),
      KEY(limits.mailbox_max).within(64, 1'048'576, "Commands waiting for the sequencer before new ones are refused."),
      KEY(limits.visitor_messages_per_second).within(1, 1'000, "Messages that one visitor may send in the long run."),
      KEY(limits.visitor_messages_burst).within(1, 10'000, "Messages that one visitor may send at once."),
      KEY(limits.agent_messages_per_second).within(1, 10'000, "Messages that one agent may send in the long run."),
      KEY(limits.agent_messages_burst).within(1, 100'000, "Messages that one agent may send at once."),
      KEY(limits.frames_per_second).within(10, 100'000, "Frames of any kind that one socket may send in the long run."),
      KEY(limits.frames_burst).within(10, 1'000'000, "Frames of any kind that one socket may send at once."),
      KEY(limits.login_attempts_max)
          .within(1, 1'000, "Wrong passwords for one account or from one address within login_window."),
      KEY(limits.login_window).within(1s, 24h, "The stretch over which wrong passwords are counted."),
      KEY(timeouts.hello).within(100ms, 1min, "From the open socket to its first frame."),
      KEY(timeouts.handshake).within(100ms, 1min, "For the whole head of an HTTP request, the upgrade included."),
      KEY(timeouts.ping).within(1s, 5min, "A silent socket is asked for a sign of life this often."),
      KEY(timeouts.dead).within(2s, 15min, "A socket silent for this long is closed; at least twice ping."),
      KEY(timeouts.http_idle).within(1s, 10min, "A kept-alive HTTP connection without a request is closed."),
      KEY(timeouts.drain).within(0s, 10min, "At a stop, sockets are closed spread over this time."),
  };
}

std::vector<Key<QueueSettings>> make_queue_keys() {
  using Owner = QueueSettings;
  return {
      KEY(display_name).text(100, "What people see; the name of the section if left out."),
      key_at<Owner>("timezone", AT(schedule.timezone)).text(64, "IANA zone of the hours, Area/City or UTC. Required."),
      KEY(min_agents).within(1, 2'000, "Agents needed while open; with fewer, the queue counts as understaffed."),
      KEY(sla.first_response)
          .within(1s, 24h, "The promise: open time from a visitor's first message to the first answer of a person."),
      KEY(sla.first_response_goal).within(0.01, 0.9999, "The share of contacts for which it shall be kept."),
      KEY(sla.reply).within(1s, 24h,
                            "The promise for every later turn of the visitor, counted from its first message."),
      KEY(sla.reply_goal).within(0.01, 0.9999, "The share of turns for which it shall be kept."),
      KEY(after_hours)
          .choice("Chats started while closed: \"message\" takes a message, \"queue\" waits for the opening, "
                  "\"refuse\" says no."),
      KEY(mode).choice("\"push-accept\" offers chats to agents, \"push-auto\" assigns them without asking, \"pull\" "
                       "lets agents pick."),
      KEY(short_abandon).within(0s, 1h, "Whoever leaves sooner than this is counted apart, as a misclick."),
      KEY(visitor_grace).within(1s, 1h, "A visitor may be away this long, to load another page, and still be there."),
      KEY(idle_close).within(1s, 24h, "An answered chat is closed when the visitor has been gone this long."),
      KEY(agent_grace).within(1s, 1h, "An agent may be disconnected this long before the chats go back to the queue."),
      KEY(offer_timeout).within(1s, 10min, "An agent has this long to accept an offer."),
      KEY(bar).within(0s, 1h,
                      "An agent who missed or declined an offer is not asked again for that contact for this long."),
      KEY(reoffer).within(1s, 1h, "The same agent, when nobody else is eligible, is asked again after this."),
      KEY(wrapup).within(0s, 1h, "Time for notes after a chat; the slot stays busy."),
      KEY(reopen_window)
          .within(0s, 720h, "A visitor who writes again within this time continues the same conversation."),
      KEY(closing).within(0s, 24h, "Visitors still waiting at closing time are served for this long."),
      KEY(overflow).text_that(
          "the name of another queue, or \"\"",
          "When a visitor has waited long enough, the agents of this queue may take the chat too; the "
          "promises stay.",
          is_name_or_nothing),
      KEY(overflow_after).within(1s, 24h, "How long is long enough, in open time."),
      KEY(sticky_hold)
          .within(0s, 10min, "A visitor waits this long for the agent of last time, when that one is ready but full."),
      KEY(max_wait).never_or_within(
          10s, 24h,
          "A visitor who has waited this long, in open time, is told that nobody came, and may leave "
          "a message; 0s is never."),
      KEY(wording.title).text(100, "Head of the widget. Empty texts are the widget's own, in the visitor's language."),
      KEY(wording.greeting).text(500, "First line of a chat, not counted as an answer."),
      KEY(wording.closed).text(500, "Said while closed."),
      KEY(wording.placeholder).text(100, "In the empty input field."),
  };
}

std::vector<Key<PageRule>> make_page_keys() {
  using Owner = PageRule;
  return {
      KEY(prefix).text_that(std::string(page_prefixes), "What the address of the page begins with. Required.",
                            is_page_prefix),
      KEY(priority).text_that("the name of a priority, or \"\"", "The priority of a chat that starts there.",
                              is_name_or_nothing),
      KEY(skills).list_of(skills_max, std::string(skill_lists), "Only an agent who has all of these may take it.",
                          is_name),
  };
}

std::vector<Key<Priority>> make_priority_keys() {
  using Owner = Priority;
  return {
      KEY(credit).within(0s, 1h,
                         "Whoever has this priority stands in the line as if having come so much earlier; nobody is "
                         "overtaken by more."),
  };
}

std::vector<Key<AgentSettings>> make_agent_keys() {
  using Owner = AgentSettings;
  return {
      KEY(display_name).text(100, "What visitors see; the name of the section if left out."),
      KEY(queues).list_of(queues_max, "a list of names of queues, such as [\"support\"]",
                          "The queues that this agent serves.", is_name),
      KEY(capacity).within(1, 10, "Chats at a time."),
      KEY(supervisor).flag("May see and manage what agents do."),
      KEY(skills).list_of(skills_max, std::string(skill_lists), "What this agent can do that a page may ask for.",
                          is_name),
  };
}

#undef KEY
#undef AT

struct Shower {
  std::string operator()(const std::string& text) const {
    std::string_view cut = std::string_view(text).substr(0, shown_bytes_max);
    if (cut.size() == text.size()) return in_quotes(text);
    while (!cut.empty() && (static_cast<unsigned char>(text[cut.size()]) & 0xc0) == 0x80) cut.remove_suffix(1);
    return in_quotes(std::string(cut) + "...");
  }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return print_number(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>& list) const {
    std::string text = print_list(list);
    return text.size() <= shown_bytes_max ? text : "a list of " + std::to_string(list.size()) + " texts";
  }
  std::string operator()(const Unfit& unfit) const { return unfit.shown; }
};

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

template <class T>
Raw number_or_text(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && rest == end) return value;
  return text;
}

}  // namespace

std::string shown(const Raw& value) { return std::visit(Shower{}, value); }

const std::vector<Key<Settings>>& settings_keys() {
  static const auto keys = make_settings_keys();
  return keys;
}
const std::vector<Key<QueueSettings>>& queue_keys() {
  static const auto keys = make_queue_keys();
  return keys;
}
const std::vector<Key<PageRule>>& page_keys() {
  static const auto keys = make_page_keys();
  return keys;
}
const std::vector<Key<Priority>>& priority_keys() {
  static const auto keys = make_priority_keys();
  return keys;
}
const std::vector<Key<AgentSettings>>& agent_keys() {
  static const auto keys = make_agent_keys();
  return keys;
}

Raw raw_from_environment(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::text: return text;
    case Kind::integer: return number_or_text<std::int64_t>(text);
    case Kind::number: return number_or_text<double>(text);
    case Kind::flag:
      if (text == "true" || text == "false") return text == "true";
      return text;
    case Kind::list: return split_at_commas(text);
  }
  std::abort();
}

}  // namespace heti::config

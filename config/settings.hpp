#pragma once
// The settings of one node and its workspace, typed, each with its default. The defaults are stated here and nowhere
// else; keys.cpp adds bounds and meaning, and heti.toml beside this file is the reference for people.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/base/check.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::config {

using namespace std::chrono_literals;

enum class JournalKind { sqlite, redis, memory };
enum class LogLevel { debug, info, warning, error };
enum class AfterHours { message, queue, refuse };
enum class RoutingMode { push_accept, push_auto, pull };

// How the file spells the enumerators.
template <class E>
using Spelling = std::pair<E, std::string_view>;
constexpr auto spellings(JournalKind) {
  return std::to_array<Spelling<JournalKind>>(
      {{JournalKind::sqlite, "sqlite"}, {JournalKind::redis, "redis"}, {JournalKind::memory, "memory"}});
}
constexpr auto spellings(LogLevel) {
  return std::to_array<Spelling<LogLevel>>({{LogLevel::debug, "debug"},
                                            {LogLevel::info, "info"},
                                            {LogLevel::warning, "warning"},
                                            {LogLevel::error, "error"}});
}
constexpr auto spellings(AfterHours) {
  return std::to_array<Spelling<AfterHours>>(
      {{AfterHours::message, "message"}, {AfterHours::queue, "queue"}, {AfterHours::refuse, "refuse"}});
}
constexpr auto spellings(RoutingMode) {
  return std::to_array<Spelling<RoutingMode>>(
      {{RoutingMode::push_accept, "push-accept"}, {RoutingMode::push_auto, "push-auto"}, {RoutingMode::pull, "pull"}});
}
template <class E>
constexpr std::string_view to_string(E value) {
  std::string_view word;
  for (const auto& [candidate, spelling] : spellings(E{})) {
    if (candidate == value) word = spelling;
  }
  CHECK(!word.empty());
  return word;
}

struct Listener {
  std::string address;
  std::uint16_t port = 0;  // 0: any free one.
  friend bool operator==(const Listener&, const Listener&) = default;
};

struct Journal {
  std::string path = "data";  // A directory: journal, archive and secrets.
  JournalKind kind = JournalKind::sqlite;
  // Of Redis, if that is the kind.
  std::string address;        // redis://HOST:PORT, unix:///SOCKET or sentinel://HOST:PORT,HOST:PORT/MASTER
  std::string password_file;  // Empty: none is asked for.
  std::uint32_t replicas = 0;
  bool accept_loss = false;
  std::uint32_t keep = 1'000'000;         // Batches.
  std::uint32_t snapshot_every = 20'000;  // Batches; of every kind.
  friend bool operator==(const Journal&, const Journal&) = default;
};

struct Web {
  std::string root = "web/dist";
  friend bool operator==(const Web&, const Web&) = default;
};

struct Origins {
  std::vector<std::string> origins;
  friend bool operator==(const Origins&, const Origins&) = default;
};

struct Proxy {
  bool tls = false;
  std::vector<std::string> trusted;
  friend bool operator==(const Proxy&, const Proxy&) = default;
};

struct Log {
  LogLevel level = LogLevel::info;
  friend bool operator==(const Log&, const Log&) = default;
};

struct Probe {
  bool enabled = true;
  Millis interval = 60s;
  friend bool operator==(const Probe&, const Probe&) = default;
};

struct Limits {
  std::uint32_t frame_bytes_max = 65'536;
  std::uint32_t connections_max = 15'000;
  std::uint32_t connections_per_ip_max = 256;
  std::uint32_t outbox_bytes_max = 262'144;
  std::uint32_t outbox_total_bytes_max = 268'435'456;
  std::uint32_t mailbox_max = 65'536;
  std::uint32_t visitor_messages_per_second = 5;
  std::uint32_t visitor_messages_burst = 20;
  std::uint32_t agent_messages_per_second = 20;
  std::uint32_t agent_messages_burst = 100;
  std::uint32_t frames_per_second = 50;
  std::uint32_t frames_burst = 400;
  std::uint32_t login_attempts_max = 10;
  Millis login_window = 5min;
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct Timeouts {
  Millis hello = 5s;
  Millis handshake = 5s;
  Millis ping = 20s;
  Millis dead = 45s;
  Millis http_idle = 30s;
  Millis drain = 10s;
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

struct Sla {
  Millis first_response = 60s;
  double first_response_goal = 0.80;
  Millis reply = 120s;
  double reply_goal = 0.90;
  friend bool operator==(const Sla&, const Sla&) = default;
};

// Empty means the widget's own words, in the visitor's language.
struct Wording {
  std::string title;
  std::string greeting;
  std::string closed;
  std::string placeholder;
  friend bool operator==(const Wording&, const Wording&) = default;
};

// A class of visitors that is served earlier by its credit.
struct Priority {
  std::string name;  // From the section: [priority.NAME].
  Millis credit = 120s;
  friend bool operator==(const Priority&, const Priority&) = default;
};

// What a chat asks for that starts on a page whose address begins with `prefix`. The first rule that fits counts.
struct PageRule {
  std::string prefix;
  std::string priority;             // The name of a priority; empty: none.
  std::vector<std::string> skills;  // An agent must have them all.
  friend bool operator==(const PageRule&, const PageRule&) = default;
};

struct QueueSettings {
  std::string name;          // From the section: [queue.NAME].
  std::string display_name;  // After loading never empty: the name, unless stated.
  Schedule schedule;         // Timezone, hours and exceptions.
  std::uint32_t min_agents = 1;
  Sla sla;
  AfterHours after_hours = AfterHours::message;
  RoutingMode mode = RoutingMode::push_accept;
  Millis short_abandon = 10s;
  Millis visitor_grace = 60s;
  Millis idle_close = 10min;
  Millis agent_grace = 30s;
  Millis offer_timeout = 20s;
  Millis bar = 60s;
  Millis reoffer = 10s;
  Millis wrapup = 60s;
  Millis reopen_window = 24h;
  Millis closing = 30min;
  std::string overflow;  // The name of another queue; empty: none.
  Millis overflow_after = 120s;
  Millis sticky_hold = 0s;
  Millis max_wait = 0s;  // 0: for ever.
  Wording wording;
  std::vector<PageRule> pages;  // In the order of the file.
  friend bool operator==(const QueueSettings&, const QueueSettings&) = default;
};

struct AgentSettings {
  std::string name;                 // From the section: [agent.NAME]; the login.
  std::string display_name;         // After loading never empty: the name, unless stated.
  std::vector<std::string> queues;  // Each is the name of a queue.
  std::uint32_t capacity = 3;
  bool supervisor = false;
  std::vector<std::string> skills;
  friend bool operator==(const AgentSettings&, const AgentSettings&) = default;
};

struct Settings {
  std::string workspace = "default";
  std::uint32_t threads = 1;
  Listener listen{"0.0.0.0", 8080};
  Listener metrics{"127.0.0.1", 9464};
  Journal journal;
  Web web;
  Origins console;        // Allowed besides the host's own.
  Origins widget{{"*"}};  // Pages that may embed the widget; "*" is any.
  Proxy proxy;
  Log log;
  Probe probe;
  Limits limits;
  Timeouts timeouts;
  std::vector<Priority> priorities;   // In the order of the file.
  std::vector<QueueSettings> queues;  // In the order of the file.
  std::vector<AgentSettings> agents;  // In the order of the file.
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace heti::config

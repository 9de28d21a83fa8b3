#pragma once
// The rules of a workspace. They live in the journal: the config file is a proposal that becomes one settings event.
// Defaults are those of the domain page; durations in milliseconds.
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::core {

using namespace std::chrono_literals;

// Queues and agents of the service's own: nobody's file may name one, and they stand in no number and on no list.
constexpr bool is_reserved(std::string_view name) { return name.starts_with("heti-"); }

enum class AfterHours : std::uint8_t { message = 0, queue = 1, refuse = 2 };
enum class RoutingMode : std::uint8_t { push_accept = 0, push_auto = 1, pull = 2 };

struct Target {
  Millis threshold{};
  std::uint32_t goal_permille = 0;  // 800 = 80 %
  friend bool operator==(const Target&, const Target&) = default;
  auto fields() { return std::tie(threshold, goal_permille); }
};

// A class of visitors that is served earlier: its credit is taken off the place in the line, so nobody starves.
struct Priority {
  std::string name;
  Millis credit{};
  friend bool operator==(const Priority&, const Priority&) = default;
  auto fields() { return std::tie(name, credit); }
};

// A chat that starts on a page whose address begins with `prefix` asks for these skills and has this priority (empty:
// none). The first rule that fits counts.
struct PageRule {
  std::string prefix;
  std::string priority;
  std::vector<std::string> skills;
  friend bool operator==(const PageRule&, const PageRule&) = default;
  auto fields() { return std::tie(prefix, priority, skills); }
};

struct QueueSettings {
  std::string name;
  std::string display_name;
  std::uint32_t min_agents = 1;
  Target first_response{60s, 800};
  Target reply{120s, 900};
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
  // After so much business time in this line, the agents of the queue `overflow` (empty: none) may take it too.
  std::string overflow{};
  Millis overflow_after = 120s;
  // How long a waiting visitor is kept for the agent of last time, who is at work but has no free slot.
  Millis sticky_hold{0};
  // After so much business time without a human the contact is closed with the offer to leave a message; 0: never.
  Millis max_wait{0};
  std::vector<PageRule> pages{};
  // The posted hours. The core never reads them: whoever owns the workspace compiles them into a calendar command.
  Schedule schedule{};
  friend bool operator==(const QueueSettings&, const QueueSettings&) = default;
  auto fields() {
    return std::tie(name, display_name, min_agents, first_response, reply, after_hours, mode, short_abandon,
                    visitor_grace, idle_close, agent_grace, offer_timeout, bar, reoffer, wrapup, reopen_window, closing,
                    overflow, overflow_after, sticky_hold, max_wait, pages, schedule);
  }
};

struct AgentSettings {
  std::string name;  // login
  std::string display_name;
  std::vector<std::string> queues;
  std::uint32_t capacity = 3;
  bool supervisor = false;
  std::vector<std::string> skills{};
  friend bool operator==(const AgentSettings&, const AgentSettings&) = default;
  auto fields() { return std::tie(name, display_name, queues, capacity, supervisor, skills); }
};

struct Settings {
  std::vector<QueueSettings> queues;
  std::vector<AgentSettings> agents;
  std::vector<Priority> priorities{};
  friend bool operator==(const Settings&, const Settings&) = default;
  auto fields() { return std::tie(queues, agents, priorities); }
};

}  // namespace heti::core

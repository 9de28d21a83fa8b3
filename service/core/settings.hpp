#pragma once
// The rules of a workspace. They live in the journal: the config file is a proposal that becomes one settings event.
// Defaults are those of the domain page; durations in milliseconds.
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::core {

using namespace std::chrono_literals;

enum class AfterHours : std::uint8_t { message = 0, queue = 1, refuse = 2 };
enum class RoutingMode : std::uint8_t { push_accept = 0, push_auto = 1, pull = 2 };

struct Target {
  Millis threshold{};
  std::uint32_t goal_permille = 0;  // 800 = 80 %
  friend bool operator==(const Target&, const Target&) = default;
  auto fields() { return std::tie(threshold, goal_permille); }
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
  // The posted hours. The core never reads them: whoever owns the workspace compiles them into a calendar command.
  Schedule schedule{};
  friend bool operator==(const QueueSettings&, const QueueSettings&) = default;
  auto fields() {
    return std::tie(name, display_name, min_agents, first_response, reply, after_hours, mode, short_abandon,
                    visitor_grace, idle_close, agent_grace, offer_timeout, bar, reoffer, wrapup, reopen_window, closing,
                    schedule);
  }
};

struct AgentSettings {
  std::string name;  // login
  std::string display_name;
  std::vector<std::string> queues;
  std::uint32_t capacity = 3;
  bool supervisor = false;
  friend bool operator==(const AgentSettings&, const AgentSettings&) = default;
  auto fields() { return std::tie(name, display_name, queues, capacity, supervisor); }
};

struct Settings {
  std::vector<QueueSettings> queues;
  std::vector<AgentSettings> agents;
  friend bool operator==(const Settings&, const Settings&) = default;
  auto fields() { return std::tie(queues, agents); }
};

}  // namespace heti::core

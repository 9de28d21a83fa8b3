#include "service/propose.hpp"

#include <algorithm>
#include <cmath>

namespace heti {
namespace {

core::AfterHours after_hours(config::AfterHours value) {
  switch (value) {
    case config::AfterHours::message: return core::AfterHours::message;
    case config::AfterHours::queue: return core::AfterHours::queue;
    case config::AfterHours::refuse: return core::AfterHours::refuse;
  }
  return {};
}

core::RoutingMode routing_mode(config::RoutingMode value) {
  switch (value) {
    case config::RoutingMode::push_accept: return core::RoutingMode::push_accept;
    case config::RoutingMode::push_auto: return core::RoutingMode::push_auto;
    case config::RoutingMode::pull: return core::RoutingMode::pull;
  }
  return {};
}

std::uint32_t permille(double ratio) { return static_cast<std::uint32_t>(std::lround(ratio * 1000)); }

std::vector<core::PageRule> pages(const config::QueueSettings& from) {
  std::vector<core::PageRule> rules;
  for (const config::PageRule& page : from.pages) {
    rules.push_back({.prefix = page.prefix, .priority = page.priority, .skills = page.skills});
  }
  return rules;
}

core::QueueSettings queue(const config::QueueSettings& from) {
  return {
      .name = from.name,
      .display_name = from.display_name,
      .min_agents = from.min_agents,
      .first_response = {.threshold = from.sla.first_response, .goal_permille = permille(from.sla.first_response_goal)},
      .reply = {.threshold = from.sla.reply, .goal_permille = permille(from.sla.reply_goal)},
      .after_hours = after_hours(from.after_hours),
      .mode = routing_mode(from.mode),
      .short_abandon = from.short_abandon,
      .visitor_grace = from.visitor_grace,
      .idle_close = from.idle_close,
      .agent_grace = from.agent_grace,
      .offer_timeout = from.offer_timeout,
      .bar = from.bar,
      .reoffer = from.reoffer,
      .wrapup = from.wrapup,
      .reopen_window = from.reopen_window,
      .closing = from.closing,
      .overflow = from.overflow,
      .overflow_after = from.overflow_after,
      .sticky_hold = from.sticky_hold,
      .max_wait = from.max_wait,
      .pages = pages(from),
      .schedule = from.schedule};
}

// Whoever is left behind by a probe that failed goes by itself, soon: a second of grace each, and slots to spare.
core::QueueSettings queue_of_probe() {
  core::QueueSettings queue{.name = std::string(probe_name), .display_name = "Heti's own test"};
  queue.after_hours = core::AfterHours::queue;  // Until its hours are in force, it waits.
  queue.visitor_grace = Millis{1'000};
  queue.agent_grace = Millis{1'000};
  queue.idle_close = Millis{1'000};
  queue.wrapup = Millis{20'000};
  queue.bar = Millis{0};
  queue.reoffer = Millis{1'000};
  queue.short_abandon = Millis{0};
  queue.reopen_window = Millis{30'000};  // Longer than the wrap-up, which ends by the agent's word.
  queue.closing = Millis{0};
  queue.schedule.timezone = "UTC";
  constexpr int midnight = 24 * 60;
  for (auto& day : queue.schedule.weekly) day = {{.open_minute = 0, .close_minute = midnight}};
  return queue;
}

core::AgentSettings agent_of_probe() {
  return {.name = std::string(probe_name),
          .display_name = "Heti's own test",
          .queues = {std::string(probe_name)},
          .capacity = 10};
}

template <class Named>
std::vector<Named> sorted_of(const std::vector<Named>& list, bool own) {
  std::vector<Named> chosen;
  for (const Named& item : list) {
    if (core::is_reserved(item.name) == own) chosen.push_back(item);
  }
  std::sort(chosen.begin(), chosen.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
  return chosen;
}

template <class Named>
bool same(const std::vector<Named>& a, const std::vector<Named>& b, bool own) {
  return sorted_of(a, own) == sorted_of(b, own);
}

template <class Named>
void replace_own(std::vector<Named>& list, const std::vector<Named>& from) {
  std::erase_if(list, [](const Named& item) { return core::is_reserved(item.name); });
  for (const Named& item : from) {
    if (core::is_reserved(item.name)) list.push_back(item);
  }
}

}  // namespace

bool same_rules(const core::Settings& a, const core::Settings& b) {
  auto by_name = [](std::vector<core::Priority> list) {
    std::sort(list.begin(), list.end(), [](const auto& x, const auto& y) { return x.name < y.name; });
    return list;
  };
  return same(a.queues, b.queues, false) && same(a.agents, b.agents, false) &&
         by_name(a.priorities) == by_name(b.priorities);
}

bool same_own_rules(const core::Settings& a, const core::Settings& b) {
  return same(a.queues, b.queues, true) && same(a.agents, b.agents, true);
}

core::Settings with_own_rules(core::Settings rules, const core::Settings& own) {
  replace_own(rules.queues, own.queues);
  replace_own(rules.agents, own.agents);
  return rules;
}

core::Settings proposal(const config::Settings& settings) {
  core::Settings proposed;
  for (const config::QueueSettings& from : settings.queues) proposed.queues.push_back(queue(from));
  for (const config::AgentSettings& from : settings.agents) {
    proposed.agents.push_back({.name = from.name,
                               .display_name = from.display_name,
                               .queues = from.queues,
                               .capacity = from.capacity,
                               .supervisor = from.supervisor,
                               .skills = from.skills});
  }
  for (const config::Priority& from : settings.priorities) {
    proposed.priorities.push_back({.name = from.name, .credit = from.credit});
  }
  if (settings.probe.enabled) {
    proposed.queues.push_back(queue_of_probe());
    proposed.agents.push_back(agent_of_probe());
  }
  return proposed;
}

}  // namespace heti

#include "service/propose.hpp"

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

}  // namespace

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
  return proposed;
}

}  // namespace heti

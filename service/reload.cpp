#include "service/reload.hpp"

#include "config/print.hpp"
#include "service/calendar/compile.hpp"
#include "service/calendars.hpp"

namespace heti {
namespace {

// Of the node itself, these two are looked at each time.
bool read_each_time(const std::string& key) { return key == "log.level" || key == "timeouts.drain"; }

}  // namespace

core::Settings rules_in_force(const core::State& state) {
  core::Settings rules;
  for (const auto& [id, queue] : state.queues) {
    if (!queue.removed) rules.queues.push_back(queue.settings);
  }
  for (const auto& [id, agent] : state.agents) {
    if (!agent.removed) rules.agents.push_back(agent.settings);
  }
  rules.priorities = state.priorities;
  return rules;
}

std::expected<config::Settings, std::vector<std::string>> reloaded(const config::Settings& running,
                                                                   const config::LoadResult& file, Instant now) {
  std::vector<std::string> reasons;
  if (!file) {
    for (const config::Problem& problem : file.error()) reasons.push_back(config::to_string(problem));
    return std::unexpected(std::move(reasons));
  }
  const config::Settings& wanted = file->settings;
  for (const std::string& key : config::differing_keys(running, wanted)) {
    if (!read_each_time(key)) reasons.push_back(key + ": is read at start; restart this node to change it");
  }
  for (const config::QueueSettings& queue : wanted.queues) {
    if (const auto open = calendar::compile(queue.schedule, now, now + compiled_ahead); !open) {
      reasons.push_back("queue." + queue.name + ".hours: " + open.error());
    }
  }
  if (!reasons.empty()) return std::unexpected(std::move(reasons));
  return wanted;
}

}  // namespace heti

#include "service/gateway/consoles.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace heti::gateway {

Consoles::Agents Consoles::of(const core::Seers& seers, const core::State& state) {
  if (std::exchange(is_stale_, false)) sort_by_queue(state);
  Agents agents;
  for (const auto& queue : seers.queues) {
    const auto found = queue ? by_queue_.find(*queue) : by_queue_.end();
    if (found == by_queue_.end()) continue;
    if (agents.empty()) {
      agents = found->second;
    } else if (agents != found->second) {
      Agents both;
      std::ranges::set_union(agents, found->second, std::back_inserter(both));
      agents = std::move(both);
    }
  }
  for (const auto& agent : seers.agents) {
    if (!agent || !contains(*agent) || !state.agents.contains(*agent) || state.agents.at(*agent).removed) continue;
    const auto place = std::ranges::lower_bound(agents, *agent);
    if (place == agents.end() || *place != *agent) agents.insert(place, *agent);
  }
  return agents;
}

void Consoles::sort_by_queue(const core::State& state) {
  by_queue_.clear();
  for (const core::AgentId id : all_) {
    const auto agent = state.agents.find(id);
    if (agent == state.agents.end() || agent->second.removed) continue;
    for (const core::QueueId queue : agent->second.queues) by_queue_[queue].push_back(id);
  }
}

}  // namespace heti::gateway

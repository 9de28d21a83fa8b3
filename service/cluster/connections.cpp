#include "service/cluster/connections.hpp"

namespace heti::cluster {

std::vector<core::Command> ends_of(const core::State& state, std::uint32_t node, std::uint64_t last) {
  std::vector<core::Command> ends;
  const auto is_over = [&](const core::ConnectionId& id) { return id.node == node && id.incarnation <= last; };
  for (const auto& [id, agent] : state.agents) {
    for (const core::ConnectionId& connection : agent.connections) {
      if (is_over(connection)) ends.push_back(core::command::AgentGone{.agent = id, .connection = connection});
    }
  }
  for (const auto& [id, conversation] : state.conversations) {
    for (const core::ConnectionId& connection : conversation.connections) {
      if (!is_over(connection)) continue;
      ends.push_back(core::command::VisitorGone{.visitor = conversation.visitor, .connection = connection});
    }
  }
  return ends;
}

}  // namespace heti::cluster

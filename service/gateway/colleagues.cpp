#include "service/gateway/colleagues.hpp"

#include <algorithm>
#include <utility>

#include "protocol/codec.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

namespace {

protocol::Colleague colleague_of(const core::State& state, const core::Agent& agent) {
  const core::AgentView view = core::view_of(agent);
  protocol::Colleague out{.name = view.name,
                          .display_name = view.display_name,
                          .status = to_wire(view.status),
                          .capacity = view.capacity,
                          .busy = view.busy,
                          .queues = {}};
  for (const core::QueueId id : agent.queues) {
    const auto queue = state.queues.find(id);
    if (queue != state.queues.end() && !queue->second.removed) out.queues.push_back(queue->second.settings.name);
  }
  return out;
}

bool takes_transfers(const core::Queue& queue) { return !queue.removed && !core::is_reserved(queue.settings.name); }

// As the core judges a transfer: a queue that lets contacts wait for the opening takes them at any time.
protocol::TransferQueue transfer_queue_of(const core::Queue& queue) {
  return {.name = queue.settings.name,
          .display_name = queue.settings.display_name,
          .open = queue.open || queue.settings.after_hours == core::AfterHours::queue,
          .staffed = queue.staffed};
}

std::vector<std::string> encoded(protocol::Colleagues all) {
  std::vector<std::string> frames;
  std::vector<protocol::Colleague> agents = std::exchange(all.agents, {});
  for (std::size_t from = 0; from == 0 || from < agents.size(); from += colleagues_per_frame_max) {
    const std::size_t to = std::min(agents.size(), from + colleagues_per_frame_max);
    all.agents.assign(agents.begin() + static_cast<std::ptrdiff_t>(from),
                      agents.begin() + static_cast<std::ptrdiff_t>(to));
    frames.push_back(protocol::encode(all));
    all.queues.clear();  // the first frame has told them
  }
  return frames;
}

}  // namespace

bool lists_colleague(const core::Agent& viewer, const core::Agent& agent) {
  if (agent.removed || core::is_reserved(agent.settings.name)) return false;
  if (viewer.settings.supervisor || viewer.id == agent.id) return true;
  return std::any_of(agent.queues.begin(), agent.queues.end(), [&viewer](core::QueueId queue) {
    return std::find(viewer.queues.begin(), viewer.queues.end(), queue) != viewer.queues.end();
  });
}

std::vector<std::string> colleague_frames(const core::State& state, const std::vector<core::AgentId>& agents,
                                          const std::set<core::QueueId>& queues, bool supervisor) {
  protocol::Colleagues all{.agents = {}, .queues = {}, .supervisor = supervisor};
  for (const core::AgentId id : agents) {
    const auto agent = state.agents.find(id);
    if (agent != state.agents.end() && !agent->second.removed) all.agents.push_back(colleague_of(state, agent->second));
  }
  for (const core::QueueId id : queues) {
    const auto queue = state.queues.find(id);
    if (queue != state.queues.end() && takes_transfers(queue->second)) {
      all.queues.push_back(transfer_queue_of(queue->second));
    }
  }
  if (all.agents.empty() && all.queues.empty()) return {};
  return encoded(std::move(all));
}

std::vector<std::string> first_colleague_frames(const core::State& state, const core::Agent& viewer) {
  protocol::Colleagues all{.agents = {}, .queues = {}, .supervisor = viewer.settings.supervisor};
  for (const auto& [id, agent] : state.agents) {
    if (lists_colleague(viewer, agent)) all.agents.push_back(colleague_of(state, agent));
  }
  for (const auto& [id, queue] : state.queues) {
    if (takes_transfers(queue)) all.queues.push_back(transfer_queue_of(queue));
  }
  return encoded(std::move(all));
}

}  // namespace heti::gateway

#include "service/gateway/directory.hpp"

#include <algorithm>

#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

bool Directory::Agent::serves(std::string_view queue) const {
  return std::find(queues.begin(), queues.end(), queue) != queues.end();
}

const Directory::Queue* Directory::queue(std::string_view name) const {
  const auto found = queues.find(name);
  return found == queues.end() ? nullptr : &found->second;
}

const Directory::Agent* Directory::agent(std::string_view login) const {
  const auto found = agents.find(login);
  return found == agents.end() ? nullptr : &found->second;
}

const Directory::Queue* Directory::public_queue(std::string_view name) const {
  return core::is_reserved(name) ? nullptr : queue(name);
}

const Directory::Agent* Directory::public_agent(std::string_view login) const {
  return core::is_reserved(login) ? nullptr : agent(login);
}

namespace {
protocol::Site::Wording wording_for(const std::string& queue, const Wording& wording) {
  const auto found = wording.find(queue);
  return found == wording.end() ? protocol::Site::Wording{} : found->second;
}
}  // namespace

std::shared_ptr<const Directory> with_wording(const Directory& directory, const Wording& wording) {
  auto changed = std::make_shared<Directory>(directory);
  for (auto& [name, queue] : changed->queues) queue.wording = wording_for(name, wording);
  return changed;
}

std::shared_ptr<const Directory> make_directory(const core::State& state, Instant now, const Wording& wording) {
  auto directory = std::make_shared<Directory>();
  for (const auto& [id, queue] : state.queues) {
    if (queue.removed) continue;
    directory->queues[queue.settings.name] =
        Directory::Queue{.id = id,
                         .state = to_wire(core::view_of(queue, now), protocol::Role::visitor),
                         .wording = wording_for(queue.settings.name, wording)};
  }
  for (const auto& [id, agent] : state.agents) {
    if (agent.removed) continue;
    Directory::Agent entry{.id = id,
                           .login = agent.settings.name,
                           .display_name = agent.settings.display_name,
                           .queues = {},
                           .queue_ids = {},
                           .supervisor = agent.settings.supervisor};
    for (const core::QueueId queue : agent.queues) {
      const auto found = state.queues.find(queue);
      if (found == state.queues.end() || found->second.removed) continue;
      entry.queues.push_back(found->second.settings.name);
      entry.queue_ids.push_back(queue);
    }
    directory->agents[entry.login] = std::move(entry);
  }
  return directory;
}

}  // namespace heti::gateway

#pragma once
// Which agents have a console open, and which of them serve a queue: who is to be told of a chat is looked up, not
// searched among all. Home loop only.
#include <map>
#include <set>
#include <vector>

#include "service/core/ids.hpp"
#include "service/core/state.hpp"
#include "service/core/view.hpp"

namespace heti::gateway {

class Consoles {
 public:
  using Agents = std::vector<core::AgentId>;  // ascending, each once

  void add(core::AgentId agent) { is_stale_ = all_.insert(agent).second || is_stale_; }
  void remove(core::AgentId agent) { is_stale_ = all_.erase(agent) > 0 || is_stale_; }
  // Agents serve other queues, or are gone.
  void settings_changed() { is_stale_ = true; }

  const std::set<core::AgentId>& all() const { return all_; }
  bool contains(core::AgentId agent) const { return all_.contains(agent); }
  // Those of `seers` who have a console.
  Agents of(const core::Seers& seers, const core::State& state);

 private:
  void sort_by_queue(const core::State& state);

  std::set<core::AgentId> all_;
  std::map<core::QueueId, Agents> by_queue_;
  bool is_stale_ = false;
};

}  // namespace heti::gateway

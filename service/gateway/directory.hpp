#pragma once
// Who and what exists, as of a durable state: logins, queue names, and whether queues are open. An immutable snapshot,
// made on the sequencer's loop when one of these changes and handed to every loop, so that hello, login and /api/site
// ask nobody. The widget's words are of the node and not of the state; they ride along.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http.hpp"
#include "protocol/server_frames.hpp"
#include "service/core/state.hpp"

namespace heti::gateway {

// What the widget says in a queue, by the queue's name; absent: empty texts, which mean the widget's own words.
using Wording = std::map<std::string, protocol::Site::Wording, std::less<>>;

struct Directory {
  struct Queue {
    core::QueueId id;
    protocol::QueueState state;  // as visitors see it
    protocol::Site::Wording wording;
  };
  struct Agent {
    core::AgentId id;
    std::string login;
    std::string display_name;
    std::vector<std::string> queues;  // names
    std::vector<core::QueueId> queue_ids;
    bool supervisor = false;

    bool serves(std::string_view queue) const;
  };

  std::map<std::string, Queue, std::less<>> queues;
  std::map<std::string, Agent, std::less<>> agents;

  const Queue* queue(std::string_view name) const;
  const Agent* agent(std::string_view login) const;
  // The same, but of the service's own (core::is_reserved) there is none.
  const Queue* public_queue(std::string_view name) const;
  const Agent* public_agent(std::string_view login) const;
};

// Removed queues and agents are not in it.
std::shared_ptr<const Directory> make_directory(const core::State& state, Instant now, const Wording& wording);
// The same with other words.
std::shared_ptr<const Directory> with_wording(const Directory& directory, const Wording& wording);

}  // namespace heti::gateway

#pragma once
// Ids inside one workspace: integers counted in the state, in order of creation (the last tie-break everywhere).
#include <cstdint>
#include <tuple>

#include "service/base/public_id.hpp"
#include "service/base/strong.hpp"
#include "service/base/time.hpp"

namespace heti::core {

using QueueId = Strong<struct QueueIdTag, std::uint32_t>;
using AgentId = Strong<struct AgentIdTag, std::uint32_t>;
using ConversationId = Strong<struct ConversationIdTag, std::uint64_t>;
using ContactId = Strong<struct ContactIdTag, std::uint64_t>;
using EngagementId = Strong<struct EngagementIdTag, std::uint64_t>;

// One socket somewhere: the node, which start of that node, and its number there. Presence is a set of these, never a
// counter, so a lost node's connections can be ended by name.
struct ConnectionId {
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const ConnectionId&, const ConnectionId&) = default;
  auto fields() { return std::tie(node, incarnation, number); }
};

// A command that another node sent to the owner: which start of that node, and its place in what that start sent, 1, 2,
// 3 ...
struct CommandNumber {
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t n = 0;
  friend auto operator<=>(const CommandNumber&, const CommandNumber&) = default;
  auto fields() { return std::tie(node, incarnation, n); }
};

}  // namespace heti::core

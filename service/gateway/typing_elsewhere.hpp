#pragma once
// That somebody types, for the sockets of other nodes. It goes past the journal: lost is fine, late is not.
#include <string>
#include <tuple>

#include "service/base/public_id.hpp"
#include "service/core/ids.hpp"

namespace heti::gateway {

struct TypingElsewhere {
  PublicId conversation;
  bool from_visitor = false;
  core::AgentId agent;  // who types, if it is not the visitor
  std::string frame;    // encoded
  auto fields() { return std::tie(conversation, from_visitor, agent, frame); }
};

}  // namespace heti::gateway

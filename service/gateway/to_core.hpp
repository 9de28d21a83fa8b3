#pragma once
// Words of the wire into commands of the core. Pure: who sends is known from the socket, never from the frame.
#include <optional>
#include <variant>

#include "protocol/client_frames.hpp"
#include "service/core/command.hpp"

namespace heti::gateway {

// Who sits at the socket, after a good hello.
struct Self {
  protocol::Role role = protocol::Role::visitor;
  PublicId visitor;
  core::QueueId queue;
  core::AgentId agent;
  core::ConnectionId connection;

  core::Sender sender() const {
    return role == protocol::Role::visitor ? core::Sender::of_visitor(visitor) : core::Sender::of_agent(agent);
  }
};

core::Command hello_command(const Self& self);
core::Command gone_command(const Self& self);

// `fresh` becomes the conversation's public id if one is started.
core::Command to_core(const Self& self, const protocol::Start& frame, PublicId fresh);
core::Command to_core(const Self& self, const protocol::Open& frame);
core::Command to_core(const Self& self, protocol::Post frame);
core::Command to_core(const Self& self, const protocol::Close& frame);
core::Command to_core(const Self& self, const protocol::Rate& frame);
core::Command to_core(const Self& self, const protocol::Status& frame);
core::Command to_core(const Self& self, const protocol::Accept& frame);
core::Command to_core(const Self& self, const protocol::Decline& frame);
core::Command to_core(const Self& self, const protocol::Done& frame);
// `queue` and `agent` are what the names in the frame mean; nothing where it names none.
core::Command to_core(const Self& self, const protocol::Transfer& frame, std::optional<core::QueueId> queue,
                      std::optional<core::AgentId> agent);
core::Command to_core(const Self& self, const protocol::SetStatus& frame, core::AgentId agent);

}  // namespace heti::gateway

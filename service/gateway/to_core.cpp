#include "service/gateway/to_core.hpp"

#include <cstdlib>

namespace heti::gateway {

namespace command = core::command;

namespace {

core::AgentStatus status_of(protocol::AgentStatus status) {
  switch (status) {
    case protocol::AgentStatus::offline: return core::AgentStatus::offline;
    case protocol::AgentStatus::away: return core::AgentStatus::away;
    case protocol::AgentStatus::online: return core::AgentStatus::online;
    case protocol::AgentStatus::finishing: return core::AgentStatus::finishing;
    case protocol::AgentStatus::lost: return core::AgentStatus::lost;
  }
  std::abort();
}

}  // namespace

core::Command hello_command(const Self& self) {
  if (self.role == protocol::Role::agent) {
    return command::AgentHello{.agent = self.agent, .connection = self.connection};
  }
  return command::VisitorHello{.visitor = self.visitor, .queue = self.queue, .connection = self.connection};
}

core::Command gone_command(const Self& self) {
  if (self.role == protocol::Role::agent) {
    return command::AgentGone{.agent = self.agent, .connection = self.connection};
  }
  return command::VisitorGone{.visitor = self.visitor, .connection = self.connection};
}

core::Command to_core(const Self& self, const protocol::Start& frame, PublicId fresh) {
  return command::Start{.visitor = self.visitor,
                        .conversation = fresh,
                        .queue = self.queue,
                        .connection = self.connection,
                        .facts = {.name = frame.name.value_or(""),
                                  .email = frame.email.value_or(""),
                                  .page_url = frame.page_url.value_or(""),
                                  .page_title = frame.page_title.value_or("")}};
}

core::Command to_core(const Self& self, const protocol::Open& frame) {
  return command::Open{.sender = self.sender(), .conversation = frame.conversation, .after = frame.after};
}

core::Command to_core(const Self& self, protocol::Post frame) {
  return command::Post{.sender = self.sender(),
                       .conversation = frame.conversation,
                       .author = self.role == protocol::Role::visitor ? core::Author::visitor : core::Author::agent,
                       .stream = std::move(frame.stream),
                       .n = frame.n,
                       .text = std::move(frame.text)};
}

core::Command to_core(const Self& self, const protocol::Close& frame) {
  return command::Close{.sender = self.sender(), .conversation = frame.conversation, .spam = frame.spam};
}

core::Command to_core(const Self& self, const protocol::Rate& frame) {
  return command::Rate{.visitor = self.visitor,
                       .conversation = frame.conversation,
                       .score = static_cast<std::uint32_t>(frame.score),
                       .comment = frame.comment.value_or("")};
}

core::Command to_core(const Self& self, const protocol::Status& frame) {
  return command::SetStatus{.agent = self.agent, .status = status_of(frame.status)};
}

core::Command to_core(const Self& self, const protocol::Accept& frame) {
  return command::Accept{.agent = self.agent, .conversation = frame.conversation};
}

core::Command to_core(const Self& self, const protocol::Decline& frame) {
  return command::Decline{.agent = self.agent, .conversation = frame.conversation};
}

core::Command to_core(const Self& self, const protocol::Done& frame) {
  return command::FinishWrapUp{.agent = self.agent, .conversation = frame.conversation};
}

core::Command to_core(const Self& self, const protocol::Transfer& frame, std::optional<core::QueueId> queue,
                      std::optional<core::AgentId> agent) {
  return command::Transfer{
      .agent = self.agent, .conversation = frame.conversation, .to_queue = queue, .to_agent = agent};
}

core::Command to_core(const Self& self, const protocol::SetStatus& frame, core::AgentId agent) {
  return command::SetStatus{.agent = agent, .status = status_of(frame.status), .by = self.agent};
}

}  // namespace heti::gateway

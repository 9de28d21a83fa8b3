#pragma once
// Views of the core into words of the wire. Pure. `audience` decides which fields are there: what a visitor may not see
// is not filled in, so that it cannot be sent by mistake.
#include <string>
#include <string_view>

#include "protocol/http.hpp"
#include "protocol/server_frames.hpp"
#include "service/archive/archive.hpp"
#include "service/core/answer.hpp"
#include "service/core/view.hpp"

namespace heti::gateway {

protocol::ConversationState to_wire(core::ConversationState state);
protocol::AgentStatus to_wire(core::AgentStatus status);
protocol::StatusReason to_wire(core::StatusReason reason);
protocol::RefusalCode to_wire(core::Refusal refusal);

protocol::QueueState to_wire(const core::QueueView& view, protocol::Role audience);
protocol::Entry to_wire(core::Entry entry);
std::vector<protocol::Entry> to_wire(const std::vector<core::Entry>& entries);
protocol::ConversationView to_wire(const core::ConversationView& view, protocol::Role audience);
protocol::Chat to_wire(const core::ChatView& view);
protocol::AgentChanged to_wire(const core::AgentView& view);

// The visitor's `state` frame out of the same view that `opened` is made of.
protocol::StateChanged state_frame(const core::ConversationView& view);
protocol::VisitorWelcome visitor_welcome(const core::WelcomeView& view, std::string token, PublicId visitor,
                                         std::string_view history, Instant now);
protocol::AgentWelcome agent_welcome(const core::ConsoleView& view, std::string_view history, Instant now);

// ---- Out of the archive (to_wire_archive.cpp).

protocol::ClosedChat closed_chat(const archive::Record& record, Instant now);
protocol::ConversationView conversation_of(const archive::Record& record);

// ---- Bounded lists.

// The newest of `entries` whose texts together stay within `bytes_max`, at least one: a client fetches older ones.
std::vector<core::Entry> newest_within(std::vector<core::Entry> entries, std::size_t bytes_max);

}  // namespace heti::gateway

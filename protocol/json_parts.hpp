#pragma once
// The shared parts of frames and HTTP bodies as JSON text.
#include <string>

#include "protocol/json_text.hpp"
#include "protocol/server_frames.hpp"

namespace heti::protocol {

void append_json(TextBuffer& out, const QueueState& part);
void append_json(TextBuffer& out, const Entry& part);
void append_json(TextBuffer& out, const VisitorView& part);
void append_json(TextBuffer& out, const ConversationView& part);
void append_json(TextBuffer& out, const Wait& part);
void append_json(TextBuffer& out, const Chat& part);
void append_json(TextBuffer& out, const Chat::Visitor& part);
void append_json(TextBuffer& out, const Author& part);
void append_json(TextBuffer& out, const VisitorWelcome::Present& part);
void append_json(TextBuffer& out, const AgentWelcome::Self& part);
void append_json(TextBuffer& out, const Colleague& part);
void append_json(TextBuffer& out, const TransferQueue& part);

// Fields shared by Chat and ClosedChat; the caller ends the object.
Fields chat_fields(TextBuffer& out, const Chat& part);

}  // namespace heti::protocol

#pragma once
// The closed sets of words on the wire. to_string() gives the spelling of the frame; a word that is not listed here is
// never sent and never accepted.
#include <cstdint>
#include <string_view>

namespace heti::protocol {

// Who sits at the other end of a socket. The path tells it: /ws/visitor or /ws/agent.
enum class Role : std::uint8_t { visitor, agent };

enum class ConversationState : std::uint8_t {
  fresh,  // "new": started, nothing said yet
  queued,
  offered,
  assigned,
  wrapup,
  closed,
  final,
  offline_message,
};

enum class AuthorRole : std::uint8_t {
  visitor,
  agent,
  bot,
  automatic,  // "auto": sent by a rule
  system,
};

enum class ClosedBy : std::uint8_t { visitor, agent, system };
enum class CloseReason : std::uint8_t { closed, abandoned, queue_closed, spam, timeout };

// `finishing`: no new chats, the present ones go on. `lost`: all of the agent's sockets are gone, the grace runs.
enum class AgentStatus : std::uint8_t { offline, away, online, finishing, lost };

// Why an agent has the status.
enum class StatusReason : std::uint8_t {
  chosen,
  connected,
  disconnected,
  reconnected,
  grace_over,
  offers_missed,
  service,  // Heti itself was down
  removed,
  last_chat_closed,
  supervisor,  // somebody else said so
};

// What becomes of a contact while the queue is closed.
enum class AfterHours : std::uint8_t { message, queue, refuse };

// Which promise the running wait is measured against.
enum class Sla : std::uint8_t { first_response, reply };

std::string_view to_string(Role value);
std::string_view to_string(ConversationState value);
std::string_view to_string(AuthorRole value);
std::string_view to_string(ClosedBy value);
std::string_view to_string(CloseReason value);
std::string_view to_string(AgentStatus value);
std::string_view to_string(StatusReason value);
std::string_view to_string(AfterHours value);
std::string_view to_string(Sla value);

}  // namespace heti::protocol

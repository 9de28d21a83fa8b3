#pragma once
// What a screen shows, computed from the state: the answers to hello, open and start, and what is pushed when a chat
// changed. Views name the world's ids and names only; who may see which field is the wire's business (protocol/).
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/core/event.hpp"
#include "service/core/ids.hpp"

namespace heti::core {

struct State;
struct Conversation;
struct Agent;
struct Queue;

enum class EntryKind : std::uint8_t { message = 0, assigned = 1, left = 2, closed = 3, rated = 4, reopened = 5 };

// One line of a conversation that the visitor may see; seq runs 1, 2, 3 ... without a gap, the same for everybody.
struct Entry {
  std::uint64_t seq = 0;
  Instant at;
  EntryKind kind{};
  Author author{};     // message
  std::string name;    // display name of the agent: message, assigned, left
  std::string text;    // message; comment of a rating is not part of the entry
  std::string stream;  // message: the sender's own numbering
  std::uint64_t n = 0;
  ClosedBy by{};            // closed
  CloseReason reason{};     // closed
  std::uint32_t score = 0;  // rated
  friend bool operator==(const Entry&, const Entry&) = default;
  auto fields() { return std::tie(seq, at, kind, author, name, text, stream, n, by, reason, score); }
};

struct QueueView {
  QueueId id;
  std::string name;
  std::string display_name;
  bool open = false;
  bool closing = false;
  std::optional<Instant> next_change;
  AfterHours after_hours{};
  std::uint32_t waiting = 0;
  std::uint32_t staffed = 0;
  friend bool operator==(const QueueView&, const QueueView&) = default;
};

struct AgentView {
  AgentId id;
  std::string name;
  std::string display_name;
  AgentStatus status{};
  StatusReason reason{};
  std::uint32_t capacity = 0;
  std::uint32_t busy = 0;
  friend bool operator==(const AgentView&, const AgentView&) = default;
};

// The oldest promise that is open: somebody waits for an answer.
struct WaitView {
  Sla sla{};
  Millis elapsed{};  // business time at `as_of`
  bool running = false;
  Millis target{};
  bool breached = false;
};

// A chat as it stands in the console's list.
struct ChatView {
  ConversationId id;
  PublicId conversation;
  QueueId queue_id;  // whose line it is in, or was assigned from
  std::string queue;
  ConversationState state{};
  PublicId visitor;
  VisitorFacts facts;
  std::optional<AgentId> agent;  // holds it, also in wrap-up
  std::string agent_name;        // login
  std::string agent_display_name;
  std::optional<AgentId> offered_to;
  std::string offered_to_name;
  std::optional<Millis> offer_left;
  std::string preview;  // start of the last message, cut at a character
  Author preview_author{};
  std::uint64_t last_seq = 0;
  bool visitor_online = false;
  Instant created;
  std::optional<WaitView> wait;
  Instant as_of;
  std::uint32_t rating = 0;  // 0: none
};

// A conversation opened by somebody who may see it.
struct ConversationView {
  ConversationId id;
  PublicId conversation;
  QueueId queue_id;
  std::string queue;
  ConversationState state{};
  std::uint64_t last_seq = 0;
  std::string agent_display_name;  // empty: nobody yet
  bool visitor_online = false;
  bool agent_online = false;
  std::uint32_t rating = 0;
  bool can_rate = false;
  std::optional<std::uint32_t> position;  // while it waits: 1 is next
  PublicId visitor;
  VisitorFacts facts;
  std::vector<Entry> entries;
};

struct WelcomeView {
  QueueView queue;
  std::optional<ConversationView> conversation;  // present, not final; without entries
};

struct ConsoleView {
  AgentView agent;
  std::vector<QueueView> queues;
  std::vector<ChatView> chats;
};

// Who may see a conversation: whoever serves one of these queues, and these agents.
struct Seers {
  std::array<std::optional<QueueId>, 3> queues{};
  std::array<std::optional<AgentId>, 2> agents{};
  friend bool operator==(const Seers&, const Seers&) = default;
};

QueueView view_of(const Queue& queue, Instant now);
AgentView view_of(const Agent& agent);
ChatView chat_view(const State& state, const Conversation& conversation, Instant now);
// Entries with seq > after, as far as memory holds them (all of a live conversation's last ones, none of a closed one).
ConversationView conversation_view(const State& state, const Conversation& conversation, std::uint64_t after);
ConsoleView console_view(const State& state, const Agent& agent, Instant now);
// Whose consoles list the conversation.
Seers listed_for(const Conversation& conversation);

// The entry that an event adds to a conversation, if the visitor may see it. `state` has evolved past the event.
std::optional<std::pair<ConversationId, Entry>> entry_of(const State& state, const Event& event);

}  // namespace heti::core

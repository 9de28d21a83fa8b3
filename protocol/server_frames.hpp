#pragma once
// What the server sends, as plain values. Who may see which field is written in the schemas (x-audience); a field with
// "agents" beside it stays empty in what a visitor receives.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/close_code.hpp"
#include "protocol/words.hpp"
#include "service/base/public_id.hpp"
#include "service/base/time.hpp"

namespace heti::protocol {

// ---- Shared parts

struct QueueState {
  std::string name;
  std::string display_name;
  bool open = false;
  bool closing = false;  // closed by its hours, yet those who wait are still served
  std::optional<Instant> next_change;
  AfterHours after_hours = AfterHours::message;
  std::optional<std::uint64_t> waiting;  // agents
  std::optional<std::uint64_t> staffed;  // agents
};

struct Author {
  AuthorRole role = AuthorRole::visitor;
  std::optional<std::string> name;
};

struct MessageEntry {
  Author author;
  std::string text;
  std::optional<std::string> stream;  // with n: by these its sender knows it
  std::optional<std::uint64_t> n;
};
struct AssignedEntry {
  std::string agent;  // display name
};
// The agent was lost, or the chat was handed on.
struct LeftEntry {
  std::string agent;  // display name
};
struct ClosedEntry {
  ClosedBy by = ClosedBy::system;
  CloseReason reason = CloseReason::closed;
};
struct RatedEntry {
  std::uint64_t score = 0;
};
struct ReopenedEntry {};

using EntryBody = std::variant<MessageEntry, AssignedEntry, LeftEntry, ClosedEntry, RatedEntry, ReopenedEntry>;

// One line of a conversation. `seq` runs 1, 2, 3 ... without gaps, the same for every participant.
struct Entry {
  std::uint64_t seq = 0;
  Instant at;
  EntryBody body;
};

// Who the visitor claims to be.
struct VisitorView {
  PublicId id;
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::optional<std::string> page_url;
  std::optional<std::string> page_title;
};

struct ConversationView {
  PublicId id;
  std::string queue;
  ConversationState state = ConversationState::fresh;
  std::uint64_t last_seq = 0;
  std::optional<std::string> agent;  // display name
  bool visitor_online = false;
  bool agent_online = false;
  std::optional<std::uint64_t> position;  // while queued; 1 is next
  std::optional<std::uint64_t> rating;
  bool can_rate = false;
  std::optional<VisitorView> visitor;  // agents
};

// Somebody waits for an answer.
struct Wait {
  Sla sla = Sla::first_response;
  Millis elapsed{};     // business time at as_of of the chat
  bool running = true;  // false: the queue is closed, or the visitor is away
  Millis target{};
  bool breached = false;
};

// One line in the console's list.
struct Chat {
  struct Visitor {
    PublicId id;
    std::optional<std::string> name;
    std::optional<std::string> page_title;
  };
  PublicId conversation;
  std::string queue;
  ConversationState state = ConversationState::fresh;
  Visitor visitor;
  std::optional<std::string> agent;       // login name
  std::optional<std::string> agent_name;  // display name
  std::optional<std::string> offered_to;  // login name
  std::optional<Millis> offer;            // what remains of the offer at as_of
  std::optional<std::string> preview;     // of the last message, at most 120 characters: preview_of()
  std::optional<AuthorRole> preview_role;
  std::uint64_t last_seq = 0;
  bool visitor_online = false;
  Instant created;
  std::optional<Wait> wait;
  Instant as_of;
  std::optional<std::uint64_t> rating;
};

// ---- Frames

struct VisitorWelcome {
  struct Present {
    PublicId id;
    ConversationState state = ConversationState::fresh;
    std::uint64_t last_seq = 0;
  };
  std::string token;
  PublicId visitor;
  std::string history;
  Instant server_time;
  QueueState queue;
  std::optional<Present> conversation;
  std::optional<std::string> name;
  std::uint64_t clock_speed = 1;  // in the frame only when it is not 1
};

struct AgentWelcome {
  struct Self {
    std::string name;  // login
    std::string display_name;
    AgentStatus status = AgentStatus::away;
    std::optional<StatusReason> reason;
    std::uint64_t capacity = 0;
    std::uint64_t busy = 0;
  };
  std::string history;
  Instant server_time;
  Self agent;
  std::vector<QueueState> queues;
  std::vector<Chat> chats;
  std::uint64_t clock_speed = 1;  // in the frame only when it is not 1
};

struct Opened {
  std::uint64_t ref = 0;
  ConversationView conversation;
  std::vector<Entry> entries;
};

struct Page {
  std::uint64_t ref = 0;
  PublicId conversation;
  std::vector<Entry> entries;
};

struct EntryAdded {
  PublicId conversation;
  Entry entry;
};

struct Acked {
  PublicId conversation;
  std::string stream;
  std::uint64_t n = 0;
  std::uint64_t seq = 0;
};

struct Ok {
  std::uint64_t ref = 0;
  std::optional<Instant> at;  // when it was done
};

// Which wish was turned down: one with a ref, or a post.
struct PostKey {
  PublicId conversation;
  std::string stream;
  std::uint64_t n = 0;
};
struct Refused {
  RefusalCode code = RefusalCode::try_later;
  std::variant<std::uint64_t, PostKey> what;  // ref, or the post
  std::optional<std::uint64_t> resend_from;   // with RefusalCode::resend_from
  std::optional<Millis> retry_after;
};

// To the visitor whenever one of these changes.
struct StateChanged {
  PublicId conversation;
  ConversationState state = ConversationState::fresh;
  std::optional<std::string> agent;  // display name
  bool visitor_online = false;
  bool agent_online = false;
  bool can_rate = false;
  std::optional<std::uint64_t> position;  // while queued; 1 is next
};

struct ChatChanged {
  Chat chat;
};

struct ChatGone {
  PublicId conversation;
};

struct AgentChanged {
  AgentStatus status = AgentStatus::away;
  std::optional<StatusReason> reason;
  std::uint64_t capacity = 0;
  std::uint64_t busy = 0;
};

struct QueueChanged {
  QueueState queue;
};

struct Colleague {
  std::string name;  // login
  std::string display_name;
  AgentStatus status = AgentStatus::offline;
  std::uint64_t capacity = 0;
  std::uint64_t busy = 0;
  std::vector<std::string> queues;  // names
};

struct TransferQueue {
  std::string name;
  std::string display_name;
  bool open = false;          // takes chats now
  std::uint64_t staffed = 0;  // agents online for it, busy or not
};

// To agents: all of it after welcome, then what changed.
struct Colleagues {
  std::vector<Colleague> agents;
  std::vector<TransferQueue> queues;
  bool supervisor = false;  // the receiver may set the status of these agents
};

struct PeerTyping {
  PublicId conversation;
  Role role = Role::visitor;
  std::optional<std::string> name;
};

struct Failed {
  ErrorCode code = ErrorCode::bad_frame;
};

using ServerFrame =
    std::variant<VisitorWelcome, AgentWelcome, Opened, Page, EntryAdded, Acked, Ok, Refused, StateChanged, ChatChanged,
                 ChatGone, AgentChanged, QueueChanged, Colleagues, PeerTyping, Failed>;

}  // namespace heti::protocol

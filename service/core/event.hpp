#pragma once
// Facts. The journal stores events and only events; what evolve() does with one version of one event is frozen. How an
// event is numbered in the journal, and how an old version becomes a present one on reading, is in stored_event.hpp.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "service/base/interval.hpp"
#include "service/core/ids.hpp"
#include "service/core/settings.hpp"

namespace heti::core {

enum class AgentStatus : std::uint8_t { offline = 0, away = 1, online = 2, finishing = 3, lost = 4 };
enum class ConversationState : std::uint8_t {
  fresh = 0,  // NEW: started, nothing said yet
  queued = 1,
  offered = 2,
  assigned = 3,
  wrapup = 4,
  closed = 5,
  final = 6,
  offline_message = 7,
};
enum class Stage : std::uint8_t { first = 0, reopen = 1, transfer = 2, requeue = 3, outbound = 4 };
enum class Sla : std::uint8_t { first_response = 0, reply = 1 };
enum class Verdict : std::uint8_t { good = 0, bad = 1, excluded = 2 };
// `outbound`: begun by an agent, so it was never offered and counts as none of the others.
enum class Outcome : std::uint8_t { answered = 0, abandoned = 1, missed = 2, spam = 3, outbound = 4 };
// Class of an abandonment, reason of a miss, or what an answered contact left open.
enum class Widened : std::uint8_t { overflow = 0, sticky_hold = 1 };
enum class EndReason : std::uint8_t {
  none = 0,
  abandoned_short = 1,
  abandoned_within = 2,
  abandoned_after = 3,
  queue_closed = 4,
  timeout = 5,
  agent_closed = 6,
  error = 7,
  unanswered_turn = 8,
};
enum class ClosedBy : std::uint8_t { visitor = 0, agent = 1, system = 2 };
enum class CloseReason : std::uint8_t { closed = 0, abandoned = 1, queue_closed = 2, spam = 3, timeout = 4 };
enum class Author : std::uint8_t { visitor = 0, agent = 1, bot = 2, automatic = 3, system = 4, note = 5 };
enum class OfferEnd : std::uint8_t {
  accepted = 0,
  declined = 1,
  expired = 2,
  rescinded = 3,  // the visitor left, the agent went away, or the conversation closed
  service = 4,    // we were down; counts against nobody
};
// Which rule chose the agent.
enum class RoutedBy : std::uint8_t {
  only_one = 0,
  least_busy = 1,
  longest_idle = 2,
  lowest_id = 3,
  sticky = 4,
  claimed = 5,
  barred_but_only_one = 6,
  transferred = 7,  // a colleague chose
  initiated = 8,    // the agent began the chat
};
enum class StatusReason : std::uint8_t {
  chosen = 0,
  connected = 1,
  disconnected = 2,
  reconnected = 3,
  grace_over = 4,
  offers_missed = 5,
  service = 6,
  removed = 7,
  last_chat_closed = 8,
  supervisor = 9,  // somebody else said so
};

// What the sender of a command on another node is told; `shown`: a view of the state right after this event.
enum class Told : std::uint8_t { done = 0, posted = 1, refused = 2, shown = 3 };

// Who the visitor says to be and where the chat began: claimed, never verified, always plain text.
struct VisitorFacts {
  std::string name;
  std::string email;
  std::string page_url;
  std::string page_title;
  friend bool operator==(const VisitorFacts&, const VisitorFacts&) = default;
  auto fields() { return std::tie(name, email, page_url, page_title); }
};

namespace event {

struct SettingsApplied {
  std::uint64_t version = 0;
  Settings settings;
  auto fields() { return std::tie(version, settings); }
};
struct CalendarSet {
  QueueId queue;
  Instant effective_from;
  std::vector<Interval> open;
  std::string tzdata_version;
  auto fields() { return std::tie(queue, effective_from, open, tzdata_version); }
};
// Stamped with the last instant at which something was decided or the service was known alive, so that what became due
// meanwhile is stamped after it. The service was down from `down_from` to `resumed_at`: that is later than the stamp if
// a start before this one decided nothing else.
struct ServiceResumed {
  Instant resumed_at;
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  Instant down_from;
  auto fields() { return std::tie(resumed_at, node, incarnation, down_from); }
};
struct QueueOpened {
  QueueId queue;
  auto fields() { return std::tie(queue); }
};
struct QueueClosed {
  QueueId queue;
  auto fields() { return std::tie(queue); }
};
// After this nobody is served from yesterday's line.
struct QueueClosingEnded {
  QueueId queue;
  auto fields() { return std::tie(queue); }
};
struct AgentConnected {
  AgentId agent;
  ConnectionId connection;
  auto fields() { return std::tie(agent, connection); }
};
struct AgentDisconnected {
  AgentId agent;
  ConnectionId connection;
  auto fields() { return std::tie(agent, connection); }
};
struct AgentStatusChanged {
  AgentId agent;
  AgentStatus from{};
  AgentStatus to{};
  StatusReason reason{};
  auto fields() { return std::tie(agent, from, to, reason); }
};
struct ConversationStarted {
  ConversationId conversation;
  PublicId public_id;
  PublicId visitor;
  QueueId queue;
  VisitorFacts facts;
  bool bot_first = false;
  std::string priority;             // empty: none
  Millis credit{};                  // of that priority, as it was then
  std::vector<std::string> skills;  // asked of the agent; sorted
  auto fields() {
    return std::tie(conversation, public_id, visitor, queue, facts, bot_first, priority, credit, skills);
  }
};
// The queue is closed: what is written here is a message to be answered later, outside every clock.
struct OfflineMessageOpened {
  ConversationId conversation;
  auto fields() { return std::tie(conversation); }
};
struct VisitorConnected {
  ConversationId conversation;
  ConnectionId connection;
  auto fields() { return std::tie(conversation, connection); }
};
struct VisitorDisconnected {
  ConversationId conversation;
  ConnectionId connection;
  auto fields() { return std::tie(conversation, connection); }
};
struct MessagePosted {
  ConversationId conversation;
  std::uint64_t seq = 0;  // 0 for notes: what the visitor may not see carries no number
  Author author{};
  AgentId agent;       // when author is agent or note
  std::string stream;  // the client's own numbering
  std::uint64_t n = 0;
  std::uint64_t body_hash = 0;
  std::string text;
  auto fields() { return std::tie(conversation, seq, author, agent, stream, n, body_hash, text); }
};
// A demand for a human begins.
struct ContactQueued {
  ConversationId conversation;
  ContactId contact;
  Stage stage{};          // first or reopen
  std::uint64_t seq = 0;  // of the "reopened" line, 0 for a first contact
  Instant key;            // place in the line: now, less the credit of its priority
  auto fields() { return std::tie(conversation, contact, stage, seq, key); }
};
// An agent begins a chat and holds it: nobody waits, so no first response is promised.
struct ContactInitiated {
  ConversationId conversation;
  ContactId contact;
  EngagementId engagement;
  AgentId agent;
  std::uint64_t seq = 0;
  auto fields() { return std::tie(conversation, contact, engagement, agent, seq); }
};
// More agents may take a waiting contact: those of `queue` (overflow), or others than the agent of last time.
struct RoutingWidened {
  ConversationId conversation;
  Widened why{};
  QueueId queue;
  auto fields() { return std::tie(conversation, why, queue); }
};
struct ChatOffered {
  ConversationId conversation;
  AgentId agent;
  Instant due;
  RoutedBy rule{};
  auto fields() { return std::tie(conversation, agent, due, rule); }
};
struct OfferEnded {
  ConversationId conversation;
  AgentId agent;
  OfferEnd result{};
  auto fields() { return std::tie(conversation, agent, result); }
};
// The wait sample: `wait` business milliseconds of one queue stay.
struct ChatAssigned {
  ConversationId conversation;
  std::uint64_t seq = 0;
  EngagementId engagement;
  AgentId agent;
  Stage stage{};
  Millis wait{};
  RoutedBy rule{};
  auto fields() { return std::tie(conversation, seq, engagement, agent, stage, wait, rule); }
};
// The engagement ended without the contact ending: back to a line with the old key.
struct ChatRequeued {
  ConversationId conversation;
  std::uint64_t seq = 0;
  AgentId agent;
  Stage stage{};                 // transfer or requeue
  Instant since;                 // where this queue stay starts: the transfer, or the disconnect
  std::optional<QueueId> queue;  // transferred to the line of another queue; the promises stay those of the first
  Millis handle{};               // of the engagement that ended: accept to `since`, wall clock
  Millis focus{};                // its slot up to now, each millisecond divided by the chats that the agent held in it
  auto fields() { return std::tie(conversation, seq, agent, stage, since, queue, handle, focus); }
};
struct FirstResponseGiven {
  ConversationId conversation;
  ContactId contact;
  Millis time{};
  auto fields() { return std::tie(conversation, contact, time); }
};
struct ReplyGiven {
  ConversationId conversation;
  ContactId contact;
  Millis time{};
  auto fields() { return std::tie(conversation, contact, time); }
};
struct VerdictGiven {
  ConversationId conversation;
  ContactId contact;
  Sla sla{};
  Verdict verdict{};
  Instant clock_started;
  Millis elapsed{};  // business time at the verdict
  auto fields() { return std::tie(conversation, contact, sla, verdict, clock_started, elapsed); }
};
struct ContactEnded {
  ConversationId conversation;
  ContactId contact;
  Outcome outcome{};
  EndReason reason{};
  Millis waited{};  // business time from t_enq to the end (to the disconnect for the abandoned)
  auto fields() { return std::tie(conversation, contact, outcome, reason, waited); }
};
// The conversation is over for the visitor; the agent's slot may still be busy with wrap-up.
struct ChatClosed {
  ConversationId conversation;
  std::uint64_t seq = 0;
  ClosedBy by{};
  CloseReason reason{};
  bool wrapup = false;
  Instant wrapup_due;
  auto fields() { return std::tie(conversation, seq, by, reason, wrapup, wrapup_due); }
};
// Handle time: accept to the end of wrap-up, wall clock.
struct WrapUpEnded {
  AgentId agent;
  EngagementId engagement;
  ConversationId conversation;
  Millis handle{};
  Millis wrapup{};
  Millis focus{};  // handle time, each millisecond divided by the chats that the agent held in it
  auto fields() { return std::tie(agent, engagement, conversation, handle, wrapup, focus); }
};
struct ConversationFinal {
  ConversationId conversation;
  Millis resolution{};  // business time from the first t_enq to the last close
  auto fields() { return std::tie(conversation, resolution); }
};
struct RatingGiven {
  ConversationId conversation;
  std::uint64_t seq = 0;
  std::uint32_t score = 0;  // CSAT, 1-5
  std::string comment;
  auto fields() { return std::tie(conversation, seq, score, comment); }
};
// A barred agent may be offered the contact again, at first (`softened`) only if nobody else staffs the queue.
struct BarEnded {
  ConversationId conversation;
  AgentId agent;
  bool softened = false;
  auto fields() { return std::tie(conversation, agent, softened); }
};

// The visitor says who they are, again or for the first time. The facts as they stand now, whole.
struct VisitorFactsChanged {
  ConversationId conversation;
  VisitorFacts facts;
  auto fields() { return std::tie(conversation, facts); }
};

// A command of another node was decided, here between its own events and what follows from them.
struct CommandDecided {
  CommandNumber number;
  Told told{};
  std::uint64_t code = 0;  // of a refusal
  std::uint64_t n = 0;     // posted: the message; refused: the one that is expected instead
  std::uint64_t seq = 0;   // posted
  auto fields() { return std::tie(number, told, code, n, seq); }
};

// From here on the journal may hold what builds of a lower level cannot read (stored_event.hpp).
struct FeatureLevelRaised {
  std::uint64_t level = 0;
  auto fields() { return std::tie(level); }
};

}  // namespace event

using EventBody =
    std::variant<event::SettingsApplied, event::CalendarSet, event::ServiceResumed, event::QueueOpened,
                 event::QueueClosed, event::QueueClosingEnded, event::AgentConnected, event::AgentDisconnected,
                 event::AgentStatusChanged, event::ConversationStarted, event::VisitorConnected,
                 event::VisitorDisconnected, event::MessagePosted, event::ContactQueued, event::ContactInitiated,
                 event::RoutingWidened, event::ChatOffered, event::OfferEnded, event::ChatAssigned, event::ChatRequeued,
                 event::FirstResponseGiven, event::ReplyGiven, event::VerdictGiven, event::ContactEnded,
                 event::ChatClosed, event::WrapUpEnded, event::ConversationFinal, event::RatingGiven, event::BarEnded,
                 event::OfflineMessageOpened, event::VisitorFactsChanged, event::CommandDecided,
                 event::FeatureLevelRaised>;

struct Event {
  Instant at;
  EventBody body;
  auto fields() { return std::tie(at, body); }
};

// "message.posted": the name in logs and tools.
std::string_view name_of(const EventBody& body);

}  // namespace heti::core

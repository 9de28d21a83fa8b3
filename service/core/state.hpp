#pragma once
// State is fold(evolve, events), nothing else. Ordered containers only: the same journal gives the same bytes.
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "service/base/ranked_set.hpp"
#include "service/core/business_time.hpp"
#include "service/core/event.hpp"
#include "service/core/ids.hpp"
#include "service/core/settings.hpp"
#include "service/core/staffing_marks.hpp"
#include "service/core/view.hpp"

namespace heti::core {

// Entries of a live conversation that memory keeps for resume, and the bytes of their texts; older ones are read from
// the archive. The newest is kept whatever its size.
inline constexpr std::size_t recent_entries_max = 200;
inline constexpr std::size_t recent_text_max = 65'536;
// Posts of one client stream that memory can still compare with a repeated one. Of older ones it knows only that they
// were kept, and of a stream that has long been silent it keeps the last.
inline constexpr std::size_t mark_posts_kept = 64;
inline constexpr std::size_t mark_posts_max = 96;  // then the oldest go together: one by one, each post would move all
// Client streams of one conversation that have so many; of the others the one that was silent longest is cut first.
inline constexpr std::size_t long_marks_max = 32;
// Client streams of one conversation. None is ever forgotten before the conversation is: a forgotten one would let a
// repeated post in a second time. One that comes after so many is refused.
inline constexpr std::size_t marks_max = 1000;

struct MarkedPost {
  std::uint64_t n = 0;
  std::uint64_t seq = 0;
  std::uint64_t body_hash = 0;
  auto fields() { return std::tie(n, seq, body_hash); }
};
// How far one client's own numbering has come in a conversation. This is the de-duplication.
struct ClientMark {
  std::uint64_t last_n = 0;
  std::uint64_t used = 0;         // order of last use, counted per conversation
  std::vector<MarkedPost> posts;  // the newest ones, ascending, at least one
  auto fields() { return std::tie(last_n, used, posts); }
};
// Two senders may pick the same stream name.
struct StreamName {
  bool visitor = false;
  AgentId agent;
  std::string stream;
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
  auto fields() { return std::tie(visitor, agent, stream); }
};

// A promise that is running: when it started, and the first instant at which it is broken.
struct Promise {
  Instant started;
  Millis threshold{};
  Instant breach_at = never;
  bool judged = false;
  auto fields() { return std::tie(started, threshold, breach_at, judged); }
};

// One demand for a human.
struct Contact {
  ContactId id;
  Stage stage{};
  Instant t_enq;
  Instant key;  // place in the line: t_enq less the credit of its priority
  Promise first_response;
  std::optional<Millis> first_response_time;
  std::optional<Promise> turn;  // visitor messages that nobody has answered, after the first response
  Stage stay{};                 // the present or last queue stay
  Instant stay_since;
  QueueId line;  // where it waits or waited last; the promises stay those of the conversation's queue
  std::optional<QueueId> overflow;  // whose agents may take it too
  Instant widen_at = never;         // when that will be
  Instant held_until = never;       // kept for the agent of last time; never: not held
  Instant give_up_at = never;       // when waiting is over without a human
  bool outbound = false;            // an agent began it
  auto fields() {
    return std::tie(id, stage, t_enq, key, first_response, first_response_time, turn, stay, stay_since, line, overflow,
                    widen_at, held_until, give_up_at, outbound);
  }
};

struct Offer {
  AgentId agent;
  Instant due;
  RoutedBy rule{};
  auto fields() { return std::tie(agent, due, rule); }
};

// An agent who declined or let an offer expire is not offered the contact again for a while.
struct Bar {
  Instant soft_at;  // from here on if nobody else staffs the queue
  Instant until;
  bool soft = false;
  auto fields() { return std::tie(soft_at, until, soft); }
};

// Public ids are random already.
struct PublicIdHash {
  std::size_t operator()(const PublicId& id) const { return static_cast<std::size_t>(id.high ^ id.low); }
};

// Order in which things become due. Promises and opening hours are due AT their instant; a wall timer lets a command of
// exactly that instant go first, so it runs for any later time.
enum class DueRank : std::uint8_t { at_instant = 0, after_instant = 1 };
struct Due {
  Instant at;
  DueRank rank{};
  enum class Kind : std::uint8_t { queue = 0, agent = 1, conversation = 2 } kind{};
  std::uint64_t id = 0;
  friend auto operator<=>(const Due&, const Due&) = default;
};

struct Conversation {
  ConversationId id;
  PublicId public_id;
  PublicId visitor;
  QueueId queue;
  ConversationState state{};
  VisitorFacts facts;
  Instant created;
  bool bot_first = false;
  std::string priority;
  Millis credit{};
  std::vector<std::string> skills;  // an agent must have them all; sorted
  std::optional<Contact> contact;   // live
  std::optional<Offer> offer;
  std::optional<AgentId> agent;  // holds it, also while in wrap-up
  EngagementId engagement;
  std::set<ConnectionId> connections;
  std::optional<Instant> gone_at;  // when the last connection ended
  Instant gone_due = never;        // grace, or idle close once answered
  std::map<AgentId, Bar> barred;
  std::optional<AgentId> last_agent;  // sticky
  Instant last_contact_at;
  std::optional<Instant> first_enq;  // of the first contact, for the resolution time
  Instant closed_at;
  Instant final_due = never;
  bool answered = false;  // the present or last contact had a public human message
  std::uint32_t rating = 0;
  std::uint64_t last_seq = 0;
  std::uint64_t mark_uses = 0;
  std::map<StreamName, ClientMark> marks;
  std::deque<Entry> recent;  // emptied when it closes
  std::string preview;
  Author preview_author{};

  std::optional<Due> due_as;    // derived: its place in State::due
  std::size_t recent_text = 0;  // derived: bytes of the texts in `recent`

  bool waits() const { return state == ConversationState::queued || state == ConversationState::offered; }
  bool live() const { return contact.has_value(); }
  auto fields() {
    return std::tie(id, public_id, visitor, queue, state, facts, created, bot_first, priority, credit, skills, contact,
                    offer, agent, engagement, connections, gone_at, gone_due, barred, last_agent, last_contact_at,
                    first_enq, closed_at, final_due, answered, rating, last_seq, mark_uses, marks, recent, preview,
                    preview_author);
  }
};

// Parts of a millisecond that 1 to 10 chats at once divide evenly.
inline constexpr std::uint64_t focus_parts = 2520;

// A slot of an agent that is taken: active from accept to the end of the chat, then wrap-up.
struct Engagement {
  ConversationId conversation;
  Instant accepted;
  std::optional<Instant> ended;
  Instant wrapup_due = never;
  std::uint64_t focus = 0;  // in parts of a millisecond: handle time divided by the chats held in it
  auto fields() { return std::tie(conversation, accepted, ended, wrapup_due, focus); }
};

// Exact integrals over wall time, in milliseconds, up to `until`; time in which the service was down is in none.
struct PresenceTotals {
  Instant until;
  std::array<Millis, 5> status{};  // by AgentStatus
  Millis engaged{};                // held at least one chat
  Millis busy{};                   // slot-milliseconds taken while ONLINE
  Millis capacity{};               // slot-milliseconds there were while ONLINE
  Millis chats{};                  // chat-milliseconds held, in any status: over `engaged` it is the concurrency
  friend bool operator==(const PresenceTotals&, const PresenceTotals&) = default;
  auto fields() { return std::tie(until, status, engaged, busy, capacity, chats); }
};

// Where an agent stands among those with a free slot: least busy by ratio, longest without a new chat, lowest id.
struct FreeAgent {
  std::uint32_t busy = 0;
  std::uint32_t capacity = 1;
  Instant last_assigned;
  AgentId id;
  friend bool operator<(const FreeAgent& a, const FreeAgent& b) {
    const auto load_a = static_cast<std::uint64_t>(a.busy) * b.capacity;
    const auto load_b = static_cast<std::uint64_t>(b.busy) * a.capacity;
    return std::tie(load_a, a.last_assigned, a.id) < std::tie(load_b, b.last_assigned, b.id);
  }
};

struct Agent {
  AgentId id;
  AgentSettings settings;
  bool removed = false;
  std::vector<QueueId> queues;
  AgentStatus status = AgentStatus::offline;
  AgentStatus before_lost = AgentStatus::offline;
  StatusReason reason = StatusReason::removed;
  std::set<ConnectionId> connections;
  Instant lost_at;
  Instant grace_due = never;
  std::uint32_t expiries = 0;  // offers expired in a row
  Instant last_assigned;
  std::map<EngagementId, Engagement> engagements;
  std::set<ConversationId> offers;
  std::vector<std::string> skills;  // sorted
  PresenceTotals totals;

  // Derived, kept by reindex(): what the queues' indexes hold of this agent.
  std::optional<Due> due_as;
  std::vector<QueueId> counted_in;
  std::optional<FreeAgent> free_as;

  std::uint32_t busy() const { return static_cast<std::uint32_t>(engagements.size() + offers.size()); }
  bool has_free_slot() const { return busy() < settings.capacity; }
  bool staffs() const { return status == AgentStatus::online; }
  auto fields() {
    return std::tie(id, settings, removed, queues, status, before_lost, reason, connections, lost_at, grace_due,
                    expiries, last_assigned, engagements, offers, skills, totals);
  }
};

struct Queue {
  QueueId id;
  QueueSettings settings;
  bool removed = false;
  BusinessTime hours;
  std::string tzdata_version;
  bool open = false;
  Instant closing_until = never;                          // while closing: when it ends; else never
  RankedSet<std::pair<Instant, ConversationId>> waiting;  // its line: key (t_enq less the priority's credit), then id
  StaffingTotals totals;
  StaffingMarks marks;                     // what the totals were, at quarters of an hour
  std::optional<Instant> unstaffed_since;  // since when no agent staffs it, open or not
  std::optional<Instant> understaffed_since;

  // Derived, kept by reindex().
  std::optional<Due> due_as;
  std::set<std::pair<Instant, ConversationId>> unoffered;  // those of the line that nobody has been offered
  std::uint32_t staffed = 0;                               // members ONLINE
  std::set<FreeAgent> free;                                // of them, with a free slot
  bool helped = false;                                     // others may take some of those who wait here

  bool closing() const { return closing_until != never; }
  auto fields() {
    return std::tie(id, settings, removed, hours, tzdata_version, open, closing_until, waiting, totals, marks,
                    unstaffed_since, understaffed_since);
  }
};

struct State {
  State() = default;
  State(State&&) = default;
  State& operator=(State&&) = default;
  State(const State&) = delete;  // The indexes point into it.
  State& operator=(const State&) = delete;
  ~State() = default;

  Instant now;         // of the last event
  Instant resumed_at;  // when the service last came back: it was alive then
  std::uint64_t settings_version = 0;
  std::uint64_t feature_level = 0;  // what builds of a lower one cannot read may be in the journal
  std::vector<Priority> priorities;
  std::map<QueueId, Queue> queues;
  std::map<AgentId, Agent> agents;
  std::map<ConversationId, Conversation> conversations;
  std::map<std::pair<PublicId, QueueId>, ConversationId> of_visitor;  // the present (not final) one
  std::uint64_t last_conversation = 0;
  std::uint64_t last_contact = 0;
  std::uint64_t last_engagement = 0;

  std::map<std::uint32_t, CommandNumber> last_decided;  // by node: of the commands that it sent to the owner

  // Derived from the above, rebuilt by reindex_all(): not part of the bytes.
  std::unordered_map<PublicId, Conversation*, PublicIdHash> by_public_id;
  std::unordered_map<std::uint64_t, Conversation*> by_id;
  std::set<Due> due;

  auto fields() {
    return std::tie(now, resumed_at, settings_version, feature_level, priorities, queues, agents, conversations,
                    of_visitor, last_conversation, last_contact, last_engagement, last_decided);
  }

  Conversation* find(const PublicId& id);
  const Conversation* find(const PublicId& id) const;
  const Queue* queue_named(std::string_view name) const;
  const Agent* agent_named(std::string_view login) const;
};

// The state as bytes, and back; equal states give equal bytes.
std::string state_bytes(const State& state);
std::optional<State> state_from_bytes(std::string_view bytes);
// Raise when the layout of the bytes changes: snapshots of another format are not used, the journal is replayed. Where
// it was trimmed (several nodes) that cannot be: then the format before must stay readable, and is written until the
// journal's feature level is that of the new one.
inline constexpr std::uint32_t state_format = 5;

}  // namespace heti::core

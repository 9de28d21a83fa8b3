#pragma once
// Wishes. A command brings everything that decide() may not fetch by itself: ids made by chance, connections, text.
// Time is stamped by the sequencer. What the world names (conversation, visitor) is named by public id here; the core
// resolves it and checks that the sender may see it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "service/base/interval.hpp"
#include "service/core/event.hpp"
#include "service/core/ids.hpp"

namespace heti::core {

// Who sends: a visitor by public id, an agent by id, or the service itself (neither).
struct Sender {
  std::optional<PublicId> visitor;
  std::optional<AgentId> agent;
  static Sender of_visitor(PublicId id) { return {.visitor = id, .agent = std::nullopt}; }
  static Sender of_agent(AgentId id) { return {.visitor = std::nullopt, .agent = id}; }
  auto fields() { return std::tie(visitor, agent); }
};

namespace command {

// Expires what is due; every other command does that too.
struct Tick {
  auto fields() { return std::tie(); }
};

// Refused (conflict) unless `replaces_version` is the version in force; 0 for an empty journal.
struct ApplySettings {
  Settings settings;
  std::uint64_t replaces_version = 0;
  auto fields() { return std::tie(settings, replaces_version); }
};
// `open` holds from `effective_from` on (now, if that is earlier: the past is never edited).
struct SetCalendar {
  QueueId queue;
  Instant effective_from;
  std::vector<Interval> open;
  std::string tzdata_version;
  auto fields() { return std::tie(queue, effective_from, open, tzdata_version); }
};
// The first command after a start: the service was down from `alive_until` until now.
struct ResumeService {
  Instant alive_until;
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  auto fields() { return std::tie(alive_until, node, incarnation); }
};
// Ends the closing time of a queue now: who still waits is told that the queue has closed, also where contacts may wait
// for the next opening.
struct EndClosing {
  QueueId queue;
  auto fields() { return std::tie(queue); }
};

// An agent's console has said hello. Answer: ConsoleView.
struct AgentHello {
  AgentId agent;
  ConnectionId connection;
  auto fields() { return std::tie(agent, connection); }
};
struct AgentGone {
  AgentId agent;
  ConnectionId connection;
  auto fields() { return std::tie(agent, connection); }
};
// online, away, finishing (end of shift) or offline (log out). `by`: a supervisor says so for somebody else, who may
// be sent away, into the end of the shift or off, but never called ready.
struct SetStatus {
  AgentId agent;
  AgentStatus status{};
  std::optional<AgentId> by{};
  auto fields() { return std::tie(agent, status, by); }
};

// A visitor's widget has said hello. Answer: WelcomeView. With a live conversation the connection counts as presence.
struct VisitorHello {
  PublicId visitor;
  QueueId queue;
  ConnectionId connection;
  auto fields() { return std::tie(visitor, queue, connection); }
};
struct VisitorGone {
  PublicId visitor;
  ConnectionId connection;
  auto fields() { return std::tie(visitor, connection); }
};
// Gives the visitor's present conversation in the queue, or starts one with `conversation` as its id. Facts that are
// not empty replace those known.
// Answer: ConversationView. `bot_first`: visitor messages do not queue, HandOver does.
struct Start {
  PublicId visitor;
  PublicId conversation;
  QueueId queue;
  std::optional<ConnectionId> connection;
  VisitorFacts facts;
  bool bot_first = false;
  auto fields() { return std::tie(visitor, conversation, queue, connection, facts, bot_first); }
};
// The conversation as the sender may see it, with the entries after `after` that memory holds. Answer:
// ConversationView.
struct Open {
  Sender sender;
  PublicId conversation;
  std::uint64_t after = 0;
  auto fields() { return std::tie(sender, conversation, after); }
};
// Answer: Posted. `author` must fit the sender: visitor, agent or note for people, bot, automatic or system for the
// service. A sender's n in (conversation, stream) must be the last one plus 1; the service's own posts carry no stream.
struct Post {
  Sender sender;
  PublicId conversation;
  Author author{};
  std::string stream;
  std::uint64_t n = 0;
  std::string text;
  auto fields() { return std::tie(sender, conversation, author, stream, n, text); }
};
struct HandOver {  // a bot passes the visitor on to people
  PublicId conversation;
  auto fields() { return std::tie(conversation); }
};
struct Accept {  // an offer, or in pull mode a claim from the list
  AgentId agent;
  PublicId conversation;
  auto fields() { return std::tie(agent, conversation); }
};
struct Decline {
  AgentId agent;
  PublicId conversation;
  auto fields() { return std::tie(agent, conversation); }
};
struct Close {
  Sender sender;
  PublicId conversation;
  bool spam = false;  // agents only
  auto fields() { return std::tie(sender, conversation, spam); }
};
struct FinishWrapUp {
  AgentId agent;
  PublicId conversation;
  auto fields() { return std::tie(agent, conversation); }
};
// Back to the line of its queue with its key, to the line of another queue, or to one agent as an offer.
struct Transfer {
  AgentId agent;
  PublicId conversation;
  std::optional<QueueId> to_queue{};
  std::optional<AgentId> to_agent{};
  auto fields() { return std::tie(agent, conversation, to_queue, to_agent); }
};
// An agent begins a chat with a visitor, and holds it. Answer: ConversationView. Refused (wrong_state) while the
// visitor's conversation in that queue waits or is held.
struct Initiate {
  AgentId agent;
  PublicId visitor;
  PublicId conversation;  // for a new conversation
  QueueId queue;
  auto fields() { return std::tie(agent, visitor, conversation, queue); }
};
struct Rate {
  PublicId visitor;
  PublicId conversation;
  std::uint32_t score = 0;  // 1-5
  std::string comment;
  auto fields() { return std::tie(visitor, conversation, score, comment); }
};

// Every node that lives reads what builds of this level write.
struct RaiseFeatureLevel {
  std::uint64_t level = 0;
  auto fields() { return std::tie(level); }
};

}  // namespace command

using Command =
    std::variant<command::Tick, command::ApplySettings, command::SetCalendar, command::ResumeService,
                 command::EndClosing, command::AgentHello, command::AgentGone, command::SetStatus,
                 command::VisitorHello, command::VisitorGone, command::Start, command::Open, command::Post,
                 command::HandOver, command::Accept, command::Decline, command::Close, command::FinishWrapUp,
                 command::Transfer, command::Initiate, command::Rate, command::RaiseFeatureLevel>;

// "post", "accept" ...: the name in counters and logs, by Command::index().
std::string_view name_of_command(std::size_t index);

}  // namespace heti::core

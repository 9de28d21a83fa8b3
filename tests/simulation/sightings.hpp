#pragma once
// What the simulated visitors and agents did and saw, in the order of journal time: all that the naive model reads.
// Within one instant they stand in the order of the journal too: what was done stands before what screens showed
// because of it, and before the next thing that was done. `Down` stands before everything that the service did after
// it, also before what it stamps with an instant of the outage. `at` is the journal time that the answer or the push
// carried. Conversations, visitors and connections are numbers of the simulation; queues and agents are numbered from 1
// in the order of the settings.
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "service/base/schedule.hpp"
#include "service/base/time.hpp"
#include "service/core/event.hpp"

namespace heti::simulation {

namespace seen {

// Rules in force from now on; queues and agents keep their numbers.
struct Settings {
  core::Settings settings;
};
// Posted hours of a queue in force from now on.
struct Hours {
  std::uint32_t queue = 0;
  Schedule schedule;
};
// An operator ended the closing of a queue before its time.
struct ClosingEnded {
  std::uint32_t queue = 0;
};
// The service was gone from `from` until now. Every connection ended with it.
struct Down {
  Instant from;
};

// A visitor, by what they did; posts and closes are those that were acknowledged, each once.
struct VisitorConnected {
  std::uint64_t conversation = 0;
  std::uint64_t connection = 0;
};
struct VisitorDisconnected {
  std::uint64_t conversation = 0;
  std::uint64_t connection = 0;
};
struct Started {
  std::uint64_t visitor = 0;
  std::uint64_t conversation = 0;
  std::uint32_t queue = 0;
  bool bot_first = false;
  Millis credit{};  // of the priority that the page gave
  std::vector<std::string> skills;
};
struct HandedOver {  // by the bot
  std::uint64_t conversation = 0;
};
struct VisitorPosted {
  std::uint64_t conversation = 0;
  std::uint64_t seq = 0;
};
struct VisitorClosed {
  std::uint64_t conversation = 0;
};
struct Rated {
  std::uint64_t conversation = 0;
  std::uint32_t score = 0;
};

// An agent, by what they did (acknowledged).
struct AgentConnected {
  std::uint32_t agent = 0;
  std::uint64_t connection = 0;
};
struct AgentDisconnected {
  std::uint32_t agent = 0;
  std::uint64_t connection = 0;
};
struct StatusSet {  // of `agent`, by themselves or by a supervisor
  std::uint32_t agent = 0;
  core::AgentStatus status{};
};
struct AgentPosted {  // public; notes are not listed
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
  std::uint64_t seq = 0;
};
struct MachinePosted {  // bot, automatic, system
  std::uint64_t conversation = 0;
  std::uint64_t seq = 0;
};
struct AgentClosed {
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
  bool spam = false;
};
struct Initiated {
  std::uint64_t conversation = 0;
  std::uint64_t visitor = 0;
  std::uint32_t queue = 0;
  std::uint32_t agent = 0;
};
struct Transferred {
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;  // who held it
  std::optional<std::uint32_t> to_queue;
  std::optional<std::uint32_t> to_agent;
};
struct WrapUpFinished {  // the agent said so
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
};

// What screens showed. A supervisor's console that sees all queues is always on.
struct StatusShown {
  std::uint32_t agent = 0;
  core::AgentStatus status{};
  core::StatusReason reason{};
};
struct Offered {
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
};
struct OfferGone {
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
  core::OfferEnd how{};
};
struct Assigned {
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
};
struct Left {  // the agent no longer holds it and it waits again
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
};
struct Reopened {
  std::uint64_t conversation = 0;
};
struct OfflineMessage {
  std::uint64_t conversation = 0;
};
struct Closed {
  std::uint64_t conversation = 0;
  core::ClosedBy by{};
  core::CloseReason reason{};
};
struct SlotFree {  // wrap-up of that chat is over
  std::uint64_t conversation = 0;
  std::uint32_t agent = 0;
};
struct Final {
  std::uint64_t conversation = 0;
};

}  // namespace seen

struct Sighting {
  Instant at;
  std::variant<seen::Settings, seen::Hours, seen::ClosingEnded, seen::Down, seen::VisitorConnected,
               seen::VisitorDisconnected, seen::Started, seen::HandedOver, seen::VisitorPosted, seen::VisitorClosed,
               seen::Rated, seen::AgentConnected, seen::AgentDisconnected, seen::StatusSet, seen::AgentPosted,
               seen::MachinePosted, seen::AgentClosed, seen::Initiated, seen::Transferred, seen::WrapUpFinished,
               seen::StatusShown, seen::Offered, seen::OfferGone, seen::Assigned, seen::Left, seen::Reopened,
               seen::OfflineMessage, seen::Closed, seen::SlotFree, seen::Final>
      what;
};

}  // namespace heti::simulation

#pragma once
// Inside the core only: events as earlier builds wrote them. Frozen: a journal keeps them for ever, and
// stored_event.cpp turns each into the present event of its name on reading.
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "service/core/event.hpp"

namespace heti::core::event_v1 {

struct QueueSettings {
  std::string name;
  std::string display_name;
  std::uint32_t min_agents = 1;
  Target first_response;
  Target reply;
  AfterHours after_hours{};
  RoutingMode mode{};
  Millis short_abandon{};
  Millis visitor_grace{};
  Millis idle_close{};
  Millis agent_grace{};
  Millis offer_timeout{};
  Millis bar{};
  Millis reoffer{};
  Millis wrapup{};
  Millis reopen_window{};
  Millis closing{};
  Schedule schedule;
  auto fields() {
    return std::tie(name, display_name, min_agents, first_response, reply, after_hours, mode, short_abandon,
                    visitor_grace, idle_close, agent_grace, offer_timeout, bar, reoffer, wrapup, reopen_window, closing,
                    schedule);
  }
};

struct AgentSettings {
  std::string name;
  std::string display_name;
  std::vector<std::string> queues;
  std::uint32_t capacity = 0;
  bool supervisor = false;
  auto fields() { return std::tie(name, display_name, queues, capacity, supervisor); }
};

struct SettingsApplied {
  std::uint64_t version = 0;
  std::vector<QueueSettings> queues;
  std::vector<AgentSettings> agents;
  auto fields() { return std::tie(version, queues, agents); }
};
struct ServiceResumed {
  Instant resumed_at;
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  auto fields() { return std::tie(resumed_at, node, incarnation); }
};
struct ConversationStarted {
  ConversationId conversation;
  PublicId public_id;
  PublicId visitor;
  QueueId queue;
  VisitorFacts facts;
  bool bot_first = false;
  auto fields() { return std::tie(conversation, public_id, visitor, queue, facts, bot_first); }
};
struct ContactQueued {
  ConversationId conversation;
  ContactId contact;
  Stage stage{};
  std::uint64_t seq = 0;
  auto fields() { return std::tie(conversation, contact, stage, seq); }
};
struct ChatRequeued {
  ConversationId conversation;
  std::uint64_t seq = 0;
  AgentId agent;
  Stage stage{};
  Instant since;
  auto fields() { return std::tie(conversation, seq, agent, stage, since); }
};
struct WrapUpEnded {
  AgentId agent;
  EngagementId engagement;
  ConversationId conversation;
  Millis handle{};
  Millis wrapup{};
  auto fields() { return std::tie(agent, engagement, conversation, handle, wrapup); }
};

}  // namespace heti::core::event_v1

// Agents and visitors: who is there.
#include <algorithm>

#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/evolver.hpp"
#include "service/core/staffing.hpp"
#include "service/core/timers.hpp"

namespace heti::core {

Millis Evolver::grace_of(const Agent& agent) const {
  Millis grace{0};
  for (const QueueId id : agent.queues) grace = std::max(grace, s.queues.at(id).settings.agent_grace);
  return grace;
}

void Evolver::visitor_left(Conversation& conversation, Instant from) {
  conversation.gone_at = at;
  const QueueSettings& settings = queue_of(s, conversation).settings;
  if (conversation.state == ConversationState::fresh) {
    conversation.gone_due = from + settings.visitor_grace;
  } else if (conversation.contact) {
    conversation.gone_due = from + (conversation.answered ? settings.idle_close : settings.visitor_grace);
  }
}

void Evolver::operator()(const event::AgentConnected& e) { agent_at(s, e.agent).connections.insert(e.connection); }
void Evolver::operator()(const event::AgentDisconnected& e) { agent_at(s, e.agent).connections.erase(e.connection); }

void Evolver::operator()(const event::AgentStatusChanged& e) {
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  agent.status = e.to;
  agent.reason = e.reason;
  agent.grace_due = never;
  if (e.to == AgentStatus::lost) {
    agent.before_lost = e.from;
    agent.lost_at = at;
    agent.grace_due = at + grace_of(agent);
  }
  if (e.to == AgentStatus::online) agent.expiries = 0;
  reindex(s, agent);
  mark_shortage_of(s, agent, at);
}

void Evolver::operator()(const event::VisitorFactsChanged& e) { conversation_at(s, e.conversation).facts = e.facts; }

void Evolver::operator()(const event::VisitorConnected& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.connections.insert(e.connection);
  conversation.gone_at.reset();
  if (!planted(Planted::return_forgotten)) conversation.gone_due = never;
  reindex(s, conversation);
}

void Evolver::operator()(const event::VisitorDisconnected& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.connections.erase(e.connection);
  if (conversation.connections.empty()) visitor_left(conversation, at);
  reindex(s, conversation);
}

}  // namespace heti::core

// Who is there: agents with their status, visitors with their connections.
#include <vector>

#include "service/core/decider.hpp"
#include "service/core/state_table.hpp"

namespace heti::core {
namespace {

// The visitor's conversations that are not final, one per queue at most.
std::vector<ConversationId> conversations_of(const State& state, const PublicId& visitor) {
  std::vector<ConversationId> found;
  for (auto i = state.of_visitor.lower_bound({visitor, QueueId{0}});
       i != state.of_visitor.end() && i->first.first == visitor; ++i) {
    found.push_back(i->second);
  }
  return found;
}

// LOST comes by itself, never by wish.
std::optional<AgentAsk> ask_for(AgentStatus status) {
  switch (status) {
    case AgentStatus::online: return AgentAsk::ready;
    case AgentStatus::away: return AgentAsk::away;
    case AgentStatus::finishing: return AgentAsk::end_shift;
    case AgentStatus::offline: return AgentAsk::log_out;
    case AgentStatus::lost: break;
  }
  return std::nullopt;
}

}  // namespace

void change_status(Decider& d, Agent& agent, AgentStatus to, StatusReason reason) {
  d.emit(event::AgentStatusChanged{.agent = agent.id, .from = agent.status, .to = to, .reason = reason});
}

void rescind_offers(Decider& d, Agent& agent, OfferEnd result) {
  while (!agent.offers.empty()) end_offer(d, conversation_at(d.state, *agent.offers.begin()), result);
}

void release_all(Decider& d, Agent& agent, Instant since) {
  while (!agent.engagements.empty()) {
    const auto& [id, engagement] = *agent.engagements.begin();
    if (engagement.ended) {
      end_wrapup(d, agent, id);
    } else {
      requeue(d, conversation_at(d.state, engagement.conversation), Stage::requeue, since);
    }
  }
}

void finish_if_empty(Decider& d, Agent& agent) {
  if (agent.status == AgentStatus::finishing && agent.busy() == 0) {
    change_status(d, agent, AgentStatus::offline, StatusReason::last_chat_closed);
  }
}

Answer agent_hello(Decider& d, const command::AgentHello& c) {
  const auto found = d.state.agents.find(c.agent);
  if (found == d.state.agents.end() || found->second.removed) return refused(Refusal::not_found);
  Agent& agent = found->second;
  d.emit(event::AgentConnected{.agent = agent.id, .connection = c.connection});
  if (agent.status == AgentStatus::offline) {
    change_status(d, agent, AgentStatus::away, StatusReason::connected);
  } else if (agent.status == AgentStatus::lost) {
    change_status(d, agent, agent.before_lost, StatusReason::reconnected);
    finish_if_empty(d, agent);  // The last wrap-up may have ended while nobody was there.
  }
  route(d);
  return console_view(d.state, agent, d.at);
}

Answer agent_gone(Decider& d, const command::AgentGone& c) {
  const auto found = d.state.agents.find(c.agent);
  if (found == d.state.agents.end() || !found->second.connections.contains(c.connection)) return Done{};
  Agent& agent = found->second;
  d.emit(event::AgentDisconnected{.agent = agent.id, .connection = c.connection});
  if (!agent.connections.empty() || agent.status == AgentStatus::offline) return Done{};
  change_status(d, agent, AgentStatus::lost, StatusReason::disconnected);
  rescind_offers(d, agent, OfferEnd::rescinded);
  return Done{};
}

Answer set_status(Decider& d, const command::SetStatus& c) {
  const auto found = d.state.agents.find(c.agent);
  if (found == d.state.agents.end() || found->second.removed) return refused(Refusal::not_found);
  Agent& agent = found->second;
  StatusReason reason = StatusReason::chosen;
  if (c.by && *c.by != c.agent) {
    const auto by = d.state.agents.find(*c.by);
    if (by == d.state.agents.end() || by->second.removed) return refused(Refusal::not_found);
    if (!by->second.settings.supervisor || c.status == AgentStatus::online) return refused(Refusal::not_allowed);
    reason = StatusReason::supervisor;
  }
  const auto ask = ask_for(c.status);
  if (!ask) return refused(Refusal::not_allowed);
  switch (allowed(agent.status, *ask)) {
    case Allowed::no: return refused(Refusal::wrong_state);
    case Allowed::already: return Done{};
    case Allowed::yes: break;
  }
  // Who has logged out but is still connected logs in again by being away or ready.
  const bool logs_in = agent.status == AgentStatus::offline;
  if (logs_in && (agent.connections.empty() || reason == StatusReason::supervisor)) {
    return refused(Refusal::wrong_state);
  }
  if (logs_in && c.status == AgentStatus::online) change_status(d, agent, AgentStatus::away, reason);
  change_status(d, agent, c.status, reason);
  rescind_offers(d, agent, OfferEnd::rescinded);
  if (c.status == AgentStatus::offline) release_all(d, agent, d.at);
  finish_if_empty(d, agent);
  return Done{};
}

// The grace of a lost agent is over, or a wrap-up has run out.
void expire_agent(Decider& d, Agent& agent) {
  if (agent.grace_due <= d.at) {
    const Instant since = agent.lost_at;
    change_status(d, agent, AgentStatus::offline, StatusReason::grace_over);
    release_all(d, agent, since);
    return;
  }
  for (const auto& [id, engagement] : agent.engagements) {
    if (engagement.wrapup_due > d.at) continue;
    end_wrapup(d, agent, id);
    return;
  }
}

Answer visitor_hello(Decider& d, const command::VisitorHello& c) {
  const auto queue = d.state.queues.find(c.queue);
  if (queue == d.state.queues.end() || queue->second.removed) return refused(Refusal::not_found);
  WelcomeView view{.queue = view_of(queue->second, d.at), .conversation = std::nullopt};
  const auto present = d.state.of_visitor.find({c.visitor, c.queue});
  if (present == d.state.of_visitor.end()) return view;
  Conversation& conversation = conversation_at(d.state, present->second);
  d.emit(event::VisitorConnected{.conversation = conversation.id, .connection = c.connection});
  judge_on_return(d, conversation);
  view.conversation = conversation_view(d.state, conversation, conversation.last_seq);
  return view;
}

Answer visitor_gone(Decider& d, const command::VisitorGone& c) {
  for (const ConversationId id : conversations_of(d.state, c.visitor)) {
    if (!conversation_at(d.state, id).connections.contains(c.connection)) continue;
    d.emit(event::VisitorDisconnected{.conversation = id, .connection = c.connection});
  }
  return Done{};
}

}  // namespace heti::core

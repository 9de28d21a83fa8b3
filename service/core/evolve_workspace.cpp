// Settings, opening hours, and coming back after our own downtime.
#include <algorithm>

#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/evolver.hpp"
#include "service/core/staffing.hpp"
#include "service/core/timers.hpp"

namespace heti::core {

Promise Evolver::promise(const Queue& queue, Instant started, Millis threshold) const {
  const Millis broken = threshold + (planted(Planted::boundary_excluded) ? Millis{0} : Millis{1});
  const Instant breach_at =
      planted(Planted::wall_clock_promise) ? started + broken : queue.hours.deadline(started, broken);
  return {.started = started, .threshold = threshold, .breach_at = breach_at, .judged = false};
}

void Evolver::operator()(const event::SettingsApplied& e) {
  for (auto& [id, queue] : s.queues) accrue(queue, at);
  for (auto& [id, agent] : s.agents) accrue_presence(agent, at);
  s.settings_version = e.version;
  for (auto& [id, queue] : s.queues) queue.removed = true;
  for (auto& [id, agent] : s.agents) {
    agent.removed = true;
    agent.queues.clear();
  }
  for (const QueueSettings& settings : e.settings.queues) apply(settings);
  for (const AgentSettings& settings : e.settings.agents) apply(settings);
  s.priorities = e.settings.priorities;
  for (auto& [id, queue] : s.queues) {
    if (queue.removed) queue.closing_until = never;  // Nobody waits in it any more.
  }
  for (auto& [id, conversation] : s.conversations) {
    if (conversation.waits()) set_stay_deadlines(conversation);
  }
  reindex_all(s);
  for (auto& [id, queue] : s.queues) mark_shortage(queue, at);
}

void Evolver::apply(const QueueSettings& settings) {
  for (auto& [id, queue] : s.queues) {
    if (queue.settings.name != settings.name) continue;
    queue.settings = settings;
    queue.removed = false;
    return;
  }
  const QueueId id{static_cast<std::uint32_t>(s.queues.size() + 1)};
  Queue queue;
  queue.id = id;
  queue.settings = settings;
  queue.totals.until = at;
  queue.marks.begin(at);
  s.queues.emplace(id, std::move(queue));
}

void Evolver::apply(const AgentSettings& settings) {
  Agent* agent = nullptr;
  for (auto& [id, known] : s.agents) {
    if (known.settings.name == settings.name) agent = &known;
  }
  if (agent == nullptr) {
    const AgentId id{static_cast<std::uint32_t>(s.agents.size() + 1)};
    agent = &s.agents[id];
    agent->id = id;
    agent->totals.until = at;
  }
  agent->settings = settings;
  agent->removed = false;
  agent->skills = settings.skills;
  std::sort(agent->skills.begin(), agent->skills.end());
  for (const auto& [id, queue] : s.queues) {
    const auto& names = settings.queues;
    if (!queue.removed && std::find(names.begin(), names.end(), queue.settings.name) != names.end()) {
      agent->queues.push_back(id);
    }
  }
}

void Evolver::operator()(const event::CalendarSet& e) {
  Queue& queue = s.queues.at(e.queue);
  accrue(queue, at);
  queue.hours.replace_from(std::max(e.effective_from, at), e.open);
  queue.tzdata_version = e.tzdata_version;
  Instant oldest = at;
  const auto move = [&](Promise& running) {
    if (!running.judged) running.breach_at = promise(queue, running.started, running.threshold).breach_at;
  };
  for (auto& [id, conversation] : s.conversations) {
    if (conversation.queue != queue.id) continue;
    oldest = std::min(oldest, conversation.created);
    if (!conversation.contact || planted(Planted::deadlines_not_moved)) continue;
    move(conversation.contact->first_response);
    if (conversation.contact->turn) move(*conversation.contact->turn);
    set_stay_deadlines(conversation);
    reindex(s, conversation);
  }
  queue.hours.forget_before(oldest - std::chrono::days{2});
  reindex(s, queue);
}

void Evolver::operator()(const event::FeatureLevelRaised& e) { s.feature_level = e.level; }

void Evolver::operator()(const event::CommandDecided& e) { s.last_decided[e.number.node] = e.number; }

// Deadlines of human action do not run while we are down.
void Evolver::operator()(const event::ServiceResumed& e) {
  const Millis outage = e.resumed_at - e.down_from;
  s.resumed_at = e.resumed_at;
  for (auto& [id, queue] : s.queues) {
    accrue(queue, at);
    accrue_outage(queue, e.down_from, e.resumed_at);
  }
  const Millis moved = planted(Planted::outage_is_grace) ? Millis{0} : outage;
  for (auto& [id, agent] : s.agents) {
    accrue_presence(agent, at);
    agent.totals.until = e.resumed_at;
    resume(agent, moved);
  }
  for (auto& [id, conversation] : s.conversations) resume(conversation, moved);
  reindex_all(s);
  for (auto& [id, queue] : s.queues) mark_shortage(queue, at);
}

void Evolver::resume(Agent& agent, Millis outage) {
  agent.connections.clear();
  if (agent.grace_due != never) agent.grace_due += outage;
  for (auto& [id, engagement] : agent.engagements) {
    if (engagement.wrapup_due != never) engagement.wrapup_due += outage;
  }
  if (agent.status == AgentStatus::offline || agent.status == AgentStatus::lost) return;
  agent.before_lost = agent.status;
  agent.status = AgentStatus::lost;
  agent.reason = StatusReason::service;
  agent.lost_at = at;
  agent.grace_due = at + outage + grace_of(agent);
}

void Evolver::resume(Conversation& conversation, Millis outage) {
  if (conversation.gone_due != never) conversation.gone_due += outage;
  if (conversation.offer) conversation.offer->due += outage;
  if (conversation.contact && conversation.contact->held_until != never) conversation.contact->held_until += outage;
  for (auto& [agent, bar] : conversation.barred) {
    bar.soft_at += outage;
    bar.until += outage;
  }
  if (conversation.connections.empty()) return;
  conversation.connections.clear();
  visitor_left(conversation, at + outage);
}

void Evolver::operator()(const event::QueueOpened& e) {
  Queue& queue = s.queues.at(e.queue);
  queue.open = true;
  queue.closing_until = never;
  reindex(s, queue);
}

void Evolver::operator()(const event::QueueClosed& e) {
  Queue& queue = s.queues.at(e.queue);
  queue.open = false;
  queue.closing_until = at + queue.settings.closing;
  reindex(s, queue);
}

void Evolver::operator()(const event::QueueClosingEnded& e) {
  Queue& queue = s.queues.at(e.queue);
  queue.closing_until = never;
  reindex(s, queue);
}

}  // namespace heti::core

// Settings, calendars, opening and closing, and coming back after our own downtime.
#include <algorithm>

#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/stored_event.hpp"

namespace heti::core {
Answer apply_settings(Decider& d, const command::ApplySettings& c) {
  if (c.replaces_version != d.state.settings_version) return refused(Refusal::conflict);
  d.emit(event::SettingsApplied{.version = c.replaces_version + 1, .settings = c.settings});
  for (auto& [id, agent] : d.state.agents) {
    if (!agent.removed || agent.status == AgentStatus::offline) continue;
    const Instant since = d.at;
    rescind_offers(d, agent, OfferEnd::rescinded);
    change_status(d, agent, AgentStatus::offline, StatusReason::removed);
    release_all(d, agent, since);
  }
  for (auto& [id, queue] : d.state.queues) {
    if (queue.removed) close_waiting(d, queue);
  }
  return Done{};
}

Answer set_calendar(Decider& d, const command::SetCalendar& c) {
  const auto found = d.state.queues.find(c.queue);
  if (found == d.state.queues.end()) return refused(Refusal::not_found);
  d.emit(event::CalendarSet{.queue = c.queue,
                            .effective_from = std::max(c.effective_from, d.at),
                            .open = c.open,
                            .tzdata_version = c.tzdata_version});
  Queue& queue = found->second;
  if (queue.hours.is_open(d.at) != queue.open) expire_queue(d, queue);
  return Done{};
}

Answer raise_feature_level(Decider& d, const command::RaiseFeatureLevel& c) {
  if (c.level > feature_level()) return refused(Refusal::not_allowed);
  if (c.level > std::max(d.state.feature_level, first_feature_level))
    d.emit(event::FeatureLevelRaised{.level = c.level});
  return Done{};
}

bool takes_contacts(const Queue& queue) {
  return !queue.removed && (queue.open || queue.settings.after_hours == AfterHours::queue);
}

bool serves_waiting(const Queue& queue) { return takes_contacts(queue) || (!queue.removed && queue.closing()); }

// Opening and closing happen AT their instant; the end of closing is a wall timer.
void expire_queue(Decider& d, Queue& queue) {
  const bool open_now = queue.hours.is_open(d.at);
  if (open_now != queue.open) {
    if (open_now) {
      d.emit(event::QueueOpened{.queue = queue.id});
    } else {
      d.emit(event::QueueClosed{.queue = queue.id});
    }
    return;
  }
  if (!queue.closing() || d.at < queue.closing_until) return;
  d.emit(event::QueueClosingEnded{.queue = queue.id});
  if (planted(Planted::drain_forgotten)) return;
  if (queue.settings.after_hours != AfterHours::queue) close_waiting(d, queue);
}

Answer end_closing(Decider& d, const command::EndClosing& c) {
  const auto found = d.state.queues.find(c.queue);
  if (found == d.state.queues.end()) return refused(Refusal::not_found);
  Queue& queue = found->second;
  if (!queue.closing()) return refused(Refusal::wrong_state);
  d.emit(event::QueueClosingEnded{.queue = queue.id});
  close_waiting(d, queue);
  return Done{};
}

void close_waiting(Decider& d, Queue& queue) {
  while (!queue.waiting.empty()) {
    Conversation& conversation = conversation_at(d.state, queue.waiting.begin()->second);
    end_conversation(d, conversation, {.by = ClosedBy::system, .reason = CloseReason::queue_closed, .left_at = d.at});
  }
}

// Stamped with the last instant at which we were alive, so that promises that broke while we were down expire after it,
// each at its own instant. Withdrawn offers count against nobody.
void resume_service(Decider& d, const command::ResumeService& c) {
  const Instant now = d.at;
  d.at = std::max(std::min(c.alive_until, now), d.state.now);
  // A second start right after the first: what the first counted as an outage is not one again.
  const Instant down_from = std::clamp(d.state.resumed_at, d.at, now);
  d.emit(
      event::ServiceResumed{.resumed_at = now, .node = c.node, .incarnation = c.incarnation, .down_from = down_from});
  for (auto& [id, agent] : d.state.agents) rescind_offers(d, agent, OfferEnd::service);
  d.at = now;
}

}  // namespace heti::core

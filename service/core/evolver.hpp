#pragma once
// Inside the core only: one function per event. Everything that changes who staffs a queue, or a slot, first accrues
// the time before it (before_change), and brings the indexes up to date after it (reindex).
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti::core {

struct Evolver {
  State& s;
  const Event& event;
  Instant at = event.at;

  // evolve_workspace.cpp
  void operator()(const event::SettingsApplied& e);
  void operator()(const event::CalendarSet& e);
  void operator()(const event::ServiceResumed& e);
  void operator()(const event::QueueOpened& e);
  void operator()(const event::QueueClosed& e);
  void operator()(const event::QueueClosingEnded& e);
  void operator()(const event::CommandDecided& e);
  void operator()(const event::FeatureLevelRaised& e);
  // evolve_people.cpp
  void operator()(const event::AgentConnected& e);
  void operator()(const event::AgentDisconnected& e);
  void operator()(const event::AgentStatusChanged& e);
  void operator()(const event::VisitorFactsChanged& e);
  void operator()(const event::VisitorConnected& e);
  void operator()(const event::VisitorDisconnected& e);
  // evolve_conversation.cpp
  void operator()(const event::ConversationStarted& e);
  void operator()(const event::OfflineMessageOpened& e);
  void operator()(const event::MessagePosted& e);
  void operator()(const event::FirstResponseGiven& e);
  void operator()(const event::ReplyGiven& e);
  void operator()(const event::VerdictGiven& e);
  void operator()(const event::ContactEnded& e);
  void operator()(const event::ChatClosed& e);
  void operator()(const event::WrapUpEnded& e);
  void operator()(const event::ConversationFinal& e);
  void operator()(const event::RatingGiven& e);
  // evolve_routing.cpp
  void operator()(const event::ContactQueued& e);
  void operator()(const event::ContactInitiated& e);
  void operator()(const event::RoutingWidened& e);
  void operator()(const event::ChatOffered& e);
  void operator()(const event::OfferEnded& e);
  void operator()(const event::BarEnded& e);
  void operator()(const event::ChatAssigned& e);
  void operator()(const event::ChatRequeued& e);

  // A running promise of the queue: broken at the first open millisecond with more than the threshold elapsed.
  Promise promise(const Queue& queue, Instant started, Millis threshold) const;
  // When the line widens and when waiting is given up, by the hours as they are known now.
  void set_stay_deadlines(Conversation& conversation) const;
  void enter_line(Conversation& conversation, QueueId line);
  void leave_line(Conversation& conversation);
  void hold(Conversation& conversation, Agent& agent, EngagementId engagement);
  void bar(Conversation& conversation, AgentId agent) const;
  // The patience with an absent visitor starts at `from`; what counts as the leaving is `at`.
  void visitor_left(Conversation& conversation, Instant from);
  Millis grace_of(const Agent& agent) const;
  void add_entry(Conversation& conversation, std::uint64_t seq);

 private:
  void apply(const QueueSettings& settings);
  void apply(const AgentSettings& settings);
  void resume(Agent& agent, Millis outage);
  void resume(Conversation& conversation, Millis outage);
  void remember_post(Conversation& conversation, const event::MessagePosted& e) const;
};

// A closed conversation is a stub; its text is in the archive.
void forget_text(Conversation& conversation);

}  // namespace heti::core

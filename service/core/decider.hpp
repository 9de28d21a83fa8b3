#pragma once
// Inside the core only: what the parts of decide() share. An event is evolved the moment it is decided, so each step
// sees the state that the steps before it made.
#include <utility>
#include <vector>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti::core {

struct Decider {
  State& state;
  Instant at;  // the stamp of what is decided now: a due instant, or the command's
  std::vector<Event> events;
  bool route_needed = false;

  void emit(EventBody body);
};

// presence.cpp
Answer agent_hello(Decider& d, const command::AgentHello& c);
Answer agent_gone(Decider& d, const command::AgentGone& c);
Answer set_status(Decider& d, const command::SetStatus& c);
void change_status(Decider& d, Agent& agent, AgentStatus to, StatusReason reason);
void expire_agent(Decider& d, Agent& agent);
void rescind_offers(Decider& d, Agent& agent, OfferEnd result);
void release_all(Decider& d, Agent& agent, Instant since);  // every engagement back to the line, wrap-ups ended
void finish_if_empty(Decider& d, Agent& agent);
Answer visitor_hello(Decider& d, const command::VisitorHello& c);
Answer visitor_gone(Decider& d, const command::VisitorGone& c);

// conversation.cpp
Answer start(Decider& d, const command::Start& c);
Answer open(Decider& d, const command::Open& c);
Answer initiate(Decider& d, const command::Initiate& c);
Answer hand_over(Decider& d, const command::HandOver& c);
Answer rate(Decider& d, const command::Rate& c);
// posting.cpp
Answer post(Decider& d, const command::Post& c);
// closing.cpp
Answer close(Decider& d, const command::Close& c);
Answer finish_wrapup(Decider& d, const command::FinishWrapUp& c);
Answer end_closing(Decider& d, const command::EndClosing& c);
struct Ending {
  ClosedBy by{};
  CloseReason reason{};
  Instant left_at;  // what an abandonment is measured to
};
void end_conversation(Decider& d, Conversation& conversation, Ending ending);
void end_wrapup(Decider& d, Agent& agent, EngagementId engagement);
bool expire_waiting(Decider& d, Conversation& conversation);
void expire_conversation(Decider& d, Conversation& conversation);
void close_waiting(Decider& d, Queue& queue);

// routing.cpp
Answer accept(Decider& d, const command::Accept& c);
Answer decline(Decider& d, const command::Decline& c);
Answer transfer(Decider& d, const command::Transfer& c);
void enqueue(Decider& d, Conversation& conversation, Stage stage);
void end_offer(Decider& d, Conversation& conversation, OfferEnd result);
void requeue(Decider& d, Conversation& conversation, Stage stage, Instant since,
             std::optional<QueueId> to = std::nullopt);
void route(Decider& d);

// sla_clocks.cpp
void answered(Decider& d, Conversation& conversation);  // a public human message was posted
void judge(Decider& d, Conversation& conversation, Sla sla, Verdict verdict);
void judge_on_return(Decider& d, Conversation& conversation);

// workspace.cpp
Answer apply_settings(Decider& d, const command::ApplySettings& c);
Answer set_calendar(Decider& d, const command::SetCalendar& c);
void resume_service(Decider& d, const command::ResumeService& c);
Answer raise_feature_level(Decider& d, const command::RaiseFeatureLevel& c);
void expire_queue(Decider& d, Queue& queue);
bool takes_contacts(const Queue& queue);  // open, or its policy lets contacts wait for the opening
bool serves_waiting(const Queue& queue);  // who waits there will be served: it takes contacts, or is closing

// timers.cpp
// False: there is more due than fits into `events_max`.
bool expire(Decider& d, Instant now, std::size_t events_max);

// state.cpp, for evolve
const Queue& queue_of(const State& state, const Conversation& conversation);
Queue& queue_of(State& state, const Conversation& conversation);
Agent& agent_at(State& state, AgentId id);
Conversation& conversation_at(State& state, ConversationId id);
bool serves(const Agent& agent, QueueId queue);  // is a member
Seers seers_of(const Conversation& conversation);
bool is_among(const Agent& agent, const Seers& seers);
bool may_see(const Agent& agent, const Conversation& conversation);
std::uint64_t next_seq(const Conversation& conversation);

}  // namespace heti::core

#include "service/core/decide.hpp"

#include <algorithm>

#include "service/base/check.hpp"
#include "service/core/decider.hpp"
#include "service/core/evolve.hpp"
#include "service/core/remote.hpp"
#include "service/core/stored_event.hpp"

namespace heti::core {
namespace {

// After these facts a waiter may have become servable, or an agent free.
struct ChangesRouting {
  bool operator()(const event::SettingsApplied&) const { return true; }
  bool operator()(const event::ServiceResumed&) const { return true; }
  bool operator()(const event::AgentStatusChanged&) const { return true; }
  bool operator()(const event::ContactQueued&) const { return true; }
  bool operator()(const event::RoutingWidened&) const { return true; }
  bool operator()(const event::OfferEnded&) const { return true; }
  bool operator()(const event::ChatRequeued&) const { return true; }
  bool operator()(const event::WrapUpEnded&) const { return true; }
  bool operator()(const event::BarEnded&) const { return true; }
  bool operator()(const auto&) const { return false; }
};

struct Dispatch {
  Decider& d;
  Answer operator()(const command::Tick&) const { return Done{}; }
  Answer operator()(const command::ResumeService&) const { return Done{}; }
  Answer operator()(const command::ApplySettings& c) const { return apply_settings(d, c); }
  Answer operator()(const command::SetCalendar& c) const { return set_calendar(d, c); }
  Answer operator()(const command::EndClosing& c) const { return end_closing(d, c); }
  Answer operator()(const command::AgentHello& c) const { return agent_hello(d, c); }
  Answer operator()(const command::AgentGone& c) const { return agent_gone(d, c); }
  Answer operator()(const command::SetStatus& c) const { return set_status(d, c); }
  Answer operator()(const command::VisitorHello& c) const { return visitor_hello(d, c); }
  Answer operator()(const command::VisitorGone& c) const { return visitor_gone(d, c); }
  Answer operator()(const command::Start& c) const { return start(d, c); }
  Answer operator()(const command::Open& c) const { return open(d, c); }
  Answer operator()(const command::Post& c) const { return post(d, c); }
  Answer operator()(const command::HandOver& c) const { return hand_over(d, c); }
  Answer operator()(const command::Accept& c) const { return accept(d, c); }
  Answer operator()(const command::Decline& c) const { return decline(d, c); }
  Answer operator()(const command::Close& c) const { return close(d, c); }
  Answer operator()(const command::FinishWrapUp& c) const { return finish_wrapup(d, c); }
  Answer operator()(const command::Transfer& c) const { return transfer(d, c); }
  Answer operator()(const command::Initiate& c) const { return initiate(d, c); }
  Answer operator()(const command::Rate& c) const { return rate(d, c); }
  Answer operator()(const command::RaiseFeatureLevel& c) const { return raise_feature_level(d, c); }
};

}  // namespace

void Decider::emit(EventBody body) {
  if (events.empty()) events.reserve(4);  // Few commands bring more.
  CHECK(type_of(body) < std::max(state.feature_level, first_feature_level));
  events.push_back({.at = at, .body = std::move(body)});
  evolve(state, events.back());
  route_needed = route_needed || std::visit(ChangesRouting{}, events.back().body);
}

Decision decide(State& state, Instant now, const Command& command, const CommandNumber* number) {
  CHECK(now >= state.now);
  CHECK(number == nullptr || is_next(state, *number));
  Decider d{.state = state, .at = now, .events = {}, .route_needed = false};
  if (const auto* resume = std::get_if<command::ResumeService>(&command)) {
    resume_service(d, *resume);  // Nobody is there right after it, so there is nothing to route.
    return {.events = std::move(d.events), .answer = Done{}, .finished = true};
  }
  if (!expire(d, now, expired_events_max)) return {.events = std::move(d.events), .answer = Done{}, .finished = false};
  d.at = now;
  Answer answer = std::visit(Dispatch{d}, command);
  if (number != nullptr) d.emit(decided(*number, answer));
  route(d);
  return {.events = std::move(d.events), .answer = std::move(answer), .finished = true};
}

}  // namespace heti::core

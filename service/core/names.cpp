#include <array>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/event.hpp"

namespace heti::core {
namespace {

struct NameOf {
  std::string_view operator()(const event::SettingsApplied&) const { return "settings.applied"; }
  std::string_view operator()(const event::CalendarSet&) const { return "calendar.set"; }
  std::string_view operator()(const event::ServiceResumed&) const { return "service.resumed"; }
  std::string_view operator()(const event::QueueOpened&) const { return "queue.opened"; }
  std::string_view operator()(const event::QueueClosed&) const { return "queue.closed"; }
  std::string_view operator()(const event::QueueClosingEnded&) const { return "queue.closing_ended"; }
  std::string_view operator()(const event::AgentConnected&) const { return "agent.connected"; }
  std::string_view operator()(const event::AgentDisconnected&) const { return "agent.disconnected"; }
  std::string_view operator()(const event::AgentStatusChanged&) const { return "agent.status_changed"; }
  std::string_view operator()(const event::ConversationStarted&) const { return "conversation.started"; }
  std::string_view operator()(const event::VisitorConnected&) const { return "visitor.connected"; }
  std::string_view operator()(const event::VisitorDisconnected&) const { return "visitor.disconnected"; }
  std::string_view operator()(const event::MessagePosted&) const { return "message.posted"; }
  std::string_view operator()(const event::ContactQueued&) const { return "contact.queued"; }
  std::string_view operator()(const event::ContactInitiated&) const { return "contact.initiated"; }
  std::string_view operator()(const event::RoutingWidened&) const { return "routing.widened"; }
  std::string_view operator()(const event::ChatOffered&) const { return "chat.offered"; }
  std::string_view operator()(const event::OfferEnded&) const { return "offer.ended"; }
  std::string_view operator()(const event::ChatAssigned&) const { return "chat.assigned"; }
  std::string_view operator()(const event::ChatRequeued&) const { return "chat.requeued"; }
  std::string_view operator()(const event::FirstResponseGiven&) const { return "first_response.given"; }
  std::string_view operator()(const event::ReplyGiven&) const { return "reply.given"; }
  std::string_view operator()(const event::VerdictGiven&) const { return "verdict.given"; }
  std::string_view operator()(const event::ContactEnded&) const { return "contact.ended"; }
  std::string_view operator()(const event::ChatClosed&) const { return "chat.closed"; }
  std::string_view operator()(const event::WrapUpEnded&) const { return "wrapup.ended"; }
  std::string_view operator()(const event::ConversationFinal&) const { return "conversation.final"; }
  std::string_view operator()(const event::RatingGiven&) const { return "rating.given"; }
  std::string_view operator()(const event::BarEnded&) const { return "bar.ended"; }
  std::string_view operator()(const event::OfflineMessageOpened&) const { return "offline_message.opened"; }
  std::string_view operator()(const event::VisitorFactsChanged&) const { return "visitor.facts_changed"; }
  std::string_view operator()(const event::CommandDecided&) const { return "command.decided"; }
  std::string_view operator()(const event::FeatureLevelRaised&) const { return "feature_level.raised"; }
};

constexpr std::array<std::string_view, std::variant_size_v<Command>> command_names{
    "tick",          "apply_settings",     "set_calendar", "resume_service",
    "end_closing",   "agent_hello",        "agent_gone",   "set_status",
    "visitor_hello", "visitor_gone",       "start",        "open",
    "post",          "hand_over",          "accept",       "decline",
    "close",         "finish_wrapup",      "transfer",     "initiate",
    "rate",          "raise_feature_level"};

}  // namespace

std::string_view name_of_command(std::size_t index) { return command_names.at(index); }

std::string_view name_of(const EventBody& body) { return std::visit(NameOf{}, body); }

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::not_found: return "not_found";
    case Refusal::not_allowed: return "not_allowed";
    case Refusal::wrong_state: return "wrong_state";
    case Refusal::queue_closed: return "queue_closed";
    case Refusal::already_assigned: return "already_assigned";
    case Refusal::conflict: return "conflict";
    case Refusal::resend_from: return "resend_from";
    case Refusal::agent_unavailable: return "agent_unavailable";
  }
  return "unknown";
}

}  // namespace heti::core

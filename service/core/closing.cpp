// How a contact ends, and what it is counted as.
#include <algorithm>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/staffing.hpp"
#include "service/core/state_table.hpp"

namespace heti::core {
namespace {

struct Counted {
  Outcome outcome{};
  EndReason reason{};
  Verdict verdict{};  // of the first response, if it is still open
  Millis waited{};
};

// Nobody has answered. Left in time: no verdict; left too late, or broken off by us: bad.
Counted count_unanswered(const Queue& queue, const Contact& contact, const Ending& ending) {
  const Millis waited = queue.hours.elapsed(contact.t_enq, ending.left_at);
  if (ending.reason == CloseReason::spam) return {Outcome::spam, EndReason::none, Verdict::excluded, waited};
  switch (ending.by) {
    case ClosedBy::agent: return {Outcome::missed, EndReason::agent_closed, Verdict::bad, waited};
    case ClosedBy::system: {
      const EndReason reason =
          ending.reason == CloseReason::queue_closed ? EndReason::queue_closed : EndReason::timeout;
      return {Outcome::missed, reason, Verdict::bad, waited};
    }
    case ClosedBy::visitor: break;
  }
  if (waited > contact.first_response.threshold) {
    return {Outcome::abandoned, EndReason::abandoned_after, Verdict::bad, waited};
  }
  const bool is_short = waited < queue.settings.short_abandon;
  return {Outcome::abandoned, is_short ? EndReason::abandoned_short : EndReason::abandoned_within, Verdict::excluded,
          waited};
}

// Closing does not hide a late answer: a turn older than its target is bad already and counts as unanswered.
void end_turn(Decider& d, Conversation& conversation, EndReason& reason) {
  const Promise& turn = *conversation.contact->turn;
  if (turn.judged) {
    reason = EndReason::unanswered_turn;
  } else {
    judge(d, conversation, Sla::reply, Verdict::excluded);
  }
}

void end_contact(Decider& d, Conversation& conversation, const Ending& ending) {
  const Queue& queue = queue_of(d.state, conversation);
  const Contact& contact = *conversation.contact;
  Counted counted;
  if (contact.first_response_time) {
    counted = {ending.reason == CloseReason::spam ? Outcome::spam : Outcome::answered, EndReason::none, Verdict::good,
               queue.hours.elapsed(contact.t_enq, ending.left_at)};
    if (contact.outbound && counted.outcome == Outcome::answered) counted.outcome = Outcome::outbound;
    if (contact.turn) end_turn(d, conversation, counted.reason);
    if (counted.outcome == Outcome::spam) counted.reason = EndReason::none;
  } else {
    counted = count_unanswered(queue, contact, ending);
    if (!contact.first_response.judged) judge(d, conversation, Sla::first_response, counted.verdict);
  }
  d.emit(event::ContactEnded{.conversation = conversation.id,
                             .contact = conversation.contact->id,
                             .outcome = counted.outcome,
                             .reason = counted.reason,
                             .waited = counted.waited});
}

}  // namespace

void end_conversation(Decider& d, Conversation& conversation, Ending ending) {
  if (conversation.offer) end_offer(d, conversation, OfferEnd::rescinded);
  const bool held = conversation.state == ConversationState::assigned;
  if (conversation.contact) end_contact(d, conversation, ending);
  const EngagementId engagement = conversation.engagement;
  const Millis wrapup = queue_of(d.state, conversation).settings.wrapup;
  d.emit(event::ChatClosed{.conversation = conversation.id,
                           .seq = next_seq(conversation),
                           .by = ending.by,
                           .reason = ending.reason,
                           .wrapup = held,
                           .wrapup_due = held ? d.at + wrapup : never});
  if (held && wrapup == Millis{0}) end_wrapup(d, agent_at(d.state, *conversation.agent), engagement);
}

void end_wrapup(Decider& d, Agent& agent, EngagementId id) {
  accrue_presence(agent, d.at);
  const Engagement engagement = agent.engagements.at(id);
  CHECK(engagement.ended.has_value());
  d.emit(event::WrapUpEnded{.agent = agent.id,
                            .engagement = id,
                            .conversation = engagement.conversation,
                            .handle = d.at - engagement.accepted,
                            .wrapup = d.at - *engagement.ended,
                            .focus = focus_of(engagement)});
  finish_if_empty(d, agent);
}

Answer close(Decider& d, const command::Close& c) {
  Conversation* conversation = d.state.find(c.conversation);
  if (conversation == nullptr) return refused(Refusal::not_found);
  Ending ending{.by = ClosedBy::visitor, .reason = CloseReason::closed, .left_at = d.at};
  if (c.sender.visitor) {
    if (*c.sender.visitor != conversation->visitor) return refused(Refusal::not_found);
    if (c.spam) return refused(Refusal::not_allowed);
  } else {
    if (!c.sender.agent) return refused(Refusal::not_allowed);
    const auto found = d.state.agents.find(*c.sender.agent);
    if (found == d.state.agents.end() || !may_see(found->second, *conversation)) return refused(Refusal::not_found);
    const bool of_others = conversation->agent && conversation->agent != found->first;
    if (of_others && !found->second.settings.supervisor) return refused(Refusal::not_allowed);
    ending.by = ClosedBy::agent;
    if (c.spam) ending.reason = CloseReason::spam;
  }
  switch (allowed(conversation->state, c.sender.visitor ? Ask::visitor_close : Ask::agent_close)) {
    case Allowed::no: return refused(Refusal::wrong_state);
    case Allowed::already: return Done{};
    case Allowed::yes: break;
  }
  end_conversation(d, *conversation, ending);
  return Done{};
}

Answer finish_wrapup(Decider& d, const command::FinishWrapUp& c) {
  const Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  for (const auto& [id, engagement] : found->second.engagements) {
    if (engagement.conversation != conversation->id || !engagement.ended) continue;
    end_wrapup(d, found->second, id);
    return Done{};
  }
  const bool already = allowed(conversation->state, Ask::finish_wrapup) == Allowed::already;
  return already ? Answer{Done{}} : refused(Refusal::wrong_state);
}

// Others join, or waiting is over without a human.
bool expire_waiting(Decider& d, Conversation& conversation) {
  const Contact& contact = *conversation.contact;
  if (contact.widen_at <= d.at) {
    const Queue* help = d.state.queue_named(d.state.queues.at(contact.line).settings.overflow);
    d.emit(event::RoutingWidened{
        .conversation = conversation.id, .why = Widened::overflow, .queue = help == nullptr ? contact.line : help->id});
    return true;
  }
  if (!contact.first_response_time && contact.give_up_at <= d.at) {
    end_conversation(d, conversation, {.by = ClosedBy::system, .reason = CloseReason::timeout, .left_at = d.at});
    return true;
  }
  return false;
}

// The first of the conversation's timers that is due: a broken promise, an absent visitor, an offer, a bar, the end of
// the reopen window.
void expire_conversation(Decider& d, Conversation& conversation) {
  if (conversation.contact) {
    const Contact& contact = *conversation.contact;
    const bool held = conversation.gone_at && !planted(Planted::held_verdict_given);
    const bool first_waits_for_reply = planted(Planted::verdict_at_reply);
    if (!contact.first_response.judged && !held && !first_waits_for_reply && contact.first_response.breach_at <= d.at) {
      return judge(d, conversation, Sla::first_response, Verdict::bad);
    }
    if (contact.turn && !contact.turn->judged && contact.turn->breach_at <= d.at) {
      return judge(d, conversation, Sla::reply, Verdict::bad);
    }
    if (conversation.waits() && expire_waiting(d, conversation)) return;
  }
  if (conversation.gone_due <= d.at) {
    const Instant left_at = planted(Planted::abandon_at_grace_end) ? d.at : conversation.gone_at.value_or(d.at);
    return end_conversation(d, conversation,
                            {.by = ClosedBy::visitor, .reason = CloseReason::abandoned, .left_at = left_at});
  }
  if (conversation.offer && conversation.offer->due <= d.at) {
    const AgentId id = conversation.offer->agent;
    end_offer(d, conversation, OfferEnd::expired);
    Agent& agent = agent_at(d.state, id);
    const bool away = agent.expiries >= 2 && !planted(Planted::expiries_forgotten);
    if (away) {
      change_status(d, agent, AgentStatus::away, StatusReason::offers_missed);
      rescind_offers(d, agent, OfferEnd::rescinded);
    }
    return;
  }
  if (conversation.waits() && conversation.contact->held_until <= d.at) {
    return d.emit(event::RoutingWidened{
        .conversation = conversation.id, .why = Widened::sticky_hold, .queue = conversation.contact->line});
  }
  for (const auto& [agent, bar] : conversation.barred) {
    if (bar.until <= d.at || (!bar.soft && bar.soft_at <= d.at)) {
      d.emit(event::BarEnded{.conversation = conversation.id, .agent = agent, .softened = bar.until > d.at});
      return;
    }
  }
  if (conversation.final_due <= d.at) {
    const Instant first = conversation.first_enq.value_or(conversation.closed_at);
    d.emit(event::ConversationFinal{
        .conversation = conversation.id,
        .resolution = queue_of(d.state, conversation).hours.elapsed(first, conversation.closed_at)});
  }
}

}  // namespace heti::core

// The line, offers and assignments.
#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/evolver.hpp"
#include "service/core/staffing.hpp"
#include "service/core/timers.hpp"

namespace heti::core {

void Evolver::enter_line(Conversation& conversation, QueueId line) {
  Contact& contact = *conversation.contact;
  if (contact.line != line) contact.overflow.reset();
  contact.line = line;
  Queue& queue = s.queues.at(line);
  queue.waiting.insert({contact.key, conversation.id});
  queue.unoffered.insert({contact.key, conversation.id});
  conversation.state = ConversationState::queued;
  const Millis sticky_hold = queue.settings.sticky_hold;
  contact.held_until = sticky_hold > Millis{0} && conversation.last_agent ? at + sticky_hold : never;
  set_stay_deadlines(conversation);
}

void Evolver::leave_line(Conversation& conversation) {
  const Contact& contact = *conversation.contact;
  Queue& queue = s.queues.at(contact.line);
  queue.waiting.erase({contact.key, conversation.id});
  queue.unoffered.erase({contact.key, conversation.id});
}

void Evolver::set_stay_deadlines(Conversation& conversation) const {
  Contact& contact = *conversation.contact;
  const Queue& home = s.queues.at(conversation.queue);
  const QueueSettings& line = s.queues.at(contact.line).settings;
  const bool widens = !line.overflow.empty() && !contact.overflow;
  contact.widen_at = widens ? home.hours.deadline(contact.stay_since, line.overflow_after) : never;
  const Millis max_wait = home.settings.max_wait;
  contact.give_up_at = max_wait > Millis{0} ? home.hours.deadline(contact.t_enq, max_wait + Millis{1}) : never;
}

// The engagement begins.
void Evolver::hold(Conversation& conversation, Agent& agent, EngagementId engagement) {
  conversation.state = ConversationState::assigned;
  conversation.agent = conversation.last_agent = agent.id;
  conversation.last_contact_at = at;
  conversation.engagement = engagement;
  conversation.barred.clear();
  conversation.contact->held_until = never;
  s.last_engagement = engagement.value();
  agent.last_assigned = at;
  agent.engagements[engagement] = {
      .conversation = conversation.id, .accepted = at, .ended = {}, .wrapup_due = never, .focus = 0};
}

void Evolver::bar(Conversation& conversation, AgentId agent) const {
  if (planted(Planted::bar_forgotten)) return;
  const QueueSettings& settings = queue_of(s, conversation).settings;
  conversation.barred[agent] = {.soft_at = at + settings.reoffer, .until = at + settings.bar, .soft = false};
}

void Evolver::operator()(const event::ContactQueued& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  const Queue& queue = queue_of(s, conversation);
  Contact contact;
  contact.id = e.contact;
  contact.stage = e.stage;
  contact.t_enq = contact.stay_since = at;
  contact.key = e.key;
  contact.first_response = promise(queue, at, queue.settings.first_response.threshold);
  contact.stay = e.stage;
  contact.line = queue.id;
  conversation.contact = contact;
  conversation.agent.reset();
  conversation.answered = false;
  conversation.rating = 0;
  conversation.final_due = never;
  conversation.barred.clear();
  if (!conversation.first_enq) conversation.first_enq = at;
  s.last_contact = e.contact.value();
  enter_line(conversation, queue.id);
  if (conversation.gone_at) visitor_left(conversation, at);
  add_entry(conversation, e.seq);
  reindex(s, conversation);
}

void Evolver::operator()(const event::ContactInitiated& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  Contact contact;
  contact.id = e.contact;
  contact.stage = contact.stay = Stage::outbound;
  contact.t_enq = contact.stay_since = contact.key = at;
  contact.first_response = {.started = at, .threshold = {}, .breach_at = never, .judged = true};
  contact.first_response_time = Millis{0};
  contact.line = conversation.queue;
  contact.outbound = true;
  conversation.contact = contact;
  conversation.answered = true;
  conversation.rating = 0;
  conversation.final_due = conversation.gone_due = never;
  if (conversation.gone_at) visitor_left(conversation, at);  // Who is away is waited for as after an answer.
  s.last_contact = e.contact.value();
  hold(conversation, agent, e.engagement);
  add_entry(conversation, e.seq);
  reindex(s, conversation);
  reindex(s, agent);
}

void Evolver::operator()(const event::RoutingWidened& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Contact& contact = *conversation.contact;
  switch (e.why) {
    case Widened::overflow:
      contact.overflow = e.queue;
      s.queues.at(contact.line).helped = true;
      contact.widen_at = never;
      break;
    case Widened::sticky_hold: contact.held_until = never; break;
  }
  reindex(s, conversation);
}

void Evolver::operator()(const event::ChatOffered& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  conversation.offer = Offer{.agent = e.agent, .due = e.due, .rule = e.rule};
  conversation.state = ConversationState::offered;
  s.queues.at(conversation.contact->line).unoffered.erase({conversation.contact->key, conversation.id});
  agent.offers.insert(e.conversation);
  reindex(s, conversation);
  reindex(s, agent);
}

void Evolver::operator()(const event::OfferEnded& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  agent.offers.erase(e.conversation);
  agent.expiries = e.result == OfferEnd::expired ? agent.expiries + 1 : agent.expiries;
  if (e.result == OfferEnd::accepted || e.result == OfferEnd::declined) agent.expiries = 0;
  conversation.offer.reset();
  conversation.state = ConversationState::queued;
  s.queues.at(conversation.contact->line).unoffered.insert({conversation.contact->key, conversation.id});
  if (e.result == OfferEnd::declined || e.result == OfferEnd::expired) bar(conversation, e.agent);
  reindex(s, conversation);
  reindex(s, agent);
}

void Evolver::operator()(const event::BarEnded& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  if (e.softened) {
    conversation.barred.at(e.agent).soft = true;
  } else {
    conversation.barred.erase(e.agent);
  }
  reindex(s, conversation);
}

void Evolver::operator()(const event::ChatAssigned& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  leave_line(conversation);
  hold(conversation, agent, e.engagement);
  add_entry(conversation, e.seq);
  reindex(s, conversation);
  reindex(s, agent);
}

void Evolver::operator()(const event::ChatRequeued& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  agent.engagements.erase(conversation.engagement);
  conversation.agent.reset();
  Contact& contact = *conversation.contact;
  contact.stay = e.stage;
  contact.stay_since = e.since;
  if (planted(Planted::requeue_new_key)) contact.key = at;
  enter_line(conversation, e.queue.value_or(contact.line));
  if (e.stage == Stage::transfer) bar(conversation, e.agent);
  add_entry(conversation, e.seq);
  reindex(s, conversation);
  reindex(s, agent);
}

}  // namespace heti::core

// Waiting contacts to agents. The line is ordered by key, then conversation; a waiter whom nobody can take is skipped.
#include <algorithm>

#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/staffing.hpp"
#include "service/core/state_table.hpp"

namespace heti::core {
namespace {

struct Choice {
  Agent* agent = nullptr;
  RoutedBy rule{};
};

bool barred(const Conversation& conversation, AgentId agent) { return conversation.barred.contains(agent); }

bool has_skills(const Agent& agent, const Conversation& conversation) {
  return std::includes(agent.skills.begin(), agent.skills.end(), conversation.skills.begin(),
                       conversation.skills.end());
}

// A member of the line, or of the queue that helps out, who has what the visitor needs.
bool eligible(const Agent& agent, const Conversation& conversation) {
  const Contact& contact = *conversation.contact;
  const bool member = serves(agent, contact.line) || (contact.overflow && serves(agent, *contact.overflow));
  return member && has_skills(agent, conversation);
}

bool has_slot(const Agent& agent) { return agent.free_as.has_value(); }

// The agent of last time, if the visitor came back within the reopen window.
Agent* last_agent_of(State& state, const Conversation& conversation) {
  if (!conversation.last_agent) return nullptr;
  const Millis window = queue_of(state, conversation).settings.reopen_window;
  Agent& agent = agent_at(state, *conversation.last_agent);
  const bool recent = conversation.contact->t_enq - conversation.last_contact_at <= window;
  const bool takes = agent.staffs() && !agent.removed && eligible(agent, conversation);
  return recent && takes && !barred(conversation, agent.id) ? &agent : nullptr;
}

// Barred agents are asked again, after a while, only if nobody else staffs the line.
bool others_staff(const State& state, const Conversation& conversation) {
  if (conversation.barred.empty()) return true;
  return std::any_of(state.agents.begin(), state.agents.end(), [&](const auto& entry) {
    const auto& [id, agent] = entry;
    return agent.staffs() && !agent.removed && eligible(agent, conversation) && !barred(conversation, id);
  });
}

// The free agents of the line and of the queue that helps out, best first, each once.
class Candidates {
 public:
  Candidates(const State& state, const Contact& contact)
      : line_(&state.queues.at(contact.line).free),
        help_(contact.overflow ? &state.queues.at(*contact.overflow).free : &none_),
        in_line_(line_->begin()),
        in_help_(help_->begin()) {}

  const FreeAgent* next() {
    const bool line_over = in_line_ == line_->end();
    if (line_over && in_help_ == help_->end()) return nullptr;
    if (line_over) return &*in_help_++;
    if (in_help_ == help_->end() || *in_line_ < *in_help_) return &*in_line_++;
    if (in_line_->id == in_help_->id) ++in_line_;
    return &*in_help_++;
  }

 private:
  inline static const std::set<FreeAgent> none_{};
  const std::set<FreeAgent>* line_;
  const std::set<FreeAgent>* help_;
  std::set<FreeAgent>::const_iterator in_line_;
  std::set<FreeAgent>::const_iterator in_help_;
};

// What set the first apart from the second.
RoutedBy rule_between(const FreeAgent& first, const FreeAgent& second) {
  const auto load_first = static_cast<std::uint64_t>(first.busy) * second.capacity;
  const auto load_second = static_cast<std::uint64_t>(second.busy) * first.capacity;
  if (load_first != load_second) return RoutedBy::least_busy;
  return first.last_assigned != second.last_assigned ? RoutedBy::longest_idle : RoutedBy::lowest_id;
}

Choice choose(State& state, const Conversation& conversation) {
  if (Agent* agent = last_agent_of(state, conversation)) {
    if (has_slot(*agent)) return {agent, RoutedBy::sticky};
    if (conversation.contact->held_until != never) return {};
  }
  const bool others = others_staff(state, conversation);
  const FreeAgent* best = nullptr;
  Candidates candidates(state, *conversation.contact);
  while (const FreeAgent* candidate = candidates.next()) {
    const auto bar = conversation.barred.find(candidate->id);
    if (bar != conversation.barred.end() && (others || !bar->second.soft)) continue;
    Agent& agent = agent_at(state, candidate->id);
    if (!eligible(agent, conversation)) continue;
    if (best != nullptr) return {&agent_at(state, best->id), rule_between(*best, *candidate)};
    best = candidate;
  }
  if (best == nullptr) return {};
  return {&agent_at(state, best->id), others ? RoutedBy::only_one : RoutedBy::barred_but_only_one};
}

void assign(Decider& d, Conversation& conversation, Agent& agent, RoutedBy rule) {
  const Contact& contact = *conversation.contact;
  const bool from_enq = planted(Planted::requeue_wait_from_enq);
  d.emit(event::ChatAssigned{
      .conversation = conversation.id,
      .seq = next_seq(conversation),
      .engagement = EngagementId{d.state.last_engagement + 1},
      .agent = agent.id,
      .stage = contact.stay,
      .wait = queue_of(d.state, conversation).hours.elapsed(from_enq ? contact.t_enq : contact.stay_since, d.at),
      .rule = rule});
}

const QueueSettings& line_of(const State& state, const Conversation& conversation) {
  return state.queues.at(conversation.contact->line).settings;
}

// To an agent by the rules of the line: as an offer, or at once.
void give(Decider& d, Conversation& conversation, Agent& agent, RoutedBy rule) {
  const QueueSettings& settings = line_of(d.state, conversation);
  if (settings.mode == RoutingMode::push_auto) return assign(d, conversation, agent, rule);
  d.emit(event::ChatOffered{
      .conversation = conversation.id, .agent = agent.id, .due = d.at + settings.offer_timeout, .rule = rule});
}

// The next in all lines, after `last`, of whom nobody has been offered; a line that nobody could serve is left out.
std::optional<std::pair<Instant, ConversationId>> next_waiting(
    const State& state, const std::optional<std::pair<Instant, ConversationId>>& last) {
  std::optional<std::pair<Instant, ConversationId>> first;
  const bool anybody = std::any_of(state.queues.begin(), state.queues.end(),
                                   [](const auto& entry) { return !entry.second.free.empty(); });
  for (const auto& [id, queue] : state.queues) {
    if (queue.settings.mode == RoutingMode::pull || queue.unoffered.empty()) continue;
    if (queue.free.empty() && !(queue.helped && anybody)) continue;
    if (planted(Planted::newest_first)) {
      if (!last) first = std::max(first.value_or(*queue.unoffered.rbegin()), *queue.unoffered.rbegin());
      continue;
    }
    const auto next = last ? queue.unoffered.upper_bound(*last) : queue.unoffered.begin();
    if (next != queue.unoffered.end() && (!first || *next < *first)) first = *next;
  }
  return first;
}

}  // namespace

void enqueue(Decider& d, Conversation& conversation, Stage stage) {
  d.emit(event::ContactQueued{.conversation = conversation.id,
                              .contact = ContactId{d.state.last_contact + 1},
                              .stage = stage,
                              .seq = stage == Stage::reopen ? next_seq(conversation) : 0,
                              .key = d.at - conversation.credit});
}

void end_offer(Decider& d, Conversation& conversation, OfferEnd result) {
  d.emit(event::OfferEnded{.conversation = conversation.id, .agent = conversation.offer->agent, .result = result});
}

void requeue(Decider& d, Conversation& conversation, Stage stage, Instant since, std::optional<QueueId> to) {
  Agent& agent = agent_at(d.state, *conversation.agent);
  accrue_presence(agent, d.at);
  const Engagement& engagement = agent.engagements.at(conversation.engagement);
  d.emit(event::ChatRequeued{.conversation = conversation.id,
                             .seq = next_seq(conversation),
                             .agent = agent.id,
                             .stage = stage,
                             .since = since,
                             .queue = to,
                             .handle = std::max(Millis{0}, since - engagement.accepted),
                             .focus = focus_of(engagement)});
  finish_if_empty(d, agent);
  const Queue& line = d.state.queues.at(conversation.contact->line);
  if (serves_waiting(line)) return;
  // Lost after closing time, or the queue is no more: nobody will come, so say so instead of letting the visitor wait.
  end_conversation(d, conversation, {.by = ClosedBy::system, .reason = CloseReason::queue_closed, .left_at = d.at});
}

Answer accept(Decider& d, const command::Accept& c) {
  Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  Agent& agent = found->second;
  switch (allowed(conversation->state, Ask::accept)) {
    case Allowed::no: return refused(Refusal::wrong_state);
    case Allowed::already: return conversation->agent == agent.id ? Answer{Done{}} : refused(Refusal::already_assigned);
    case Allowed::yes: break;
  }
  if (conversation->offer) {
    if (conversation->offer->agent != agent.id) return refused(Refusal::not_allowed);
    const RoutedBy rule = conversation->offer->rule;
    end_offer(d, *conversation, OfferEnd::accepted);
    assign(d, *conversation, agent, rule);
    return Done{};
  }
  if (line_of(d.state, *conversation).mode != RoutingMode::pull || !eligible(agent, *conversation)) {
    return refused(Refusal::not_allowed);
  }
  if (!has_slot(agent)) return refused(Refusal::agent_unavailable);
  assign(d, *conversation, agent, RoutedBy::claimed);
  return Done{};
}

Answer decline(Decider& d, const command::Decline& c) {
  Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  if (allowed(conversation->state, Ask::decline) != Allowed::yes || conversation->offer->agent != c.agent) {
    return refused(Refusal::wrong_state);
  }
  end_offer(d, *conversation, OfferEnd::declined);
  return Done{};
}

Answer transfer(Decider& d, const command::Transfer& c) {
  Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  if (allowed(conversation->state, Ask::transfer) != Allowed::yes) return refused(Refusal::wrong_state);
  if (conversation->agent != c.agent && !found->second.settings.supervisor) return refused(Refusal::not_allowed);
  if (c.to_queue) {
    const auto queue = d.state.queues.find(*c.to_queue);
    if (queue == d.state.queues.end() || queue->second.removed) return refused(Refusal::not_found);
    if (!takes_contacts(queue->second)) return refused(Refusal::queue_closed);
  }
  // After closing time nobody would come if it were declined: it stays with who has it.
  const Queue& line = d.state.queues.at(c.to_queue.value_or(conversation->contact->line));
  if (!serves_waiting(line)) return refused(Refusal::queue_closed);
  Agent* to = nullptr;
  if (c.to_agent) {
    const auto agent = d.state.agents.find(*c.to_agent);
    if (agent == d.state.agents.end() || agent->second.removed) return refused(Refusal::not_found);
    to = &agent->second;
    const bool fits =
        c.to_queue ? serves(*to, *c.to_queue) && has_skills(*to, *conversation) : eligible(*to, *conversation);
    if (!fits || !has_slot(*to) || conversation->agent == to->id) return refused(Refusal::agent_unavailable);
  }
  requeue(d, *conversation, Stage::transfer, d.at, c.to_queue);
  if (to != nullptr) give(d, *conversation, *to, RoutedBy::transferred);
  return Done{};
}

void route(Decider& d) {
  while (d.route_needed) {
    d.route_needed = false;
    std::optional<std::pair<Instant, ConversationId>> next;
    while ((next = next_waiting(d.state, next))) {
      Conversation& conversation = conversation_at(d.state, next->second);
      const Choice choice = choose(d.state, conversation);
      if (choice.agent != nullptr) give(d, conversation, *choice.agent, choice.rule);
    }
  }
}

}  // namespace heti::core

// Waiting contacts to agents. The line is ordered by key, then conversation; a waiter whom nobody can take is skipped.
#include <algorithm>
#include <vector>

#include "service/core/decider.hpp"

namespace heti::core {
namespace {

struct Choice {
  Agent* agent = nullptr;
  RoutedBy rule{};
};

bool barred(const Conversation& conversation, AgentId agent) { return conversation.barred.contains(agent); }

// Less busy first by busy/capacity, then longest since the last assignment, then the lower id.
RoutedBy compare(const Agent& a, const Agent& b, bool& a_first) {
  const auto load_a = static_cast<std::uint64_t>(a.busy()) * b.settings.capacity;
  const auto load_b = static_cast<std::uint64_t>(b.busy()) * a.settings.capacity;
  if (load_a != load_b) return a_first = load_a < load_b, RoutedBy::least_busy;
  if (a.last_assigned != b.last_assigned) return a_first = a.last_assigned < b.last_assigned, RoutedBy::longest_idle;
  return a_first = a.id < b.id, RoutedBy::lowest_id;
}

Agent* sticky_of(State& state, const Conversation& conversation, Instant now) {
  if (!conversation.last_agent) return nullptr;
  const Millis window = queue_of(state, conversation).settings.reopen_window;
  Agent& agent = agent_at(state, *conversation.last_agent);
  const bool recent = now - conversation.last_contact_at <= window;
  const bool takes = agent.staffs() && agent.has_free_slot() && may_see(agent, conversation);
  return recent && takes && !barred(conversation, agent.id) ? &agent : nullptr;
}

Choice choose(State& state, const Conversation& conversation, Instant now) {
  if (Agent* agent = sticky_of(state, conversation, now)) return {agent, RoutedBy::sticky};
  // Barred agents are asked again, after a while, only if nobody else staffs the queue.
  bool others = false;
  for (const auto& [id, agent] : state.agents) {
    others = others || (agent.staffs() && may_see(agent, conversation) && !barred(conversation, id));
  }
  Choice best;
  std::size_t candidates = 0;
  for (auto& [id, agent] : state.agents) {
    if (!agent.staffs() || !agent.has_free_slot() || !may_see(agent, conversation)) continue;
    if (barred(conversation, id) && (others || !conversation.barred.at(id).soft)) continue;
    ++candidates;
    if (best.agent == nullptr) {
      best = {&agent, others ? RoutedBy::only_one : RoutedBy::barred_but_only_one};
      continue;
    }
    bool first = false;
    const RoutedBy rule = compare(agent, *best.agent, first);
    best = {first ? &agent : best.agent, rule};
  }
  return best;
}

bool anybody_free(const State& state) {
  return std::any_of(state.agents.begin(), state.agents.end(),
                     [](const auto& entry) { return entry.second.staffs() && entry.second.has_free_slot(); });
}

void assign(Decider& d, Conversation& conversation, Agent& agent, RoutedBy rule) {
  const Contact& contact = *conversation.contact;
  d.emit(event::ChatAssigned{.conversation = conversation.id,
                             .seq = next_seq(conversation),
                             .engagement = EngagementId{d.state.last_engagement + 1},
                             .agent = agent.id,
                             .stage = contact.stay,
                             .wait = queue_of(d.state, conversation).hours.elapsed(contact.stay_since, d.at),
                             .rule = rule});
}

}  // namespace

void enqueue(Decider& d, Conversation& conversation, Stage stage) {
  d.emit(event::ContactQueued{.conversation = conversation.id,
                              .contact = ContactId{d.state.last_contact + 1},
                              .stage = stage,
                              .seq = stage == Stage::reopen ? next_seq(conversation) : 0});
}

void end_offer(Decider& d, Conversation& conversation, OfferEnd result) {
  d.emit(event::OfferEnded{.conversation = conversation.id, .agent = conversation.offer->agent, .result = result});
}

void requeue(Decider& d, Conversation& conversation, Stage stage, Instant since) {
  Agent& agent = agent_at(d.state, *conversation.agent);
  d.emit(event::ChatRequeued{.conversation = conversation.id,
                             .seq = next_seq(conversation),
                             .agent = agent.id,
                             .stage = stage,
                             .since = since});
  finish_if_empty(d, agent);
  const Queue& queue = queue_of(d.state, conversation);
  if (takes_contacts(queue) || queue.closing()) return;
  // Lost after closing time: nobody will come, so say so instead of letting the visitor wait.
  end_conversation(d, conversation, {.by = ClosedBy::system, .reason = CloseReason::queue_closed, .left_at = d.at});
}

Answer accept(Decider& d, const command::Accept& c) {
  Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  Agent& agent = found->second;
  if (conversation->state == ConversationState::assigned) {
    return conversation->agent == agent.id ? Answer{Done{}} : refused(Refusal::already_assigned);
  }
  if (conversation->state == ConversationState::offered) {
    if (conversation->offer->agent != agent.id) return refused(Refusal::not_allowed);
    const RoutedBy rule = conversation->offer->rule;
    end_offer(d, *conversation, OfferEnd::accepted);
    assign(d, *conversation, agent, rule);
    return Done{};
  }
  const bool pull = queue_of(d.state, *conversation).settings.mode == RoutingMode::pull;
  if (conversation->state != ConversationState::queued) return refused(Refusal::wrong_state);
  if (!pull || !agent.staffs() || !agent.has_free_slot()) return refused(Refusal::not_allowed);
  assign(d, *conversation, agent, RoutedBy::claimed);
  return Done{};
}

Answer decline(Decider& d, const command::Decline& c) {
  Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  if (!conversation->offer || conversation->offer->agent != c.agent) return refused(Refusal::wrong_state);
  end_offer(d, *conversation, OfferEnd::declined);
  return Done{};
}

Answer transfer(Decider& d, const command::Transfer& c) {
  Conversation* conversation = d.state.find(c.conversation);
  const auto found = d.state.agents.find(c.agent);
  if (conversation == nullptr || found == d.state.agents.end() || !may_see(found->second, *conversation)) {
    return refused(Refusal::not_found);
  }
  if (conversation->state != ConversationState::assigned) return refused(Refusal::wrong_state);
  if (conversation->agent != c.agent && !found->second.settings.supervisor) return refused(Refusal::not_allowed);
  requeue(d, *conversation, Stage::transfer, d.at);
  return Done{};
}

void route(Decider& d) {
  while (d.route_needed) {
    d.route_needed = false;
    std::vector<std::pair<Instant, ConversationId>> line;
    for (const auto& [id, queue] : d.state.queues) {
      if (queue.settings.mode == RoutingMode::pull) continue;
      line.insert(line.end(), queue.waiting.begin(), queue.waiting.end());
    }
    std::sort(line.begin(), line.end());
    for (const auto& [key, id] : line) {
      if (!anybody_free(d.state)) return;
      Conversation& conversation = conversation_at(d.state, id);
      if (conversation.state != ConversationState::queued) continue;
      const Choice choice = choose(d.state, conversation, d.at);
      if (choice.agent == nullptr) continue;
      const QueueSettings& settings = queue_of(d.state, conversation).settings;
      if (settings.mode == RoutingMode::push_auto) {
        assign(d, conversation, *choice.agent, choice.rule);
      } else {
        d.emit(event::ChatOffered{
            .conversation = id, .agent = choice.agent->id, .due = d.at + settings.offer_timeout, .rule = choice.rule});
      }
    }
  }
}

}  // namespace heti::core

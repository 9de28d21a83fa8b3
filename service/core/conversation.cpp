// Starting, opening and rating a conversation; a bot's hand-over.
#include <algorithm>

#include "service/core/decider.hpp"
#include "service/core/state_table.hpp"

namespace heti::core {
namespace {

// The conversation, if this sender may see it. Absent and hidden look the same.
Conversation* visible(State& state, const Sender& sender, const PublicId& id) {
  Conversation* conversation = state.find(id);
  if (conversation == nullptr) return nullptr;
  if (sender.visitor) return conversation->visitor == *sender.visitor ? conversation : nullptr;
  if (!sender.agent) return conversation;
  const auto agent = state.agents.find(*sender.agent);
  return agent != state.agents.end() && may_see(agent->second, *conversation) ? conversation : nullptr;
}

// What is said anew replaces what was said before; what is left out stays.
void learn(Decider& d, const Conversation& conversation, const VisitorFacts& said) {
  VisitorFacts facts = conversation.facts;
  const auto take = [](std::string& known, const std::string& text) {
    if (!text.empty()) known = text;
  };
  take(facts.name, said.name);
  take(facts.email, said.email);
  take(facts.page_url, said.page_url);
  take(facts.page_title, said.page_title);
  if (facts == conversation.facts) return;
  d.emit(event::VisitorFactsChanged{.conversation = conversation.id, .facts = std::move(facts)});
}

// What the page on which a chat starts says of it: the first rule that fits.
void apply_page_rules(const State& state, const QueueSettings& settings, event::ConversationStarted& e) {
  for (const PageRule& rule : settings.pages) {
    if (!e.facts.page_url.starts_with(rule.prefix)) continue;
    e.skills = rule.skills;
    std::sort(e.skills.begin(), e.skills.end());
    for (const Priority& priority : state.priorities) {
      if (priority.name != rule.priority) continue;
      e.priority = priority.name;
      e.credit = priority.credit;
    }
    return;
  }
}

}  // namespace

Answer start(Decider& d, const command::Start& c) {
  const auto found = d.state.queues.find(c.queue);
  if (found == d.state.queues.end() || found->second.removed) return refused(Refusal::not_found);
  const Queue& queue = found->second;
  const auto present = d.state.of_visitor.find({c.visitor, c.queue});
  ConversationId id;
  if (present != d.state.of_visitor.end()) {
    id = present->second;
    learn(d, conversation_at(d.state, id), c.facts);
  } else {
    if (!takes_contacts(queue) && queue.settings.after_hours == AfterHours::refuse) {
      return refused(Refusal::queue_closed);
    }
    if (d.state.find(c.conversation) != nullptr) return refused(Refusal::conflict);
    id = ConversationId{d.state.last_conversation + 1};
    event::ConversationStarted started{.conversation = id,
                                       .public_id = c.conversation,
                                       .visitor = c.visitor,
                                       .queue = c.queue,
                                       .facts = c.facts,
                                       .bot_first = c.bot_first,
                                       .priority = {},
                                       .credit = {},
                                       .skills = {}};
    apply_page_rules(d.state, queue.settings, started);
    d.emit(std::move(started));
    if (!takes_contacts(queue)) d.emit(event::OfflineMessageOpened{.conversation = id});
  }
  Conversation& conversation = conversation_at(d.state, id);
  if (c.connection && !conversation.connections.contains(*c.connection)) {
    d.emit(event::VisitorConnected{.conversation = id, .connection = *c.connection});
    judge_on_return(d, conversation);
  }
  return conversation_view(d.state, conversation, 0);
}

Answer open(Decider& d, const command::Open& c) {
  const Conversation* conversation = visible(d.state, c.sender, c.conversation);
  if (conversation == nullptr) return refused(Refusal::not_found);
  return conversation_view(d.state, *conversation, c.after);
}

Answer initiate(Decider& d, const command::Initiate& c) {
  const auto found = d.state.agents.find(c.agent);
  const auto queue = d.state.queues.find(c.queue);
  if (found == d.state.agents.end() || queue == d.state.queues.end() || queue->second.removed ||
      !serves(found->second, c.queue)) {
    return refused(Refusal::not_found);
  }
  if (!found->second.free_as) return refused(Refusal::agent_unavailable);
  const auto present = d.state.of_visitor.find({c.visitor, c.queue});
  ConversationId id{d.state.last_conversation + 1};
  if (present != d.state.of_visitor.end()) {
    id = present->second;
    if (allowed(conversation_at(d.state, id).state, Ask::initiate) != Allowed::yes) {
      return refused(Refusal::wrong_state);
    }
  } else {
    if (d.state.find(c.conversation) != nullptr) return refused(Refusal::conflict);
    d.emit(event::ConversationStarted{.conversation = id,
                                      .public_id = c.conversation,
                                      .visitor = c.visitor,
                                      .queue = c.queue,
                                      .facts = {},
                                      .bot_first = false,
                                      .priority = {},
                                      .credit = {},
                                      .skills = {}});
  }
  const Conversation& conversation = conversation_at(d.state, id);
  d.emit(event::ContactInitiated{.conversation = id,
                                 .contact = ContactId{d.state.last_contact + 1},
                                 .engagement = EngagementId{d.state.last_engagement + 1},
                                 .agent = c.agent,
                                 .seq = next_seq(conversation)});
  return conversation_view(d.state, conversation, 0);
}

Answer hand_over(Decider& d, const command::HandOver& c) {
  Conversation* conversation = d.state.find(c.conversation);
  if (conversation == nullptr) return refused(Refusal::not_found);
  if (allowed(conversation->state, Ask::hand_over) != Allowed::yes) return refused(Refusal::wrong_state);
  const Queue& queue = queue_of(d.state, *conversation);
  if (takes_contacts(queue)) {
    enqueue(d, *conversation, Stage::first);
  } else if (queue.settings.after_hours == AfterHours::message) {
    d.emit(event::OfflineMessageOpened{.conversation = conversation->id});
  } else {
    return refused(Refusal::queue_closed);
  }
  return Done{};
}

Answer rate(Decider& d, const command::Rate& c) {
  Conversation* conversation = visible(d.state, Sender::of_visitor(c.visitor), c.conversation);
  if (conversation == nullptr) return refused(Refusal::not_found);
  const bool over = allowed(conversation->state, Ask::rate) == Allowed::yes;
  if (c.score < 1 || c.score > 5) return refused(Refusal::not_allowed);
  if (!over || !conversation->answered) return refused(Refusal::wrong_state);
  if (conversation->rating != 0) return conversation->rating == c.score ? Answer{Done{}} : refused(Refusal::conflict);
  d.emit(event::RatingGiven{
      .conversation = conversation->id, .seq = next_seq(*conversation), .score = c.score, .comment = c.comment});
  return Done{};
}

}  // namespace heti::core

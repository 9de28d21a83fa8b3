#include "service/core/evolve.hpp"

#include <algorithm>

#include "service/base/check.hpp"
#include "service/core/decider.hpp"
#include "service/core/staffing.hpp"
#include "service/core/timers.hpp"

namespace heti::core {
namespace {

// Cuts text to at most `size` bytes without splitting a UTF-8 character.
std::string cut(const std::string& text, std::size_t size) {
  if (text.size() <= size) return text;
  std::size_t end = size;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// A running promise of the queue: broken at the first open millisecond with more than the threshold elapsed.
Promise promise(const Queue& queue, Instant started, Millis threshold) {
  return {.started = started,
          .threshold = threshold,
          .breach_at = queue.hours.deadline(started, threshold + Millis{1}),
          .judged = false};
}

void add_entry(State& state, Conversation& conversation, const Event& event, std::uint64_t seq) {
  if (seq == 0) return;
  CHECK(seq == conversation.last_seq + 1);
  conversation.last_seq = seq;
  auto entry = entry_of(state, event);
  CHECK(entry.has_value());
  conversation.recent.push_back(std::move(entry->second));
  if (conversation.recent.size() > recent_entries_max) conversation.recent.pop_front();
}

// A closed conversation is a stub; its text is in the archive.
void forget_text(Conversation& conversation) {
  conversation.recent.clear();
  conversation.preview.clear();
}

void remember_post(Conversation& conversation, const event::MessagePosted& e) {
  if (e.stream.empty()) return;
  const StreamName name{.visitor = e.author == Author::visitor, .agent = e.agent, .stream = e.stream};
  ClientMark& mark = conversation.marks[name];
  mark.last_n = e.n;
  mark.used = ++conversation.mark_uses;
  mark.posts.push_back({.n = e.n, .seq = e.seq, .body_hash = e.body_hash});
  if (mark.posts.size() > mark_posts_max) mark.posts.pop_front();
  if (conversation.marks.size() <= marks_max) return;
  const auto oldest = std::min_element(conversation.marks.begin(), conversation.marks.end(),
                                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
  conversation.marks.erase(oldest);
}

// One function per event. Everything that changes who staffs a queue, or a slot, first accrues the time before it.
struct Evolver {
  State& s;
  const Event& event;
  Instant at = event.at;

  void operator()(const event::SettingsApplied& e) {
    for (auto& [id, queue] : s.queues) accrue(s, queue, at);
    s.settings_version = e.version;
    for (auto& [id, queue] : s.queues) queue.removed = true;
    for (auto& [id, agent] : s.agents) agent.removed = true;
    for (const QueueSettings& settings : e.settings.queues) apply(settings);
    for (const AgentSettings& settings : e.settings.agents) apply(settings);
    for (auto& [id, queue] : s.queues) mark_shortage(s, queue, at);
    reindex_all(s);
  }

  void apply(const QueueSettings& settings) {
    for (auto& [id, queue] : s.queues) {
      if (queue.settings.name != settings.name) continue;
      queue.settings = settings;
      queue.removed = false;
      return;
    }
    const QueueId id{static_cast<std::uint32_t>(s.queues.size() + 1)};
    Queue queue;
    queue.id = id;
    queue.settings = settings;
    queue.totals.until = at;
    s.queues.emplace(id, std::move(queue));
  }

  void apply(const AgentSettings& settings) {
    Agent* agent = nullptr;
    for (auto& [id, known] : s.agents) {
      if (known.settings.name == settings.name) agent = &known;
    }
    if (agent == nullptr) {
      const AgentId id{static_cast<std::uint32_t>(s.agents.size() + 1)};
      agent = &s.agents[id];
      agent->id = id;
    }
    agent->settings = settings;
    agent->removed = false;
    agent->queues.clear();
    for (const auto& [id, queue] : s.queues) {
      const auto& names = settings.queues;
      if (!queue.removed && std::find(names.begin(), names.end(), queue.settings.name) != names.end()) {
        agent->queues.push_back(id);
      }
    }
  }

  void operator()(const event::CalendarSet& e) {
    Queue& queue = s.queues.at(e.queue);
    accrue(s, queue, at);
    queue.hours.replace_from(std::max(e.effective_from, at), e.open);
    queue.tzdata_version = e.tzdata_version;
    Instant oldest = at;
    for (auto& [id, conversation] : s.conversations) {
      if (conversation.queue != queue.id) continue;
      oldest = std::min(oldest, conversation.created);
      if (!conversation.contact) continue;
      Contact& contact = *conversation.contact;
      move_deadline(queue, contact.first_response);
      if (contact.turn) move_deadline(queue, *contact.turn);
      reindex(s, conversation);
    }
    queue.hours.forget_before(oldest - std::chrono::days{2});
    reindex(s, queue);
  }

  void move_deadline(const Queue& queue, Promise& running) {
    if (!running.judged) running.breach_at = promise(queue, running.started, running.threshold).breach_at;
  }

  // `at` is the last instant at which we were alive. Deadlines of human action do not run while we are down.
  void operator()(const event::ServiceResumed& e) {
    const Millis outage = e.resumed_at - at;
    for (auto& [id, queue] : s.queues) {
      accrue(s, queue, at);
      accrue_outage(queue, at, e.resumed_at);
    }
    for (auto& [id, agent] : s.agents) resume(agent, outage);
    for (auto& [id, conversation] : s.conversations) resume(conversation, outage);
    for (auto& [id, queue] : s.queues) mark_shortage(s, queue, at);
    reindex_all(s);
  }

  void resume(Agent& agent, Millis outage) {
    agent.connections.clear();
    if (agent.grace_due != never) agent.grace_due += outage;
    for (auto& [id, engagement] : agent.engagements) {
      if (engagement.wrapup_due != never) engagement.wrapup_due += outage;
    }
    if (agent.status == AgentStatus::offline || agent.status == AgentStatus::lost) return;
    agent.before_lost = agent.status;
    agent.status = AgentStatus::lost;
    agent.reason = StatusReason::service;
    agent.lost_at = at;
    agent.grace_due = at + outage + grace_of(agent);
  }

  void resume(Conversation& conversation, Millis outage) {
    if (conversation.gone_due != never) conversation.gone_due += outage;
    if (conversation.offer) conversation.offer->due += outage;
    for (auto& [agent, bar] : conversation.barred) {
      bar.soft_at += outage;
      bar.until += outage;
    }
    if (conversation.connections.empty()) return;
    conversation.connections.clear();
    visitor_left(conversation, at + outage);
  }

  // The patience with an absent visitor starts at `from`; what counts as the leaving is `at`.
  void visitor_left(Conversation& conversation, Instant from) {
    conversation.gone_at = at;
    const QueueSettings& settings = queue_of(s, conversation).settings;
    if (conversation.state == ConversationState::fresh) {
      conversation.gone_due = from + settings.visitor_grace;
    } else if (conversation.contact) {
      conversation.gone_due = from + (conversation.answered ? settings.idle_close : settings.visitor_grace);
    }
  }

  Millis grace_of(const Agent& agent) const {
    Millis grace{0};
    for (const QueueId id : agent.queues) grace = std::max(grace, s.queues.at(id).settings.agent_grace);
    return grace;
  }

  void operator()(const event::QueueOpened& e) {
    Queue& queue = s.queues.at(e.queue);
    queue.open = true;
    queue.closing_until = never;
    reindex(s, queue);
  }
  void operator()(const event::QueueClosed& e) {
    Queue& queue = s.queues.at(e.queue);
    queue.open = false;
    queue.closing_until = at + queue.settings.closing;
    reindex(s, queue);
  }
  void operator()(const event::QueueClosingEnded& e) {
    Queue& queue = s.queues.at(e.queue);
    queue.closing_until = never;
    reindex(s, queue);
  }

  void operator()(const event::AgentConnected& e) { agent_at(s, e.agent).connections.insert(e.connection); }
  void operator()(const event::AgentDisconnected& e) { agent_at(s, e.agent).connections.erase(e.connection); }

  void operator()(const event::AgentStatusChanged& e) {
    Agent& agent = agent_at(s, e.agent);
    accrue_of(s, agent, at);
    agent.status = e.to;
    agent.reason = e.reason;
    agent.grace_due = never;
    if (e.to == AgentStatus::lost) {
      agent.before_lost = e.from;
      agent.lost_at = at;
      agent.grace_due = at + grace_of(agent);
    }
    if (e.to == AgentStatus::online) agent.expiries = 0;
    mark_shortage_of(s, agent, at);
    reindex(s, agent);
  }

  void operator()(const event::ConversationStarted& e) {
    Conversation& conversation = s.conversations[e.conversation];
    conversation.id = e.conversation;
    conversation.public_id = e.public_id;
    conversation.visitor = e.visitor;
    conversation.queue = e.queue;
    conversation.facts = e.facts;
    conversation.created = at;
    conversation.bot_first = e.bot_first;
    conversation.last_contact_at = at;
    s.last_conversation = e.conversation.value();
    s.of_visitor[{e.visitor, e.queue}] = e.conversation;
    s.by_public_id[e.public_id] = e.conversation;
  }
  void operator()(const event::VisitorFactsChanged& e) { conversation_at(s, e.conversation).facts = e.facts; }
  void operator()(const event::OfflineMessageOpened& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.state = ConversationState::offline_message;
    conversation.agent.reset();  // Who is still in wrap-up keeps that slot, not the conversation.
    conversation.gone_due = never;
    conversation.final_due = never;
    reindex(s, conversation);
  }
  void operator()(const event::VisitorConnected& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.connections.insert(e.connection);
    conversation.gone_at.reset();
    conversation.gone_due = never;
    reindex(s, conversation);
  }
  void operator()(const event::VisitorDisconnected& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.connections.erase(e.connection);
    if (conversation.connections.empty()) visitor_left(conversation, at);
    reindex(s, conversation);
  }

  void operator()(const event::MessagePosted& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    remember_post(conversation, e);
    if (e.author == Author::note) return;
    add_entry(s, conversation, event, e.seq);
    conversation.preview = cut(e.text, 120);
    conversation.preview_author = e.author;
    if (e.author == Author::visitor && conversation.contact && conversation.answered && !conversation.contact->turn) {
      const Queue& queue = queue_of(s, conversation);
      conversation.contact->turn = promise(queue, at, queue.settings.reply.threshold);
    }
    reindex(s, conversation);
  }

  void operator()(const event::ContactQueued& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    Queue& queue = queue_of(s, conversation);
    Contact contact;
    contact.id = e.contact;
    contact.stage = e.stage;
    contact.t_enq = contact.key = contact.stay_since = at;
    contact.first_response = promise(queue, at, queue.settings.first_response.threshold);
    contact.stay = e.stage;
    conversation.contact = contact;
    conversation.state = ConversationState::queued;
    conversation.agent.reset();
    conversation.answered = false;
    conversation.rating = 0;
    conversation.final_due = never;
    conversation.barred.clear();
    if (!conversation.first_enq) conversation.first_enq = at;
    if (conversation.gone_at) visitor_left(conversation, at);
    s.last_contact = e.contact.value();
    queue.waiting.insert({contact.key, conversation.id});
    add_entry(s, conversation, event, e.seq);
    reindex(s, conversation);
  }

  void operator()(const event::ChatOffered& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    Agent& agent = agent_at(s, e.agent);
    accrue_of(s, agent, at);
    conversation.offer = Offer{.agent = e.agent, .due = e.due, .rule = e.rule};
    conversation.state = ConversationState::offered;
    agent.offers.insert(e.conversation);
    reindex(s, conversation);
  }

  void operator()(const event::OfferEnded& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    Agent& agent = agent_at(s, e.agent);
    accrue_of(s, agent, at);
    agent.offers.erase(e.conversation);
    agent.expiries = e.result == OfferEnd::expired ? agent.expiries + 1 : agent.expiries;
    if (e.result == OfferEnd::accepted || e.result == OfferEnd::declined) agent.expiries = 0;
    conversation.offer.reset();
    conversation.state = ConversationState::queued;
    if (e.result == OfferEnd::declined || e.result == OfferEnd::expired) bar(conversation, e.agent);
    reindex(s, conversation);
  }

  void bar(Conversation& conversation, AgentId agent) {
    const QueueSettings& settings = queue_of(s, conversation).settings;
    conversation.barred[agent] = {.soft_at = at + settings.reoffer, .until = at + settings.bar, .soft = false};
  }

  void operator()(const event::BarEnded& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    if (e.softened) {
      conversation.barred.at(e.agent).soft = true;
    } else {
      conversation.barred.erase(e.agent);
    }
    reindex(s, conversation);
  }

  void operator()(const event::ChatAssigned& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    Agent& agent = agent_at(s, e.agent);
    accrue_of(s, agent, at);
    queue_of(s, conversation).waiting.erase({conversation.contact->key, conversation.id});
    conversation.state = ConversationState::assigned;
    conversation.agent = conversation.last_agent = e.agent;
    conversation.last_contact_at = at;
    conversation.engagement = e.engagement;
    conversation.barred.clear();
    s.last_engagement = e.engagement.value();
    agent.last_assigned = at;
    agent.engagements[e.engagement] = {
        .conversation = e.conversation, .accepted = at, .ended = {}, .wrapup_due = never};
    add_entry(s, conversation, event, e.seq);
    reindex(s, conversation);
  }

  void operator()(const event::ChatRequeued& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    Agent& agent = agent_at(s, e.agent);
    accrue_of(s, agent, at);
    agent.engagements.erase(conversation.engagement);
    conversation.agent.reset();
    conversation.state = ConversationState::queued;
    conversation.contact->stay = e.stage;
    conversation.contact->stay_since = e.since;
    queue_of(s, conversation).waiting.insert({conversation.contact->key, conversation.id});
    if (e.stage == Stage::transfer) bar(conversation, e.agent);
    add_entry(s, conversation, event, e.seq);
    reindex(s, conversation);
    reindex(s, agent);
  }

  void operator()(const event::FirstResponseGiven& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.contact->first_response_time = e.time;
    conversation.answered = true;
    if (conversation.gone_at) conversation.gone_due = at + queue_of(s, conversation).settings.idle_close;
    reindex(s, conversation);
  }
  void operator()(const event::ReplyGiven& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.contact->turn.reset();
    reindex(s, conversation);
  }
  void operator()(const event::VerdictGiven& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    Promise& judged =
        e.sla == Sla::first_response ? conversation.contact->first_response : conversation.contact->turn.value();
    CHECK(!judged.judged);
    judged.judged = true;
    reindex(s, conversation);
  }
  void operator()(const event::ContactEnded& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    queue_of(s, conversation).waiting.erase({conversation.contact->key, conversation.id});
    conversation.contact.reset();
    reindex(s, conversation);
  }

  void operator()(const event::ChatClosed& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.state = e.wrapup ? ConversationState::wrapup : ConversationState::closed;
    conversation.closed_at = conversation.last_contact_at = at;
    conversation.final_due = at + queue_of(s, conversation).settings.reopen_window;
    conversation.gone_due = never;
    conversation.barred.clear();
    add_entry(s, conversation, event, e.seq);
    if (e.wrapup) {
      Agent& agent = agent_at(s, conversation.agent.value());
      Engagement& engagement = agent.engagements.at(conversation.engagement);
      engagement.ended = at;
      engagement.wrapup_due = e.wrapup_due;
      reindex(s, agent);
    } else {
      forget_text(conversation);
    }
    reindex(s, conversation);
  }

  void operator()(const event::WrapUpEnded& e) {
    Agent& agent = agent_at(s, e.agent);
    accrue_of(s, agent, at);
    agent.engagements.erase(e.engagement);
    reindex(s, agent);
    const auto found = s.conversations.find(e.conversation);
    if (found == s.conversations.end()) return;
    Conversation& conversation = found->second;
    if (conversation.state != ConversationState::wrapup || conversation.engagement != e.engagement) return;
    conversation.state = ConversationState::closed;
    conversation.agent.reset();
    forget_text(conversation);
    reindex(s, conversation);
  }

  void operator()(const event::ConversationFinal& e) {
    const Conversation& conversation = conversation_at(s, e.conversation);
    s.of_visitor.erase({conversation.visitor, conversation.queue});
    s.by_public_id.erase(conversation.public_id);
    unindex(s, Due::Kind::conversation, e.conversation.value());
    s.conversations.erase(e.conversation);
  }

  void operator()(const event::RatingGiven& e) {
    Conversation& conversation = conversation_at(s, e.conversation);
    conversation.rating = e.score;
    const bool keeps_text = conversation.state != ConversationState::closed;
    add_entry(s, conversation, event, e.seq);
    if (!keeps_text) forget_text(conversation);
  }
};

}  // namespace

void evolve(State& state, const Event& event) {
  CHECK(event.at >= state.now);
  state.now = event.at;
  std::visit(Evolver{.s = state, .event = event}, event.body);
}

}  // namespace heti::core

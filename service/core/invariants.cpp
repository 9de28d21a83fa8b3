#include "service/core/invariants.hpp"

#include <algorithm>
#include <utility>

#include "service/core/decider.hpp"
#include "service/core/staffing.hpp"
#include "service/core/timers.hpp"

namespace heti::core {
namespace {

struct Checker {
  const State& state;
  std::vector<std::string>& broken;

  void require(bool holds, const char* rule, std::uint64_t id) {
    if (!holds) broken.push_back(std::string(rule) + " (id " + std::to_string(id) + ")");
  }

  void check(const Conversation& c) {
    const std::uint64_t id = c.id.value();
    require(!(c.offer && c.agent), "1: a contact has at most one agent", id);
    require(c.offer.has_value() == (c.state == ConversationState::offered), "1: an offer stands in OFFERED only", id);
    const bool holds = c.state == ConversationState::assigned || c.state == ConversationState::wrapup;
    require(c.agent.has_value() == holds, "1: an agent holds it in ASSIGNED and WRAPUP only", id);
    if (c.agent) {
      const auto& held = state.agents.at(*c.agent).engagements;
      const auto slot = held.find(c.engagement);
      require(slot != held.end() && slot->second.conversation == c.id, "1: who holds it has a slot for it", id);
    }
    require(c.contact.has_value() == (c.waits() || c.state == ConversationState::assigned),
            "6: a live contact stands in QUEUED, OFFERED or ASSIGNED only", id);
    if (c.contact) check_contact(c);
    if (!c.recent.empty()) {
      require(c.recent.back().seq == c.last_seq, "5: sequence numbers have no gap at the end", id);
      require(c.recent.back().seq - c.recent.front().seq + 1 == c.recent.size(), "5: sequence numbers have no gap", id);
    }
    if (c.offer) require(state.agents.at(c.offer->agent).offers.contains(c.id), "1: the agent knows the offer", id);
    const bool gone = c.connections.empty();
    require(!c.gone_at || gone, "6: nobody is gone with an open connection", id);
    require(c.gone_due == never || c.gone_at, "6: patience runs only with who is gone", id);
  }

  void check_contact(const Conversation& c) {
    const std::uint64_t id = c.id.value();
    const Contact& contact = *c.contact;
    const Queue& line = state.queues.at(contact.line);
    const std::pair place{contact.key, c.id};
    require(line.waiting.contains(place) == c.waits(), "3: who waits stands in the line", id);
    require(line.unoffered.contains(place) == (c.state == ConversationState::queued),
            "3: of whom nobody was offered is known to routing", id);
    const Promise& first = contact.first_response;
    require(!c.waits() || first.judged || c.gone_at || first.breach_at >= state.now,
            "10: a waiting contact has a deadline ahead or a counted breach", id);
    require(!contact.first_response_time || first.judged, "6: an answer gives a verdict", id);
    require(!contact.turn || contact.first_response_time, "6: a turn opens after the first response only", id);
    check_clock(c, first);
    if (contact.turn) check_clock(c, *contact.turn);
  }

  // A deadline is never earlier than its business time, and a closed queue lets no promise break (11).
  void check_clock(const Conversation& c, const Promise& promise) {
    if (promise.judged || promise.breach_at == never) return;
    const BusinessTime& hours = queue_of(state, c).hours;
    require(hours.is_open(promise.breach_at - Millis{1}), "11: a closed queue breaks no promise", c.id.value());
    require(hours.elapsed(promise.started, promise.breach_at) == promise.threshold + Millis{1},
            "11: a promise breaks at the first open millisecond beyond it", c.id.value());
  }

  void check(const Agent& a) {
    const std::uint64_t id = a.id.value();
    require(a.status == AgentStatus::online || a.offers.empty(), "9: not ONLINE means no offer", id);
    require(a.status != AgentStatus::offline || a.busy() == 0, "9: an OFFLINE agent holds nothing", id);
    const bool there = a.status != AgentStatus::lost && a.status != AgentStatus::offline;
    require(!there || !a.connections.empty(), "9: who is there has a connection", id);
    require(a.status != AgentStatus::lost || (a.connections.empty() && a.grace_due != never),
            "9: a LOST agent has no connection and a grace", id);
    require(a.status != AgentStatus::finishing || a.busy() > 0, "9: the last chat ends the shift", id);
    for (const ConversationId offered : a.offers) {
      const auto& offer = state.conversations.at(offered).offer;
      require(offer && offer->agent == a.id, "1: an offer is known to both sides", id);
    }
    const bool free = !a.removed && a.staffs() && a.has_free_slot();
    require(a.free_as.has_value() == free, "3: routing knows who has a free slot", id);
  }

  // Nobody waits beside a free slot. Without `all` the first in the line speaks for those behind with the same needs.
  void check_line(const Queue& queue, bool all) {
    if (queue.settings.mode == RoutingMode::pull) return;
    for (const auto& [key, waiting] : queue.waiting) {
      const Conversation& c = state.conversations.at(waiting);
      if (c.state != ConversationState::queued) continue;
      for (const auto& [id, agent] : state.agents) {
        if (!agent.staffs() || agent.removed || !agent.has_free_slot() || c.barred.contains(id)) continue;
        if (!may_take(agent, c)) continue;
        require(held_for_another(c, agent), "3: nobody waits beside a free agent", c.id.value());
      }
      if (!all) return;
    }
  }

  static bool may_take(const Agent& agent, const Conversation& c) {
    const Contact& contact = *c.contact;
    const bool member = serves(agent, contact.line) || (contact.overflow && serves(agent, *contact.overflow));
    return member && std::includes(agent.skills.begin(), agent.skills.end(), c.skills.begin(), c.skills.end());
  }

  bool held_for_another(const Conversation& c, const Agent& agent) const {
    if (c.contact->held_until == never || !c.last_agent || *c.last_agent == agent.id) return false;
    const Agent& last = state.agents.at(*c.last_agent);
    return last.staffs() && !last.has_free_slot() && may_take(last, c);
  }

  void check(const Queue& queue) {
    const StaffingTotals& t = queue.totals;
    const std::uint64_t id = queue.id.value();
    require(t.open == t.staffed + t.understaffed, "13: open = staffed + understaffed", id);
    std::uint32_t staffed = 0;
    std::size_t free = 0;
    for (const auto& [agent_id, agent] : state.agents) {
      if (agent.removed || !agent.staffs() || !serves(agent, queue.id)) continue;
      ++staffed;
      free += agent.has_free_slot() ? 1 : 0;
    }
    require(queue.staffed == staffed && queue.free.size() == free, "13: who staffs a queue is counted right", id);
    if (!queue.marks.list().empty()) check_growth(queue.marks.list().back(), queue.totals, id);
  }

  // Of each mark; the newest alone speaks for what a batch did.
  void check_marks(const Queue& queue) {
    const auto& marks = queue.marks.list();
    for (std::size_t i = 0; i < marks.size(); ++i) {
      require(marks[i].until == quarter_of(marks[i].until), "13: staffing is marked at quarters", queue.id.value());
      if (i == 0) continue;
      require(marks[i - 1].until < marks[i].until, "13: marks of staffing run forward", queue.id.value());
      check_growth(marks[i - 1], marks[i], queue.id.value());
    }
  }

  void check_growth(const StaffingTotals& before, const StaffingTotals& after, std::uint64_t id) {
    require(before.until <= after.until && before.open <= after.open && before.staffed <= after.staffed &&
                before.unstaffed <= after.unstaffed && before.understaffed <= after.understaffed &&
                before.saturated <= after.saturated && before.shortfall <= after.shortfall,
            "13: a mark of staffing is never above what came after it", id);
  }
};

}  // namespace

std::vector<std::string> broken_invariants(const State& state, bool routed) {
  std::vector<std::string> broken;
  Checker checker{.state = state, .broken = broken};
  for (const auto& [id, conversation] : state.conversations) checker.check(conversation);
  for (const auto& [id, agent] : state.agents) checker.check(agent);
  for (const auto& [id, queue] : state.queues) {
    checker.check(queue);
    checker.check_marks(queue);
    if (routed) checker.check_line(queue, true);
  }
  return broken;
}

std::vector<std::string> InvariantRound::next(const State& state, bool routed) {
  std::vector<std::string> broken;
  Checker checker{.state = state, .broken = broken};
  // Up to `most` owners after the one that was looked at last.
  const auto some = [](const auto& owners, auto& last, std::size_t most, auto look) {
    auto next = owners.upper_bound(last);
    for (std::size_t n = 0; n < most && next != owners.end(); ++n, ++next) {
      look(next->second);
      last = next->first;
    }
    if (next == owners.end()) last = {};
  };
  some(state.conversations, conversation_, conversations_each, [&](const Conversation& c) { checker.check(c); });
  some(state.agents, agent_, agents_each, [&](const Agent& a) { checker.check(a); });
  some(state.queues, queue_, 1, [&](const Queue& queue) {
    checker.check(queue);
    checker.check_marks(queue);
    if (routed) checker.check_line(queue, false);
  });
  return broken;
}

// What one batch of events said, event by event.
struct InvariantWatch::Seen {
  InvariantWatch& watch;
  const State& state;
  std::vector<std::string>& broken;
  Instant at;
  std::set<ConversationId> conversations;
  std::set<AgentId> agents;
  std::set<QueueId> queues;
  bool cut = false;                             // capacities changed in this batch
  std::optional<ConversationId> accepted = {};  // by an offer that the next assignment is of

  void require(bool holds, const char* rule, std::uint64_t id) {
    Checker{.state = state, .broken = broken}.require(holds, rule, id);
  }
  void touch(ConversationId id) {
    conversations.insert(id);
    require(!watch.finals_.contains(id), "15: after FINAL nothing changes", id.value());
  }
  void number(ConversationId id, std::uint64_t seq) {
    if (seq == 0) return;
    std::uint64_t& last = watch.last_seq_[id];
    require(seq == last + 1, "5: sequence numbers run 1, 2, 3", id.value());
    last = seq;
  }
  Known* known(ConversationId id) {
    const auto found = watch.known_.find(id);
    require(found != watch.known_.end(), "6: a clock belongs to a live contact", id.value());
    return found == watch.known_.end() ? nullptr : &found->second;
  }

  void operator()(const event::SettingsApplied&) {
    cut = true;
    for (const auto& [id, queue] : state.queues) queues.insert(id);
    for (const auto& [id, agent] : state.agents) agents.insert(id);
  }
  void operator()(const event::ServiceResumed&) {
    for (const auto& [id, agent] : state.agents) agents.insert(id);
  }
  void operator()(const event::CommandDecided& e) {
    CommandNumber& last = watch.decided_[e.number.node];
    const bool known = last.n != 0;
    const std::uint64_t expected = e.number.incarnation == last.incarnation ? last.n + 1 : 1;
    require(!known || (e.number.incarnation >= last.incarnation && e.number.n == expected),
            "17: a command of another node is decided once, in its order", e.number.node);
    last = e.number;
  }
  void operator()(const event::FeatureLevelRaised&) {}
  void operator()(const event::CalendarSet& e) { queues.insert(e.queue); }
  void operator()(const event::QueueOpened& e) { queues.insert(e.queue); }
  void operator()(const event::QueueClosed& e) { queues.insert(e.queue); }
  void operator()(const event::QueueClosingEnded& e) { queues.insert(e.queue); }
  void operator()(const event::AgentConnected& e) { agents.insert(e.agent); }
  void operator()(const event::AgentDisconnected& e) { agents.insert(e.agent); }
  void operator()(const event::AgentStatusChanged& e) { agents.insert(e.agent); }
  void operator()(const event::ConversationStarted& e) { touch(e.conversation); }
  void operator()(const event::VisitorConnected& e) { touch(e.conversation); }
  void operator()(const event::VisitorDisconnected& e) { touch(e.conversation); }
  void operator()(const event::VisitorFactsChanged& e) { touch(e.conversation); }
  void operator()(const event::OfflineMessageOpened& e) { touch(e.conversation); }
  void operator()(const event::RoutingWidened& e) { touch(e.conversation); }
  void operator()(const event::BarEnded& e) { touch(e.conversation); }
  void operator()(const event::MessagePosted& e) {
    touch(e.conversation);
    number(e.conversation, e.seq);
  }
  void operator()(const event::ContactQueued& e) {
    touch(e.conversation);
    number(e.conversation, e.seq);
    const bool fresh = watch.known_
                           .insert({e.conversation, Known{.t_enq = at,
                                                          .key = e.key,
                                                          .judged = false,
                                                          .turn_judged = false,
                                                          .outbound = false,
                                                          .contact = e.contact}})
                           .second;
    require(fresh, "6: a contact ends before the next begins", e.conversation.value());
    ++watch.contacts_.queued;
    ++watch.contacts_.pending;
  }
  void operator()(const event::ContactInitiated& e) {
    touch(e.conversation);
    agents.insert(e.agent);
    number(e.conversation, e.seq);
    const bool fresh = watch.known_
                           .insert({e.conversation, Known{.t_enq = at,
                                                          .key = at,
                                                          .judged = true,
                                                          .turn_judged = false,
                                                          .outbound = true,
                                                          .contact = e.contact}})
                           .second;
    require(fresh, "6: a contact ends before the next begins", e.conversation.value());
  }
  void operator()(const event::ChatOffered& e) {
    touch(e.conversation);
    agents.insert(e.agent);
    given(e.conversation, e.agent);
  }
  void operator()(const event::OfferEnded& e) {
    touch(e.conversation);
    agents.insert(e.agent);
    accepted = e.result == OfferEnd::accepted ? std::optional{e.conversation} : std::nullopt;
  }
  void operator()(const event::ChatAssigned& e) {
    touch(e.conversation);
    agents.insert(e.agent);
    number(e.conversation, e.seq);
    // An offer has had its slot since it was made.
    if (std::exchange(accepted, std::nullopt) != e.conversation) given(e.conversation, e.agent);
  }
  // New work never takes more slots than there are; a capacity cut evicts nobody.
  void given(ConversationId conversation, AgentId id) {
    const auto agent = state.agents.find(id);
    require(agent != state.agents.end(), "9: work is for agents that exist", conversation.value());
    if (agent == state.agents.end()) return;
    require(cut || agent->second.busy() <= agent->second.settings.capacity, "2: no more chats than slots", id.value());
  }
  void operator()(const event::ChatRequeued& e) {
    touch(e.conversation);
    agents.insert(e.agent);
    number(e.conversation, e.seq);
  }
  void operator()(const event::FirstResponseGiven& e) {
    touch(e.conversation);
    if (const Known* contact = known(e.conversation)) {
      require(contact->judged, "6: an answer gives a verdict", e.conversation.value());
    }
  }
  void operator()(const event::ReplyGiven& e) {
    touch(e.conversation);
    if (Known* contact = known(e.conversation)) {
      require(contact->turn_judged, "6: an answer gives a verdict", e.conversation.value());
      contact->turn_judged = false;
    }
  }
  void operator()(const event::VerdictGiven& e) {
    touch(e.conversation);
    Known* contact = known(e.conversation);
    if (contact == nullptr) return;
    bool& judged = e.sla == Sla::first_response ? contact->judged : contact->turn_judged;
    require(!judged, "6: a verdict once given never changes", e.conversation.value());
    require(e.elapsed >= Millis{0}, "6: clocks never run back", e.conversation.value());
    judged = true;
    if (e.sla != Sla::first_response) return;
    --watch.contacts_.pending;
    switch (e.verdict) {
      case Verdict::good: ++watch.contacts_.good; break;
      case Verdict::bad: ++watch.contacts_.bad; break;
      case Verdict::excluded: ++watch.contacts_.excluded; break;
    }
  }
  void operator()(const event::ContactEnded& e) {
    touch(e.conversation);
    const Known* contact = known(e.conversation);
    if (contact == nullptr) return;
    require(contact->judged, "6: a contact ends with a verdict", e.conversation.value());
    require(contact->contact == e.contact, "6: the contact that ends is the live one", e.conversation.value());
    watch.known_.erase(e.conversation);
  }
  void operator()(const event::ChatClosed& e) {
    touch(e.conversation);
    number(e.conversation, e.seq);
  }
  void operator()(const event::WrapUpEnded& e) { agents.insert(e.agent); }
  void operator()(const event::ConversationFinal& e) {
    touch(e.conversation);
    watch.finals_.insert(e.conversation);
    watch.last_seq_.erase(e.conversation);
  }
  void operator()(const event::RatingGiven& e) {
    touch(e.conversation);
    number(e.conversation, e.seq);
  }
};

std::vector<std::string> InvariantWatch::after(const State& state, std::span<const Event> events) {
  std::vector<std::string> broken;
  Seen seen{
      .watch = *this, .state = state, .broken = broken, .at = {}, .conversations = {}, .agents = {}, .queues = {}};
  for (const Event& event : events) {
    seen.require(event.at >= last_at_, "6: journal time never decreases", static_cast<std::uint64_t>(to_ms(event.at)));
    last_at_ = seen.at = event.at;
    std::visit(seen, event.body);
  }
  Checker checker{.state = state, .broken = broken};
  for (const ConversationId id : seen.conversations) {
    const auto found = state.conversations.find(id);
    if (found == state.conversations.end()) continue;
    checker.check(found->second);
    const auto known = known_.find(id);
    checker.require((known != known_.end()) == found->second.contact.has_value(), "6: contacts are known", id.value());
    if (known == known_.end() || !found->second.contact) continue;
    const Contact& contact = *found->second.contact;
    checker.require(contact.t_enq == known->second.t_enq && contact.key == known->second.key,
                    "8: requeue and transfer never change the place in the line", id.value());
    seen.queues.insert(contact.line);
  }
  for (const AgentId id : seen.agents) {
    const auto found = state.agents.find(id);
    if (found == state.agents.end()) continue;  // said already
    const Agent& agent = found->second;
    checker.check(agent);
    seen.queues.insert(agent.queues.begin(), agent.queues.end());
  }
  for (const QueueId id : seen.queues) {
    const Queue& queue = state.queues.at(id);
    checker.check(queue);
    checker.check_line(queue, false);
    KnownQueue& known =
        queues_.try_emplace(id, KnownQueue{.totals = {}, .min_agents = queue.settings.min_agents}).first->second;
    const StaffingTotals& before = known.totals;
    checker.require(queue.totals.open >= before.open && queue.totals.staffed >= before.staffed &&
                        queue.totals.understaffed >= before.understaffed,
                    "6: integrals never run back", id.value());
    // Where nobody is needed, nobody is enough.
    checker.require(queue.totals.unstaffed - before.unstaffed <= queue.totals.understaffed - before.understaffed ||
                        known.min_agents == 0,
                    "13: unstaffed <= understaffed", id.value());
    known = {.totals = queue.totals, .min_agents = queue.settings.min_agents};
  }
  const Contacts& c = contacts_;
  checker.require(c.good + c.bad + c.excluded + c.pending == c.queued,
                  "7: every contact is judged, excluded or pending", c.queued);
  return broken;
}

}  // namespace heti::core

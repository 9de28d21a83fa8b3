#include "service/core/invariants.hpp"

#include <algorithm>

#include "service/core/decider.hpp"

namespace heti::core {
namespace {

struct Checker {
  const State& state;
  std::vector<std::string> broken;

  void require(bool holds, const char* rule, std::uint64_t id) {
    if (!holds) broken.push_back(std::string(rule) + " (id " + std::to_string(id) + ")");
  }

  void check(const Conversation& c) {
    const std::uint64_t id = c.id.value();
    require(!(c.offer && c.agent), "1: a contact has at most one agent", id);
    require(c.offer.has_value() == (c.state == ConversationState::offered), "1: an offer stands in OFFERED only", id);
    const bool holds = c.state == ConversationState::assigned || c.state == ConversationState::wrapup;
    require(c.agent.has_value() == holds, "1: an agent holds it in ASSIGNED and WRAPUP only", id);
    require(c.contact.has_value() == (c.waits() || c.state == ConversationState::assigned),
            "6: a live contact stands in QUEUED, OFFERED or ASSIGNED only", id);
    if (c.contact) {
      const auto& waiting = queue_of(state, c).waiting;
      require(waiting.contains({c.contact->key, c.id}) == c.waits(), "3: who waits stands in the line", id);
      const Promise& first = c.contact->first_response;
      require(!c.waits() || first.judged || c.gone_at || first.breach_at >= state.now,
              "10: a waiting contact has a deadline ahead or a counted breach", id);
      require(!c.contact->first_response_time || first.judged, "6: an answer gives a verdict", id);
    }
    if (!c.recent.empty()) {
      require(c.recent.back().seq == c.last_seq, "5: sequence numbers have no gap at the end", id);
      require(c.recent.back().seq - c.recent.front().seq + 1 == c.recent.size(), "5: sequence numbers have no gap", id);
    }
    if (c.offer) require(state.agents.at(c.offer->agent).offers.contains(c.id), "1: the agent knows the offer", id);
  }

  void check(const Agent& a) {
    const std::uint64_t id = a.id.value();
    require(a.status == AgentStatus::online || a.offers.empty(), "9: not ONLINE means no offer", id);
    require(a.status != AgentStatus::offline || a.busy() == 0, "9: an OFFLINE agent holds nothing", id);
    for (const ConversationId offered : a.offers) {
      const auto& offer = state.conversations.at(offered).offer;
      require(offer && offer->agent == a.id, "1: an offer is known to both sides", id);
    }
  }

  // A capacity cut never evicts, so only new work is compared: nobody waits beside a free slot.
  void check_line(const Queue& queue) {
    if (queue.settings.mode == RoutingMode::pull) return;
    for (const auto& [key, waiting] : queue.waiting) {
      const Conversation& c = state.conversations.at(waiting);
      if (c.state != ConversationState::queued) continue;
      for (const auto& [id, agent] : state.agents) {
        const bool could = agent.staffs() && agent.has_free_slot() && may_see(agent, c) && !c.barred.contains(id);
        require(!could, "3: nobody waits beside a free agent", c.id.value());
      }
    }
  }

  void check(const Queue& queue) {
    const StaffingTotals& t = queue.totals;
    require(t.open == t.staffed + t.understaffed, "13: open = staffed + understaffed", queue.id.value());
    require(t.unstaffed <= t.understaffed || queue.settings.min_agents == 0, "13: unstaffed <= understaffed",
            queue.id.value());
  }
};

}  // namespace

std::vector<std::string> broken_invariants(const State& state, bool routed) {
  Checker checker{.state = state, .broken = {}};
  for (const auto& [id, conversation] : state.conversations) checker.check(conversation);
  for (const auto& [id, agent] : state.agents) checker.check(agent);
  for (const auto& [id, queue] : state.queues) {
    checker.check(queue);
    if (routed) checker.check_line(queue);
  }
  return checker.broken;
}

}  // namespace heti::core

#pragma once
// The rules that hold after every event (domain page, section 4). Tests and the simulator ask after each step, the
// service after each batch; a violation is a bug, never a state to be handled.
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "service/core/state.hpp"

namespace heti::core {

// One sentence per broken rule, with its number on the domain page; empty when all hold. Looks at the whole state.
// `routed`: the routing step has run, so rule 3 must hold too.
std::vector<std::string> broken_invariants(const State& state, bool routed);

// The same rules a part at a time, for a service at work: each call looks at a few conversations and agents and at one
// queue, and begins anew after the last. The cost of a call does not grow with the conversations.
class InvariantRound {
 public:
  static constexpr std::size_t conversations_each = 40;
  static constexpr std::size_t agents_each = 10;
  // `routed`: nothing is due that was not decided. Of a line only the first is looked at.
  std::vector<std::string> next(const State& state, bool routed);

 private:
  // Looked at last.
  ConversationId conversation_{};
  AgentId agent_{};
  QueueId queue_{};
};

// The same for what a batch of events touched, and the rules that speak of the past (4, 6, 7, 8, 13 in part, 15): what
// was once given does not change. Memory: some words for each live conversation. One watch follows one journal from its
// start.
class InvariantWatch {
 public:
  // `events` in order, as decided together; `state` has evolved past them, and the routing step has run.
  std::vector<std::string> after(const State& state, std::span<const Event> events);

  // Rule 7, of all contacts since the start: offered (and spam) = good + bad + excluded + pending.
  struct Contacts {
    std::uint64_t queued = 0;
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
    std::uint64_t excluded = 0;
    std::uint64_t pending = 0;
    std::uint64_t answered = 0;
  };
  const Contacts& contacts() const { return contacts_; }

 private:
  struct Known {
    Instant t_enq;
    Instant key;
    bool judged = false;       // the first response
    bool turn_judged = false;  // the open turn
    bool outbound = false;
    ContactId contact;
  };
  struct KnownQueue {
    StaffingTotals totals;
    std::uint32_t min_agents = 0;
  };
  struct Seen;

  std::map<ConversationId, Known> known_;  // with a live contact
  std::map<ConversationId, std::uint64_t> last_seq_;
  std::map<std::uint32_t, CommandNumber> decided_;  // by node
  std::set<ConversationId> finals_;
  std::map<QueueId, KnownQueue> queues_;
  Contacts contacts_;
  Instant last_at_;
};

}  // namespace heti::core

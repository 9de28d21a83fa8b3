#pragma once
// What all sockets of the process may have waiting together. Each loop keeps its own ledger; the sum is asked for after
// the sends of a round, and where something may be left out. Near the bound nobody new comes in, and who has something
// waiting already is not told what may be lost; above it the fullest outboxes are given up, each loop its own.
#include <cstddef>

#include "service/gateway/relay.hpp"

namespace heti::gateway {

class OutboxBudget {
 public:
  // The relay outlives it.
  OutboxBudget(Relay& relay, std::size_t bytes_max) : relay_(relay), bytes_max_(bytes_max) {}

  // From any thread.
  std::size_t bytes() const;
  bool is_near() const { return bytes() > bytes_max_ / 4 * 3; }

  // On that loop, outside of all work with its connections. Gives what waits afterwards.
  std::size_t enforce(IoLoop& loop) const;

 private:
  Relay& relay_;
  const std::size_t bytes_max_;
};

}  // namespace heti::gateway

#include "service/gateway/outbox_budget.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace heti::gateway {

std::size_t OutboxBudget::bytes() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < relay_.size(); ++i) sum += relay_.loop(i).outboxes().bytes();
  return sum;
}

std::size_t OutboxBudget::enforce(IoLoop& loop) const {
  const std::size_t all = bytes();
  if (all <= bytes_max_) return all;
  // An eighth more than has to be, so that the next round does not begin with the same. A loop that holds no more than
  // its even part leaves it to the others: its sockets are not the slow ones.
  const std::size_t wanted = bytes_max_ / 8 * 7;
  const std::size_t own = loop.outboxes().bytes();
  const std::size_t keep = std::max(wanted / relay_.size(), own - std::min(own, all - wanted));
  if (own <= keep) return all;
  loop.shed_down_to(keep);
  spdlog::warn("loop={} step=shed bytes_waiting={} bytes_max={} bytes_given_up={}", loop.index(), all, bytes_max_,
               own - loop.outboxes().bytes());
  return bytes();
}

}  // namespace heti::gateway

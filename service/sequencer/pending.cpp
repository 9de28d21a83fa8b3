#include "service/sequencer/pending.hpp"

#include "service/base/check.hpp"

namespace heti::sequencer {

const Sent& Pending::add(core::Command command, OnAnswer on_answer) {
  if (asked_.empty()) moved_ = true;  // It has all its time.
  asked_.push_back({.sent = {.number = next_, .command = std::move(command)}, .on_answer = std::move(on_answer)});
  ++next_.n;
  return asked_.back().sent;
}

std::optional<Pending::Asked> Pending::resolve(const core::CommandNumber& decided) {
  if (decided.node != next_.node || decided.incarnation != next_.incarnation) return std::nullopt;
  CHECK(!asked_.empty() && asked_.front().sent.number == decided);
  Asked asked = std::move(asked_.front());
  asked_.pop_front();
  moved_ = true;
  return asked;
}

std::vector<Sent> Pending::overdue() {
  std::vector<Sent> again;
  if (std::exchange(moved_, asked_.empty())) return again;
  again.reserve(asked_.size());
  for (const Asked& asked : asked_) again.push_back(asked.sent);
  return again;
}

}  // namespace heti::sequencer

#include "service/monitor/first_contacts.hpp"

#include <algorithm>

namespace heti::monitor {

void FirstContacts::take(const archive::Sample& sample) {
  advance(sample.at);
  const Who who{.queue = sample.queue, .visitor = sample.visitor};
  if (sample.kind == archive::SampleKind::contact) {
    const auto found = open_.find(who);
    if (found == open_.end()) return;
    judged_.insert(judged_.end(), found->second.size(), {.queue = who.queue, .verdict = FirstContactVerdict::repeat});
    open_.erase(found);
  } else if (sample.kind == archive::SampleKind::ended && sample.outcome == core::Outcome::answered) {
    open_[who].push_back(++last_number_);
    due_.push_back({.ended = sample.at, .who = who, .number = last_number_});
  }
}

void FirstContacts::advance(Instant now) {
  while (!due_.empty() && due_.front().ended + repeat_window < now) {
    const Due due = due_.front();
    due_.pop_front();
    const auto found = open_.find(due.who);
    if (found == open_.end() || std::erase(found->second, due.number) == 0) continue;
    if (found->second.empty()) open_.erase(found);
    judged_.push_back({.queue = due.who.queue, .verdict = FirstContactVerdict::resolved});
  }
}

}  // namespace heti::monitor

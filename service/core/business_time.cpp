#include "service/core/business_time.hpp"

#include <algorithm>

#include "service/base/check.hpp"

namespace heti::core {
namespace {
constexpr Millis horizon = std::chrono::days{400};

// Appends, merging an interval that touches the one before.
void append(std::vector<Interval>& list, Interval interval) {
  if (interval.open >= interval.close) return;
  if (!list.empty() && interval.open <= list.back().close) {
    list.back().close = std::max(list.back().close, interval.close);
  } else {
    list.push_back(interval);
  }
}

// The first interval that closes after `t`.
auto first_after(const std::vector<Interval>& list, Instant t) {
  return std::upper_bound(list.begin(), list.end(), t, [](Instant at, const Interval& i) { return at < i.close; });
}
}  // namespace

BusinessTime::BusinessTime(std::vector<Interval> open) {
  for (const Interval& interval : open) {
    CHECK(open_.empty() || open_.back().open <= interval.open);
    append(open_, interval);
  }
}

void BusinessTime::replace_from(Instant effective_from, const std::vector<Interval>& open) {
  std::vector<Interval> merged;
  for (const Interval& i : open_) append(merged, {i.open, std::min(i.close, effective_from)});
  for (const Interval& i : open) append(merged, {std::max(i.open, effective_from), i.close});
  open_ = std::move(merged);
}

void BusinessTime::forget_before(Instant t) { open_.erase(open_.begin(), first_after(open_, t)); }

Millis BusinessTime::elapsed(Instant from, Instant to) const {
  if (to <= from) return Millis{0};  // Else a step back within one opening would count backwards.
  Millis sum{};
  for (auto i = first_after(open_, from); i != open_.end() && i->open < to; ++i) {
    sum += std::min(i->close, to) - std::max(i->open, from);
  }
  return sum;
}

Instant BusinessTime::deadline(Instant from, Millis amount) const {
  if (amount <= Millis{0}) return from;
  for (auto i = first_after(open_, from); i != open_.end(); ++i) {
    const Instant start = std::max(i->open, from);
    if (start - from > horizon) return never;
    const Millis room = i->close - start;
    if (amount <= room) return start + amount - from > horizon ? never : start + amount;
    amount -= room;
  }
  return never;
}

bool BusinessTime::is_open(Instant t) const {
  const auto i = first_after(open_, t);
  return i != open_.end() && i->open <= t;
}

Instant BusinessTime::next_change(Instant at, Millis within) const {
  const auto i = first_after(open_, at);
  if (i == open_.end()) return never;
  const Instant change = i->open <= at ? i->close : i->open;
  return change - at > within ? never : change;
}

Instant BusinessTime::last_change(Instant at) const {
  const auto i = first_after(open_, at);
  if (i != open_.end() && i->open <= at) return i->open;
  return i == open_.begin() ? Instant{} : std::prev(i)->close;
}

}  // namespace heti::core

#pragma once
// Time that counts only while a queue is open (domain page, section 2): arithmetic on absolute UTC intervals. Zones,
// weekdays and holidays are compiled away before they come here.
#include <tuple>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/time.hpp"

namespace heti::core {

class BusinessTime {
 public:
  BusinessTime() = default;
  // `open` is sorted, disjoint and not touching, each half-open [open, close).
  explicit BusinessTime(std::vector<Interval> open);

  // From `effective_from` on the intervals of `open` hold; what lies before stays as it was.
  void replace_from(Instant effective_from, const std::vector<Interval>& open);
  // Forgets what closed before `t`. Clocks that started earlier must not be asked about any more.
  void forget_before(Instant t);

  // B(from, to): open milliseconds in [from, to); 0 when to <= from.
  Millis elapsed(Instant from, Instant to) const;
  // inf{ t >= from : B(from, t) >= amount }; `from` itself for amount 0; `never` if the calendar does not reach that
  // far or it is more than 400 days ahead.
  Instant deadline(Instant from, Millis amount) const;
  bool is_open(Instant t) const;
  // The smallest t > at where is_open differs from its value at `at`; `never` if there is none `within` that time.
  Instant next_change(Instant at, Millis within = std::chrono::days{400}) const;
  // The instant of the last change at or before `at`; Instant{} (the epoch) if there is none.
  Instant last_change(Instant at) const;

  const std::vector<Interval>& intervals() const { return open_; }
  auto fields() { return std::tie(open_); }
  friend bool operator==(const BusinessTime&, const BusinessTime&) = default;

 private:
  std::vector<Interval> open_;
};

}  // namespace heti::core

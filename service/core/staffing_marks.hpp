#pragma once
// The exact integrals of a queue's staffing, and what they were at whole quarters of an hour (UTC) of the last 28 days:
// so a share "of today" or "of the last week" is the difference of two exact sums, also after a restart.
#include <chrono>
#include <deque>
#include <optional>
#include <tuple>

#include "service/base/time.hpp"

namespace heti {
class ByteReader;
class ByteWriter;
}  // namespace heti

namespace heti::core {

// Exact integrals over open time, in milliseconds, up to `until`.
struct StaffingTotals {
  Instant until;
  Millis open{};
  Millis staffed{};       // staffed agents >= minimum
  Millis unstaffed{};     // none
  Millis understaffed{};  // fewer than the minimum
  Millis saturated{};     // at least one, but no free slot
  Millis shortfall{};     // agent-milliseconds below the minimum
  friend bool operator==(const StaffingTotals&, const StaffingTotals&) = default;
  auto fields() { return std::tie(until, open, staffed, unstaffed, understaffed, saturated, shortfall); }
};

inline constexpr Millis quarter_hour = std::chrono::minutes{15};
// The longest period that is asked about, and an hour of room for clocks that differ.
inline constexpr Millis marks_kept = std::chrono::days{28} + std::chrono::hours{1};

// The latest whole quarter of an hour at or before `t`.
constexpr Instant quarter_of(Instant t) {
  using Quarters = std::chrono::duration<std::int64_t, std::ratio<900>>;
  return std::chrono::floor<Quarters>(t);
}

// Totals at quarters, oldest first; `until` of each is its quarter. One stands for all that follow until the next one:
// where no open time passed, nothing changed. So which marks there are depends on what happened alone, not on when
// somebody added it up.
class StaffingMarks {
 public:
  // The queue's life begins: before this everything was 0.
  void begin(Instant at);
  // The totals as they stood at the quarter `totals.until`. Of one that is not later than the newest, or tells nothing
  // new, nothing is kept.
  void put(const StaffingTotals& totals);
  // Forgets what was before `t`, but for the mark that stands at `t`.
  void forget_before(Instant t);
  // What the totals were at the quarter `edge`, which the marks have passed already; nothing if that was forgotten.
  std::optional<StaffingTotals> at(Instant edge) const;

  const std::deque<StaffingTotals>& list() const { return marks_; }

  // As differences: a quarter that was open and staffed from end to end is one byte.
  void pack(ByteWriter& out) const;
  void unpack(ByteReader& in);

 private:
  std::deque<StaffingTotals> marks_;
};

}  // namespace heti::core

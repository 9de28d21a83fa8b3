#include "service/core/staffing_marks.hpp"

#include <algorithm>
#include <array>

#include "service/base/bytes.hpp"
#include "service/base/check.hpp"

namespace heti::core {
namespace {

// Sums of a thousand years in milliseconds, times a thousand agents: far below where arithmetic would overflow.
constexpr std::uint64_t sum_max = std::uint64_t{1} << 55;
constexpr std::int64_t edge_max = std::int64_t{1} << 40;

// The sums that a mark's bytes name; `staffed` is what of `open` was not understaffed.
constexpr std::array sums{&StaffingTotals::open, &StaffingTotals::understaffed, &StaffingTotals::unstaffed,
                          &StaffingTotals::saturated, &StaffingTotals::shortfall};
// What each grows by in the usual quarter.
constexpr std::array usual{quarter_hour, Millis{0}, Millis{0}, Millis{0}, Millis{0}};

std::int64_t number_of(Instant edge) { return edge.time_since_epoch() / quarter_hour; }
Instant edge_of(std::int64_t number) { return Instant{number * quarter_hour}; }

}  // namespace

void StaffingMarks::begin(Instant at) {
  CHECK(marks_.empty());
  marks_.push_back({.until = quarter_of(at)});
}

void StaffingMarks::put(const StaffingTotals& totals) {
  if (!marks_.empty() && (totals.until <= marks_.back().until || totals.open == marks_.back().open)) return;
  marks_.push_back(totals);
}

void StaffingMarks::forget_before(Instant t) {
  while (marks_.size() > 1 && marks_[1].until <= t) marks_.pop_front();
}

std::optional<StaffingTotals> StaffingMarks::at(Instant edge) const {
  const auto later = std::ranges::upper_bound(marks_, edge, {}, [](const StaffingTotals& mark) { return mark.until; });
  StaffingTotals found;
  if (later != marks_.begin()) {
    found = *std::prev(later);
  } else if (!marks_.empty() && marks_.front().open != Millis{0}) {
    return std::nullopt;  // The first one is not the beginning.
  }
  found.until = edge;
  return found;
}

void StaffingMarks::pack(ByteWriter& out) const {
  out.unsigned_value(marks_.size());
  StaffingTotals before;
  for (const StaffingTotals& mark : marks_) {
    const bool first = &mark == &marks_.front();
    const std::int64_t step = number_of(mark.until) - (first ? 0 : number_of(before.until));
    std::uint64_t flags = first || step != 1 ? 1 : 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (mark.*sums[i] - before.*sums[i] != usual[i]) flags |= std::uint64_t{2} << i;
    }
    out.unsigned_value(flags);
    if ((flags & 1) != 0) out.signed_value(step);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if ((flags >> (i + 1) & 1) == 0) continue;
      out.unsigned_value(static_cast<std::uint64_t>((mark.*sums[i] - before.*sums[i]).count()));
    }
    before = mark;
  }
}

void StaffingMarks::unpack(ByteReader& in) {
  marks_.clear();
  const std::size_t size = in.count();
  StaffingTotals mark;
  for (std::size_t n = 0; n < size && in.ok(); ++n) {
    const std::uint64_t flags = in.unsigned_value();
    const std::int64_t step = (flags & 1) != 0 ? in.signed_value() : 1;
    const std::int64_t edge = n == 0 ? 0 : number_of(mark.until);
    // One value, one spelling; and the marks run forward.
    const bool odd_step = n == 0 ? (flags & 1) == 0 : step < 1 || ((flags & 1) != 0 && step == 1);
    if (flags > 63 || odd_step || step > edge_max || step < -edge_max || edge + step > edge_max) {
      in.fail();
      return;
    }
    const Millis open_before = mark.open;
    mark.until = edge_of(edge + step);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const bool named = (flags >> (i + 1) & 1) != 0;
      const auto expected = static_cast<std::uint64_t>(usual[i].count());
      const std::uint64_t growth = named ? in.unsigned_value() : expected;
      Millis& sum = mark.*sums[i];
      if ((named && growth == expected) || growth > sum_max - static_cast<std::uint64_t>(sum.count())) {
        in.fail();
        return;
      }
      sum += Millis{static_cast<std::int64_t>(growth)};
    }
    if ((n > 0 && mark.open == open_before) || mark.understaffed > mark.open) {
      in.fail();
      return;
    }
    mark.staffed = mark.open - mark.understaffed;
    marks_.push_back(mark);
  }
  if (!in.ok()) marks_.clear();
}

}  // namespace heti::core

#pragma once
// Counts of times in buckets that grow with the value: 128 to each doubling, so a percentile is at most 0.8 % too
// large, and recording costs a few nanoseconds whatever was recorded before.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace heti::load {

class Histogram {
 public:
  // Nanoseconds; less than zero counts as zero.
  void record(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds);
    ++counts_[index_of(value)];
    ++count_;
    if (value > max_) max_ = value;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max_ns() const { return max_; }

  // The smallest bucket's upper end that has `share` (0 to 1) of all values at or under it; 0 without values.
  std::uint64_t at_ns(double share) const {
    if (count_ == 0) return 0;
    const double wanted = share * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) {
        const std::uint64_t upper = upper_end(i);
        return upper < max_ ? upper : max_;
      }
    }
    return max_;
  }
  double at_us(double share) const { return static_cast<double>(at_ns(share)) / 1000.0; }

  void clear() { *this = Histogram(); }

 private:
  static constexpr unsigned sub_bits = 7;
  static constexpr std::size_t sub = std::size_t{1} << sub_bits;

  static std::size_t index_of(std::uint64_t value) {
    if (value < sub) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - sub_bits - 1;
    return (shift + 1) * sub + static_cast<std::size_t>((value >> shift) - sub);
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < sub) return index;
    const std::size_t shift = index / sub - 1;
    return ((index % sub + sub + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - sub_bits + 1) * sub> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace heti::load

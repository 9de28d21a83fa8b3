#pragma once
// Service level from counts (domain page, section 1). F4 is ours: who left within the target gave no chance to answer
// in time. The others exist so that figures of other systems can be compared. A zero denominator is "no data".
#include <cstdint>
#include <optional>

namespace heti::core {

struct ServiceCounts {
  std::uint64_t answered = 0;
  std::uint64_t answered_within = 0;      // of them, in the target
  std::uint64_t abandoned = 0;            // all, short ones too
  std::uint64_t abandoned_by_target = 0;  // of them, before the target had passed, short ones too
  std::uint64_t abandoned_short = 0;
};

struct ServiceLevels {
  std::optional<double> f1_abandon_within_is_success;
  std::optional<double> f2_answered_only;
  std::optional<double> f3_all_abandons_fail;
  std::optional<double> f4_exclude_abandon_within;
  std::optional<double> f5_exclude_short;
  std::optional<double> abandonment_rate_all;
  std::optional<double> abandonment_rate_ex_short;
};
ServiceLevels service_levels(const ServiceCounts& counts);

}  // namespace heti::core

#include "service/core/service_level.hpp"

namespace heti::core {
namespace {
std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}
}  // namespace

ServiceLevels service_levels(const ServiceCounts& c) {
  const std::uint64_t all = c.answered + c.abandoned;
  return {.f1_abandon_within_is_success = ratio(c.answered_within + c.abandoned_by_target, all),
          .f2_answered_only = ratio(c.answered_within, c.answered),
          .f3_all_abandons_fail = ratio(c.answered_within, all),
          .f4_exclude_abandon_within = ratio(c.answered_within, all - c.abandoned_by_target),
          .f5_exclude_short = ratio(c.answered_within, all - c.abandoned_short),
          .abandonment_rate_all = ratio(c.abandoned, all),
          .abandonment_rate_ex_short = ratio(c.abandoned - c.abandoned_short, all - c.abandoned_short)};
}

}  // namespace heti::core

#pragma once
// The Prometheus rules for the burn of the error budget (heti print-rules). A tier fires when the broken promises of a
// window exceed a share of what 28 days may hold; with few open hours or a high goal that is a small share of the
// window's contacts, with many open hours or a low goal it may be more than all of them. Such a rule could never fire,
// so it is not printed.
#include <expected>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti {

// What a queue's posted hours hold at most, over the 400 days from some date: a month without holidays counts, so that
// the answer does not change with each of them, and summer time does not count.
struct OpenHours {
  Millis month{};       // within 28 days, from a midnight to a midnight
  Millis hour{};        // within one hour
  Millis six_hours{};   // within six hours
  Millis three_days{};  // within 72 hours
  friend bool operator==(const OpenHours&, const OpenHours&) = default;
};
[[nodiscard]] OpenHours open_hours(const Schedule& schedule, Instant from);

// The burn at which a tier fires: a budget that lasts the month exactly burns at 1. Infinite when never open.
double burn_of(double share, Millis month, Millis window);
// The burn when every promise is broken.
double burn_max(double goal);
// Can a tier fire at all? At the limit itself it can.
bool can_fire(double share, Millis month, Millis window, double goal);

// The rules as YAML. Errors: a sentence for each tier that cannot fire, with queue, numbers and remedy; none of them
// when `leave_out`: then a comment stands for it.
[[nodiscard]] std::expected<std::string, std::vector<std::string>> burn_rules(const config::Settings& settings,
                                                                              Instant now, bool leave_out);

// The command: prints the rules, or on standard error why it does not. Gives the exit code.
int print_rules(const config::Settings& settings, bool leave_out);

}  // namespace heti

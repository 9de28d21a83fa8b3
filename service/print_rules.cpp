#include "service/print_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <limits>
#include <string_view>
#include <utility>

#include "service/base/check.hpp"
#include "service/calendar/compile.hpp"
#include "service/heti.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti {
namespace {

using std::chrono::days;
using namespace std::chrono_literals;

constexpr auto looked_ahead = days{400};
constexpr auto month_length = days{28};

struct Tier {
  std::string_view alert;
  std::string_view long_window;  // as the recorded series has it
  std::string_view conditions;   // after the first comparison
  double share;                  // of the budget of 28 days, within the long window
  std::string_view share_text;
  Millis OpenHours::*window;
  std::string_view rest;  // of the rule, after its expression
};

constexpr std::string_view head =
    R"(# Made by `heti print-rules` from the goals and opening hours in the settings; make it anew when these change.
#
# The burn of the error budget: broken promises are compared with the number that 28 days may hold, as counts.
#
# Rates of burn copied from services of 99.9 % cannot fire here: at a goal of 80 % the burn is at most 1/(1-0.8) = 5. A
# shorter window beside the long one ends the alert soon after the trouble. The floors stand on broken promises, never on
# traffic, which would mute a total outage of a quiet queue; they are one half below a whole number because increase()
# extrapolates.
#
# The goal of each queue and promise is in its budget. At what burn the three tiers fire:
)";

constexpr std::array<Tier, 3> tiers = {{
    {.alert = "ChatSLOFastBurn",
     .long_window = "increase1h",
     .conditions = R"(
            and queue:heti_sla_bad:increase15m > 0.005 * queue:heti_slo_budget_contacts:max
            and queue:heti_sla_bad:increase1h > 2.5
            and on (job, workspace, queue) queue:heti_queue_open:max == 1
)",
     .share = 0.02,
     .share_text = "0.02",
     .window = &OpenHours::hour,
     .rest = R"(        for: 1m
        labels:
          severity: page
          audience: support
        annotations:
          summary: 'In {{ $labels.queue }} the {{ $labels.sla }} promise is being broken fast'
          description: >-
            {{ $value | printf "%.0f" }} visitors waited longer than promised within an hour, and it goes on. At this
            pace the broken promises that 28 days may hold are used up in days.
          action: >-
            Find out whether visitors wait in the line or agents are slow to type; get one more person ready, or take
            work off those who are there.
          runbook_url: docs/runbooks/RB-05.md
)"},
    {.alert = "ChatSLOSlowBurn",
     .long_window = "increase6h",
     .conditions = R"(
            and queue:heti_sla_bad:increase30m > 0.005 * queue:heti_slo_budget_contacts:max
            and queue:heti_sla_bad:increase6h > 4.5
            and on (job, workspace, queue) queue:heti_queue_open:max == 1
)",
     .share = 0.06,
     .share_text = "0.06",
     .window = &OpenHours::six_hours,
     .rest = R"(        for: 5m
        labels:
          severity: warning
          audience: support
        annotations:
          summary: 'In {{ $labels.queue }} the {{ $labels.sla }} promise is broken too often today'
          description: >-
            {{ $value | printf "%.0f" }} visitors waited longer than promised within six hours, and it goes on. If the
            days stay like this, the goal of the month is missed.
          action: Look which hours are short of people, and fill the rest of today first.
          runbook_url: docs/runbooks/RB-05.md
)"},
    {.alert = "ChatSLOBudgetTicket",
     .long_window = "increase3d",
     .conditions = R"(
            and queue:heti_sla_bad:increase6h > 0
)",
     .share = 0.2,
     .share_text = "0.2",
     .window = &OpenHours::three_days,
     .rest = R"(        for: 15m
        labels:
          severity: ticket
          audience: support
        annotations:
          summary: '{{ $labels.queue }} has used a fifth of its month for {{ $labels.sla }} in three days'
          description: >-
            {{ $value | printf "%.0f" }} visitors waited longer than promised within three days: more than a fifth of
            what 28 days may hold.
          action: Plan it in working hours; compare the hours of the roster with the hours in which visitors come.
          runbook_url: docs/runbooks/RB-05.md
)"},
}};

// At most `decimals` of them, without zeros at the end.
std::string number(double value, int decimals = 2) {
  std::array<char, 64> buffer{};
  const int written = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  CHECK(written > 0 && static_cast<std::size_t>(written) < buffer.size());
  std::string text(buffer.data(), static_cast<std::size_t>(written));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

double in_hours(Millis time) { return std::chrono::duration<double, std::ratio<3600>>(time).count(); }

Millis open_within(const std::vector<Interval>& open, Instant from, Instant to) {
  Millis sum{};
  for (const Interval& interval : open) {
    sum += std::max(Millis{}, std::min(interval.close, to) - std::max(interval.open, from));
  }
  return sum;
}

// The fullest window of a length begins where something opens or ends where something closes.
Millis fullest(const std::vector<Interval>& open, Millis length) {
  Millis most{};
  for (const Interval& interval : open) {
    most = std::max({most, open_within(open, interval.open, interval.open + length),
                     open_within(open, interval.close - length, interval.close)});
  }
  return most;
}

struct Promise {
  const config::QueueSettings& queue;
  OpenHours hours;
  std::string_view sla;
  double goal = 0;

  std::string key() const { return "queue=\"" + queue.name + "\",sla=\"" + std::string(sla) + '"'; }
};

std::vector<Promise> promises_of(const config::Settings& settings, Instant now) {
  std::vector<Promise> all;
  for (const config::QueueSettings& queue : settings.queues) {
    const OpenHours hours = open_hours(queue.schedule, now);
    all.push_back({.queue = queue, .hours = hours, .sla = "first_response", .goal = queue.sla.first_response_goal});
    all.push_back({.queue = queue, .hours = hours, .sla = "reply", .goal = queue.sla.reply_goal});
  }
  return all;
}

bool can_fire(const Tier& tier, const Promise& promise) {
  return heti::can_fire(tier.share, promise.hours.month, promise.hours.*tier.window, promise.goal);
}

std::string why_not(const Tier& tier, const Promise& promise) {
  const Millis window = promise.hours.*tier.window;
  const double burn = burn_of(tier.share, promise.hours.month, window);
  // Rounded up, or the goal that is named would be a little too low.
  const double goal = std::ceil((1 - 1 / burn) * 1000) / 1000;
  return "queue." + promise.queue.name + ": " + std::string(tier.alert) + " for " + std::string(promise.sla) +
         " could never fire: with " + number(in_hours(promise.hours.month)) + " open hours in 28 days and " +
         number(in_hours(window)) + " in its window it fires at a burn of " + number(burn) + ", and a goal of " +
         number(promise.goal * 100) + " % burns at " + number(burn_max(promise.goal)) +
         " when every promise is broken; raise sla." + std::string(promise.sla) + "_goal to " + number(goal, 3) +
         " or more, or open fewer hours";
}

std::string table_of(const std::vector<Promise>& promises) {
  std::string text;
  for (const Promise& promise : promises) {
    const OpenHours& hours = promise.hours;
    if (promise.sla == "first_response") {
      text += "#   queue " + promise.queue.name + ", " + number(in_hours(hours.month)) + " open hours in 28 days";
      if (hours.month == Millis{}) {
        text += ": never open, so nothing can be broken\n";
        continue;
      }
      for (const char* separator = ": "; const Tier& tier : tiers) {
        text += separator + number(burn_of(tier.share, hours.month, hours.*tier.window));
        separator = ", ";
      }
      text += '\n';
    }
    if (hours.month == Millis{}) continue;
    text += "#     " + std::string(promise.sla) + ' ' + number(promise.goal * 100) + " %: a burn of " +
            number(burn_max(promise.goal)) + " at most\n";
  }
  return text;
}

std::string rule_of(const Tier& tier, const std::vector<Promise>& promises) {
  std::string comments;
  std::string exceptions;
  const std::string series = "queue:heti_sla_bad:" + std::string(tier.long_window);
  std::size_t judged = 0;
  std::size_t left_out = 0;
  for (const Promise& promise : promises) {
    if (promise.hours.month == Millis{}) continue;
    ++judged;
    if (can_fire(tier, promise)) continue;
    ++left_out;
    comments += "      # Left out: " + why_not(tier, promise) + ".\n";
    exceptions += "            unless " + series + '{' + promise.key() + "}\n";
  }
  if (judged > 0 && left_out == judged) return comments;
  return comments + "      - alert: " + std::string(tier.alert) + "\n        expr: |\n          " + series + " > " +
         std::string(tier.share_text) + " * queue:heti_slo_budget_contacts:max" + std::string(tier.conditions) +
         exceptions + std::string(tier.rest);
}

}  // namespace

OpenHours open_hours(const Schedule& schedule, Instant from) {
  // In UTC every day has 24 hours: the month with the change to winter time shall not count as longer.
  Schedule posted = schedule;
  posted.timezone = "UTC";
  const auto first = std::chrono::floor<days>(from);
  const auto compiled = calendar::compile(posted, first, first + looked_ahead);
  CHECK(compiled.has_value());
  const std::vector<Interval>& open = *compiled;
  OpenHours most{.hour = fullest(open, 1h), .six_hours = fullest(open, 6h), .three_days = fullest(open, 72h)};
  for (auto day = first; day + month_length <= first + looked_ahead; day += days{1}) {
    most.month = std::max(most.month, open_within(open, day, day + month_length));
  }
  return most;
}

double burn_of(double share, Millis month, Millis window) {
  if (window == Millis{}) return std::numeric_limits<double>::infinity();
  return share * static_cast<double>(month.count()) / static_cast<double>(window.count());
}

double burn_max(double goal) { return 1 / (1 - goal); }

bool can_fire(double share, Millis month, Millis window, double goal) {
  constexpr double rounding = 1e-12;
  return burn_of(share, month, window) <= burn_max(goal) * (1 + rounding);
}

std::expected<std::string, std::vector<std::string>> burn_rules(const config::Settings& settings, Instant now,
                                                                bool leave_out) {
  const std::vector<Promise> promises = promises_of(settings, now);
  std::vector<std::string> refused;
  for (const Promise& promise : promises) {
    if (promise.hours.month == Millis{}) continue;
    for (const Tier& tier : tiers) {
      if (!can_fire(tier, promise)) refused.push_back(why_not(tier, promise));
    }
  }
  if (!refused.empty() && !leave_out) return std::unexpected(std::move(refused));

  std::string rules;
  for (const Tier& tier : tiers) {
    if (!rules.empty()) rules += '\n';
    rules += rule_of(tier, promises);
  }
  const bool none = rules.find("- alert:") == std::string::npos;
  return std::string(head) + table_of(promises) + "groups:\n  - name: heti.slo\n    rules:" + (none ? " []\n" : "\n") +
         rules;
}

int print_rules(const config::Settings& settings, bool leave_out) {
  const auto rules = burn_rules(settings, sequencer::JournalClock().now(), leave_out);
  if (rules) {
    std::cout << *rules;
    return exit_ok;
  }
  for (const std::string& sentence : rules.error()) std::cerr << "heti: " << sentence << '\n';
  std::cerr << "heti: nothing was printed; --allow-infeasible leaves such rules out\n";
  return exit_failed;
}

}  // namespace heti

#pragma once
// What is to be expected of a queue now: how fast contacts arrive, how long a visitor who comes now will wait, who of
// those waiting will be answered too late, and how many agents that takes. The maths is the core's (estimates.hpp,
// erlang.hpp); here stands what it is fed with. Figures to show, never to decide by; what is not known is absent.
//
// - Servers are slots: the capacity of the queue's staffed agents. One of several queues counts whole in each.
// - Handle times are the last 500 of four weeks, contacts' ends by transfer included.
// - Contacts a second of open time: the exponentially weighted rate since the present opening, blended with the mean of
//   the same quarter of an hour (by the queue's own clock) of the four weeks before, as far as it was open then. The
//   rate's share grows from nothing at the opening to one half, as it comes to know the day: (1 - exp(-t/tau)) / 2.
//   Without such a history it stands alone.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/core/state.hpp"
#include "service/monitor/history.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {

// The last midnight of that zone at or before an instant.
using LocalMidnight = std::function<Instant(std::string_view zone, Instant at)>;

struct NextHour {
  double arrivals = 0;
  int agents_required = 0;
};

class Forecast {
 public:
  // All must outlive it. Without `local_midnight` the four weeks before are looked up by UTC.
  Forecast(const core::State& state, const History& history, Instant now, const LocalMidnight& local_midnight);

  // Nothing while closed, and at the instant of an opening without history.
  std::optional<double> arrivals_per_second(const core::Queue& queue) const;
  // Nothing without samples.
  std::optional<double> mean_handle_seconds(const core::Queue& queue) const;
  // The mean wait of a visitor who comes now, behind all of the line who are not offered yet. Nothing while closed,
  // with nobody staffed, or with fewer than wait_samples_min handle times.
  std::optional<double> estimated_wait_seconds(const core::Queue& queue) const;
  // The sum of the risks of those who came into this queue, wait for the first response, and are not held: in whatever
  // line they wait. Whoever is offered has a slot; the others are ranked behind each other for the free ones. Without
  // any handle time nobody knows when a slot becomes free, and then only those count (1 each) who are too late already,
  // or in whose line nobody is staffed. From age_samples_min handle times on the ages of the present chats are used.
  double predicted_breaches(const core::Queue& queue) const;
  // Agents for the arrivals of now, as the model has it, but at least the configured minimum. Nothing while closed, or
  // with fewer than wait_samples_min handle times.
  std::optional<int> agents_required(const core::Queue& queue) const;
  // The next 60 minutes of open time, wherever they lie; while the queue is open, and with as many handle times.
  std::optional<NextHour> next_hour(const core::Queue& queue) const;

  // Of the staffed agents: ready to take the next.
  int free_slots(const core::Queue& queue) const { return desks_.at(queue.id).free_slots; }

 private:
  // Who serves a queue, and what is known of its chats.
  struct Desk {
    int slots = 0;
    int free_slots = 0;
    int staffed = 0;
    int members = 0;
    int members_slots = 0;
    std::vector<Millis> ages;  // of the engagements of its staffed agents
    core::HandleTimes handle_times;
    Millis typing{};
    double theta = 0;

    int capacity_of_one() const;
  };
  void walk_line(const core::Queue& line);
  std::optional<double> rate_of_the_day(const core::Queue& queue, Instant at) const;
  double share_of_the_present(const core::Queue& queue) const;
  std::optional<double> rate_of_the_present(const core::Queue& queue) const;
  std::optional<int> agents_for(const core::Queue& queue, double arrivals_per_second) const;

  const core::State& state_;
  const History& history_;
  const Instant now_;
  const LocalMidnight& local_midnight_;
  std::map<core::QueueId, Desk> desks_;
  std::map<core::QueueId, double> breaches_;
};

// (1 - goal) of those judged in the last four weeks, of 200 at least.
double budget_contacts(const core::Target& target, const VerdictCounts& trailing);
inline constexpr double budget_contacts_min = 200;

// The gauges of the forecast and of the budget. `history` is null while it is not known: then there are none.
void write_forecast(Sheet& sheet, const core::State& state, const History* history, Instant now,
                    const LocalMidnight& local_midnight, const std::string& workspace);

}  // namespace heti::monitor

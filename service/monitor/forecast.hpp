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
#include <utility>
#include <vector>

#include "service/core/estimates.hpp"
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

// Who serves is taken at the construction. Who waits, and what is to be expected of them, is found there as well; or
// the caller tells who waits by take_waiting(), and then calls step() until all is known. The state may move on in
// between.
class Forecast {
 public:
  enum class Work : std::uint8_t { at_once, in_steps };

  // All but `state` must outlive it. Without `local_midnight` the four weeks before are looked up by UTC.
  Forecast(const core::State& state, const History& history, Instant now, const LocalMidnight& local_midnight,
           Work work = Work::at_once);
  Forecast(const Forecast&) = delete;
  Forecast& operator=(const Forecast&) = delete;

  // The next in that line, which came before the construction.
  void take_waiting(const core::State& state, core::QueueId line, const core::Conversation& conversation);
  // The history of a queue, or the risks of at most waiting_at_once who wait. False when all is known.
  bool step();
  static constexpr std::size_t waiting_at_once = 200;

  // A queue that came after the construction is not known, and must not be asked about.
  bool knows(core::QueueId queue) const { return desks_.contains(queue); }

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
  // Agents for the arrivals of now, or for others, as the model has it, but at least the configured minimum. Nothing
  // while closed, or with fewer than wait_samples_min handle times.
  std::optional<int> agents_required(const core::Queue& queue) const;
  std::optional<int> agents_for(const core::Queue& queue, double arrivals_per_second) const;
  // The next 60 minutes of open time, wherever they lie; while the queue is open, and with as many handle times.
  std::optional<NextHour> next_hour(const core::Queue& queue) const;

  // Of the staffed agents: ready to take the next.
  int free_slots(const core::Queue& queue) const { return desks_.at(queue.id).free_slots; }

 private:
  // One who waits for the first response.
  struct Waiting {
    core::QueueId home;  // which made the promise
    int position = 0;    // among those who are not offered
    bool offered = false;
    Millis left{};  // of the promise
  };
  // Who serves a queue, who waits there, and what is known of its chats.
  struct Desk {
    int slots = 0;
    int free_slots = 0;
    int staffed = 0;
    int members = 0;
    int members_slots = 0;
    int unoffered = 0;
    std::vector<Millis> ages;  // of the engagements of its staffed agents
    int ranked = 0;            // of its line, so far
    std::vector<Waiting> line;
    core::HandleTimes handle_times;
    Millis typing{};
    double theta = 0;

    int capacity_of_one() const;
  };
  void learn(core::QueueId id, Desk& desk) const;
  bool judge_line(const Desk& desk);
  Instant midnight_of(const std::string& zone, Instant at) const;
  std::optional<double> rate_of_the_day(const core::Queue& queue, Instant at) const;
  double share_of_the_present(const core::Queue& queue) const;
  std::optional<double> rate_of_the_present(const core::Queue& queue) const;

  const History& history_;
  const Instant now_;
  const LocalMidnight& local_midnight_;
  std::map<core::QueueId, Desk> desks_;
  std::map<core::QueueId, double> breaches_;
  // Queues share few zones, and a look-up reads the zone's whole list of changes.
  mutable std::map<std::pair<std::string, Instant>, Instant> midnights_;

  // Where step() is.
  std::map<core::QueueId, Desk>::iterator next_;
  bool learned_ = false;
  std::optional<core::DepartureForecast> departures_;  // of the line under way
  std::size_t judged_ = 0;                             // of it
};

// (1 - goal) of those judged in the last four weeks, of 200 at least.
double budget_contacts(const core::Target& target, const VerdictCounts& trailing);
inline constexpr double budget_contacts_min = 200;

// The gauges of the forecast and of the budget of one queue, if it is anybody's.
void write_forecast(Sheet& sheet, const core::Queue& queue, const Forecast& forecast, const QueueHistory& history,
                    Instant now, const std::string& workspace);

}  // namespace heti::monitor

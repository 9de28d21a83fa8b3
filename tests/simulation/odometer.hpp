#pragma once
// The clocks of the model: for each queue a counter of open milliseconds, advanced one millisecond at a time. Whether a
// millisecond is open is read off the wall clock with the posted hours in hand, never from what the service computed.
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::simulation {

// What staffing was like in a millisecond. Open milliseconds are counted apart by it.
struct Moment {
  std::uint32_t minimum = 0;  // agents wanted
  std::uint32_t staffed = 0;  // agents ONLINE
  bool free_slot = false;     // of any of them
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

class Odometers {
 public:
  struct Stop {
    std::vector<std::uint64_t> bells;   // that ring now
    std::vector<std::uint32_t> turned;  // queues that open or close now
    bool empty() const { return bells.empty() && turned.empty(); }
  };

  void start(Instant at) { now_ = at; }
  Instant now() const { return now_; }

  // Queues are numbered from 1; a new one is closed.
  void add_queue();
  std::size_t queues() const { return gauges_.size(); }
  // The hours from now on. True when that opens or closes the queue.
  bool set_hours(std::uint32_t queue, const Schedule& schedule);
  void set_moment(std::uint32_t queue, const Moment& moment);

  bool is_open(std::uint32_t queue) const { return gauge(queue).open; }
  // Open milliseconds from the start to now.
  std::int64_t reading(std::uint32_t queue) const { return gauge(queue).reading; }
  std::vector<std::int64_t> readings() const;
  const std::map<Moment, std::int64_t>& moments(std::uint32_t queue) const { return gauge(queue).moments; }

  // Asks to stop at the instant at which the reading has become `reading`, which is more than it is now.
  void ring_at(std::uint32_t queue, std::int64_t reading, std::uint64_t bell);

  // Counts until `until`, or until something turns or rings, whichever is first.
  Stop step(Instant until);

 private:
  struct Gauge {
    Schedule schedule;
    bool posted = false;
    bool open = false;  // the millisecond that begins now
    std::int64_t reading = 0;
    std::multimap<std::int64_t, std::uint64_t> bells;
    std::map<Moment, std::int64_t> moments;
    std::int64_t* counter = nullptr;  // of the moment in force
    std::vector<Interval> written;    // openings that the wall clock showed, until `watched`
    Instant watched;
  };

  Gauge& gauge(std::uint32_t queue) { return gauges_.at(queue - 1); }
  const Gauge& gauge(std::uint32_t queue) const { return gauges_.at(queue - 1); }
  bool look(Gauge& gauge);
  void count(Instant until);

  Instant now_;
  std::deque<Gauge> gauges_;  // They stay where they are: counters are pointed to.
};

}  // namespace heti::simulation

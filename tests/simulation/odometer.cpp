#include "tests/simulation/odometer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "service/base/check.hpp"
#include "tests/unit/calendar_oracle.hpp"

namespace heti::simulation {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr std::int64_t no_bell = std::numeric_limits<std::int64_t>::max();

// One counter on its way through a stretch in which no queue opens or closes.
struct Running {
  std::int64_t reading;
  std::int64_t counter;
  std::int64_t bell;
};

// One millisecond after the other, for all open queues at once. Stops after the millisecond in which a bell rings.
template <std::size_t queues>
std::int64_t count_millis(std::vector<Running>& running, std::int64_t most) {
  Running local[queues];
  std::copy_n(running.begin(), queues, local);
  std::int64_t counted = 0;
  bool rung = false;
  while (counted < most && !rung) {
    for (Running& r : local) {
      ++r.counter;
      ++r.reading;
      rung = rung || r.reading == r.bell;
    }
    ++counted;
  }
  std::copy_n(local, queues, running.begin());
  return counted;
}

std::int64_t count_millis(std::vector<Running>& running, std::int64_t most) {
  switch (running.size()) {
    case 0: return most;  // All queues are closed: no counter moves.
    case 1: return count_millis<1>(running, most);
    case 2: return count_millis<2>(running, most);
    case 3: return count_millis<3>(running, most);
    case 4: return count_millis<4>(running, most);
    default: break;
  }
  std::int64_t counted = 0;
  bool rung = false;
  while (counted < most && !rung) {
    for (Running& r : running) {
      ++r.counter;
      ++r.reading;
      rung = rung || r.reading == r.bell;
    }
    ++counted;
  }
  return counted;
}

}  // namespace

void Odometers::add_queue() {
  gauges_.emplace_back();
  set_moment(static_cast<std::uint32_t>(gauges_.size()), Moment{});
}

void Odometers::set_moment(std::uint32_t queue, const Moment& moment) {
  gauge(queue).counter = &gauge(queue).moments[moment];
}

bool Odometers::set_hours(std::uint32_t queue, const Schedule& schedule) {
  Gauge& set = gauge(queue);
  set.schedule = schedule;
  set.posted = true;
  set.watched = now_;
  return look(set);
}

std::vector<std::int64_t> Odometers::readings() const {
  std::vector<std::int64_t> all;
  for (const Gauge& gauge : gauges_) all.push_back(gauge.reading);
  return all;
}

void Odometers::ring_at(std::uint32_t queue, std::int64_t reading, std::uint64_t bell) {
  CHECK(reading > gauge(queue).reading);
  gauge(queue).bells.emplace(reading, bell);
}

// Reads the wall clock. Posted hours are whole minutes and so are the offsets of all zones today, so once a minute will
// do, and once when the hours are replaced.
bool Odometers::look(Gauge& gauge) {
  if (!gauge.posted) return false;
  if (now_ >= gauge.watched) {
    gauge.watched = std::chrono::floor<days>(now_) + days{3};
    gauge.written = tests::open_time_by_wall_clock(gauge.schedule, std::chrono::floor<minutes>(now_), gauge.watched);
  }
  const bool open = std::any_of(gauge.written.begin(), gauge.written.end(),
                                [this](const Interval& i) { return i.open <= now_ && now_ < i.close; });
  const bool turned = open != gauge.open;
  gauge.open = open;
  return turned;
}

void Odometers::count(Instant until) {
  std::vector<Running> running;
  for (const Gauge& gauge : gauges_) {
    if (!gauge.open) continue;
    running.push_back({gauge.reading, *gauge.counter, gauge.bells.empty() ? no_bell : gauge.bells.begin()->first});
  }
  now_ += Millis{count_millis(running, (until - now_).count())};
  auto counted = running.begin();
  for (Gauge& gauge : gauges_) {
    if (!gauge.open) continue;
    gauge.reading = counted->reading;
    *gauge.counter = counted->counter;
    ++counted;
  }
}

Odometers::Stop Odometers::step(Instant until) {
  Stop stop;
  while (now_ < until && stop.empty()) {
    const Instant minute = std::chrono::floor<minutes>(now_) + minutes{1};
    count(std::min(until, minute));
    for (Gauge& gauge : gauges_) {
      while (!gauge.bells.empty() && gauge.bells.begin()->first <= gauge.reading) {
        stop.bells.push_back(gauge.bells.begin()->second);
        gauge.bells.erase(gauge.bells.begin());
      }
    }
    if (now_ != minute) continue;
    for (std::uint32_t queue = 1; queue <= gauges_.size(); ++queue) {
      if (look(gauge(queue))) stop.turned.push_back(queue);
    }
  }
  return stop;
}

}  // namespace heti::simulation

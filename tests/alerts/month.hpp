#pragma once
// A month of a support desk, after one that gave it its history: working days from 9 to 17 with 300 visitors each,
// weekends closed. A good month, with the restarts that every month has; or a bad one, in which ten things go wrong on
// ten days.
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "service/base/time.hpp"
#include "tests/alerts/people.hpp"
#include "tests/alerts/series.hpp"
#include "tests/alerts/world.hpp"

namespace heti::alerts {

// Steps of 15 s in ten minutes: the step of the file of the whole month.
inline constexpr std::size_t coarse = 40;

// Something that goes wrong, and the alerts of which one at least must come of it.
struct Incident {
  std::string name;
  std::size_t day = 0;  // of the month, from 0
  std::vector<std::string> alerts;
  Instant begins;     // when what the alert speaks of became true
  bool live = false;  // a visitor waits meanwhile: it must be told within two minutes
};

class Month {
 public:
  Month(std::uint64_t seed, bool bad, std::set<std::string> names);

  // Lives through so many days of the month; `tell` after each. Days that are not `watched` are scraped at every
  // coarse-th step only, which is where the whole month is read.
  void live(std::size_t days, const std::function<bool(std::size_t day)>& watched,
            const std::function<void(std::size_t day)>& tell);

  Instant begins() const;
  bool works_on(std::size_t day) const { return day % 7 < 5; }
  const Series& series() const { return series_; }
  const std::vector<Incident>& incidents() const { return incidents_; }
  std::uint64_t contacts() const { return contacts_; }

 private:
  void plan_day(Instant opening);
  void plan_incident(std::size_t day, Instant opening);
  void incident(std::string name, std::size_t day, std::vector<std::string> alerts, Instant begins, bool live);
  void restart(Instant at, Millis down);
  void scrape();

  People people_;
  World world_;
  Series series_;
  const bool bad_;
  std::uint64_t contacts_ = 0;
  std::vector<Incident> incidents_;
};

}  // namespace heti::alerts

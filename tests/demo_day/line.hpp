#pragma once
// One queue, naively: from what people did it says who must have been asked to take which chat and when, and how each
// question ended. A screen shows an offer only if it lasts for as long as a batch of the service; the rules of the line
// say when there was one. What the screens did show must be among it. The result is what the naive model of the
// simulation reads.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "service/core/event.hpp"
#include "tests/demo_day/record.hpp"
#include "tests/simulation/sightings.hpp"

namespace heti::demo_day {

struct Told {
  std::vector<simulation::Sighting> sightings;
  std::map<std::string, std::uint64_t> offers;  // by how they ended: accepted, declined, expired, rescinded
  std::uint64_t unseen = 0;                     // of these, those that no screen showed
  // Rescinded offers that may have been, and nobody can tell: a slot came free and a visitor who waited gave up under
  // one stamp. Whichever the service took first, nothing else is changed by it.
  std::uint64_t unsure = 0;
  std::vector<std::string> complaints;  // the record contradicts the rules
  Instant last;                         // of all that was done
};

// `settings` has one queue, and agents who all serve it. Skills, priorities and other queues play no part.
Told tell(const Day& day, const core::Settings& settings);

}  // namespace heti::demo_day

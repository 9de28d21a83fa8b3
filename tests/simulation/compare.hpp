#pragma once
// Does the service measure what happened? Its journal holds the claims, the sightings are the evidence, and the model
// stands between them.
#include <string>
#include <vector>

#include "service/core/event.hpp"
#include "tests/simulation/figures.hpp"
#include "tests/simulation/sightings.hpp"

namespace heti::simulation {

// The figures that the journal claims. `numbers` are those that the simulation gives to the conversations, in the order
// in which they were started.
std::vector<Figure> claims_of(const std::vector<core::Event>& journal, const std::vector<std::uint64_t>& numbers);

// One sentence for each figure that the service and the model do not share, for each staffing figure that differs, and
// for each rule that the model saw broken; empty when all agree. All of them up to `end`, by when the service must have
// done what is due before `end`. Without `staffing` the integrals are not compared.
std::vector<std::string> disagreements(const std::vector<Sighting>& sightings, const std::vector<core::Event>& journal,
                                       Instant end, const std::vector<QueueFigures>& staffing = {});

}  // namespace heti::simulation

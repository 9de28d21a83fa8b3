#pragma once
// What a run did, in numbers that can be added up.
#include <array>
#include <cstdint>

#include "service/core/event.hpp"
#include "tests/simulation/script.hpp"

namespace heti::simulation {

struct Tally {
  std::uint64_t seeds = 0;
  std::uint64_t simulated_ms = 0;
  std::uint64_t visitors = 0;
  std::uint64_t commands = 0;
  std::uint64_t refused = 0;
  std::uint64_t nonsense = 0;  // commands that a well-behaved client would not send
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t restarts = 0;
  std::uint64_t restarts_from_snapshot = 0;
  std::uint64_t failed_starts = 0;
  std::uint64_t disk_errors = 0;  // accesses that failed on order
  std::uint64_t power_cuts = 0;   // in the middle of an access
  std::uint64_t torn_writes = 0;
  std::uint64_t lost_writes = 0;
  std::uint64_t connections_lost = 0;
  std::uint64_t in_doubt = 0;  // batches found durable only after a restart
  std::uint64_t resent = 0;    // posts sent again because no answer came
  std::uint64_t acked = 0;
  std::uint64_t violations = 0;
  std::array<std::uint64_t, verbs> actions{};
  std::array<std::uint64_t, std::variant_size_v<core::EventBody>> events_by_type{};

  void add(const Tally& other) {
    static_assert(sizeof(Tally) % sizeof(std::uint64_t) == 0);
    auto* to = reinterpret_cast<std::uint64_t*>(this);
    const auto* from = reinterpret_cast<const std::uint64_t*>(&other);
    for (std::size_t i = 0; i < sizeof(Tally) / sizeof(std::uint64_t); ++i) to[i] += from[i];
  }
};

}  // namespace heti::simulation

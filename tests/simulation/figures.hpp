#pragma once
// What was measured, in one form for the service's claims and the model's own findings.
#include <cstdint>
#include <string>
#include <tuple>

#include "service/base/time.hpp"
#include "service/core/event.hpp"

namespace heti::simulation {

enum class Measure : std::uint8_t { begun, wait, requeue, first_response, reply, verdict, ended, wrapup, resolution };

// Fields that do not belong to a measure stay as they are here.
struct Figure {
  std::uint64_t conversation = 0;
  Measure measure{};
  Instant at;
  core::Stage stage{};       // begun, wait, requeue
  core::Sla sla{};           // verdict
  core::Verdict verdict{};   // verdict
  core::Outcome outcome{};   // ended
  core::EndReason reason{};  // ended
  std::uint32_t agent = 0;   // wait, requeue, wrapup
  Instant since;             // begun: the key; requeue: where the stay starts; verdict: where its clock started
  Millis time{};             // wait, first response, reply; verdict: elapsed; ended: waited; requeue, wrapup: handle
  Millis wrapup{};           // wrapup

  auto order() const { return std::tie(conversation, measure, at, stage, sla, agent, since); }
  friend bool operator==(const Figure&, const Figure&) = default;
};

// In milliseconds of one queue, over open time.
struct QueueFigures {
  std::uint32_t queue = 0;
  std::int64_t open = 0;
  std::int64_t staffed = 0;
  std::int64_t unstaffed = 0;
  std::int64_t understaffed = 0;
  std::int64_t saturated = 0;
  std::int64_t shortfall = 0;
  friend bool operator==(const QueueFigures&, const QueueFigures&) = default;
};

// "verdict of first response: bad after 60001 ms, clock since 1000, at 61001"
std::string told(const Figure& figure);
std::string told(const QueueFigures& figures);

}  // namespace heti::simulation

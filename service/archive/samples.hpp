#pragma once
// Samples: what the monitor's history and the reports count, one row for each, found by time. They are made from the
// events alone, by the same rules as the counters of the monitor.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "service/base/public_id.hpp"
#include "service/core/event.hpp"

namespace heti::archive {

enum class SampleKind : std::uint8_t {
  contact = 0,  // a demand for a human began: stage (first or reopen)
  verdict = 1,  // sla, verdict; value: the business time at the verdict
  handle = 2,   // an engagement ended its wrap-up, or went on to another: value is its handle time, wrap-up included
  wait = 3,     // what became of a contact first: answered (accepted), or abandoned before; value: business time waited
  ended = 4,    // a contact ended: outcome, reason; value: business time from its start to its end
};

// Spam is left out of nothing: its `ended` says what it was, its verdict is `excluded` unless it was given before.
// An agent's own chat (outbound) gives no contact and no wait.
struct Sample {
  Instant at;           // of the event
  core::QueueId queue;  // the conversation's own
  core::ConversationId conversation;
  PublicId visitor;  // of a contact and of an end
  SampleKind kind{};
  core::Stage stage{};  // of a contact
  core::Sla sla{};
  core::Verdict verdict{};
  bool answered = false;  // of a wait
  Millis value{};
  core::Outcome outcome{};  // of an end
  core::EndReason reason{};
  friend bool operator==(const Sample&, const Sample&) = default;
};

// What must be remembered of a conversation because its events do not say it.
struct SampledTalk {
  core::QueueId queue;
  PublicId visitor;
  std::optional<Instant> accepted;  // by the agent who has, or last had, its present contact
};

// What an event of this conversation adds, at most one of each kind. In order; `talk` moves on. The start of the
// conversation sets its queue and its visitor.
struct SamplesOfEvent {
  std::array<Sample, 2> samples;
  std::size_t count = 0;
};
[[nodiscard]] SamplesOfEvent take_samples(SampledTalk& talk, const core::Event& event);

}  // namespace heti::archive

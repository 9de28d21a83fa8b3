#pragma once
// The promises of late and what became of them: each with the events that decided it, recomputed from the events of its
// conversation. The list reads no counter and no sample, so its length can be held against what these say.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "service/explain_clocks.hpp"
#include "service/explain_since.hpp"

namespace heti::explaining {

struct PromisesAsked {
  core::Verdict verdict{};
  std::optional<core::Sla> sla{};  // nothing: both
  std::string queue{};             // name; empty: all
  Since since{};                   // by the instant of the verdict
};

struct JudgedPromise {
  PublicId conversation;
  std::string queue;
  std::string zone;
  core::ContactId contact;
  core::Sla sla{};
  Millis target{};
  Instant started;            // of its clock
  Instant decided;            // when it was broken, kept or left out
  Millis elapsed{};           // business time up to then
  std::string why;            // may be empty
  std::vector<Pause> pauses;  // up to then; their lines are in `events`, or nothing
  std::vector<Line> events;   // from what started the clock to what decided it
  LineNumber verdict = 0;     // in `events`
};

// Of each queue that was asked for, and is in the settings or has an entry.
struct PromiseCount {
  std::string queue;
  std::string zone;
  Instant since;
  std::uint64_t first_response = 0;
  std::uint64_t reply = 0;
};

struct PromiseList {
  core::Verdict verdict{};
  Instant as_of;
  journal::Position tail;                  // the last batch that was seen
  std::vector<JudgedPromise> promises;     // by queue, then in order of decision
  std::vector<PromiseCount> counts;        // by queue
  std::vector<std::string> disagreements;  // of the conversations that are listed; none, unless something is wrong
};

// Queues of the service's own are left out. An error says what could not be read, or that there is no such queue.
[[nodiscard]] std::expected<PromiseList, std::string> list_promises(const PromisesAsked& asked,
                                                                    archive::FactsReader* archive,
                                                                    const JournalView& journal, Instant now);

// A block for each, then the counts: lines of UTF-8, safe for a terminal.
[[nodiscard]] std::string to_text(const PromiseList& list);
// One JSON object, written as that of a life is.
[[nodiscard]] std::string to_json(const PromiseList& list);

}  // namespace heti::explaining

#pragma once
// The life of a conversation as text for a person, and as JSON for a program.
#include <string>

#include "service/explain_clocks.hpp"

namespace heti::explaining {

// Lines of UTF-8, safe for a terminal. An event is called by its place in the journal: "12.3" is the third of batch 12.
[[nodiscard]] std::string to_text(const Life& life);

// One JSON object. Instants are ISO 8601 in UTC, durations milliseconds ("..._ms"), events {"position", "index"} with
// the index from 1; enumerations by the names that text for programs uses: "first_response", "bad", "least_busy".
[[nodiscard]] std::string to_json(const Life& life);

}  // namespace heti::explaining

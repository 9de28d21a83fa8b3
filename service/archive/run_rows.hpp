#pragma once
// Runs as rows of archive.db: what a reader does with the columns of one.
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "service/archive/database.hpp"
#include "service/archive/run.hpp"

namespace heti::archive {

// The events in a column, which must be of this conversation, and their first line the one that the row is found by.
[[nodiscard]] std::expected<std::vector<Kept>, std::string> events_in(const journal::Statement& row, int column,
                                                                      core::ConversationId conversation,
                                                                      std::uint64_t first_seq);
// The texts in a column; none if they have been erased, or there were none.
[[nodiscard]] std::expected<NumberedTexts, std::string> texts_in(const journal::Statement& row, int column);

// What is told when a row of a conversation cannot be what was written, and what can be done.
[[nodiscard]] std::string damage(const Database& database, std::string_view conversation, std::int64_t run,
                                 std::string_view why);

}  // namespace heti::archive

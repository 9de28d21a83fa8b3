#pragma once
// Where a journal no longer reaches back to its first batch: the archive begins with a snapshot. It then knows the
// conversations that were not over, without what was said in them before.
#include <expected>
#include <string>

#include "service/archive/database.hpp"
#include "service/journal/journal.hpp"

namespace heti::archive {

// The rows of `place`, which has none yet, become those of the oldest snapshot; says where they end.
[[nodiscard]] std::expected<Place, std::string> begin_from_snapshot(Database& database, const Place& place,
                                                                    const journal::Journal& journal);

// Whether the rows of this history begin with a snapshot.
[[nodiscard]] std::expected<bool, std::string> began_from_snapshot(Database& database, const Place& place);

}  // namespace heti::archive

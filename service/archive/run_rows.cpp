#include "service/archive/run_rows.hpp"

#include <algorithm>

namespace heti::archive {

std::expected<std::vector<Kept>, std::string> events_in(const journal::Statement& row, int column,
                                                        core::ConversationId conversation, std::uint64_t first_seq) {
  const auto bytes = row.blob(column);
  if (!bytes) return std::unexpected("it has no events");
  auto kept = read_events(*bytes);
  if (!kept) return kept;
  const bool own = std::ranges::all_of(*kept, [&](const Kept& one) { return one.fact.conversation == conversation; });
  const auto first = std::ranges::find_if(*kept, [](const Kept& one) { return one.seq != 0; });
  if (!own || (first == kept->end() ? 0 : first->seq) != first_seq) {
    return std::unexpected("its events are those of another");
  }
  return kept;
}

std::expected<NumberedTexts, std::string> texts_in(const journal::Statement& row, int column) {
  const auto bytes = row.blob(column);
  return bytes ? read_texts(*bytes) : NumberedTexts{};
}

std::string damage(const Database& database, std::string_view conversation, std::int64_t run, std::string_view why) {
  return database.path() + ": what was said in conversation " + std::string(conversation) + " is damaged (run " +
         std::to_string(run) + ": " + std::string(why) +
         "). Bring back a backup of this file; if the journal reaches back to its first batch, removing the file has "
         "it "
         "written anew";
}

}  // namespace heti::archive

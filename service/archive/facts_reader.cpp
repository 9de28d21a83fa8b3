#include "service/archive/facts_reader.hpp"

#include <filesystem>

#include "service/base/bytes.hpp"
#include "service/core/stored_event.hpp"

namespace heti::archive {

using core::ConversationId;

std::expected<std::optional<FactsReader>, std::string> FactsReader::open(const std::string& directory,
                                                                         std::string workspace,
                                                                         const PublicId& history) {
  const std::string path = directory + "/archive.db";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<FactsReader>{};
  auto database = Database::open_to_read(path, std::move(workspace));
  if (!database) return std::unexpected(database.error());
  if (!*database) return std::optional<FactsReader>{};
  // From here on one moment of the file is seen; the connection's end ends the transaction.
  if (auto begun = (*database)->run("BEGIN"); !begun) return std::unexpected(begun.error());
  const auto place = (*database)->place(history);
  if (!place) return std::unexpected(place.error());
  if (!*place) return std::optional<FactsReader>{};
  return std::optional<FactsReader>(FactsReader(std::move(**database), **place));
}

std::expected<std::vector<Named>, std::string> FactsReader::find(std::string_view digits, std::uint32_t limit) {
  std::string low(digits);
  std::string high(digits);
  low.resize(32, '0');
  high.resize(32, 'f');
  const auto first = parse_public_id(low);
  const auto last = parse_public_id(high);
  if (!first || !last) return std::vector<Named>{};
  std::vector<Named> found;
  auto asked = database_.query(
      "SELECT conversation, public_id FROM conversations WHERE history=?1 AND public_id>=?2 AND public_id<=?3 LIMIT ?4",
      [&found](const journal::Statement& row) {
        const auto conversation = row.integer(0);
        const auto public_id = id_from(row.blob(1));
        if (!conversation || !public_id) return false;
        found.push_back({ConversationId{static_cast<std::uint64_t>(*conversation)}, *public_id});
        return true;
      },
      place_.id, *first, *last, limit);
  if (!asked) return std::unexpected(asked.error());
  return found;
}

std::expected<std::vector<Fact>, std::string> FactsReader::facts(ConversationId conversation) {
  std::vector<Fact> found;
  auto asked = database_.query(
      "SELECT position, idx, conversation, event FROM facts WHERE history=?1 AND conversation IN (0, ?2)"
      " ORDER BY position, idx",
      [&found](const journal::Statement& row) {
        const auto position = row.integer(0);
        const auto index = row.integer(1);
        const auto of = row.integer(2);
        const auto bytes = row.blob(3);
        if (!position || !index || !of || !bytes) return false;
        ByteReader in(*bytes);
        Fact fact{.position = journal::Position{static_cast<std::uint64_t>(*position)},
                  .index = static_cast<std::size_t>(*index),
                  .conversation = ConversationId{static_cast<std::uint64_t>(*of)},
                  .event = core::read_event(in)};
        if (!in.ok() || !in.at_end()) return false;
        found.push_back(std::move(fact));
        return true;
      },
      place_.id, conversation);
  if (!asked) return std::unexpected(asked.error());
  return found;
}

std::expected<Texts, std::string> FactsReader::texts(ConversationId conversation) {
  Texts texts;
  auto said = database_.query(
      "SELECT seq, text FROM entry_texts WHERE history=?1 AND conversation=?2",
      [&texts](const journal::Statement& row) {
        const auto seq = row.integer(0);
        const auto text = row.text(1);
        if (!seq || !text) return false;
        texts.by_seq[static_cast<std::uint64_t>(*seq)] = *text;
        return true;
      },
      place_.id, conversation);
  if (!said) return std::unexpected(said.error());
  auto noted = database_.query(
      "SELECT position, idx, text FROM note_texts WHERE history=?1 AND conversation=?2",
      [&texts](const journal::Statement& row) {
        const auto position = row.integer(0);
        const auto index = row.integer(1);
        const auto text = row.text(2);
        if (!position || !index || !text) return false;
        texts.notes[{static_cast<std::uint64_t>(*position), static_cast<std::size_t>(*index)}] = *text;
        return true;
      },
      place_.id, conversation);
  if (!noted) return std::unexpected(noted.error());
  return texts;
}

}  // namespace heti::archive

#include "service/archive/facts_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "service/archive/run_rows.hpp"
#include "service/archive/sample_rows.hpp"

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
  return facts_of(ConversationId{}, conversation);
}

std::expected<std::vector<Fact>, std::string> FactsReader::own_facts(ConversationId conversation) {
  return facts_of(conversation, conversation);
}

std::expected<std::vector<Fact>, std::string> FactsReader::facts_of(ConversationId one, ConversationId other) {
  std::vector<Fact> found;
  std::string fault;
  auto asked = database_.query(
      "SELECT id, conversation, first_seq, events FROM runs WHERE history=?1 AND conversation IN (?2, ?3)",
      [&](const journal::Statement& row) {
        const auto of = row.integer(1).value_or(0);
        auto kept = events_in(row, 3, ConversationId{static_cast<std::uint64_t>(of)},
                              static_cast<std::uint64_t>(row.integer(2).value_or(0)));
        if (!kept) {
          fault = damage(database_, std::to_string(of), row.integer(0).value_or(0), kept.error());
          return false;
        }
        std::ranges::transform(*kept, std::back_inserter(found),
                               [](Kept& kept_one) { return std::move(kept_one.fact); });
        return true;
      },
      place_.id, one, other);
  if (!asked) return std::unexpected(fault.empty() ? asked.error() : fault);
  std::ranges::sort(found, {}, [](const Fact& fact) { return std::pair(fact.position, fact.index); });
  return found;
}

std::expected<Texts, std::string> FactsReader::texts(ConversationId conversation) {
  Texts texts;
  std::string fault;
  auto said = database_.query(
      "SELECT r.id, t.texts FROM runs r JOIN entry_texts t ON t.id=r.id WHERE r.history=?1 AND r.conversation=?2",
      [&](const journal::Statement& row) {
        const auto numbered = texts_in(row, 1);
        if (!numbered) {
          fault = damage(database_, std::to_string(conversation.value()), row.integer(0).value_or(0), numbered.error());
          return false;
        }
        for (const auto& [seq, text] : *numbered) texts.by_seq[seq] = text;
        return true;
      },
      place_.id, conversation);
  if (!said) return std::unexpected(fault.empty() ? said.error() : fault);
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

std::expected<std::vector<ConversationId>, std::string> FactsReader::live_since(Instant since) {
  std::vector<ConversationId> found;
  auto asked = database_.query(
      "SELECT conversation FROM conversations WHERE history=?1 AND (closed_at IS NULL OR closed_at>=?2)"
      " ORDER BY conversation",
      [&found](const journal::Statement& row) {
        found.push_back(ConversationId{static_cast<std::uint64_t>(row.integer(0).value_or(0))});
        return true;
      },
      place_.id, since);
  if (!asked) return std::unexpected(asked.error());
  return found;
}

std::expected<std::vector<Sample>, std::string> FactsReader::samples(Instant since) {
  return read_samples(database_, place_.id, since, place_.position);
}

std::expected<std::optional<SampledTalk>, std::string> FactsReader::sampled(ConversationId conversation) {
  std::optional<SampledTalk> talk;
  auto asked = database_.query(
      "SELECT queue, accepted_at FROM conversations WHERE history=?1 AND conversation=?2",
      [&talk](const journal::Statement& row) {
        const auto queue = row.integer(0);
        if (!queue) return false;
        talk.emplace().queue = core::QueueId{static_cast<std::uint32_t>(*queue)};
        if (const auto accepted_at = row.integer(1)) talk->accepted = instant_from_ms(*accepted_at);
        return true;
      },
      place_.id, conversation);
  if (!asked) return std::unexpected(asked.error());
  return talk;
}

}  // namespace heti::archive

#include "service/archive/reader.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace heti::archive {
namespace {

using core::ConversationId;

constexpr std::size_t preview_bytes_max = 120;  // As the live list cuts it.

const std::string record_rows =
    "SELECT c.conversation, c.public_id, c.visitor, q.name, p.name, p.email, p.page_url, p.page_title,"
    " a.name, a.display_name, c.created, c.closed_at, c.last_seq, m.author, t.text, c.rating, r.text"
    " FROM conversations c JOIN queues q ON q.history=c.history AND q.queue=c.queue"
    " LEFT JOIN people p ON p.history=c.history AND p.conversation=c.conversation"
    " LEFT JOIN agents a ON a.history=c.history AND a.agent=c.agent"
    " LEFT JOIN entries m ON m.history=c.history AND m.conversation=c.conversation AND m.seq=c.preview_seq"
    " LEFT JOIN entry_texts t ON t.history=c.history AND t.conversation=c.conversation AND t.seq=c.preview_seq"
    " LEFT JOIN entry_texts r ON r.history=c.history AND r.conversation=c.conversation AND r.seq=c.rated_seq";
// The youngest of that id, found by the index: asked for in one step with ORDER BY, SQLite walks all conversations.
const std::string record_by_public_id =
    record_rows +
    " WHERE c.history=?1 AND c.conversation="
    "(SELECT max(conversation) FROM conversations WHERE history=?1 AND public_id=?2)";
const std::string records_closed =
    record_rows +
    " WHERE c.history=?1 AND c.queue=(SELECT queue FROM queues WHERE history=?1 AND name=?2)"
    " AND c.closed_at IS NOT NULL ORDER BY c.closed_at DESC, c.conversation DESC LIMIT ?3";

struct Found {
  ConversationId id;
  Record record;
};

std::string text_of(const journal::Statement& row, int column) {
  return std::string(row.text(column).value_or(std::string_view{}));
}

std::uint64_t number_of(const journal::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column).value_or(0));
}

// The first bytes of a text, without splitting a UTF-8 character.
std::string preview_of(std::string text) {
  if (text.size() <= preview_bytes_max) return text;
  std::size_t end = preview_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::optional<Found> found_in(const journal::Statement& row) {
  const auto id = row.integer(0);
  const auto public_id = id_from(row.blob(1));
  const auto visitor = id_from(row.blob(2));
  const auto queue = row.text(3);
  const auto created = row.integer(10);
  if (!id || !public_id || !visitor || !queue || !created) return std::nullopt;
  Found found;
  found.id = ConversationId{static_cast<std::uint64_t>(*id)};
  Record& record = found.record;
  record.conversation = *public_id;
  record.visitor = *visitor;
  record.queue = *queue;
  record.facts = {
      .name = text_of(row, 4), .email = text_of(row, 5), .page_url = text_of(row, 6), .page_title = text_of(row, 7)};
  record.agent_name = text_of(row, 8);
  record.agent_display_name = text_of(row, 9);
  record.created = instant_from_ms(*created);
  if (const auto closed_at = row.integer(11)) record.closed_at = instant_from_ms(*closed_at);
  record.last_seq = number_of(row, 12);
  record.preview_author = static_cast<core::Author>(number_of(row, 13));
  record.preview = preview_of(text_of(row, 14));
  record.rating = static_cast<std::uint32_t>(number_of(row, 15));
  record.rating_comment = text_of(row, 16);
  return found;
}

core::Entry entry_in(const journal::Statement& row) {
  core::Entry entry;
  entry.seq = number_of(row, 0);
  entry.at = instant_from_ms(row.integer(1).value_or(0));
  entry.kind = static_cast<core::EntryKind>(number_of(row, 2));
  entry.author = static_cast<core::Author>(number_of(row, 3));
  entry.name = text_of(row, 4);
  entry.stream = text_of(row, 5);
  entry.n = number_of(row, 6);
  entry.by = static_cast<core::ClosedBy>(number_of(row, 7));
  entry.reason = static_cast<core::CloseReason>(number_of(row, 8));
  entry.score = static_cast<std::uint32_t>(number_of(row, 9));
  if (entry.kind == core::EntryKind::message) entry.text = text_of(row, 10);  // A rating's comment is not shown there.
  return entry;
}

}  // namespace

std::expected<std::optional<Transcript>, std::string> read_transcript(Database& database, std::int64_t history,
                                                                      const PublicId& conversation,
                                                                      std::uint64_t before, std::uint32_t limit) {
  std::optional<Found> found;
  auto asked = database.query(
      record_by_public_id, [&found](const journal::Statement& row) { return (found = found_in(row)).has_value(); },
      history, conversation);
  if (!asked) return std::unexpected(asked.error());
  if (!found) return std::optional<Transcript>{};

  Transcript transcript{.record = std::move(found->record), .entries = {}};
  constexpr auto end = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  auto listed = database.query(
      "SELECT e.seq, e.at, e.kind, e.author, e.name, e.stream, e.n, e.closed_by, e.reason, e.score, t.text"
      " FROM entries e LEFT JOIN entry_texts t ON t.history=e.history AND t.conversation=e.conversation"
      " AND t.seq=e.seq WHERE e.history=?1 AND e.conversation=?2 AND e.seq<?3 ORDER BY e.seq DESC LIMIT ?4",
      [&transcript](const journal::Statement& row) {
        transcript.entries.push_back(entry_in(row));
        return true;
      },
      history, found->id, before == 0 ? end : std::min(before, end), limit);
  if (!listed) return std::unexpected(listed.error());
  std::ranges::reverse(transcript.entries);
  return transcript;
}

std::expected<std::vector<Record>, std::string> read_closed_chats(Database& database, std::int64_t history,
                                                                  const std::vector<std::string>& queues,
                                                                  std::uint32_t limit) {
  // Each queue has its own stretch of the index: the latest of each are enough to find the latest of all.
  std::vector<Found> all;
  for (const std::string& queue : std::set<std::string>(queues.begin(), queues.end())) {
    auto listed = database.query(
        records_closed,
        [&all](const journal::Statement& row) {
          auto found = found_in(row);
          if (found) all.push_back(std::move(*found));
          return found.has_value();
        },
        history, queue, limit);
    if (!listed) return std::unexpected(listed.error());
  }
  std::ranges::sort(all, std::greater{},
                    [](const Found& found) { return std::pair(*found.record.closed_at, found.id); });
  if (all.size() > limit) all.resize(limit);
  std::vector<Record> records;
  records.reserve(all.size());
  for (Found& found : all) records.push_back(std::move(found.record));
  return records;
}

}  // namespace heti::archive

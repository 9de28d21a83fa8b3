#include "service/archive/reader.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "service/archive/run_rows.hpp"
#include "service/core/state.hpp"

namespace heti::archive {
namespace {

using core::ConversationId;

constexpr std::size_t preview_bytes_max = 120;  // As the live list cuts it.

const std::string record_rows =
    "SELECT c.conversation, c.public_id, c.visitor, q.name, p.name, p.email, p.page_url, p.page_title,"
    " a.name, a.display_name, c.created, c.closed_at, c.last_seq, c.preview_seq, c.preview_author, c.preview_run, "
    "t.texts,"
    " c.rating, c.rated_seq, c.rated_run, r.texts"
    " FROM conversations c JOIN queues q ON q.history=c.history AND q.queue=c.queue"
    " LEFT JOIN people p ON p.history=c.history AND p.conversation=c.conversation"
    " LEFT JOIN agents a ON a.history=c.history AND a.agent=c.agent"
    " LEFT JOIN entry_texts t ON t.id=c.preview_run LEFT JOIN entry_texts r ON r.id=c.rated_run";
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
std::string_view preview_of(std::string_view text) {
  if (text.size() <= preview_bytes_max) return text;
  std::size_t end = preview_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// One line's text of the run whose texts are in this column; empty if it has been erased.
std::expected<std::string, std::string> line_text(const journal::Statement& row, int column, std::uint64_t seq) {
  if (seq == 0) return std::string{};
  const auto texts = texts_in(row, column);
  if (!texts) return std::unexpected(texts.error());
  return std::string(text_in(*texts, seq));
}

// Nothing if the row cannot be what was written; `fault` says more, if more is known.
std::optional<Found> found_in(const Database& database, const journal::Statement& row, std::string& fault) {
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
  record.preview_author = static_cast<core::Author>(number_of(row, 14));
  const auto preview = line_text(row, 16, number_of(row, 13));
  record.rating = static_cast<std::uint32_t>(number_of(row, 17));
  const auto comment = line_text(row, 20, number_of(row, 18));
  if (!preview || !comment) {
    fault = damage(database, to_string(*public_id), row.integer(preview ? 19 : 15).value_or(0),
                   preview ? comment.error() : preview.error());
    return std::nullopt;
  }
  record.preview = preview_of(*preview);
  record.rating_comment = *comment;
  return found;
}

// The lines of one run before `before`, at the end of `lines` from the latest backwards, until there are `limit`.
void add_lines(std::vector<Kept>& kept, const NumberedTexts& texts, std::uint64_t before, std::uint32_t limit,
               std::vector<core::Entry>& lines) {
  const core::State nobody;  // The core's own function makes the line; the agent is called as it was then.
  for (auto it = kept.rbegin(); it != kept.rend() && lines.size() < limit; ++it) {
    if (it->seq == 0 || it->seq >= before) continue;
    auto line = core::entry_of(nobody, it->fact.event);
    if (!line) continue;
    core::Entry& entry = line->second;
    entry.name = std::move(it->name);
    entry.text.clear();  // Of a message, its length. A rating's comment is not shown there.
    if (entry.kind == core::EntryKind::message) entry.text = text_in(texts, it->seq);
    lines.push_back(std::move(entry));
  }
}

}  // namespace

std::expected<std::optional<Transcript>, std::string> read_transcript(Database& database, std::int64_t history,
                                                                      const PublicId& conversation,
                                                                      std::uint64_t before, std::uint32_t limit) {
  std::optional<Found> found;
  std::string fault;
  const auto failed = [&fault](const std::string& otherwise) {
    return std::unexpected(fault.empty() ? otherwise : fault);
  };
  auto asked = database.query(
      record_by_public_id,
      [&](const journal::Statement& row) { return (found = found_in(database, row, fault)).has_value(); }, history,
      conversation);
  if (!asked) return failed(asked.error());
  if (!found) return std::optional<Transcript>{};

  Transcript transcript{.record = std::move(found->record), .entries = {}};
  if (limit == 0) return transcript;
  constexpr auto end = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t last = before == 0 ? end : std::min(before, end);
  auto listed = database.query(
      "SELECT r.id, r.first_seq, r.events, t.texts FROM runs r LEFT JOIN entry_texts t ON t.id=r.id"
      " WHERE r.history=?1 AND r.conversation=?2 AND r.first_seq>0 AND r.first_seq<?3 ORDER BY r.first_seq DESC",
      [&](const journal::Statement& row) {
        auto run = events_in(row, 2, found->id, number_of(row, 1));
        const auto texts = texts_in(row, 3);
        if (!run || !texts) {
          fault =
              damage(database, to_string(conversation), row.integer(0).value_or(0), run ? texts.error() : run.error());
          return Rows::damaged;
        }
        add_lines(*run, *texts, last, limit, transcript.entries);
        return transcript.entries.size() < limit ? Rows::more : Rows::enough;
      },
      history, found->id, last);
  if (!listed) return failed(listed.error());
  std::ranges::reverse(transcript.entries);
  return transcript;
}

std::expected<std::vector<Record>, std::string> read_closed_chats(Database& database, std::int64_t history,
                                                                  const std::vector<std::string>& queues,
                                                                  std::uint32_t limit) {
  // Each queue has its own stretch of the index: the latest of each are enough to find the latest of all.
  std::vector<Found> all;
  std::string fault;
  for (const std::string& queue : std::set<std::string>(queues.begin(), queues.end())) {
    auto listed = database.query(
        records_closed,
        [&](const journal::Statement& row) {
          auto found = found_in(database, row, fault);
          if (found) all.push_back(std::move(*found));
          return found.has_value();
        },
        history, queue, limit);
    if (!listed) return std::unexpected(fault.empty() ? listed.error() : fault);
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

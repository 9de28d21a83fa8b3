#include "service/archive/sample_rows.hpp"

#include <utility>

namespace heti::archive {
namespace {

// The two columns that mean something else for each kind (FORMAT.md).
std::pair<std::int64_t, std::int64_t> columns_of(const Sample& sample) {
  switch (sample.kind) {
    case SampleKind::contact: return {to_sql(sample.stage), 0};
    case SampleKind::verdict: return {to_sql(sample.sla), to_sql(sample.verdict)};
    case SampleKind::handle: return {0, 0};
    case SampleKind::wait: return {to_sql(sample.answered), 0};
    case SampleKind::ended: return {to_sql(sample.outcome), to_sql(sample.reason)};
  }
  return {0, 0};
}

template <class Enum>
bool read(Enum& into, std::int64_t number, Enum last) {
  into = static_cast<Enum>(number);
  return number >= 0 && number <= to_sql(last);
}

bool read_columns(Sample& sample, std::int64_t what, std::int64_t how) {
  switch (sample.kind) {
    case SampleKind::contact: return read(sample.stage, what, core::Stage::reopen);
    case SampleKind::verdict:
      return read(sample.sla, what, core::Sla::reply) && read(sample.verdict, how, core::Verdict::excluded);
    case SampleKind::handle: return true;
    case SampleKind::wait: sample.answered = what == 1; return what == 0 || what == 1;
    case SampleKind::ended:
      return read(sample.outcome, what, core::Outcome::outbound) &&
             read(sample.reason, how, core::EndReason::unanswered_turn);
  }
  return false;
}

}  // namespace

std::expected<void, std::string> write_sample(Database& database, std::int64_t history, journal::Position position,
                                              std::size_t index, const Sample& sample) {
  const auto [what, how] = columns_of(sample);
  const auto written =
      database.execute("INSERT OR REPLACE INTO samples VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", history,
                       sample.at, position, index, sample.kind, sample.queue, sample.conversation, what, how,
                       static_cast<std::int64_t>(sample.value.count()));
  if (!written) return std::unexpected(written.error());
  return {};
}

std::expected<std::vector<Sample>, std::string> read_samples(Database& database, std::int64_t history, Instant since,
                                                             journal::Position until) {
  std::vector<Sample> found;
  auto asked = database.query(
      "SELECT s.at, s.kind, s.queue, s.conversation, s.what, s.how, s.value, c.visitor FROM samples s"
      " LEFT JOIN conversations c ON s.kind IN (0, 4) AND c.history=s.history AND c.conversation=s.conversation"
      " WHERE s.history=?1 AND s.at>=?2 AND s.position<=?3 ORDER BY s.at, s.position, s.idx, s.kind",
      [&found](const journal::Statement& row) {
        const auto number = [&row](int column) { return row.integer(column).value_or(-1); };
        Sample& sample = found.emplace_back();
        sample.at = instant_from_ms(number(0));
        sample.queue = core::QueueId{static_cast<std::uint32_t>(number(2))};
        sample.conversation = core::ConversationId{static_cast<std::uint64_t>(number(3))};
        sample.value = Millis{number(6)};
        sample.visitor = id_from(row.blob(7)).value_or(PublicId{});
        return read(sample.kind, number(1), SampleKind::ended) && read_columns(sample, number(4), number(5)) &&
               sample.value >= Millis{0};
      },
      history, since, until);
  if (!asked) return std::unexpected(asked.error());
  return found;
}

}  // namespace heti::archive

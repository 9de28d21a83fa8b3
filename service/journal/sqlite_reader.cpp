#include "service/journal/sqlite_reader.hpp"

#include "service/journal/sqlite_rows.hpp"

namespace heti::journal {

std::expected<SqliteReader, std::string> SqliteReader::open(const std::filesystem::path& directory,
                                                            std::string workspace) {
  const std::filesystem::path path = directory / "journal.db";
  auto connection = Connection::open(path, Connection::Mode::read, {});
  if (!connection) return std::unexpected(connection.error());
  if (auto ours = prepare_schema(*connection); !ours) return std::unexpected(ours.error());
  const auto history = read_history(*connection, workspace);
  if (!history) return std::unexpected(history.error());
  return SqliteReader(std::move(*connection), std::move(workspace), *history);
}

std::expected<Tail, std::string> SqliteReader::tail() {
  const auto last = Rows(connection_, workspace_).last();
  if (!last) return std::unexpected(last.error());
  if (!*last) return Tail{};
  return Tail{(*last)->batch.position, (*last)->hash, (*last)->batch.at};
}

std::expected<Instant, std::string> SqliteReader::alive_until() {
  auto find = connection_.prepare("SELECT alive FROM journal WHERE workspace=?1");
  if (!find) return std::unexpected(find.error());
  if (find->bind_text(1, workspace_).step() != SQLITE_ROW)
    return std::unexpected(connection_.error("the mark of life"));
  return instant_from_ms(find->integer(0).value_or(0));
}

std::expected<void, std::string> SqliteReader::read(Position after,
                                                    const std::function<bool(const Batch&, const Hash&)>& each) {
  return Rows(connection_, workspace_).read(after, after, each);
}

}  // namespace heti::journal

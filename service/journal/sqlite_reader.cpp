#include "service/journal/sqlite_reader.hpp"

#include "service/journal/hash.hpp"
#include "service/journal/sqlite_rows.hpp"

namespace heti::journal {

std::expected<SqliteReader, std::string> SqliteReader::open(const std::filesystem::path& directory,
                                                            std::string workspace) {
  const std::filesystem::path path = directory / "journal.db";
  auto connection = Connection::open(path, Connection::Mode::read, {});
  if (!connection) return std::unexpected(connection.error());
  if (auto ours = prepare_schema(*connection); !ours) return std::unexpected(ours.error());
  PublicId history;
  {
    auto find = connection->prepare("SELECT history FROM journal WHERE workspace=?1");
    if (!find) return std::unexpected(find.error());
    const int rc = find->bind_text(1, workspace).step();
    if (rc == SQLITE_DONE) return std::unexpected(path.string() + ": has no journal of workspace " + workspace);
    if (rc != SQLITE_ROW) return std::unexpected(connection->error("reading the history"));
    const auto bytes = find->blob(0);
    if (!bytes || bytes->size() != 16) {
      return std::unexpected(path.string() + ": the entry of workspace " + workspace + " is damaged");
    }
    history = {from_big_endian(bytes->substr(0, 8)), from_big_endian(bytes->substr(8))};
  }
  return SqliteReader(std::move(*connection), std::move(workspace), history);
}

std::expected<void, std::string> SqliteReader::read(Position after,
                                                    const std::function<bool(const Batch&, const Hash&)>& each) {
  return Rows(connection_, workspace_).read(after, after, each);
}

}  // namespace heti::journal

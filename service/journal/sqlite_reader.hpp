#pragma once
// Reading a journal beside the process that owns it, or without one: the owner's lock is not taken, no batch is
// changed, and SQLite lets readers in at any time (beside a stopped node it leaves an empty write-ahead log behind,
// which the next start takes over). Every batch that is seen was durable. For tools; a node opens its journal with
// open_sqlite.
#include <expected>
#include <filesystem>
#include <functional>
#include <string>

#include "service/journal/journal.hpp"
#include "service/journal/sqlite.hpp"

namespace heti::journal {

class SqliteReader {
 public:
  // An error if there is no journal of the workspace in the directory.
  [[nodiscard]] static std::expected<SqliteReader, std::string> open(const std::filesystem::path& directory,
                                                                     std::string workspace);

  [[nodiscard]] PublicId history() const { return history_; }

  // The last batch that is durable now, verified by itself.
  [[nodiscard]] std::expected<Tail, std::string> tail();

  // The latest mark of life, which may be earlier than the last batch.
  [[nodiscard]] std::expected<Instant, std::string> alive_until();

  // As Journal::read, up to what is durable when its end is reached. One thread at a time.
  [[nodiscard]] std::expected<void, std::string> read(Position after,
                                                      const std::function<bool(const Batch&, const Hash&)>& each);

 private:
  SqliteReader(Connection connection, std::string workspace, PublicId history)
      : connection_(std::move(connection)), workspace_(std::move(workspace)), history_(history) {}

  Connection connection_;
  std::string workspace_;
  PublicId history_;
};

}  // namespace heti::journal

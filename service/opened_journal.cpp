#include "service/opened_journal.hpp"

#include <memory>
#include <utility>

#include "service/embedded.hpp"
#include "service/journal/redis/redis_reader.hpp"
#include "service/journal/sqlite_reader.hpp"
#include "service/node_options.hpp"

namespace heti {
namespace {

template <class Reader>
OpenedJournal opened(std::shared_ptr<Reader> reader) {
  return {.view = {.history = reader->history(),
                   .read = [reader](journal::Position after, const auto& each) { return reader->read(after, each); }},
          .tail = [reader] { return reader->tail(); }};
}

}  // namespace

std::expected<OpenedJournal, std::string> open_to_read(const config::Settings& settings) {
  if (settings.journal.kind == config::JournalKind::redis) {
    const auto connection = redis_connection(settings);
    if (!connection) return std::unexpected(connection.error());
    auto reader = journal::RedisReader::open(*connection, settings.workspace, settings.journal.replicas > 0);
    if (!reader) return std::unexpected(reader.error());
    return opened(std::shared_ptr<journal::RedisReader>(std::move(*reader)));
  }
  if (const auto embedded = expect_embedded(settings); !embedded) return std::unexpected(embedded.error());
  auto reader = journal::SqliteReader::open(settings.journal.path, settings.workspace);
  if (!reader) return std::unexpected(reader.error());
  return opened(std::make_shared<journal::SqliteReader>(std::move(*reader)));
}

}  // namespace heti

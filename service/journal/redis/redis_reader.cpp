#include "service/journal/redis/redis_reader.hpp"

namespace heti::journal {

using redis::Store;

std::expected<std::unique_ptr<RedisReader>, std::string> RedisReader::open(const redis::ConnectionOptions& options,
                                                                           const std::string& workspace,
                                                                           bool replicas) {
  if (auto sound = redis::check_workspace(workspace); !sound) return std::unexpected(sound.error());
  auto connection = redis::Connection::open(options);
  if (!connection) return std::unexpected(connection.error());
  std::unique_ptr<RedisReader> reader(new RedisReader(std::move(*connection), workspace, replicas));
  if (auto found = reader->confirmed(); !found) return std::unexpected(found.error());
  return reader;
}

std::expected<Position, std::string> RedisReader::confirmed() {
  Store store(connection_, keys_);
  const auto record = store.record(replicas_);
  if (!record) return std::unexpected(record.error());
  if (!*record)
    return std::unexpected(store.said("there is no journal of this workspace: no node has written one yet"));
  if (history_ != PublicId{} && history_ != (*record)->history) {
    return std::unexpected(store.said("a new history has begun; ask again"));
  }
  history_ = (*record)->history;
  return (*record)->committed;
}

std::expected<Tail, std::string> RedisReader::tail() {
  const auto end = confirmed();
  if (!end) return std::unexpected(end.error());
  Tail tail;
  if (end->value() == 0) return tail;
  const auto read =
      Store(connection_, keys_).read(Position{end->value() - 1}, *end, [&tail](const Batch& batch, const Hash& hash) {
        tail = {.position = batch.position, .hash = hash, .at = batch.at};
        return true;
      });
  if (!read) return std::unexpected(read.error());
  return tail;
}

std::expected<Position, std::string> RedisReader::trimmed_through() {
  return Store(connection_, keys_).trimmed_through();
}

std::expected<void, std::string> RedisReader::read(Position after,
                                                   const std::function<bool(const Batch&, const Hash&)>& each) {
  const auto end = confirmed();
  if (!end) return std::unexpected(end.error());
  return Store(connection_, keys_).read(after, *end, each);
}

std::expected<redis::Verdict, std::string> RedisReader::judge(Position position, const Hash& hash) {
  return Store(connection_, keys_).judge(position, hash);
}

}  // namespace heti::journal

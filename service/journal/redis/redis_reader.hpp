#pragma once
// Reading a workspace's journal in Redis beside the nodes that share it: nothing is claimed and nothing changed. Every
// batch that is seen was confirmed. For tools.
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "service/journal/redis/store.hpp"

namespace heti::journal {

class RedisReader {
 public:
  // `replicas`: whether any have to confirm a batch. An error if Redis has no journal of the workspace.
  [[nodiscard]] static std::expected<std::unique_ptr<RedisReader>, std::string> open(
      const redis::ConnectionOptions& options, const std::string& workspace, bool replicas);

  [[nodiscard]] PublicId history() const { return history_; }

  // The last batch that is confirmed now, verified by itself.
  [[nodiscard]] std::expected<Tail, std::string> tail();

  // The position before the first batch that is still there.
  [[nodiscard]] std::expected<Position, std::string> trimmed_through();

  // As Journal::read, up to what is confirmed when it begins. One thread at a time.
  [[nodiscard]] std::expected<void, std::string> read(Position after,
                                                      const std::function<bool(const Batch&, const Hash&)>& each);

  // What somebody knows of a position.
  [[nodiscard]] std::expected<redis::Verdict, std::string> judge(Position position, const Hash& hash);

 private:
  RedisReader(redis::Connection connection, const std::string& workspace, bool replicas)
      : connection_(std::move(connection)), keys_(workspace), replicas_(replicas) {}
  [[nodiscard]] std::expected<Position, std::string> confirmed();

  redis::Connection connection_;
  const redis::Keys keys_;
  const bool replicas_;
  PublicId history_;
};

}  // namespace heti::journal

#pragma once
// What a journal's keys in Redis hold, read over one connection. Errors are sentences that name Redis and the position.
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/journal/journal.hpp"
#include "service/journal/redis/connection.hpp"

namespace heti::journal::redis {

// An error if it cannot be part of keys.
[[nodiscard]] std::expected<void, std::string> check_workspace(const std::string& name);

// All of a workspace's keys have one hash tag, so that they stay together wherever Redis puts them.
struct Keys {
  explicit Keys(const std::string& workspace);
  std::string journal;
  std::string owner;
  std::string snapshot;
};

// The owner record, as much of it as a claimant compares; all empty where there is none.
struct Sighting {
  std::string token;
  std::string beat;
  std::string tail;
  std::string node;
  friend bool operator==(const Sighting&, const Sighting&) = default;
};

// The owner record, as much of it as who follows needs.
struct Record {
  std::string node;  // who owns it, for people
  PublicId history;
  Tail tail;
  Position committed;      // everything up to here was confirmed by Redis and by the replicas that were asked for
  std::uint64_t lost = 0;  // batches known to be lost, in all histories
};

enum class Verdict : std::uint8_t { confirmed, contradicted, trimmed };

class Store {
 public:
  Store(Connection& connection, const Keys& keys) : connection_(connection), keys_(keys) {}

  [[nodiscard]] std::expected<Sighting, std::string> sight();

  // Batches after `after` and up to `through`, each verified.
  [[nodiscard]] std::expected<void, std::string> read(Position after, Position through,
                                                      const std::function<bool(const Batch&, const Hash&)>& each);

  // The position before the first batch that is still there.
  [[nodiscard]] std::expected<Position, std::string> trimmed_through();

  // A position beyond the end is contradicted.
  [[nodiscard]] std::expected<Verdict, std::string> judge(Position position, const Hash& hash);

  // Newest first, each undamaged and confirmed by the journal; of the others `reject` is told.
  [[nodiscard]] std::expected<std::vector<Snapshot>, std::string> snapshots(
      const std::function<void(const std::string& why)>& reject);

  // What a node that follows looks at. Nothing: there is no journal yet. `replicas`: whether any have to confirm.
  [[nodiscard]] std::expected<std::optional<Record>, std::string> record(bool replicas);

  // "Redis at unix:///run/redis.sock: WHAT"
  [[nodiscard]] std::string said(std::string_view what) const;

 private:
  // The hash of a position, or nothing and `why` it cannot be said.
  [[nodiscard]] std::expected<std::optional<Hash>, std::string> hash_at(Position position, std::string& why);
  [[nodiscard]] std::expected<Reply, std::string> run(const Script& script, const Command& arguments);

  Connection& connection_;
  const Keys& keys_;
};

// Nothing unless `bytes` are the 16 of a hash.
[[nodiscard]] std::optional<Hash> hash_from(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> number_from(std::string_view text);

}  // namespace heti::journal::redis

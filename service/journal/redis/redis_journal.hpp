#pragma once
// The journal in Redis Streams, for the one node that owns the workspace. What lies in Redis: FORMAT.md beside this.
// An append is durable when Redis has answered it (with appendfsync always: synced it) and, where replicas are asked
// for, as many have it. A node that was deposed, or whose Redis has lost the end of the journal, is answered `fenced`
// from then on: open anew.
#include <filesystem>
#include <optional>

#include "service/journal/journal.hpp"
#include "service/journal/redis/connection.hpp"

namespace heti::journal {

namespace redis {
class Memory;
}

// Callbacks: as those of Options.
struct RedisOptions {
  redis::ConnectionOptions connection{};
  std::string workspace = "default";  // 1 to 64 of a-z, 0-9, '-' and '_': it is part of keys.
  std::string node = "node";          // For people: who owns it.
  // Where a node remembers up to where it has seen a shared journal, to notice that its end was lost. Empty: nowhere.
  std::filesystem::path directory{};
  std::filesystem::path lock_file{};  // One process only; held as long as the journal is open. Empty: none.
  int replicas = 0;                   // How many must have a batch before it is durable.
  Millis replicas_timeout{1000};      // Later than that the outcome is unknown.
  bool accept_loss = false;           // Take a Redis that would lose acknowledged batches in silence; it is only told.
  // The owner beats; a claimant looks, and claims when the beat stood still for so long on its own clock. It gives up
  // waiting for an owner that lives after `claim_patience`; without one it says so and waits on.
  Millis beat_every{1000};
  Millis look_every{500};
  Millis silence{3000};
  std::optional<Millis> claim_patience = Millis{10'000};
  // Asked while waiting: for how much longer than others this node waits before it claims.
  std::function<Millis()> claim_later{};
  std::function<void(double seconds)> on_append{};
  std::function<void(const Batch& batch)> on_durable{};  // Each batch that this node made durable, in order.
  std::function<void(std::string_view sentence)> on_warning{};
  std::function<std::vector<Witness>(const PublicId& history)> witnesses{};
  // What this process knows of the end of the journal: what Redis has lost of it is appended again. It outlives the
  // journal. A claimant that knows no more than Redis has waits `courtesy` longer: somebody may know more.
  const redis::Memory* memory = nullptr;
  Millis courtesy{500};
};

class RedisJournal : public Journal {
 public:
  // Everything up to here was confirmed by Redis and by the replicas that were asked for. Any thread.
  [[nodiscard]] virtual Position committed() const = 0;

  // Removes batches through `through`, but none after the older of two snapshots; says what is gone. Any thread.
  [[nodiscard]] virtual std::expected<Position, std::string> trim(Position through) = 0;

  // The position before the first batch that is still there. Any thread.
  [[nodiscard]] virtual std::expected<Position, std::string> trimmed_through() const = 0;

  // What is in force: an acknowledged batch survives a power cut of the Redis host. Any thread.
  [[nodiscard]] virtual bool synced_each_time() const = 0;
};

// A journal that nodes share. From the start this one follows it: what the owner made durable is read, and told to
// on_batch(); append() is `fenced`. When it can claim the workspace it does, and is a journal like any other from then
// on. Beside it nodes may tell each other what needs no journal: lost is fine.
struct SharedOptions {
  std::vector<std::string> channels{};  // Suffixes: "nodes" is the channel {<workspace>}:nodes.
  // Each durable batch after the position that start() said, in order, once; none after on_owned(). These run on the
  // journal's own threads, must not throw, and must not destroy the journal.
  std::function<void(const Batch&, const Hash&)> on_batch{};
  std::function<void()> on_owned{};  // The journal is ours; its tail may lie beyond the last on_batch().
  // What was followed is not what Redis has: it has lost the end, a new history has begun, or what comes next was
  // trimmed before it was read. Nothing is followed or claimed any more. Open anew.
  std::function<void(std::string why)> on_lost{};
  std::function<void(std::string_view channel, const std::string& payload)> on_message{};
  // At the owner: another node has seen what the journal does not have. `shown` is for give_up_end().
  std::function<void(std::string shown)> on_lost_end{};
  std::function<Millis()> claim_later{};  // as that of RedisOptions
};

class SharedJournal : public RedisJournal {
 public:
  // Once: begins to follow after `position`, which was read here, and to look whether the workspace can be claimed.
  virtual void start(Position position) = 0;
  // Owns the workspace, or did until it was deposed. Any thread.
  [[nodiscard]] virtual bool leading() const = 0;
  // The node that owned it when that was looked at last, for people. Any thread.
  [[nodiscard]] virtual std::string owner() const = 0;
  // For how long nothing came from Redis, which is asked every second. Any thread.
  [[nodiscard]] virtual Millis cut_off() const = 0;
  // To all nodes, this one too. Does not block; lost without Redis. Any thread.
  virtual void publish(std::string_view channel, std::string payload) = 0;
};

// Errors say what is wrong with Redis and how to mend it.
[[nodiscard]] std::expected<std::unique_ptr<SharedJournal>, std::string> open_shared_redis(RedisOptions options,
                                                                                           SharedOptions shared);

// Claims the workspace: at once if nobody owns it, else when its owner has been silent. Errors say who owns it, or what
// is wrong with Redis and how to mend it.
[[nodiscard]] std::expected<std::unique_ptr<RedisJournal>, std::string> open_redis(RedisOptions options);

}  // namespace heti::journal

#pragma once
// Nodes of a shared journal, and what happens to their Redis.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "service/journal/redis/redis_journal.hpp"
#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {

// A node and what came to it; callbacks run on the journal's threads.
class Node {
 public:
  Node(const RedisServer& server, std::string name, RedisOptions options = {}) {
    options.connection = server.options();
    options.node = std::move(name);
    if (options.silence == Millis{3000}) options.silence = Millis{1500};
    options.beat_every = std::min(options.beat_every, Millis{100});
    if (options.look_every == Millis{500}) options.look_every = Millis{20};
    options.on_warning = [this](std::string_view sentence) {
      const std::lock_guard lock(mutex_);
      warnings_.emplace_back(sentence);
    };
    SharedOptions shared;
    shared.channels = {"nodes"};
    shared.claim_later = options.claim_later;
    shared.on_batch = [this](const Batch& batch, const Hash& hash) {
      const std::lock_guard lock(mutex_);
      EXPECT_EQ(batch.position.value(), batches_.empty() ? first_ : batches_.back().position.value() + 1);
      EXPECT_EQ(hash, hash_of(batch));
      EXPECT_FALSE(leads_) << "a batch after it leads";
      batches_.push_back(batch);
    };
    shared.on_owned = [this] { leads_ = true; };
    shared.on_lost = [this](std::string why) {
      const std::lock_guard lock(mutex_);
      lost_ = std::move(why);
    };
    shared.on_lost_end = [this](std::string shown) {
      const std::lock_guard lock(mutex_);
      shown_ = std::move(shown);
    };
    shared.on_message = [this](std::string_view channel, const std::string& payload) {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::string(channel) + " " + payload);
    };
    auto opened = open_shared_redis(std::move(options), std::move(shared));
    EXPECT_TRUE(opened) << opened.error();
    if (opened) journal = std::move(*opened);
  }

  void start() { start(journal->tail().position); }
  void start(Position after) {
    {
      const std::lock_guard lock(mutex_);
      first_ = after.value() + 1;
    }
    journal->start(after);
  }
  bool leads() const { return leads_; }
  bool leads_soon() const {
    return wait_until([this] { return leads(); });
  }
  std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const Batch& batch : batches_) all.push_back(batch.payload);
    return all;
  }
  bool hears(std::size_t batches) const {
    return wait_until([this, batches] { return heard().size() >= batches; });
  }
  std::string lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  std::string shown() const {
    const std::lock_guard lock(mutex_);
    return shown_;
  }
  std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::vector<std::string> warnings() const {
    const std::lock_guard lock(mutex_);
    return warnings_;
  }

 private:
  std::atomic<bool> leads_ = false;
  mutable std::mutex mutex_;
  std::uint64_t first_ = 1;
  std::vector<Batch> batches_;
  std::string lost_;
  std::string shown_;
  std::vector<std::string> messages_;
  std::vector<std::string> warnings_;

 public:
  std::unique_ptr<SharedJournal> journal;  // last: its threads use the others
};

// An owner that publishes nothing: what it writes is found in the stream alone.
inline std::unique_ptr<RedisJournal> silent_owner(const RedisServer& server, RedisOptions options = {}) {
  options.connection = server.options();
  options.node = "quiet";
  auto journal = open_redis(std::move(options));
  EXPECT_TRUE(journal) << journal.error();
  return journal ? std::move(*journal) : nullptr;
}

// As if Redis had come back from an older copy, of four batches instead of five.
inline void wind_back(const RedisServer& server) {
  const std::string epoch = server.tell({"HGET", "{default}:owner", "epoch"}).text;
  const std::string fourth = epoch + "-4";
  const std::string fifth = epoch + "-5";
  const auto entry = server.tell({"XRANGE", "{default}:journal", fourth, fourth});
  server.tell({"XDEL", "{default}:journal", fifth});
  server.tell({"XSETID", "{default}:journal", fourth});  // So that the same entry can come again.
  const std::string hash = entry.list[0].list[1].list[5].text;
  server.tell({"HSET", "{default}:owner", "tail", fourth, "hash", hash, "position", "4", "committed", fourth});
}

}  // namespace heti::journal::test

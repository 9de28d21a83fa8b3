// What a process knows of the journal's end, and a Redis that has lost it and gets it again.
#include "service/journal/redis/memory.hpp"

#include <thread>

#include "service/journal/hash.hpp"
#include "tests/free_port.hpp"
#include "tests/unit/journal_test_tools.hpp"
#include "tests/unit/redis_nodes.hpp"

namespace heti::journal::test {
namespace {

using redis::Memory;

std::vector<Batch> chain(std::uint64_t first, std::size_t count, Hash previous = {}, std::string text = "x") {
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < count; ++i) {
    batches.push_back({.position = Position{first + i}, .at = {}, .previous = previous, .payload = text});
    previous = hash_of(batches.back());
  }
  return batches;
}

TEST(MemoryTest, GivesWhatFollowsAPositionIfItHasThatOne) {
  Memory memory;
  EXPECT_EQ(memory.end(), Position{});
  EXPECT_FALSE(memory.has(Position{}, {}));
  const auto batches = chain(1, 5);
  for (const Batch& batch : batches) memory.add(batch, hash_of(batch));
  EXPECT_EQ(memory.end(), Position{5});
  const auto after = memory.after(Position{3}, hash_of(batches[2]));
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0].first, batches[3]);
  EXPECT_EQ(after[1].second, hash_of(batches[4]));
  EXPECT_EQ(memory.after(Position{}, {}).size(), 5u);
  EXPECT_TRUE(memory.has(Position{5}, hash_of(batches[4])));
  EXPECT_TRUE(memory.after(Position{5}, hash_of(batches[4])).empty());
  EXPECT_FALSE(memory.has(Position{3}, hash_of(batches[3]))) << "another batch at that position";
  EXPECT_FALSE(memory.has(Position{6}, hash_of(batches[4])));
}

TEST(MemoryTest, BeginsAnewWithWhatDoesNotFollow) {
  Memory memory;
  for (const Batch& batch : chain(1, 3)) memory.add(batch, hash_of(batch));
  const auto later = chain(9, 2, Hash{7});
  for (const Batch& batch : later) memory.add(batch, hash_of(batch));
  EXPECT_FALSE(memory.has(Position{}, {}));
  EXPECT_EQ(memory.after(Position{8}, Hash{7}).size(), 2u);
}

TEST(MemoryTest, ForgetsTheOldest) {
  Memory memory;
  const auto batches = chain(1, 20, {}, std::string(1u << 20, 'x'));
  for (const Batch& batch : batches) memory.add(batch, hash_of(batch));
  EXPECT_FALSE(memory.has(Position{2}, hash_of(batches[1])));
  EXPECT_EQ(memory.after(Position{15}, hash_of(batches[14])).size(), 5u);
}

TEST(HealingTest, AnOwnerGivesRedisAgainWhatItHasLostAndGoesOn) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(server, "south", RedisOptions{.silence = Millis{600'000}});
  south.start();
  append_numbers(*north.journal, 1, 5);
  ASSERT_TRUE(south.hears(5));
  const PublicId history = north.journal->history();
  wind_back(server);
  append_numbers(*north.journal, 6, 6);
  EXPECT_TRUE(south.hears(6));
  EXPECT_EQ(south.heard(), numbers(1, 6));
  EXPECT_EQ(payloads(*north.journal), numbers(1, 6));
  EXPECT_EQ(north.journal->history(), history);
  EXPECT_EQ(north.journal->stats().healed, 1u);
  EXPECT_EQ(north.lost() + south.lost(), "");
}

TEST(HealingTest, AnOwnerThatWritesNothingNoticesByItsBeat) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  append_numbers(*north.journal, 1, 5);
  wind_back(server);
  EXPECT_TRUE(wait_until([&] { return north.journal->stats().healed == 1; }));
  EXPECT_EQ(payloads(*north.journal), numbers(1, 5));
  EXPECT_TRUE(north.journal->owned());
}

// What it gave again was appended, and no replica confirmed it in time: the next append waits for that too.
TEST(HealingTest, AReplicaThatHangsMeanwhileOnlyDelaysIt) {
  const std::string port = std::to_string(heti::test::free_port());
  RedisServer primary({"--port", port, "--bind", "127.0.0.1", "--min-replicas-to-write", "1", "--min-replicas-max-lag",
                       "600", "--repl-diskless-sync-delay", "0", "--repl-timeout", "600"});
  RedisServer replica;
  replica.tell({"REPLICAOF", "127.0.0.1", port});
  ASSERT_TRUE(wait_until([&] {  // Online is not yet confirming.
    auto connection = primary.connect();
    const auto replies = connection.call({{"SET", "warm", "up"}, {"WAIT", "1", "1000"}});
    return replies && replies->back().integer == 1;
  }));
  Node north(primary, "north", RedisOptions{.replicas = 1, .replicas_timeout = Millis{300}});
  north.start();
  ASSERT_TRUE(north.leads_soon());
  append_numbers(*north.journal, 1, 5);
  replica.pause();
  wind_back(primary);
  ASSERT_TRUE(wait_until([&] { return primary.tell({"HGET", "{default}:owner", "position"}).text == "5"; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));  // Some attempts, none of them confirmed.
  EXPECT_TRUE(north.journal->owned());
  replica.go_on();
  AppendResult result = AppendResult::unknown;
  EXPECT_TRUE(wait_until([&] {
    result = append(*north.journal, "batch 6");
    return result == AppendResult::durable || result == AppendResult::fenced;
  }));
  EXPECT_EQ(result, AppendResult::durable);
  EXPECT_EQ(payloads(*north.journal), numbers(1, 6));
}

TEST(HealingTest, WhoLeadsNextGivesItAgainIfTheOwnerIsGone) {
  RedisServer server;
  auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 2);
  Node south(server, "south", RedisOptions{.silence = Millis{600}});
  south.start();
  append_numbers(*quiet, 3, 5);
  ASSERT_TRUE(south.hears(3));
  const PublicId history = quiet->history();
  quiet.reset();
  wind_back(server);
  ASSERT_TRUE(south.leads_soon());
  EXPECT_EQ(payloads(*south.journal), numbers(1, 5));
  EXPECT_EQ(south.journal->history(), history);
  EXPECT_EQ(south.journal->stats().healed, 1u);
  append_numbers(*south.journal, 6, 6);
  EXPECT_EQ(payloads(*south.journal), numbers(1, 6));
}

TEST(HealingTest, WhatNobodyHasIsCountedAsLost) {
  RedisServer server;
  const TempDirectory directory;
  {
    Node north(server, "north", RedisOptions{.directory = directory.path()});
    north.start();
    ASSERT_TRUE(north.leads_soon());
    append_numbers(*north.journal, 1, 5);
  }
  wind_back(server);
  server.tell({"HSET", "{default}:owner", "token", ""});
  {
    Node north(server, "north", RedisOptions{.directory = directory.path()});
    north.start();
    EXPECT_TRUE(wait_until([&] { return !north.lost().empty(); }));
  }
  Node north(server, "north", RedisOptions{.directory = directory.path()});
  north.start();
  ASSERT_TRUE(north.leads_soon());
  EXPECT_EQ(north.journal->stats().lost, 1u);
  Node south(server, "south");
  south.start();
  EXPECT_TRUE(wait_until([&] { return south.journal->stats().lost == 1; }));
}

}  // namespace
}  // namespace heti::journal::test

// The edges of a shared journal: who begins late or too far, is lost or in doubt, and what ends in the middle of talk.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/free_port.hpp"
#include "tests/unit/redis_nodes.hpp"

namespace heti::journal::test {
namespace {

TEST(SharedJournalEdgeTest, WhatLiesBetweenTheStartAndTheEndIsHandedOnToo) {
  RedisServer server;
  const auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 10);
  Node south(server, "south");
  south.start(Position{4});
  append_numbers(*quiet, 11, 12);
  ASSERT_TRUE(south.hears(8));
  EXPECT_EQ(south.heard(), numbers(5, 12));
}

TEST(SharedJournalEdgeTest, AStartBeyondTheEndIsALostEnd) {
  RedisServer server;
  const auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 3);
  Node south(server, "south");
  south.start(Position{4});
  EXPECT_TRUE(wait_until([&] { return !south.lost().empty(); }));
}

TEST(SharedJournalEdgeTest, ThousandsOfBatchesComeOnceInOrderThoughConnectionsAndRedisDie) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(server, "south");
  south.start();
  for (int i = 1; i <= 2000; ++i) {
    if (i % 300 == 0) server.tell({"CLIENT", "KILL", "TYPE", "pubsub"});
    if (i == 1000) {
      server.stop(SIGKILL);
      server.start();
    }
    const auto batch = following(north.journal->tail(), "batch " + std::to_string(i));
    ASSERT_EQ(append_stubbornly(*north.journal, batch), AppendResult::durable) << i;
  }
  ASSERT_TRUE(south.hears(2000));
  EXPECT_EQ(south.heard(), numbers(1, 2000));
  EXPECT_EQ(south.lost(), "");
}

TEST(SharedJournalEdgeTest, ARealSilenceIsFollowedByAClaim) {
  RedisServer server;
  const auto quiet = silent_owner(server, {.beat_every = Millis{600'000}});
  append_numbers(*quiet, 1, 3);
  Node south(server, "south", RedisOptions{.silence = Millis{300}});
  south.start();
  ASSERT_TRUE(south.leads_soon());
  EXPECT_EQ(append(*quiet, "late"), AppendResult::fenced);
  append_numbers(*south.journal, 4, 4);
  EXPECT_EQ(payloads(*south.journal), numbers(1, 4));
}

// Neither looks again for ten minutes: the word alone makes it look.
TEST(SharedJournalEdgeTest, AWordOfTheOwnerThatEndsMakesTheOthersLookAtOnce) {
  RedisServer server;
  const RedisOptions patient{.look_every = Millis{600'000}, .silence = Millis{600'000}};
  auto north = std::make_unique<Node>(server, "north", patient);
  north->start();
  ASSERT_TRUE(north->leads_soon());
  Node south(server, "south", patient);
  south.start();
  // Its claimant has looked once, and hears.
  ASSERT_TRUE(wait_until([&] { return !south.warnings().empty(); }));
  ASSERT_TRUE(wait_until([&] {
    north->journal->publish("nodes", "?");
    return !south.messages().empty();
  }));
  const auto begun = std::chrono::steady_clock::now();
  north.reset();
  ASSERT_TRUE(south.leads_soon());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

// Two thirds of what was read may be gone from the stream: what follows can be read no more, by nobody.
TEST(SharedJournalEdgeTest, WhoIsFurtherBehindThanTheStreamGoesIsLost) {
  RedisServer server;
  const auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 3);
  Node south(server, "south");
  append_numbers(*quiet, 4, 20);
  for (int i = 0; i < 2; ++i) {
    const Tail tail = quiet->tail();
    ASSERT_TRUE(quiet->save_snapshot({tail.position, tail.hash, 1, "state"}));
    append_numbers(*quiet, 21 + i, 21 + i);
  }
  ASSERT_EQ(quiet->trim(Position{15}), Position{15});
  south.start();
  EXPECT_TRUE(wait_until([&] { return !south.lost().empty(); }));
  EXPECT_FALSE(south.journal->owned());
}

TEST(SharedJournalEdgeTest, WhoIsLostDoesNotClaim) {
  RedisServer server;
  auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 5);
  Node south(server, "south");
  south.start();
  wind_back(server);
  ASSERT_TRUE(wait_until([&] { return !south.lost().empty(); }));
  const auto history = server.tell({"HGET", "{default}:owner", "history"}).text;
  quiet.reset();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(server.tell({"HGET", "{default}:owner", "node"}).text, "quiet");
  EXPECT_EQ(server.tell({"HGET", "{default}:owner", "history"}).text, history);
  EXPECT_FALSE(south.leads());
}

// What is missing can be given again by who knows it; what somebody else writes in its place cannot be followed.
TEST(SharedJournalEdgeTest, ARedisThatComesBackFromAnOlderCopyIsNotFollowedOnceItGoesOnOtherwise) {
  RedisServer server;
  const auto data = server.directory() / "appendonlydir";
  const auto copy = server.directory() / "copy";
  const auto whole = std::filesystem::copy_options::recursive;
  auto quiet = silent_owner(server, {.beat_every = Millis{600'000}});
  append_numbers(*quiet, 1, 3);
  std::filesystem::copy(data, copy, whole);
  Node south(server, "south", RedisOptions{.silence = Millis{600'000}});
  south.start();
  append_numbers(*quiet, 4, 6);
  ASSERT_TRUE(south.hears(3));
  server.stop(SIGKILL);
  std::filesystem::remove_all(data);
  std::filesystem::copy(copy, data, whole);
  server.start();
  quiet.reset();
  auto other = silent_owner(server, {.silence = Millis{100}});
  append_numbers(*other, 100, 100);
  EXPECT_TRUE(wait_until([&] { return !south.lost().empty(); }));
  EXPECT_NE(south.lost().find("has lost its end"), std::string::npos) << south.lost();
}

TEST(SharedJournalEdgeTest, ARedisThatIsAwayIsToldOnceAndNotAtEachLook) {
  RedisServer server;
  const auto quiet = silent_owner(server);
  Node south(server, "south", RedisOptions{.silence = Millis{600'000}});
  south.start();
  ASSERT_TRUE(wait_until([&] { return !south.warnings().empty(); }));  // Waits for its turn.
  server.stop(SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  const auto warnings = south.warnings();
  EXPECT_LE(warnings.size(), 8u);
  EXPECT_GE(warnings.size(), 2u);
  server.start();
  EXPECT_EQ(append_stubbornly(*quiet, following(quiet->tail(), "batch 1")), AppendResult::durable);
  ASSERT_TRUE(south.hears(1));
}

// A claim that no replica has confirmed confirms nothing that lies before it, either.
TEST(SharedJournalEdgeTest, AClaimInDoubtDoesNotConfirmABatchInDoubt) {
  const std::string port = std::to_string(heti::test::free_port());
  RedisServer primary({"--port", port, "--bind", "127.0.0.1", "--min-replicas-to-write", "1", "--min-replicas-max-lag",
                       "600", "--repl-diskless-sync-delay", "0", "--repl-timeout", "600"});
  RedisServer replica;
  replica.tell({"REPLICAOF", "127.0.0.1", port});
  ASSERT_TRUE(wait_until([&] {
    return primary.tell({"INFO", "replication"}).text.find("state=online") != std::string::npos;
  }));
  ASSERT_TRUE(wait_until([&] {  // Online is not yet confirming.
    auto connection = primary.connect();
    const auto replies = connection.call({{"SET", "warm", "up"}, {"WAIT", "1", "10000"}});
    return replies && replies->back().integer == 1;
  }));
  const RedisOptions options{.replicas = 1, .replicas_timeout = Millis{1000}, .silence = Millis{600'000}};
  auto quiet = silent_owner(primary, options);
  ASSERT_NE(quiet, nullptr);
  append_numbers(*quiet, 1, 3);
  Node south(primary, "south", options);
  south.start();
  ASSERT_TRUE(wait_until([&] { return south.journal->tail().position == Position{3}; }));
  replica.pause();
  EXPECT_EQ(append(*quiet, "batch 4"), AppendResult::unknown);
  quiet.reset();  // South claims now, again and again, and no replica confirms it.
  ASSERT_TRUE(wait_until([&] { return primary.tell({"HGET", "{default}:owner", "tail"}).text.ends_with("-0"); }));
  EXPECT_EQ(primary.tell({"HGET", "{default}:owner", "position"}).text, "4");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto heard = south.heard();
  EXPECT_EQ(std::ranges::count(heard, "batch 4"), 0) << "nobody has confirmed it";
  EXPECT_EQ(south.journal->tail().position, Position{3});
  replica.go_on();
  ASSERT_TRUE(south.leads_soon());
  EXPECT_EQ(south.journal->tail().position, Position{4});
}

// Others talk on while it ends: what they say reaches nothing that is gone. (ThreadSanitizer sees more than this does.)
TEST(SharedJournalEdgeTest, ANodeEndsWhileOthersTalk) {
  RedisServer server;
  std::atomic<bool> enough = false;
  std::thread talker([&] {
    auto connection = server.connect();
    while (!enough) EXPECT_TRUE(connection.call(redis::Command{"PUBLISH", "{default}:released", ""}));
  });
  for (int i = 0; i < 20; ++i) {
    Node north(server, "north");
    north.start();
    ASSERT_TRUE(north.leads_soon());
    append_numbers(*north.journal, 1, 1);
  }
  enough = true;
  talker.join();
}

}  // namespace
}  // namespace heti::journal::test

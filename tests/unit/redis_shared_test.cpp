// The journal that nodes share: one leads, the others follow and lead when they have to; and what they tell each other.
#include "tests/free_port.hpp"
#include "tests/unit/redis_nodes.hpp"

namespace heti::journal::test {
namespace {

TEST(SharedJournalTest, OneLeadsAndTheOthersHaveEveryBatchOnceInOrder) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(server, "south");
  Node west(server, "west");
  south.start();
  west.start();
  append_numbers(*north.journal, 1, 400);
  ASSERT_TRUE(south.hears(400));
  ASSERT_TRUE(west.hears(400));
  EXPECT_EQ(south.heard(), numbers(1, 400));
  EXPECT_EQ(west.heard(), numbers(1, 400));
  EXPECT_FALSE(south.leads());
  EXPECT_EQ(south.journal->tail(), north.journal->tail());
  EXPECT_EQ(payloads(*south.journal), numbers(1, 400));
  EXPECT_EQ(south.journal->owner(), "north");
  EXPECT_EQ(append(*south.journal, "mine"), AppendResult::fenced);
  EXPECT_TRUE(south.journal->owned());
}

TEST(SharedJournalTest, WhatWasNotHeardIsReadFromTheStream) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(server, "south");
  south.start();
  for (int round = 0; round < 5; ++round) {
    server.tell({"CLIENT", "KILL", "TYPE", "pubsub"});
    append_numbers(*north.journal, 1 + 20 * round, 20 + 20 * round);
  }
  ASSERT_TRUE(south.hears(100));
  EXPECT_EQ(south.heard(), numbers(1, 100));
}

TEST(SharedJournalTest, WhoComesLaterFollowsFromWhatItHasRead) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  append_numbers(*north.journal, 1, 10);
  Node south(server, "south");
  EXPECT_EQ(south.journal->tail(), north.journal->tail());
  EXPECT_EQ(south.journal->history(), north.journal->history());
  EXPECT_EQ(payloads(*south.journal), numbers(1, 10));
}

TEST(SharedJournalTest, AnOwnerThatEndsHandsOverAtOnceAndTheChainGoesOn) {
  RedisServer server;
  auto north = std::make_unique<Node>(server, "north", RedisOptions{.silence = Millis{600'000}});
  north->start();
  ASSERT_TRUE(north->leads_soon());
  Node south(server, "south", RedisOptions{.silence = Millis{600'000}});
  south.start();
  append_numbers(*north->journal, 1, 5);
  ASSERT_TRUE(south.hears(5));
  north.reset();
  ASSERT_TRUE(south.leads_soon());
  EXPECT_EQ(south.journal->tail().position, Position{5});
  append_numbers(*south.journal, 6, 8);
  EXPECT_EQ(payloads(*south.journal), numbers(1, 8));
}

TEST(SharedJournalTest, WhoHasAReasonToLetsOthersClaimFirst) {
  RedisServer server;
  const auto begun = std::chrono::steady_clock::now();
  Node later(server, "later", RedisOptions{.claim_later = [] { return Millis{1200}; }});
  later.start();
  ASSERT_TRUE(later.leads_soon()) << "there is nobody else";
  EXPECT_GE(std::chrono::steady_clock::now() - begun, Millis{1200});
  Node south(server, "south", RedisOptions{.claim_later = [] { return Millis{600'000}; }});
  south.start();
  Node west(server, "west");
  west.start();
  append_numbers(*later.journal, 1, 2);
  later.journal.reset();
  ASSERT_TRUE(west.leads_soon());
  EXPECT_FALSE(south.leads());
}

TEST(SharedJournalTest, ASilentOwnerIsFollowedByAnotherAndItsAppendsAreFenced) {
  RedisServer server;
  RedisOptions silent;
  silent.beat_every = Millis{100};
  Node north(server, "north", silent);
  north.start();
  ASSERT_TRUE(north.leads_soon());
  append_numbers(*north.journal, 1, 3);
  // Somebody takes the workspace, as a node would that saw a silent beat.
  server.tell({"HSET", "{default}:owner", "token", ""});
  Node south(server, "south");
  south.start();
  ASSERT_TRUE(south.leads_soon());
  EXPECT_EQ(append(*north.journal, "late"), AppendResult::fenced);
  EXPECT_FALSE(north.journal->owned());
  append_numbers(*south.journal, 4, 5);
  EXPECT_EQ(payloads(*south.journal), numbers(1, 5));
}

TEST(SharedJournalTest, AFollowerLivesThroughARedisThatGoesAwayAndComesBack) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(server, "south");
  south.start();
  append_numbers(*north.journal, 1, 5);
  ASSERT_TRUE(south.hears(5));
  server.stop(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return south.journal->cut_off() > Millis{1500}; }));
  server.start();
  const auto batch = following(north.journal->tail(), "batch 6");
  EXPECT_EQ(append_stubbornly(*north.journal, batch), AppendResult::durable);
  ASSERT_TRUE(south.hears(6));
  EXPECT_EQ(south.heard(), numbers(1, 6));
  EXPECT_TRUE(wait_until([&] { return south.journal->cut_off() < Millis{1500}; }));
  EXPECT_EQ(south.lost(), "");
}

TEST(SharedJournalTest, AFollowerThatKnowsMoreThanTheJournalAndHasItNotSaysThatItIsLost) {
  RedisServer server;
  auto quiet = silent_owner(server, {.beat_every = Millis{600'000}});
  append_numbers(*quiet, 1, 5);
  Node south(server, "south", RedisOptions{.silence = Millis{600'000}});
  south.start();
  wind_back(server);
  EXPECT_TRUE(wait_until([&] { return !south.lost().empty(); }));
  EXPECT_NE(south.lost().find("has lost its end"), std::string::npos) << south.lost();
  EXPECT_FALSE(south.journal->owned());
}

TEST(SharedJournalTest, WhatANodeHasSeenOutlivesItAndItTellsTheOwner) {
  RedisServer server;
  const TempDirectory directory;
  {
    Node north(server, "north");
    north.start();
    ASSERT_TRUE(north.leads_soon());
    Node south(server, "south", RedisOptions{.directory = directory.path(), .silence = Millis{600'000}});
    south.start();
    append_numbers(*north.journal, 1, 5);
    ASSERT_TRUE(south.hears(5));
  }
  wind_back(server);
  Node west(server, "west");  // Knows nothing.
  west.start();
  ASSERT_TRUE(west.leads_soon());
  Node south(server, "south", RedisOptions{.directory = directory.path(), .silence = Millis{600'000}});
  south.start();
  EXPECT_TRUE(wait_until([&] { return !west.shown().empty(); }));
  EXPECT_NE(west.shown().find("node south knows position 5"), std::string::npos) << west.shown();
  std::promise<void> given_up;
  west.journal->give_up_end(west.shown(), [&](std::expected<void, std::string> done) {
    EXPECT_TRUE(done) << done.error();
    given_up.set_value();
  });
  given_up.get_future().get();
  EXPECT_TRUE(wait_until([&] { return south.lost().find("new history") != std::string::npos; })) << south.lost();
}

TEST(SharedJournalTest, WhatANodeHasSeenMakesItBeginANewHistoryWhenItLeads) {
  RedisServer server;
  const TempDirectory directory;
  PublicId history;
  {
    Node north(server, "north", RedisOptions{.directory = directory.path()});
    north.start();
    ASSERT_TRUE(north.leads_soon());
    append_numbers(*north.journal, 1, 5);
    history = north.journal->history();
  }
  wind_back(server);
  server.tell({"HSET", "{default}:owner", "token", ""});
  Node north(server, "north", RedisOptions{.directory = directory.path()});
  north.start();
  EXPECT_TRUE(wait_until([&] { return !north.lost().empty(); }));
  EXPECT_NE(north.lost().find("this node's last run knows position 5"), std::string::npos) << north.lost();
  north.journal.reset();
  Node again(server, "north", RedisOptions{.directory = directory.path()});
  again.start();
  ASSERT_TRUE(again.leads_soon());
  EXPECT_NE(again.journal->history(), history);
  EXPECT_EQ(payloads(*again.journal), numbers(1, 4));
}

// What no replica has may be lost with Redis: nobody is shown it.
TEST(SharedJournalTest, WhatIsNotConfirmedByAReplicaIsNotHandedOn) {
  const std::string port = std::to_string(heti::test::free_port());
  RedisServer primary({"--port", port, "--bind", "127.0.0.1", "--min-replicas-to-write", "1", "--min-replicas-max-lag",
                       "600", "--repl-diskless-sync-delay", "0", "--repl-timeout", "600"});
  RedisServer replica;
  replica.tell({"REPLICAOF", "127.0.0.1", port});
  ASSERT_TRUE(wait_until([&] {
    return primary.tell({"INFO", "replication"}).text.find("state=online") != std::string::npos;
  }));
  RedisOptions options;
  options.replicas = 1;
  options.replicas_timeout = Millis{300};
  Node north(primary, "north", options);
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(primary, "south", options);
  south.start();
  append_numbers(*north.journal, 1, 3);
  ASSERT_TRUE(south.hears(3));
  replica.pause();
  const auto batch = following(north.journal->tail(), "batch 4");
  EXPECT_EQ(append(*north.journal, batch), AppendResult::unknown);
  EXPECT_EQ(primary.tell({"HGET", "{default}:owner", "position"}).text, "4") << "it is in the stream";
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(south.heard(), numbers(1, 3));
  replica.go_on();
  EXPECT_EQ(append_stubbornly(*north.journal, batch), AppendResult::durable);
  ASSERT_TRUE(south.hears(4));
}

TEST(SharedJournalTest, NodesTellEachOtherInOrder) {
  RedisServer server;
  Node north(server, "north");
  Node south(server, "south");
  north.start();
  south.start();
  ASSERT_TRUE(wait_until([&] {  // Until both listen.
    north.journal->publish("nodes", "?");
    return !south.messages().empty() && !north.messages().empty();
  }));
  for (int i = 0; i < 500; ++i) north.journal->publish("nodes", std::to_string(i));
  ASSERT_TRUE(wait_until([&] { return !south.messages().empty() && south.messages().back() == "nodes 499"; }));
  auto messages = south.messages();
  std::erase(messages, "nodes ?");
  ASSERT_EQ(messages.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(messages[static_cast<std::size_t>(i)], "nodes " + std::to_string(i));
}

TEST(SharedJournalTest, ATrustNotDeservedIsRefusedAtTheStart) {
  RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  const auto journal = open_shared_redis({.connection = server.options()}, {});
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().find("noeviction"), std::string::npos) << journal.error();
}

}  // namespace
}  // namespace heti::journal::test

// The journal that nodes share: one leads, the others follow and lead when they have to; and what they tell each other.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "service/journal/redis/redis_journal.hpp"
#include "tests/free_port.hpp"
#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {
namespace {

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

// As if Redis had come back from an older copy, of four batches instead of five.
void wind_back(const RedisServer& server) {
  const auto entry = server.tell({"XRANGE", "{default}:journal", "1-4", "1-4"});
  server.tell({"XDEL", "{default}:journal", "1-5"});
  const std::string hash = entry.list[0].list[1].list[5].text;
  server.tell({"HSET", "{default}:owner", "tail", "1-4", "hash", hash, "position", "4", "committed", "1-4"});
}

TEST(SharedJournalTest, AFollowerThatKnowsMoreThanTheJournalSaysThatItIsLost) {
  RedisServer server;
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(north.leads_soon());
  Node south(server, "south");
  south.start();
  append_numbers(*north.journal, 1, 5);
  ASSERT_TRUE(south.hears(5));
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

// An owner that publishes nothing: what it writes is found in the stream alone.
std::unique_ptr<RedisJournal> silent_owner(const RedisServer& server, RedisOptions options = {}) {
  options.connection = server.options();
  options.node = "quiet";
  auto journal = open_redis(std::move(options));
  EXPECT_TRUE(journal) << journal.error();
  return journal ? std::move(*journal) : nullptr;
}

TEST(SharedJournalTest, WhatLiesBetweenTheStartAndTheEndIsHandedOnToo) {
  RedisServer server;
  const auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 10);
  Node south(server, "south");
  south.start(Position{4});
  append_numbers(*quiet, 11, 12);
  ASSERT_TRUE(south.hears(8));
  EXPECT_EQ(south.heard(), numbers(5, 12));
}

TEST(SharedJournalTest, AStartBeyondTheEndIsALostEnd) {
  RedisServer server;
  const auto quiet = silent_owner(server);
  append_numbers(*quiet, 1, 3);
  Node south(server, "south");
  south.start(Position{4});
  EXPECT_TRUE(wait_until([&] { return !south.lost().empty(); }));
}

TEST(SharedJournalTest, ThousandsOfBatchesComeOnceInOrderThoughConnectionsAndRedisDie) {
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

TEST(SharedJournalTest, ARealSilenceIsFollowedByAClaim) {
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
TEST(SharedJournalTest, AWordOfTheOwnerThatEndsMakesTheOthersLookAtOnce) {
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
TEST(SharedJournalTest, WhoIsFurtherBehindThanTheStreamGoesIsLost) {
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

TEST(SharedJournalTest, WhoIsLostDoesNotClaim) {
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

TEST(SharedJournalTest, ARedisThatComesBackFromAnOlderCopyIsNotFollowed) {
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
  EXPECT_TRUE(wait_until([&] { return !south.lost().empty(); }));
  EXPECT_NE(south.lost().find("has lost its end"), std::string::npos) << south.lost();
}

TEST(SharedJournalTest, ARedisThatIsAwayIsToldOnceAndNotAtEachLook) {
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
TEST(SharedJournalTest, AClaimInDoubtDoesNotConfirmABatchInDoubt) {
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
TEST(SharedJournalTest, ANodeEndsWhileOthersTalk) {
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

// The journal in Redis as its owner holds it: other claimants, ends of Redis, replicas, and a Redis not to be trusted.
#include <atomic>
#include <mutex>

#include "service/journal/redis/redis_journal.hpp"
#include "tests/free_port.hpp"
#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {
namespace {

using redis::Command;

// What was told to the operator; callbacks run on several threads.
class Told {
 public:
  void add(std::string_view sentence) {
    const std::lock_guard lock(mutex_);
    text_.append(sentence).append("\n");
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  bool has(std::string_view words) const { return text().find(words) != std::string::npos; }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

RedisOptions options_of(const RedisServer& server, Told& told) {
  return {.connection = server.options(),
          .beat_every = Millis{20},
          .look_every = Millis{10},
          .silence = Millis{2000},
          .claim_patience = Millis{3000},
          .on_warning = [&told](std::string_view sentence) { told.add(sentence); }};
}

std::unique_ptr<RedisJournal> open_ok(RedisOptions options) {
  auto journal = open_redis(std::move(options));
  EXPECT_TRUE(journal) << journal.error();
  return journal ? std::move(*journal) : nullptr;
}

std::string refusal(RedisOptions options) {
  const auto journal = open_redis(std::move(options));
  return journal ? "opened" : journal.error();
}

// Somebody else takes the workspace without asking, as a node would that saw a silent beat.
void depose(const RedisServer& server) { server.tell({"HSET", "{default}:owner", "token", "somebody else's"}); }

TEST(RedisJournalTest, TheOwnerRecordHasNoTimeToLiveAndItsBeatGoesOn) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  EXPECT_EQ(server.tell({"TTL", "{default}:owner"}).integer, -1);
  const auto beat = [&] { return server.tell({"HGET", "{default}:owner", "beat"}).text; };
  const std::string first = beat();
  EXPECT_TRUE(wait_until([&] { return beat() != first; }));
}

TEST(RedisJournalTest, AWorkspaceWhoseOwnerLivesIsNotClaimed) {
  RedisServer server;
  Told told;
  auto options = options_of(server, told);
  options.node = "north";
  options.silence = Millis{600'000};  // However slow this machine is, the owner is not silent for so long.
  const auto journal = open_ok(options);
  const std::string error = refusal(options);
  EXPECT_NE(error.find("owned by node north"), std::string::npos) << error;
  EXPECT_EQ(append(*journal, "batch 1"), AppendResult::durable);
}

TEST(RedisJournalTest, ASilentOwnerIsDeposedAndItsAppendsAreRefusedForGood) {
  RedisServer server;
  Told told;
  auto options = options_of(server, told);
  options.beat_every = Millis{600'000};  // It claims once and is then as good as stopped.
  options.silence = Millis{100};
  const auto deposed = open_ok(options);
  append_numbers(*deposed, 1, 2);
  const auto owner = open_ok(options);
  EXPECT_EQ(payloads(*owner), numbers(1, 2));
  EXPECT_EQ(append(*deposed, "from the dead"), AppendResult::fenced);
  EXPECT_FALSE(deposed->owned());
  EXPECT_TRUE(told.has("another node owns workspace default")) << told.text();
  EXPECT_EQ(append(*owner, "batch 3"), AppendResult::durable);
  EXPECT_EQ(payloads(*owner), numbers(1, 3));
  EXPECT_TRUE(owner->owned());
}

TEST(RedisJournalTest, ADeposedOwnerLearnsItFromItsBeat) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  EXPECT_TRUE(journal->owned());
  depose(server);
  EXPECT_TRUE(wait_until([&] { return !journal->owned(); }));
}

TEST(RedisJournalTest, ANewOwnerIsNotHeldUpWhereTheOldOneHandedOver) {
  RedisServer server;
  Told told;
  auto options = options_of(server, told);
  options.silence = Millis{600'000};
  for (int i = 1; i <= 3; ++i) append_numbers(*open_ok(options), i, i);
  EXPECT_EQ(payloads(*open_ok(options)), numbers(1, 3));
}

TEST(RedisJournalTest, AfterAKillOfRedisEveryDurableBatchIsThereAndTheSameJournalGoesOn) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  append_numbers(*journal, 1, 20);
  server.stop(SIGKILL);
  const Batch next = following(journal->tail(), "batch 21");
  const AppendResult meanwhile = append(*journal, next);
  EXPECT_TRUE(meanwhile == AppendResult::unknown || meanwhile == AppendResult::not_written) << to_string(meanwhile);
  server.start();
  EXPECT_EQ(append_stubbornly(*journal, next), AppendResult::durable);
  EXPECT_EQ(payloads(*journal), numbers(1, 21));
}

TEST(RedisJournalTest, AFrozenRedisMakesTheOutcomeUnknownUntilItAnswersAgain) {
  RedisServer server;
  Told told;
  auto options = options_of(server, told);
  options.beat_every = Millis{600'000};
  options.connection.call_timeout = Millis{500};
  std::unique_ptr<RedisJournal> journal;
  ASSERT_TRUE(wait_until([&] {  // A busy machine may need longer than the deadline now and then.
    auto opened = open_redis(options);
    if (opened) journal = std::move(*opened);
    return journal != nullptr;
  }));
  ASSERT_EQ(append_stubbornly(*journal, following({}, "batch 1")), AppendResult::durable);
  const Batch batch = following(journal->tail(), "batch 2");
  server.pause();
  EXPECT_EQ(append(*journal, batch), AppendResult::unknown);
  EXPECT_EQ(append(*journal, batch), AppendResult::unknown) << "once in doubt, certainly not written is no answer";
  server.go_on();
  EXPECT_EQ(append_stubbornly(*journal, batch), AppendResult::durable);
  EXPECT_EQ(payloads(*open_ok(options_of(server, told))), numbers(1, 2));
  EXPECT_TRUE(told.has("no answer within 500 ms")) << told.text();
}

TEST(RedisJournalTest, AFullRedisHasCertainlyNotWritten) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  append_numbers(*journal, 1, 1);
  server.tell({"CONFIG", "SET", "maxmemory", "1"});
  const Batch batch = following(journal->tail(), "batch 2");
  EXPECT_EQ(append(*journal, batch), AppendResult::not_written);
  EXPECT_TRUE(told.has("OOM")) << told.text();
  server.tell({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(append(*journal, batch), AppendResult::durable);
  EXPECT_EQ(payloads(*journal), numbers(1, 2));
}

TEST(RedisJournalTest, ARedisThatLostTheEndRefusesTheNextAppend) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  append_numbers(*journal, 1, 2);
  const std::string entries = server.tell({"DUMP", "{default}:journal"}).text;
  const redis::Reply record = server.tell({"HGETALL", "{default}:owner"});
  append_numbers(*journal, 3, 4);
  server.tell({"RESTORE", "{default}:journal", "0", entries, "REPLACE"});
  for (std::size_t i = 0; i + 1 < record.list.size(); i += 2) {
    server.tell({"HSET", "{default}:owner", record.at(i), record.at(i + 1)});
  }
  EXPECT_EQ(append(*journal, "batch 5"), AppendResult::fenced);
  EXPECT_FALSE(journal->owned());
  EXPECT_TRUE(told.has("ends at 1-2")) << told.text();
  EXPECT_TRUE(told.has("not at 1-4")) << told.text();
}

TEST(RedisJournalTest, AWitnessOfALostEndBeginsANewHistory) {
  RedisServer server;
  Told told;
  auto options = options_of(server, told);
  PublicId history;
  Hash hash{};
  {
    const auto journal = open_ok(options);
    append_numbers(*journal, 1, 2);
    history = journal->history();
    hash = journal->tail().hash;
  }
  Position known{2};
  options.witnesses = [&](const PublicId&) { return std::vector<Witness>{{"archive.db", known, hash}}; };
  EXPECT_EQ(open_ok(options)->history(), history);
  known = Position{3};
  const auto journal = open_ok(options);
  EXPECT_NE(journal->history(), history);
  EXPECT_NE(journal->open_notice().value_or("").find("archive.db knows position 3"), std::string::npos);
}

TEST(RedisJournalTest, DamageIsNamedByItsPosition) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  append_numbers(*journal, 1, 5);
  server.tell({"XDEL", "{default}:journal", "1-3"});
  const std::string error = payloads(*journal).back();
  EXPECT_NE(error.find("position 3"), std::string::npos) << error;
}

TEST(RedisJournalTest, AFlippedBitIsNamedByItsPosition) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  append_numbers(*journal, 1, 3);
  const redis::Reply entries = server.tell({"XRANGE", "{default}:journal", "-", "+"});
  server.tell({"DEL", "{default}:journal"});
  for (const redis::Reply& entry : entries.list) {
    Command command{"XADD", "{default}:journal", entry.list[0].text};
    for (const redis::Reply& word : entry.list[1].list) {
      command.push_back(word.text == "batch 2" ? std::string_view("batch 3") : std::string_view(word.text));
    }
    server.tell(command);
  }
  const auto read = payloads(*journal);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_NE(read[1].find("position 2 is damaged"), std::string::npos) << read[1];
}

TEST(RedisJournalTest, TrimmedBatchesAreGoneAndTheRestIsRead) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  for (int i = 1; i <= 6; ++i) {
    append_numbers(*journal, i, i);
    if (i == 3 || i == 5) {
      ASSERT_TRUE(journal->save_snapshot({journal->tail().position, journal->tail().hash, 1, "state"}));
    }
  }
  EXPECT_EQ(journal->trim(Position{6}), Position{3});
  EXPECT_EQ(payloads(*journal, 3), numbers(4, 6));
  EXPECT_NE(payloads(*journal, 1).back().find("trimmed"), std::string::npos);
  EXPECT_EQ(journal->snapshots()->size(), 2u) << "the older one is confirmed by the batch after it";
}

TEST(RedisJournalTest, ADamagedSnapshotIsLeftOutAndCounted) {
  RedisServer server;
  Told told;
  const auto journal = open_ok(options_of(server, told));
  append_numbers(*journal, 1, 1);
  ASSERT_TRUE(journal->save_snapshot({journal->tail().position, journal->tail().hash, 1, "state"}));
  std::string bytes = server.tell({"HGET", "{default}:snapshot", "1"}).text;
  flip_bit(bytes, bytes.size() / 2, 3);
  server.tell({"HSET", "{default}:snapshot", "1", bytes});
  EXPECT_TRUE(journal->snapshots()->empty());
  EXPECT_EQ(journal->stats().snapshots_rejected, 1u);
}

// --- replicas ---

class RedisReplicaTest : public testing::Test {
 protected:
  RedisReplicaTest() {
    replica_.tell({"REPLICAOF", "127.0.0.1", port_});
    EXPECT_TRUE(wait_until([&] { return primary_.tell({"WAIT", "1", "1"}).integer >= 0 && online(); }));
  }
  bool online() { return primary_.tell({"INFO", "replication"}).text.find("state=online") != std::string::npos; }
  RedisOptions options() {
    auto options = options_of(primary_, told_);
    options.replicas = 1;
    options.replicas_timeout = Millis{60'000};
    options.beat_every = Millis{600'000};
    return options;
  }

  std::string port_ = std::to_string(heti::test::free_port());
  RedisServer primary_{{"--port", port_, "--bind", "127.0.0.1", "--min-replicas-to-write", "1",
                        "--min-replicas-max-lag", "600", "--repl-diskless-sync-delay", "0", "--repl-timeout", "600"}};
  RedisServer replica_;
  Told told_;
};

TEST_F(RedisReplicaTest, ADurableBatchIsOnTheReplicaAndCommitted) {
  const auto journal = open_ok(options());
  append_numbers(*journal, 1, 5);
  EXPECT_EQ(journal->committed(), Position{5});
  EXPECT_EQ(replica_.tell({"HGET", "{default}:owner", "tail"}).text, "1-5");
}

TEST_F(RedisReplicaTest, WithoutTheReplicaTheOutcomeIsUnknownAlsoWhenOfferedAgainOnANewConnection) {
  auto slow = options();
  slow.replicas_timeout = Millis{300};
  std::unique_ptr<RedisJournal> journal;
  ASSERT_TRUE(wait_until([&] {
    auto opened = open_redis(slow);
    if (opened) journal = std::move(*opened);
    return journal != nullptr;
  }));
  ASSERT_EQ(append_stubbornly(*journal, following({}, "batch 1")), AppendResult::durable);
  replica_.pause();
  const Batch batch = following(journal->tail(), "batch 2");
  EXPECT_EQ(append(*journal, batch), AppendResult::unknown);
  primary_.tell({"CLIENT", "KILL", "TYPE", "normal"});
  // The batch is in the primary; on a connection that has written nothing, WAIT would find nothing to wait for.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(append(*journal, batch), AppendResult::unknown) << i;
  EXPECT_EQ(journal->committed(), Position{1});
  EXPECT_EQ(journal->tail().position, Position{1});
  EXPECT_TRUE(told_.has("0 of 1 replicas confirmed")) << told_.text();
  replica_.go_on();
  EXPECT_EQ(append_stubbornly(*journal, batch), AppendResult::durable);
  EXPECT_EQ(payloads(*journal), numbers(1, 2));
}

TEST_F(RedisReplicaTest, AReplicaIsNoPlaceForAJournal) {
  auto wrong = options_of(replica_, told_);
  wrong.accept_loss = true;
  EXPECT_NE(refusal(wrong).find("is a replica"), std::string::npos) << refusal(wrong);
}

// --- a Redis that would lose acknowledged batches in silence ---

struct Danger {
  const char* name;
  const char* value;
  const char* remedy;
  int replicas = 0;
};

class RedisDangerTest : public testing::TestWithParam<Danger> {};

TEST_P(RedisDangerTest, IsRefusedWithItsRemedyUnlessAccepted) {
  const Danger& danger = GetParam();
  RedisServer server;
  Told told;
  auto options = options_of(server, told);
  options.replicas = danger.replicas;
  options.replicas_timeout = Millis{1};
  server.tell({"CONFIG", "SET", danger.name, danger.value});
  const std::string error = refusal(options);
  EXPECT_NE(error.find("in silence"), std::string::npos) << error;
  EXPECT_NE(error.find(danger.remedy), std::string::npos) << error;
  EXPECT_EQ(server.tell({"EXISTS", "{default}:owner"}).integer, 0) << "nothing is written before";
  options.accept_loss = true;
  options.replicas = 0;
  if (danger.replicas > 0) return;
  const auto journal = open_ok(options);
  EXPECT_TRUE(told.has(danger.remedy)) << told.text();
  EXPECT_EQ(append(*journal, "batch 1"), AppendResult::durable);
}

INSTANTIATE_TEST_SUITE_P(Each, RedisDangerTest,
                         testing::Values(Danger{"maxmemory-policy", "allkeys-lru", "set maxmemory-policy noeviction"},
                                         Danger{"maxmemory-policy", "volatile-ttl", "set maxmemory-policy noeviction"},
                                         Danger{"appendonly", "no", "set appendonly yes"},
                                         Danger{"appendfsync", "no", "set appendfsync always"},
                                         Danger{"no-appendfsync-on-rewrite", "yes", "set it to no"},
                                         Danger{"min-replicas-to-write", "0", "set min-replicas-to-write 1", 1}));

TEST(RedisDurabilityTest, WhatIsInForceIsKnownAndEverysecIsAllowedButTold) {
  RedisServer server;
  Told told;
  EXPECT_TRUE(open_ok(options_of(server, told))->synced_each_time());
  EXPECT_EQ(told.text(), "");
  server.tell({"CONFIG", "SET", "appendfsync", "everysec"});
  EXPECT_FALSE(open_ok(options_of(server, told))->synced_each_time());
  EXPECT_TRUE(told.has("last seconds")) << told.text();
}

TEST(RedisDurabilityTest, ARedisThatDoesNotTellIsNotTrusted) {
  RedisServer server;
  Told told;
  server.tell({"ACL", "SETUSER", "default", "-config"});
  EXPECT_NE(refusal(options_of(server, told)).find("allow CONFIG GET"), std::string::npos);
}

TEST(RedisDurabilityTest, AWorkspaceNameThatIsNoKeyIsRefused) {
  for (const char* name : {"", "Upper", "a}b", "a b"}) {
    EXPECT_NE(refusal({.workspace = name}).find("1 to 64"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace heti::journal::test

// The scripts that run inside Redis, each against a real one.
#include <set>

#include "service/journal/redis/scripts.hpp"
#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {
namespace {

using redis::Command;
using redis::Reply;
using redis::Script;

// A hash that is easy to tell apart: 16 times the same letter. Scripts compare hashes and never compute them.
std::string hash(char letter) { return std::string(16, letter); }
const std::string zero(16, '\0');

class RedisScriptsTest : public testing::Test {
 protected:
  Reply run(const Script& script, const Command& arguments) {
    auto replies = connection_.run(script, {"{w}:journal", "{w}:owner", "{w}:snapshot"}, arguments);
    EXPECT_TRUE(replies) << replies.error().sentence;
    EXPECT_FALSE(replies->front().is_error()) << replies->front().text;
    return replies->front();
  }
  std::string word(const Script& script, const Command& arguments) { return std::string(run(script, arguments).at(0)); }
  std::string record(std::string_view name) { return connection_.call(Command{"HGET", "{w}:owner", name})->text; }
  std::int64_t entries() { return connection_.call(Command{"XLEN", "{w}:journal"})->integer; }

  // Takes the workspace from whoever holds it.
  Reply claim(const std::string& token) {
    const std::string had = record("token"), beat = record("beat"), tail = record("tail");
    return run(redis::claim_script(), {had, beat, tail, token, "node of " + token, "history of " + token});
  }
  std::string append(const std::string& token, const std::string& tail, const std::string& before,
                     const std::string& id, const std::string& own, const std::string& at = "1000") {
    const std::string position = id.substr(id.find('-') + 1);
    return word(redis::append_script(), {token, tail, before, id, own, position, at, "data " + own, "results", tail});
  }
  // Epoch 1: batches 1 to 3 with hashes a, b, c; epoch 2: d, e; epoch 3: nothing; epoch 4: f.
  void fill() {
    claim("A");
    EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "ok");
    EXPECT_EQ(append("A", "1-1", hash('a'), "1-2", hash('b')), "ok");
    EXPECT_EQ(append("A", "1-2", hash('b'), "1-3", hash('c')), "ok");
    claim("B");
    EXPECT_EQ(append("B", "2-0", hash('c'), "2-4", hash('d')), "ok");
    EXPECT_EQ(append("B", "2-4", hash('d'), "2-5", hash('e')), "ok");
    claim("C");
    claim("D");
    EXPECT_EQ(append("D", "4-0", hash('e'), "4-6", hash('f')), "ok");
  }
  std::vector<std::string> read(const std::string& first, const std::string& last, const std::string& count = "100",
                                const std::string& bytes = "100000") {
    const Reply reply = run(redis::read_script(), {first, last, count, bytes});
    std::vector<std::string> ids{std::string(reply.at(0))};
    if (reply.list.size() > 1) {
      for (const Reply& row : reply.list[1].list) ids.emplace_back(row.at(0));
    }
    return ids;
  }
  std::string hash_at(const std::string& position) {
    const Reply reply = run(redis::hash_at_script(), {position});
    return std::string(reply.list.size() > 1 ? reply.at(1) : reply.at(0));
  }

  RedisServer server_;
  redis::Connection connection_ = server_.connect();
};

using Words = std::vector<std::string>;

TEST_F(RedisScriptsTest, TheFirstClaimMakesTheRecordWithoutATimeToLive) {
  const Reply reply = claim("A");
  EXPECT_EQ(reply.at(0), "ok");
  EXPECT_EQ(reply.at(1), "1");
  EXPECT_EQ(reply.at(2), "0");
  EXPECT_EQ(reply.at(3), zero);
  EXPECT_EQ(reply.at(5), "history of A");
  EXPECT_EQ(record("token"), "A");
  EXPECT_EQ(record("tail"), "1-0");
  EXPECT_EQ(connection_.call(Command{"TTL", "{w}:owner"})->integer, -1);
  EXPECT_EQ(entries(), 1);
}

TEST_F(RedisScriptsTest, AClaimOfWhatHasChangedSinceChangesNothing) {
  claim("A");
  const std::string beat = record("beat");
  for (const Words& seen : {Words{"X", beat, "1-0"}, Words{"A", beat + "0", "1-0"}, Words{"A", beat, "1-1"}}) {
    EXPECT_EQ(word(redis::claim_script(), {seen[0], seen[1], seen[2], "B", "node", "other"}), "changed");
  }
  EXPECT_EQ(record("token"), "A");
  EXPECT_EQ(entries(), 1);
  const Reply second = claim("B");
  EXPECT_EQ(second.at(1), "2");
  EXPECT_EQ(second.at(5), "history of A") << "the journal keeps its history";
}

TEST_F(RedisScriptsTest, AClaimRefusesWhatItDoesNotUnderstand) {
  claim("A");
  server_.tell({"HSET", "{w}:owner", "format", "2"});
  EXPECT_EQ(claim("B").at(0), "format");
  server_.tell({"HSET", "{w}:owner", "format", "1"});
  server_.tell({"XADD", "{w}:journal", "1-7", "a", "stranger's"});
  EXPECT_EQ(claim("B").at(0), "torn");
  server_.tell({"DEL", "{w}:journal"});
  EXPECT_EQ(claim("B").at(0), "torn");
  server_.tell({"DEL", "{w}:owner"});
  server_.tell({"XADD", "{w}:journal", "1-7", "a", "stranger's"});
  EXPECT_EQ(claim("B").at(0), "orphan");
}

TEST_F(RedisScriptsTest, ADeposedOwnerAppendsNothing) {
  claim("A");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "ok");
  claim("B");
  EXPECT_EQ(append("A", "1-1", hash('a'), "1-2", hash('b')), "deposed");
  EXPECT_EQ(append("A", "2-0", hash('a'), "2-2", hash('b')), "deposed");
  EXPECT_EQ(append("B", "2-0", hash('a'), "2-2", hash('b')), "ok");
  EXPECT_EQ(entries(), 4);
}

TEST_F(RedisScriptsTest, AnAppendMustExpectTheTailByIdAndByHash) {
  claim("A");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "ok");
  EXPECT_EQ(append("A", "1-0", zero, "1-2", hash('b')), "tail");
  EXPECT_EQ(append("A", "1-1", zero, "1-2", hash('b')), "tail");
  EXPECT_EQ(append("A", "1-5", hash('a'), "1-6", hash('b')), "tail");
  EXPECT_EQ(entries(), 2);
  EXPECT_EQ(record("tail"), "1-1");
}

TEST_F(RedisScriptsTest, AnAppendSeesThatTheStreamItselfIsNotAsTheRecordSays) {
  claim("A");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "ok");
  server_.tell({"XADD", "{w}:journal", "1-7", "hash", hash('a')});
  EXPECT_EQ(append("A", "1-1", hash('a'), "1-8", hash('b')), "tail") << "a stranger's entry";
  server_.tell({"XDEL", "{w}:journal", "1-7"});
  server_.tell({"XDEL", "{w}:journal", "1-1"});
  EXPECT_EQ(append("A", "1-1", hash('a'), "1-8", hash('b')), "tail") << "the tail is gone";
  server_.tell({"DEL", "{w}:journal"});
  EXPECT_EQ(append("A", "1-1", hash('a'), "1-8", hash('b')), "tail") << "all is gone";
}

TEST_F(RedisScriptsTest, AnAppendOfferedAgainIsThereOnceAndIsAWriteForWait) {
  claim("A");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "ok");
  const std::string beat = record("beat");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "again");
  EXPECT_NE(record("beat"), beat);
  EXPECT_EQ(entries(), 2);
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('x')), "tail") << "another batch of the same position";
}

TEST_F(RedisScriptsTest, ResultsAndCommittedMarkLieInTheHeader) {
  claim("A");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a')), "ok");
  const Reply row = run(redis::read_script(), {"1", "1", "1", "1"}).list[1].list[0];
  EXPECT_EQ(row.at(2), zero);
  EXPECT_EQ(row.at(3), hash('a'));
  EXPECT_EQ(row.at(4), "data " + hash('a'));
  EXPECT_EQ(row.at(5), "results");
  EXPECT_EQ(row.at(6), "1-0");
}

TEST_F(RedisScriptsTest, TheMarkOfLifeGoesForwardButABatchBeforeItTakesItBack) {
  claim("A");
  EXPECT_EQ(word(redis::renew_script(), {"A", "5000", "1-0"}), "ok");
  EXPECT_EQ(word(redis::renew_script(), {"A", "4000", "1-0"}), "ok");
  EXPECT_EQ(record("alive"), "5000");
  EXPECT_EQ(word(redis::renew_script(), {"B", "9000", "1-0"}), "deposed");
  EXPECT_EQ(append("A", "1-0", zero, "1-1", hash('a'), "3000"), "ok");
  EXPECT_EQ(record("alive"), "3000");
}

TEST_F(RedisScriptsTest, EveryRenewalBeatsAndOnlyTheOwnerReleases) {
  claim("A");
  const int beat = std::stoi(record("beat"));
  EXPECT_EQ(word(redis::renew_script(), {"A", "", "1-0"}), "ok");
  EXPECT_EQ(std::stoi(record("beat")), beat + 1);
  EXPECT_EQ(record("committed"), "1-0");
  EXPECT_EQ(word(redis::release_script(), {"B"}), "deposed");
  EXPECT_EQ(record("token"), "A");
  EXPECT_EQ(word(redis::history_script(), {"B", "other"}), "deposed");
  EXPECT_EQ(record("history"), "history of A");
  EXPECT_EQ(word(redis::release_script(), {"A"}), "ok");
  EXPECT_EQ(record("token"), "");
}

TEST_F(RedisScriptsTest, ReadingGoesAcrossEpochsAndStopsAtEveryLimit) {
  fill();
  EXPECT_EQ(read("1", "6"), (Words{"ok", "1-1", "1-2", "1-3", "2-4", "2-5", "4-6"}));
  EXPECT_EQ(read("3", "4"), (Words{"ok", "1-3", "2-4"}));
  EXPECT_EQ(read("4", "6", "2"), (Words{"ok", "2-4", "2-5"}));
  EXPECT_EQ(read("2", "6", "100", "1"), (Words{"ok", "1-2"}));
  EXPECT_EQ(read("7", "7"), (Words{"missing"}));
}

TEST_F(RedisScriptsTest, TheHashOfEveryPositionIsFoundOrSaidToBeBeyond) {
  fill();
  EXPECT_EQ(hash_at("0"), zero);
  const std::string letters = "abcdef";
  for (std::size_t i = 0; i < letters.size(); ++i) EXPECT_EQ(hash_at(std::to_string(i + 1)), hash(letters[i])) << i;
  EXPECT_EQ(hash_at("7"), "beyond");
  server_.tell({"XDEL", "{w}:journal", "2-5"});
  EXPECT_EQ(hash_at("5"), "missing");
}

TEST_F(RedisScriptsTest, TrimmingNeverGoesBeyondTheOlderOfTwoSnapshots) {
  fill();
  const auto trim = [&](const std::string& token, const std::string& through) {
    const Reply reply = run(redis::trim_script(), {token, through});
    return std::string(reply.list.size() > 1 ? reply.at(1) : reply.at(0));
  };
  EXPECT_EQ(trim("D", "4"), "0") << "no snapshot";
  EXPECT_EQ(word(redis::save_snapshot_script(), {"5", hash('e'), "five"}), "ok");
  EXPECT_EQ(trim("D", "4"), "0") << "one snapshot";
  EXPECT_EQ(word(redis::save_snapshot_script(), {"3", hash('c'), "three"}), "ok");
  EXPECT_EQ(trim("C", "2"), "deposed");
  EXPECT_EQ(trim("D", "2"), "2");
  EXPECT_EQ(read("2", "6"), (Words{"trimmed"}));
  EXPECT_EQ(hash_at("2"), hash('b')) << "the first batch that is left knows the one before";
  EXPECT_EQ(hash_at("1"), "trimmed");
  EXPECT_EQ(trim("D", "6"), "3");
  EXPECT_EQ(read("4", "6"), (Words{"ok", "2-4", "2-5", "4-6"}));
  EXPECT_EQ(hash_at("3"), hash('c'));
  EXPECT_EQ(append("D", "4-6", hash('f'), "4-7", hash('g')), "ok");
}

TEST_F(RedisScriptsTest, TwoSnapshotsAreKeptAndOnlyConfirmedOnes) {
  fill();
  EXPECT_EQ(word(redis::save_snapshot_script(), {"3", hash('x'), "bytes"}), "unconfirmed");
  EXPECT_EQ(word(redis::save_snapshot_script(), {"7", hash('f'), "bytes"}), "unconfirmed");
  for (const auto& [position, letter] : {std::pair{"2", 'b'}, std::pair{"6", 'f'}, std::pair{"4", 'd'}}) {
    EXPECT_EQ(word(redis::save_snapshot_script(), {position, hash(letter), "bytes"}), "ok");
  }
  const Reply kept = *connection_.call(Command{"HKEYS", "{w}:snapshot"});
  EXPECT_EQ((std::set<std::string>{kept.list[0].text, kept.list[1].text}), (std::set<std::string>{"4", "6"}));
  EXPECT_EQ(kept.list.size(), 2u);
}

}  // namespace
}  // namespace heti::journal::test

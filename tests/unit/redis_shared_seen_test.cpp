// What a node has seen is looked up when it is back, whatever was written since, and of whichever history. Found by the
// cluster simulator.
#include <future>

#include "service/journal/hash.hpp"
#include "tests/unit/journal_test_tools.hpp"
#include "tests/unit/redis_nodes.hpp"

namespace heti::journal::test {
namespace {

RedisOptions patient(const TempDirectory& directory) {
  return {.directory = directory.path(), .silence = Millis{600'000}};
}

void give_up(SharedJournal& journal, std::string shown) {
  std::promise<void> given_up;
  journal.give_up_end(std::move(shown), [&](std::expected<void, std::string> done) {
    EXPECT_TRUE(done) << done.error();
    given_up.set_value();
  });
  given_up.get_future().get();
}

// South has seen five batches; Redis has four of them, and an owner that knows of no more.
struct SeenTest : testing::Test {
  void SetUp() override {
    {
      Node north(server, "north");
      north.start();
      ASSERT_TRUE(north.leads_soon());
      Node south(server, "south", patient(directory));
      south.start();
      append_numbers(*north.journal, 1, 5);
      ASSERT_TRUE(south.hears(5));
    }
    wind_back(server);
  }
  RedisServer server;
  const TempDirectory directory;
};

TEST_F(SeenTest, AnotherBatchAtThatPositionHidesNothing) {
  Node west(server, "west");
  west.start();
  ASSERT_TRUE(west.leads_soon());
  append_numbers(*west.journal, 100, 103);  // Positions 5 to 8.
  Node south(server, "south", patient(directory));
  south.start();
  EXPECT_TRUE(wait_until([&] { return west.shown().find("node south knows position 5") != std::string::npos; }))
      << west.shown();
}

TEST_F(SeenTest, WhatTheJournalHasIsForgottenAndNoted) {
  for (const int last : {9, 10}) {
    Node west(server, "west");
    west.start();
    ASSERT_TRUE(west.leads_soon());
    if (last == 9) give_up(*west.journal, "a test");
    Node south(server, "south", patient(directory));
    south.start();
    append_numbers(*west.journal, last, last);
    ASSERT_TRUE(south.hears(1));
    EXPECT_EQ(west.shown(), "");
  }
}

TEST_F(SeenTest, AnOldHistoryThatComesBackIsLookedUpToo) {
  const auto record = server.tell({"HGET", "{default}:owner", "history"});
  {
    Node west(server, "west");
    west.start();
    ASSERT_TRUE(west.leads_soon());
    give_up(*west.journal, "a test");
    Node south(server, "south", patient(directory));
    south.start();
    append_numbers(*west.journal, 100, 100);
    ASSERT_TRUE(south.hears(1));
  }
  server.tell({"HSET", "{default}:owner", "history", record.text});
  Node west(server, "west");
  west.start();
  ASSERT_TRUE(west.leads_soon());
  Node south(server, "south", patient(directory));
  south.start();
  EXPECT_TRUE(wait_until([&] { return west.shown().find("node south knows position 5") != std::string::npos; }))
      << west.shown();
}

TEST_F(SeenTest, AnOwnerThatBeganAHistoryNotesWhatItSeesInThatOne) {
  const TempDirectory own;
  {
    Node west(server, "west", patient(own));
    server.tell({"HSET", "{default}:owner", "token", ""});
    west.start();
    ASSERT_TRUE(west.leads_soon());
    give_up(*west.journal, "a test");
    append_numbers(*west.journal, 100, 100);  // Position 5.
  }
  server.tell({"XDEL", "{default}:journal", "2-5"});
  const auto last = server.tell({"XREVRANGE", "{default}:journal", "+", "-", "COUNT", "1"});
  const auto& fields = last.list[0].list[1].list;  // The claim: position, hash, node.
  server.tell({"HSET", "{default}:owner", "tail", last.list[0].list[0].text, "hash", fields[3].text, "position", "4",
               "committed", last.list[0].list[0].text});
  Node west(server, "west", patient(own));
  west.start();
  EXPECT_TRUE(wait_until([&] {
    return west.lost().find("this node's last run knows position 5") != std::string::npos;
  })) << west.lost();
}

TEST(SharedJournalTest, WhoHearsTheFirstBatchKnowsItsHistory) {
  RedisServer server;
  Node south(server, "south", RedisOptions{.look_every = Millis{60'000}, .silence = Millis{600'000}});
  EXPECT_EQ(south.journal->history(), PublicId{});
  south.start();
  Node north(server, "north");
  north.start();
  ASSERT_TRUE(wait_until([&] { return north.leads() || south.leads(); }));
  Node& owner = north.leads() ? north : south;
  Node& other = north.leads() ? south : north;
  append_numbers(*owner.journal, 1, 1);
  ASSERT_TRUE(other.hears(1));
  EXPECT_EQ(other.journal->history(), owner.journal->history());
}

}  // namespace
}  // namespace heti::journal::test

// What a token shows of the journal: only an end that the journal cannot have had.
#include "service/gateway/tail_watch.hpp"

#include <gtest/gtest.h>

namespace heti::gateway {
namespace {

using journal::Hash;
using journal::Position;

const PublicId history{.high = 11, .low = 12};
const PublicId other_history{.high = 13, .low = 12};

Hash hash_of(std::uint64_t n) {
  Hash hash{};
  hash[7] = static_cast<std::uint8_t>(n);
  hash[6] = static_cast<std::uint8_t>(n >> 8);
  hash[15] = 1;  // beyond what is kept
  return hash;
}
JournalEnd end(std::uint64_t position, std::uint64_t hash) {
  return journal_end(history, Position{position}, hash_of(hash));
}

struct TailWatchTest : testing::Test {
  TailWatchTest() { watch.begin(end(100, 100)); }
  void up_to(std::uint64_t last) {
    for (std::uint64_t n = watch.end().position + 1; n <= last; ++n) watch.moved(Position{n}, hash_of(n));
  }
  TailWatch watch;
};

TEST_F(TailWatchTest, AnEndBeyondOursIsLost) {
  EXPECT_FALSE(watch.contradicts(end(100, 100)));
  EXPECT_TRUE(watch.contradicts(end(101, 101)));
  up_to(101);
  EXPECT_FALSE(watch.contradicts(end(101, 101)));
  EXPECT_EQ(watch.end(), end(101, 101));
}

TEST_F(TailWatchTest, AnotherBatchInItsPlaceIsALossAlsoWhenTheJournalHasGrownSince) {
  up_to(110);
  EXPECT_TRUE(watch.contradicts(end(105, 7)));
  EXPECT_FALSE(watch.contradicts(end(105, 105)));
  EXPECT_TRUE(watch.contradicts(end(100, 7)));
}

TEST_F(TailWatchTest, WhatIsNotKnownIsNoEvidence) {
  EXPECT_FALSE(watch.contradicts(end(99, 7))) << "before the start";
  EXPECT_FALSE(watch.contradicts(JournalEnd{})) << "a token of an earlier build";
  EXPECT_FALSE(watch.contradicts(journal_end(other_history, Position{500}, hash_of(500))))
      << "positions of another history";
  up_to(100 + 4096);
  EXPECT_FALSE(watch.contradicts(end(100, 7))) << "long ago";
  EXPECT_TRUE(watch.contradicts(end(101, 7)));
}

TEST_F(TailWatchTest, AfterANewHistoryOnlyItsOwnTokensAreHeard) {
  up_to(110);
  watch.begin_history(other_history);
  EXPECT_FALSE(watch.contradicts(end(500, 500)));
  EXPECT_TRUE(watch.contradicts(journal_end(other_history, Position{111}, hash_of(111))));
  EXPECT_FALSE(watch.contradicts(journal_end(other_history, Position{105}, hash_of(7)))) << "before it began";
}

}  // namespace
}  // namespace heti::gateway

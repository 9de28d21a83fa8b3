#include <gtest/gtest.h>

#include "service/gateway/outbox.hpp"
#include "service/gateway/token_bucket.hpp"

namespace heti::gateway {
namespace {

constexpr Rate five{.per_second = 5, .burst = 20};

TEST(TokenBucketTest, BurstThenRate) {
  TokenBucket bucket(five, 1000);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bucket.take(five, 1000));
  EXPECT_FALSE(bucket.take(five, 1000));
  EXPECT_EQ(bucket.wait(five, 1000), Millis{200});
  EXPECT_FALSE(bucket.take(five, 1199));
  EXPECT_TRUE(bucket.take(five, 1200));
  EXPECT_FALSE(bucket.take(five, 1200));
}

TEST(TokenBucketTest, RestFillsItToTheBurstAndNoFurther) {
  TokenBucket bucket(five, 0);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bucket.take(five, 0));
  int taken = 0;
  while (bucket.take(five, 3'600'000)) ++taken;
  EXPECT_EQ(taken, 20);
}

TEST(TokenBucketTest, ManySmallStepsGiveTheSameAsOne) {
  TokenBucket bucket({.per_second = 3, .burst = 1}, 0);
  int taken = 0;
  for (std::int64_t now = 0; now <= 10'000; ++now) taken += bucket.take({.per_second = 3, .burst = 1}, now) ? 1 : 0;
  EXPECT_EQ(taken, 30);  // The first at once, then one each 334 ms.
}

TEST(TokenBucketTest, ClockThatGoesBackGivesNothing) {
  TokenBucket bucket({.per_second = 1, .burst = 1}, 5000);
  EXPECT_TRUE(bucket.take({.per_second = 1, .burst = 1}, 5000));
  EXPECT_FALSE(bucket.take({.per_second = 1, .burst = 1}, 1000));
}

TEST(OutboxTest, BytesLeaveInOrderHoweverTheyAreSent) {
  Outbox outbox(1000);
  outbox.append("hello ");
  outbox.append("world");
  std::string seen;
  while (!outbox.empty()) {
    seen += outbox.pending_bytes().substr(0, 3);
    outbox.sent(std::min<std::size_t>(3, outbox.pending()));
  }
  EXPECT_EQ(seen, "hello world");
}

TEST(OutboxTest, FullAtTheLimitButAnEmptyOneTakesAnything) {
  Outbox outbox(100);
  EXPECT_TRUE(outbox.has_room(5000));
  outbox.append(std::string(60, 'x'));
  EXPECT_TRUE(outbox.has_room(40));
  EXPECT_FALSE(outbox.has_room(41));
  outbox.sent(30);
  EXPECT_TRUE(outbox.has_room(70));
  EXPECT_FALSE(outbox.has_room(71));
}

TEST(OutboxTest, LargeAnswerDoesNotUseUpTheRoomOfPushes) {
  Outbox outbox(100);
  outbox.make_room_for_answer(5000);
  outbox.append(std::string(5000, 'x'));
  EXPECT_TRUE(outbox.has_room(100));
  EXPECT_FALSE(outbox.has_room(101));
  outbox.sent(5000);
  outbox.append("x");
  EXPECT_FALSE(outbox.has_room(100));  // Sent: the limit is the old one again.
}

TEST(OutboxTest, PartlySentTextKeepsItsPlace) {
  Outbox outbox(1'000'000);
  std::string all;
  for (int i = 0; i < 20'000; ++i) all += std::to_string(i) + ",";
  outbox.append(all);
  std::string seen;
  while (!outbox.empty()) {
    const std::size_t size = std::min<std::size_t>(777, outbox.pending());
    seen += outbox.pending_bytes().substr(0, size);
    outbox.sent(size);
  }
  EXPECT_EQ(seen, all);
}

}  // namespace
}  // namespace heti::gateway

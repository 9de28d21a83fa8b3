// What nodes tell each other: in order, again after each gap, and never at the cost of who speaks.
#include "service/journal/redis/bus.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {
namespace {

// What a bus heard and said; callbacks run on its threads.
class Ear {
 public:
  explicit Ear(redis::ConnectionOptions connection)
      : bus({.connection = std::move(connection),
             .channels = {"a", "b"},
             .on_message =
                 [this](std::string_view channel, const std::string& payload) {
                   const std::lock_guard lock(mutex_);
                   heard_.push_back(std::string(channel) + payload);
                 },
             .on_connected = [this] { ++connected; },
             .on_warning = [this](std::string_view) { ++warnings; }}) {}

  std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  bool listens(int times = 1) const {
    return wait_until([this, times] { return connected >= times; });
  }

  std::atomic<int> connected = 0;
  std::atomic<int> warnings = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;

 public:
  redis::Bus bus;  // last: its threads use the others
};

redis::ConnectionOptions hasty(const RedisServer& server) {
  auto options = server.options();
  options.connect_timeout = options.call_timeout = Millis{500};
  return options;
}

TEST(BusTest, ItComesBackByItselfAndSaysSo) {
  RedisServer server;
  std::atomic<int> connected = 0;
  std::mutex mutex;
  std::vector<std::string> heard;
  redis::Bus bus({.connection = server.options(),
                  .channels = {"a", "b"},
                  .on_message =
                      [&](std::string_view channel, const std::string& payload) {
                        const std::lock_guard lock(mutex);
                        heard.push_back(std::string(channel) + payload);
                      },
                  .on_connected = [&] { ++connected; },
                  .on_warning = {}});
  ASSERT_TRUE(wait_until([&] { return connected == 1; }));
  server.stop(SIGKILL);
  bus.publish("a", "lost");
  server.start();
  ASSERT_TRUE(wait_until([&] { return connected == 2; }));
  ASSERT_TRUE(wait_until([&] {
    bus.publish("b", "1");
    const std::lock_guard lock(mutex);
    return !heard.empty();
  }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(heard.front(), "b1");
}

TEST(BusTest, ManyMessagesOfAnyBytesComeInOrder) {
  RedisServer server;
  Ear ear(server.options());
  ASSERT_TRUE(ear.listens());
  const std::string odd("\0\r\n*3", 5);
  for (int i = 0; i < 10'000; ++i) ear.bus.publish("a", odd + std::to_string(i));
  ASSERT_TRUE(wait_until([&] { return ear.heard().size() >= 10'000; }));
  const auto heard = ear.heard();
  ASSERT_EQ(heard.size(), 10'000u);
  for (std::size_t i = 0; i < heard.size(); ++i) ASSERT_EQ(heard[i], "a" + odd + std::to_string(i));
}

TEST(BusTest, AFrozenRedisIsNoticedAndWhoSpeaksDoesNotWait) {
  RedisServer server;
  Ear ear(hasty(server));
  ASSERT_TRUE(ear.listens());
  server.pause();
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 128; ++i) ear.bus.publish("a", std::string(1u << 20, 'x'));  // Twice what may wait.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5)) << "the copies alone take less";
  EXPECT_TRUE(wait_until([&] { return ear.bus.silent_for() > Millis{2900}; }));
  server.go_on();
  ASSERT_TRUE(ear.listens(2)) << "the silent connection was given up";
  EXPECT_TRUE(wait_until([&] { return ear.bus.silent_for() < Millis{1500}; }));
  EXPECT_LT(ear.heard().size(), 128u);
}

// The sender is patient here, so that only what may not wait is lost.
TEST(BusTest, WhatIsMoreThanMayWaitIsDroppedAndTheRestComesInOrder) {
  RedisServer server({"--client-output-buffer-limit", "pubsub", "0", "0", "0"});
  Ear ear(server.options());
  ASSERT_TRUE(ear.listens());
  ear.bus.publish("b", "before");
  ASSERT_TRUE(wait_until([&] { return !ear.heard().empty(); }));
  server.pause();
  for (int i = 0; i < 128; ++i) ear.bus.publish("a", std::to_string(1000 + i) + std::string(1u << 20, 'x'));
  server.go_on();
  ASSERT_TRUE(wait_until([&] {
    ear.bus.publish("b", "after");
    return ear.heard().back() == "bafter";
  }));
  auto heard = ear.heard();
  std::erase_if(heard, [](const std::string& each) { return each.starts_with('b'); });
  EXPECT_GT(heard.size(), 50u);
  EXPECT_LT(heard.size(), 128u);
  EXPECT_TRUE(std::ranges::is_sorted(heard));
}

TEST(BusTest, ItEndsSoonThoughRedisIsFrozen) {
  RedisServer server;
  auto ear = std::make_unique<Ear>(hasty(server));
  ASSERT_TRUE(ear->listens());
  server.pause();
  ear->bus.publish("a", "lost");
  const auto begun = std::chrono::steady_clock::now();
  ear.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2)) << "before silence would end it anyway";
}

TEST(BusTest, AQuietBusIsNotTakenForADeadOne) {
  RedisServer server;
  Ear ear(server.options());
  ASSERT_TRUE(ear.listens());
  std::this_thread::sleep_for(std::chrono::milliseconds(4000));
  EXPECT_EQ(ear.connected, 1);
  EXPECT_LT(ear.bus.silent_for(), Millis{2000});
}

TEST(BusTest, ChannelsThatARedisForbidsAreToldOnce) {
  RedisServer server;
  server.tell({"ACL", "SETUSER", "default", "resetchannels"});
  Ear ear(server.options());
  ASSERT_TRUE(wait_until([&] { return ear.warnings > 0; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_EQ(ear.warnings, 1);
  server.tell({"ACL", "SETUSER", "default", "allchannels"});
  EXPECT_TRUE(ear.listens());
}

}  // namespace
}  // namespace heti::journal::test

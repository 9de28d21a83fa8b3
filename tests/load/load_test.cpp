// The tool must not believe a server that lies: each way of losing, doubling or misplacing a message is forged once
// here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <thread>

#include "tests/load/heti_chat.hpp"
#include "tests/load/heti_talk.hpp"
#include "tests/load/histogram.hpp"
#include "tests/load/json_scan.hpp"
#include "tests/load/ledger.hpp"
#include "tests/load/relay_talk.hpp"
#include "tests/load/traffic.hpp"
#include "tests/load/web_socket.hpp"

namespace heti::load {
namespace {

using ::testing::HasSubstr;

struct Numbered : ::testing::Test {
  Violations violations;
  Ledger ledger{violations, 7, Ledger::Kind::numbered};
  std::string only_violation() {
    EXPECT_EQ(violations.count(), 1U);
    return violations.first().empty() ? "" : violations.first().front();
  }
  // Post 1 of the visitor, seen by both as entry 1.
  void post_and_see() {
    ledger.post(0);
    ledger.see_message(0, 0, 1, 1);
    ledger.see_message(1, 0, 1, 1);
  }
};

TEST_F(Numbered, HonestChatHasNoViolations) {
  post_and_see();
  ledger.acknowledge(0, 1, 1);
  for (unsigned side = 0; side < 2; ++side) ledger.see_other(side, 2);
  // Two posts at once, one ack for both, before their entries.
  ledger.post(1);
  ledger.post(1);
  ledger.acknowledge(1, 2, 4);
  for (unsigned side = 0; side < 2; ++side) {
    EXPECT_TRUE(ledger.see_message(side, 1, 1, 3));
    EXPECT_TRUE(ledger.see_message(side, 1, 2, 4));
  }
  ledger.expect_complete(true);
  EXPECT_EQ(violations.count(), 0U) << violations.first().front();
}

TEST_F(Numbered, LostMessage) {
  ledger.post(0);
  ledger.acknowledge(0, 1, 1);
  ledger.see_message(0, 0, 1, 1);
  ledger.see_other(1, 1);
  ledger.expect_complete(true);
  EXPECT_THAT(only_violation(), HasSubstr("never arrived"));
}

TEST_F(Numbered, SenderIsNeverShownItsPost) {
  ledger.post(0);
  ledger.acknowledge(0, 1, 1);
  ledger.see_message(1, 0, 1, 1);
  ledger.see_other(0, 1);
  ledger.expect_complete(true);
  EXPECT_THAT(only_violation(), HasSubstr("never shown"));
}

TEST_F(Numbered, MissingAck) {
  post_and_see();
  ledger.expect_complete(true);
  EXPECT_THAT(only_violation(), HasSubstr("never acknowledged"));
}

TEST_F(Numbered, SecondAck) {
  post_and_see();
  ledger.acknowledge(0, 1, 1);
  ledger.acknowledge(0, 1, 1);
  EXPECT_THAT(only_violation(), HasSubstr("a second ack"));
}

TEST_F(Numbered, SecondAckAfterAResendIsRight) {
  post_and_see();
  ledger.acknowledge(0, 1, 1);
  ledger.allow_repeated_acks(0);
  ledger.acknowledge(0, 1, 1);
  EXPECT_EQ(violations.count(), 0U);
}

TEST_F(Numbered, AckUnderAnotherNumber) {
  post_and_see();
  ledger.acknowledge(0, 1, 2);
  EXPECT_THAT(only_violation(), HasSubstr("was acknowledged at 2"));
}

TEST_F(Numbered, AckOfWhatWasNeverPosted) {
  ledger.acknowledge(0, 1, 1);
  EXPECT_THAT(only_violation(), HasSubstr("never posted"));
}

TEST_F(Numbered, TwoSidesSeeAnotherOrder) {
  ledger.post(0);
  ledger.post(1);
  ledger.see_message(0, 0, 1, 1);
  ledger.see_message(0, 1, 1, 2);
  ledger.see_message(1, 1, 1, 1);
  ledger.see_message(1, 0, 1, 2);
  ledger.acknowledge(0, 1, 1);
  ledger.acknowledge(1, 1, 2);
  EXPECT_EQ(violations.count(), 2U);
}

TEST_F(Numbered, DoubledEntry) {
  post_and_see();
  EXPECT_FALSE(ledger.see_message(1, 0, 1, 2));
  EXPECT_THAT(only_violation(), HasSubstr("got message 1 of side 0 after 1"));
}

TEST_F(Numbered, HoleInTheNumbers) {
  ledger.see_other(0, 1);
  ledger.see_other(0, 3);
  EXPECT_THAT(only_violation(), HasSubstr("got entry 3 after 1"));
}

TEST(Plain, LostDoubledAndSwapped) {
  for (const std::vector<std::uint64_t>& order :
       std::vector<std::vector<std::uint64_t>>{{1, 2}, {1, 3}, {1, 1}, {2, 1}}) {
    Violations violations;
    Ledger ledger(violations, 0, Ledger::Kind::plain);
    for (int i = 0; i < 3; ++i) ledger.post(1);
    for (const std::uint64_t n : order) ledger.deliver_plain(1, n);
    EXPECT_EQ(violations.count() > 0, order != (std::vector<std::uint64_t>{1, 2}));
    const auto before = violations.count();
    ledger.expect_complete(false);
    if (order.back() != 3) {
      EXPECT_GT(violations.count(), before) << "the third never came";
    }
  }
}

TEST(Chat, ForeignAndWrongTextsAreFound) {
  Violations violations;
  Chat chat(violations, 0);
  begin_chat(chat, "5f2c9a0e7b1d4c3f8a6e0b9d2c4f1a73");
  const std::string post = post_frame(chat, agent_side, 120);
  EXPECT_EQ(post.size(), 120U);
  const std::string text(field_of(post, "text"));
  const auto entry = [&](std::string_view said, std::string_view stream) {
    return R"({"seq":1,"at":"2026-06-01T06:00:07.250Z","kind":"message","author":{"role":"agent","name":"n"},"text":")" +
           std::string(said) + R"(","stream":")" + std::string(stream) + R"(","n":1})";
  };
  EXPECT_FALSE(take_entry(chat, visitor_side, entry("2 other", chat.streams[agent_side]), violations));
  EXPECT_EQ(violations.count(), 1U);
  Chat second(violations, 1);
  begin_chat(second, chat.id);
  EXPECT_FALSE(take_entry(second, visitor_side, entry(text, "strange00000"), violations));
  EXPECT_EQ(violations.count(), 2U);
  Chat third(violations, 2);
  begin_chat(third, chat.id);
  post_frame(third, agent_side, 120);
  const auto message = take_entry(third, visitor_side, entry(text, third.streams[agent_side]), violations);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->from, agent_side);
  EXPECT_EQ(violations.count(), 2U);
}

TEST(Histogram, PercentilesAreWithinOnePercent) {
  std::mt19937_64 random(5);
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20000; ++i) {
    const auto value = static_cast<std::int64_t>(std::exp(std::uniform_real_distribution(3.0, 23.0)(random)));
    values.push_back(value);
    histogram.record(value);
  }
  std::ranges::sort(values);
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(std::ceil(share * 20000)) - 1]);
    EXPECT_GE(static_cast<double>(histogram.at_ns(share)), exact);
    EXPECT_LE(static_cast<double>(histogram.at_ns(share)), exact * 1.01);
  }
}

TEST(JsonScan, FieldsOfNestedObjects) {
  const std::string text = R"({"a":"x\"}","b":{"c":[1,{"d":"]"}],"e":"f"},"n":42,"list":[{"s":1},{"s":2}],"z":true})";
  EXPECT_EQ(field_of(text, "a"), R"(x\"})");
  EXPECT_EQ(field_of(field_of(text, "b"), "e"), "f");
  EXPECT_EQ(number_of(field_of(text, "n")), 42U);
  EXPECT_EQ(field_of(text, "z"), "true");
  std::vector<std::uint64_t> items;
  scan_array(field_of(text, "list"), [&](std::string_view item) { items.push_back(number_of(field_of(item, "s"))); });
  EXPECT_THAT(items, ::testing::ElementsAre(1, 2));
  for (std::size_t size = 0; size < text.size(); ++size) field_of(std::string_view(text).substr(0, size), "z");
}

TEST(Frames, CutWhereverTheBytesAreSplit) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U}) {
    const std::string body(size, 'b');
    std::string bytes;
    append_bare_frame(bytes, 1, body);
    const std::string stream = bytes + "more";
    const auto whole = front_frame(stream);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->size, bytes.size());
    EXPECT_EQ(whole->body, body);
    for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + cut / 8) {
      EXPECT_FALSE(front_frame(std::string_view(bytes).substr(0, cut)));
    }
  }
}

TEST(Frames, MaskCoversEveryByte) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string body(size, 'm');
    std::string bytes;
    append_frame(bytes, 1, body);
    ASSERT_EQ(bytes.size(), 6 + size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(bytes[6 + i] ^ bytes[2 + i % 4], 'm');
  }
}

TEST(RelayMessage, HasItsLengthAndComesBack) {
  const std::string text = relay_message(999, 1, 1234567, 120);
  EXPECT_EQ(text.size(), 120U);
  const RelayedMessage message = read_relay_message(text);
  EXPECT_EQ(message.pair, 999U);
  EXPECT_EQ(message.from, 1U);
  EXPECT_EQ(message.n, 1234567U);
}

// A peer that answers when it is told to.
class PuppetTalk final : public Talk {
 public:
  struct Post {
    std::size_t pair;
    unsigned from;
    std::uint64_t n;
  };
  std::expected<void, std::string> set_up() override { return {}; }
  void listen(TalkListener& to) override { listener = &to; }
  std::size_t pairs() const override { return 2; }
  bool acknowledges() const override { return true; }
  std::uint64_t post(std::size_t pair, unsigned from) override {
    posts.push_back({pair, from, ++numbers[pair][from]});
    most_under_way = std::max(most_under_way, posts.size());
    last_at = now_ns();
    if (posted == 0) first_at = last_at;
    if (++posted == stalls_at) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return numbers[pair][from];
  }
  void expect_complete() override { ++asked; }

  TalkListener* listener = nullptr;
  std::deque<Post> posts;
  std::array<std::array<std::uint64_t, 2>, 2> numbers{};
  std::size_t most_under_way = 0;
  std::size_t posted = 0;
  std::int64_t first_at = 0;
  std::int64_t last_at = 0;
  std::size_t stalls_at = 0;  // the tool itself is held up for 300 ms then
  int asked = 0;
};

TEST(Traffic, ClosedWaitsForBothAckAndDeliveryAndThenTheOtherSideSpeaks) {
  Loop loop;
  PuppetTalk talk;
  Traffic traffic(loop, talk);
  std::size_t answered = 0;
  // Everything happens in the hook at the begin, as the loop has nothing to do.
  const Measured measured = traffic.run(
      {.window = 1, .rate = 0, .warm_up_s = 0, .measure_s = 0, .patience_s = 0.05, .name = "puppet"},
      [&] {
        ASSERT_EQ(talk.posts.size(), 2U);
        const auto first = talk.posts.front();
        talk.posts.pop_front();
        talk.listener->on_delivered(first.pair, first.from, first.n);
        EXPECT_EQ(talk.posted, 2U) << "delivered, but not acknowledged";
        talk.listener->on_acked(first.pair, first.from, first.n);
        ASSERT_EQ(talk.posted, 3U);
        EXPECT_EQ(talk.posts.back().pair, first.pair);
        EXPECT_EQ(talk.posts.back().from, 1 - first.from);
        for (; answered < 100; ++answered) {
          const auto next = talk.posts.front();
          talk.posts.pop_front();
          talk.listener->on_acked(next.pair, next.from, next.n);
          talk.listener->on_delivered(next.pair, next.from, next.n);
        }
      },
      [&] {});
  EXPECT_EQ(talk.most_under_way, 2U);
  EXPECT_EQ(measured.delivered, 101U);
  EXPECT_EQ(measured.acked, 101U);
  EXPECT_EQ(measured.delivery.count(), 101U);
  EXPECT_EQ(talk.asked, 1);
}

TEST(Traffic, AFixedNumberIsMeasuredHoweverLongItTakes) {
  Loop loop;
  PuppetTalk talk;
  Traffic traffic(loop, talk);
  const auto answer = [&] {
    const auto next = talk.posts.front();
    talk.posts.pop_front();
    talk.listener->on_acked(next.pair, next.from, next.n);
    talk.listener->on_delivered(next.pair, next.from, next.n);
  };
  const Measured measured = traffic.run(
      {.window = 1, .rate = 0, .warm_up_s = 0, .measure_s = 0, .messages = 50, .patience_s = 0.05, .name = "puppet"},
      [&] {
        for (int i = 0; i < 50; ++i) answer();
      },
      [&] { answer(); });
  EXPECT_EQ(measured.delivered, 51U);
  EXPECT_EQ(measured.delivered_in_all, 51U);
}

TEST(Staff, IsSpreadEvenlyAndEveryQueueIsServed) {
  for (const std::size_t queues : {1U, 10U, 50U}) {
    for (const std::size_t agents : {10U, 100U, 1000U}) {
      const HetiStaff staff(0, queues, agents);
      ASSERT_EQ(staff.logins.size(), agents);
      ASSERT_EQ(staff.queues_of.size(), agents);
      std::vector<std::size_t> agents_of(queues);
      for (const auto& served : staff.queues_of) {
        EXPECT_EQ(served.size(), std::max<std::size_t>(1, queues / agents));
        for (const std::size_t queue : served) ++agents_of.at(queue);
      }
      const auto [least, most] = std::ranges::minmax(agents_of);
      EXPECT_GE(least, 1U) << queues << " queues, " << agents << " agents";
      EXPECT_LE(most - least, 1U);
    }
  }
  // As many as the pairs need, if nobody says how many.
  const HetiStaff needed(25, 2);
  EXPECT_THAT(needed.queues_of, ::testing::ElementsAre(std::vector<std::size_t>{0}, std::vector<std::size_t>{0},
                                                       std::vector<std::size_t>{1}, std::vector<std::size_t>{1}));
}

TEST(Traffic, OpenPostsAtItsRateWhateverComesBackAndCountsFromTheIntendedTime) {
  Loop loop;
  PuppetTalk talk;
  talk.stalls_at = 200;
  Traffic traffic(loop, talk);
  const Measured measured = traffic.run(
      {.window = 0, .rate = 2000, .warm_up_s = 0, .measure_s = 0.5, .name = "puppet"}, [] {},
      [&] {
        // Nothing came back for half a second; now all does at once.
        for (const auto& post : talk.posts) {
          talk.listener->on_acked(post.pair, post.from, post.n);
          talk.listener->on_delivered(post.pair, post.from, post.n);
        }
      });
  // A busy machine may take the end of the half second away; up to the last post the rate is kept, the stall included.
  EXPECT_LE(talk.posted, 1001U);
  EXPECT_GE(static_cast<double>(talk.posted), 0.8 * 2000 * static_cast<double>(talk.last_at - talk.first_at) / 1e9);
  EXPECT_EQ(measured.delivered, talk.posted);
  EXPECT_GT(measured.delivery.at_us(0.9), 350'000);
  EXPECT_GT(measured.delivery.at_us(0.5), 170'000);
}

}  // namespace
}  // namespace heti::load

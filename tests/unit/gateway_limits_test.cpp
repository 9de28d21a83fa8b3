#include <gtest/gtest.h>

#include "service/gateway/outbox.hpp"
#include "service/gateway/token_bucket.hpp"
#include "tests/unit/gateway_fixture.hpp"

namespace heti::gateway {
namespace {

// A text of at most 125 bytes as a client's frame, masked with zeros.
std::string framed(const std::string& text) {
  std::string frame{'\x81', static_cast<char>(0x80 | text.size()), 0, 0, 0, 0};
  return frame.append(text);
}

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

TEST(OutboxTest, LedgerHoldsWhatWaitsInAllOfThem) {
  OutboxLedger ledger;
  {
    Outbox one(1000, &ledger);
    Outbox other(1000, &ledger);
    one.append(std::string(300, 'x'));
    other.append(std::string(200, 'x'));
    EXPECT_EQ(ledger.bytes(), 500u);
    one.sent(100);
    EXPECT_EQ(ledger.bytes(), 400u);
    other.clear();
    EXPECT_EQ(ledger.bytes(), 200u);
    one.sent(200);
    EXPECT_EQ(ledger.bytes(), 0u);
  }
  EXPECT_EQ(ledger.bytes(), 0u);
}

// A frame as a server writes it, filled with one letter.
std::string server_frame(char letter, std::size_t size) {
  std::string out(1, '\x81');
  if (size < 126) {
    out.push_back(static_cast<char>(size));
  } else {
    const bool large = size >= 65536;
    out.push_back(large ? 127 : 126);
    for (int shift = large ? 56 : 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  }
  return out.append(size, letter);
}

TEST(OutboxTest, WhatIsDroppedEndsWithAWholeFrameWhereverTheSendStopped) {
  const std::vector<std::string> frames = {server_frame('a', 5),      server_frame('b', 0),      server_frame('c', 300),
                                           server_frame('d', 70'000), server_frame('e', 40'000), server_frame('f', 7)};
  const std::string head = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  std::string all = head;
  std::vector<std::size_t> ends = {head.size()};
  for (const std::string& frame : frames) ends.push_back((all += frame).size());
  std::vector<std::size_t> places;
  for (const std::size_t end : ends) {
    for (const std::size_t before : {3u, 2u, 1u, 0u}) places.push_back(end - before);
    if (end < all.size()) places.push_back(end + 1);
  }
  for (const std::size_t place : places) {
    for (const std::size_t step : {all.size(), std::size_t{30'000}, std::size_t{1'000}}) {
      OutboxLedger ledger;
      Outbox outbox(1'000'000, &ledger);
      outbox.append(head);
      outbox.frames_begin();
      for (const std::string& frame : frames) outbox.append(frame);
      for (std::size_t at = 0; at < place; at += std::min(step, place - at)) outbox.sent(std::min(step, place - at));
      outbox.drop_unsent_frames();
      const std::size_t end = *std::lower_bound(ends.begin(), ends.end(), place);
      ASSERT_EQ(std::string(outbox.pending_bytes()), all.substr(place, end - place)) << place << " by " << step;
      EXPECT_EQ(ledger.bytes(), end - place);
      outbox.append("close");
      EXPECT_EQ(std::string(outbox.pending_bytes()), all.substr(place, end - place) + "close");
    }
  }
}

// ---- The limits of a running gateway

class GatewayLimitsTest : public GatewayFixture {
 protected:
  void SetUp() override {
    GatewayFixture::SetUp();
    options_.limits.visitor_messages = {.per_second = 5000, .burst = 5000};
    options_.limits.frames = {.per_second = 5000, .burst = 5000};
  }
  std::uint64_t ended(Ended why) const { return metrics_.ended[static_cast<std::size_t>(why)].load(); }
  std::uint64_t dropped(Dropped what) const { return metrics_.dropped[static_cast<std::size_t>(what)].load(); }
  // Says it and waits until it is durable.
  void say(SocketClient& client, const std::string& conversation, const std::string& text) {
    post(client, conversation, ++said_, text);
    for (int acked = 0; acked < said_;) {
      const auto frame = client.next("acked");
      ASSERT_TRUE(frame.has_value());
      acked = frame->at("n").to_number<int>();
    }
  }
  // Long lines until so many bytes wait for those who do not read.
  void say_until_waiting(SocketClient& client, const std::string& conversation, std::size_t bytes) {
    for (int i = 0; i < 2000 && metrics_.outbox_bytes.load() <= bytes; ++i) {
      ASSERT_NO_FATAL_FAILURE(say(client, conversation, std::string(15'000, 'x')));
    }
    ASSERT_GT(metrics_.outbox_bytes.load(), bytes);
  }
  // Another window of the same visitor; with `receive_bytes` one that will not read.
  SocketClient window(const std::string& conversation, int receive_bytes = 0) {
    SocketClient client = visitor(token_, receive_bytes);
    client.send(wish("open", 1, conversation, R"(,"after":)" + std::to_string(said_)));
    EXPECT_TRUE(client.next("opened").has_value());
    return client;
  }

  static constexpr int little = 4096;
  int said_ = 0;
};

TEST_P(GatewayLimitsTest, ControlFramesHaveALimitOfTheirOwn) {
  start();
  wait_for_queue();
  SocketClient calm = visitor();
  for (int i = 0; i < 100; ++i) calm.send_frame(0x89, "x");
  EXPECT_FALSE(start_chat(calm).empty());
  for (const int kind : {0x89, 0x8a}) {
    SocketClient loud = visitor();
    for (int i = 0; i < 140; ++i) loud.send_frame(static_cast<std::uint8_t>(kind), "x");
    while (loud.next()) {
    }
    EXPECT_EQ(loud.close_code(), 1008);
  }
  EXPECT_EQ(metrics_.framing_faults[static_cast<std::size_t>(FramingFault::control_flood)].load(), 2u);
}

TEST_P(GatewayLimitsTest, FloodOfEmptyFragmentsIsCut) {
  start();
  wait_for_queue();
  SocketClient client = visitor();
  client.send_frame(0x01, "");
  for (int i = 0; i < 300; ++i) client.send_frame(0x00, "");
  while (client.next()) {
  }
  EXPECT_EQ(client.close_code(), 1008);
  EXPECT_EQ(metrics_.framing_faults[static_cast<std::size_t>(FramingFault::fragment_flood)].load(), 1u);
}

TEST_P(GatewayLimitsTest, ManyLargeAnswersAtOnceReachAClientThatReads) {
  start();
  wait_for_queue();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  for (int i = 0; i < 8; ++i) ASSERT_NO_FATAL_FAILURE(say(ville, id, std::string(15'000, 'x')));
  // In one write, so that the answers come in one lot: each is large, and together they are more than one outbox holds.
  std::string wishes;
  for (int ref = 10; ref < 30; ++ref) {
    const std::string text = wish("open", ref, id, R"(,"after":0)");
    wishes += framed(text);
  }
  ville.raw().send(wishes);
  std::size_t bytes = 0;
  for (int ref = 10; ref < 30; ++ref) {
    const auto opened = ville.next("opened");
    ASSERT_TRUE(opened.has_value()) << "closed with " << ville.close_code() << " instead of the answer to " << ref;
    EXPECT_EQ(opened->at("ref").to_number<int>(), ref);
    bytes += boost::json::serialize(*opened).size();
  }
  EXPECT_GT(bytes, 3 * options_.limits.outbox_bytes_max);
}

TEST_P(GatewayLimitsTest, PagesOfHistoryWaitInLineAndInOrder) {
  start();
  wait_for_queue();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  for (int i = 0; i < 8; ++i) ASSERT_NO_FATAL_FAILURE(say(ville, id, std::string(15'000, 'x')));
  const auto ask = [&](int from, int count) {
    std::string wishes;
    for (int ref = from; ref < from + count; ++ref) {
      const std::string text = wish("history", ref, id, R"(,"before":9)");
      wishes += framed(text);
    }
    ville.raw().send(wishes);
  };
  ask(100, 17);
  for (int ref = 100; ref < 117; ++ref) {
    const auto page = ville.next();
    ASSERT_TRUE(page.has_value()) << ville.close_code();
    ASSERT_EQ(text_of(page->at("t")), "page") << boost::json::serialize(*page);
    EXPECT_EQ(page->at("ref").to_number<int>(), ref);
  }
  // More than that are refused, with a time, and what waits is not disturbed.
  ask(200, 40);
  int pages = 0;
  int refused = 0;
  int last = 199;
  for (int i = 0; i < 40; ++i) {
    const auto answer = ville.next();
    ASSERT_TRUE(answer.has_value()) << ville.close_code();
    if (text_of(answer->at("t")) == "page") {
      ++pages;
      EXPECT_GT(answer->at("ref").to_number<int>(), std::exchange(last, answer->at("ref").to_number<int>()));
    } else {
      ++refused;
      EXPECT_EQ(text_of(answer->at("code")), "rate_limited");
      EXPECT_GT(answer->at("retry_after_ms").to_number<int>(), 0);
    }
  }
  EXPECT_GE(pages, 17);
  EXPECT_GE(refused, 1);
}

TEST_P(GatewayLimitsTest, AllOutboxesTogetherAreBoundedAndTheFullestGo) {
  options_.limits.outbox_bytes_max = 4'000'000;
  options_.limits.outbox_total_bytes_max = 2'500'000;
  start();
  wait_for_queue();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  SocketClient fullest = window(id, little);
  ASSERT_NO_FATAL_FAILURE(say_until_waiting(ville, id, 800'000));
  std::vector<SocketClient> sleepers;
  for (int i = 0; i < 6; ++i) sleepers.push_back(window(id, little));
  for (int i = 0; i < 1000 && ended(Ended::outboxes_full) == 0; ++i) {
    ASSERT_NO_FATAL_FAILURE(say(ville, id, std::string(15'000, 'x')));
    // What one line brings to all of them may come on top until the round is over.
    EXPECT_LE(metrics_.outbox_bytes.load(), 2'500'000u);
  }
  const std::uint64_t given_up = ended(Ended::outboxes_full);
  EXPECT_GE(given_up, 1u);
  EXPECT_LE(given_up, GetParam());  // One was enough, on each loop.
  EXPECT_EQ(ended(Ended::slow_consumer), 0u);
  // The others stay, and Ville goes on.
  ASSERT_NO_FATAL_FAILURE(say(ville, id, "still here"));
  EXPECT_EQ(metrics_.sockets[static_cast<std::size_t>(protocol::Role::visitor)].load(), 8u);
  if (GetParam() > 1) return;  // Each loop gives up the fullest of its own.
  // Whole frames up to the close, and nothing is left out before it.
  int last = 0;
  while (const auto frame = fullest.next()) {
    if (text_of(frame->at("t")) != "entry") continue;
    const int seq = frame->at("entry").at("seq").to_number<int>();
    EXPECT_EQ(seq, last == 0 ? seq : last + 1);
    last = seq;
  }
  EXPECT_EQ(fullest.close_code(), 4008);
  EXPECT_LT(last, said_);
}

TEST_P(GatewayLimitsTest, NearTheSumNobodyNewComesInAndTypingIsLeftOut) {
  options_.limits.outbox_bytes_max = 4'000'000;
  options_.limits.outbox_total_bytes_max = 2'000'000;
  options_.limits.typing = {.per_second = 1000, .burst = 1000};
  start();
  wait_for_queue();
  const std::string cookie = log_in();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  ASSERT_NO_FATAL_FAILURE(say(ville, id, "hello"));
  SocketClient sleeper = window(id, little);
  SocketClient reader = window(id);
  SocketClient aino = agent(cookie);
  aino.send(wish("open", 8, id, R"(,"after":0)"));
  ASSERT_TRUE(aino.next("opened").has_value());
  const auto typing_reaches_the_reader = [&] {
    aino.send(R"({"t":"typing","conversation":")" + id + "\"}");
    return reader.next("typing").has_value();
  };
  EXPECT_TRUE(typing_reaches_the_reader());
  EXPECT_EQ(dropped(Dropped::typing), 0u);
  // Well below the limit of the one socket that fills it.
  for (int i = 0; i < 500 && metrics_.outbox_bytes.load() <= 1'700'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(say(ville, id, std::string(15'000, 'x')));
    ASSERT_TRUE(reader.next("entry").has_value());
    ASSERT_TRUE(aino.next("entry").has_value());
  }
  ASSERT_GT(metrics_.outbox_bytes.load(), 1'600'000u);
  const std::uint64_t before = dropped(Dropped::typing);
  EXPECT_TRUE(typing_reaches_the_reader());
  for (int i = 0; i < 200 && dropped(Dropped::typing) == before; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(dropped(Dropped::typing), before + 1);
  SocketClient newcomer(port(), "/ws/visitor");
  EXPECT_EQ(newcomer.status(), 503);
  EXPECT_EQ(metrics_.handshake_refusals[static_cast<std::size_t>(HandshakeRefusal::overloaded)].load(), 1u);
  ASSERT_NO_FATAL_FAILURE(say(ville, id, "who is in is served"));
  // When the one that did not read is gone, all is as before.
  sleeper.raw().shut();
  for (int i = 0; i < 500 && metrics_.outbox_bytes.load() > 0; ++i) std::this_thread::sleep_for(5ms);
  SocketClient later = visitor();
  EXPECT_TRUE(typing_reaches_the_reader());
  EXPECT_EQ(ended(Ended::slow_consumer) + ended(Ended::outboxes_full), 0u);
}

TEST_P(GatewayLimitsTest, ConsoleThatDidNotKeepUpIsToldTheNewestPreviewAfterwards) {
  options_.limits.outbox_bytes_max = 1'000'000;
  start();
  wait_for_queue();
  const std::string cookie = log_in();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  ASSERT_NO_FATAL_FAILURE(say(ville, id, "hello"));
  SocketClient console = agent(cookie, little);
  console.send(wish("open", 8, id, R"(,"after":0)"));
  ASSERT_TRUE(console.next("opened").has_value());
  ASSERT_NO_FATAL_FAILURE(say_until_waiting(ville, id, 600'000));
  ASSERT_NO_FATAL_FAILURE(say(ville, id, "the very last"));
  // Previews are gathered for 250 ms; the one of this line is the last that is left out.
  for (int i = 0; i < 1000 && dropped(Dropped::overview) == 0; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_GE(dropped(Dropped::overview), 1u) << metrics_.outbox_bytes.load();
  bool line = false;
  bool preview = false;
  while (const auto frame = console.next()) {
    const std::string text = boost::json::serialize(*frame);
    if (text.find("the very last") == std::string::npos) continue;
    line = line || text_of(frame->at("t")) == "entry";
    preview = text_of(frame->at("t")) == "chat";
    if (preview) break;
  }
  EXPECT_TRUE(line) << "no message is left out";
  EXPECT_TRUE(preview);
  EXPECT_EQ(ended(Ended::slow_consumer), 0u);
}

INSTANTIATE_TEST_SUITE_P(Loops, GatewayLimitsTest, testing::Values(std::size_t{1}, std::size_t{3}));

}  // namespace
}  // namespace heti::gateway

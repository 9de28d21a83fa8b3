// Chats over the wire, from outside: with one loop, and with three.
#include "tests/unit/gateway_fixture.hpp"

namespace heti::gateway {
namespace {

using GatewayServiceTest = GatewayFixture;

TEST_P(GatewayServiceTest, ChatGoesBothWaysToItsRating) {
  start();
  wait_for_queue();
  const std::string cookie = log_in();
  SocketClient aino = agent(cookie);
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  post(ville, id, 1, "moi");

  const auto acked = ville.next("acked");
  ASSERT_TRUE(acked.has_value());
  EXPECT_EQ(acked->at("n").to_number<int>(), 1);
  EXPECT_EQ(acked->at("seq").to_number<int>(), 1);

  std::optional<boost::json::object> offer;
  while ((offer = aino.next("chat")) && !offer->at("chat").as_object().contains("offered_to")) {
  }
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(text_of(offer->at("chat").at("conversation")), id);
  EXPECT_EQ(text_of(offer->at("chat").at("offered_to")), "aino");
  aino.send(wish("open", 2, id, R"(,"after":0)"));
  const auto opened = aino.next("opened");
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(text_of(opened->at("entries").at(0).at("text")), "moi");
  EXPECT_EQ(text_of(opened->at("conversation").at("visitor").at("name")), "Ville");
  aino.send(wish("accept", 3, id));
  ASSERT_TRUE(aino.next("ok").has_value());
  post(aino, id, 1, "hei");

  // Ville's own line came before its ack.
  const auto assigned = ville.next("entry");
  ASSERT_TRUE(assigned.has_value());
  EXPECT_EQ(text_of(assigned->at("entry").at("kind")), "assigned");
  const auto answer = ville.next("entry");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(text_of(answer->at("entry").at("text")), "hei");
  EXPECT_EQ(text_of(answer->at("entry").at("author").at("name")), "Aino");

  aino.send(R"({"t":"typing","conversation":")" + id + "\"}");
  const auto typing = ville.next("typing");
  ASSERT_TRUE(typing.has_value());
  EXPECT_EQ(text_of(typing->at("role")), "agent");

  aino.send(wish("close", 4, id));
  ASSERT_TRUE(aino.next("ok").has_value());
  EXPECT_EQ(text_of(ville.next("entry")->at("entry").at("kind")), "closed");
  ville.send(wish("rate", 5, id, R"(,"score":5,"comment":"kiitos")"));
  ASSERT_TRUE(ville.next("ok").has_value());

  HttpAnswer closed;
  for (int i = 0; i < 200; ++i) {
    closed = http(port(), "GET", "/api/chats/closed", cookie);
    if (closed.status == 200 && !closed.json().at("chats").as_array().empty()) break;
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_EQ(closed.status, 200) << closed.body;
  ASSERT_EQ(closed.json().at("chats").as_array().size(), 1u);
  const HttpAnswer transcript = http(port(), "GET", "/api/chats/" + id, cookie);
  ASSERT_EQ(transcript.status, 200) << transcript.body;
  EXPECT_EQ(transcript.json().at("entries").as_array().size(), 5u);
  EXPECT_EQ(http(port(), "GET", "/api/chats/" + std::string(32, '0'), cookie).status, 404);
  EXPECT_EQ(http(port(), "GET", "/api/chats/closed").status, 401);
}

TEST_P(GatewayServiceTest, ColleaguesAreToldAndATransferNamesThem) {
  start();
  wait_for_queue();
  const std::string cookie = log_in();
  SocketClient aino(port(), "/ws/agent");
  aino.send(R"({"t":"hello","role":"agent","ticket":")" + ticket(cookie) + "\"}");
  ASSERT_TRUE(aino.next("welcome").has_value());
  // The directory follows the welcome at once; what changes comes by itself.
  const auto first = aino.next();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(text_of(first->at("t")), "colleagues");
  ASSERT_EQ(first->at("agents").as_array().size(), 2u);
  EXPECT_EQ(text_of(first->at("agents").at(1).at("name")), "eero");
  EXPECT_EQ(text_of(first->at("agents").at(1).at("status")), "offline");
  EXPECT_EQ(first->at("queues").as_array().size(), 1u);
  aino.send(R"({"t":"status","ref":1,"status":"online"})");
  std::optional<boost::json::object> changed;
  while ((changed = aino.next("colleagues")) && text_of(changed->at("agents").at(0).at("status")) != "online") {
  }
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(text_of(changed->at("agents").at(0).at("name")), "aino");
  ASSERT_EQ(changed->at("queues").as_array().size(), 1u);
  EXPECT_EQ(changed->at("queues").at(0).at("staffed").to_number<int>(), 1);

  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  post(ville, id, 1, "moi");
  std::optional<boost::json::object> offer;
  while ((offer = aino.next("chat")) && !offer->at("chat").as_object().contains("offered_to")) {
  }
  ASSERT_TRUE(offer.has_value());
  aino.send(wish("accept", 2, id));
  ASSERT_TRUE(aino.next("ok").has_value());
  const auto refused = [&aino](const std::string& frame) {
    aino.send(frame);
    const auto answer = aino.next("refused");
    return answer ? text_of(answer->at("code")) : "";
  };
  EXPECT_EQ(refused(wish("transfer", 3, id, R"(,"agent":"nobody")")), "not_found");
  EXPECT_EQ(refused(wish("transfer", 4, id, R"(,"queue":"nowhere")")), "not_found");
  EXPECT_EQ(refused(wish("transfer", 5, id, R"(,"agent":"eero")")), "agent_unavailable");
  EXPECT_EQ(refused(R"({"t":"set_status","ref":6,"agent":"eero","status":"away"})"), "not_allowed");
  EXPECT_EQ(refused(R"({"t":"set_status","ref":7,"agent":"aino","status":"offline"})"), "not_allowed");
  EXPECT_EQ(refused(R"({"t":"set_status","ref":8,"agent":"nobody","status":"away"})"), "not_found");
  aino.send(wish("transfer", 9, id));
  ASSERT_TRUE(aino.next("ok").has_value());
  std::optional<boost::json::object> left;
  while ((left = ville.next("entry")) && text_of(left->at("entry").at("kind")) != "left") {
  }
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(text_of(left->at("entry").at("agent")), "Aino");
}

TEST_P(GatewayServiceTest, VisitorComesBackToTheSameConversation) {
  start();
  wait_for_queue();
  std::string id;
  std::string token;
  {
    SocketClient first = visitor();
    token = token_;
    id = start_chat(first);
    for (int n = 1; n <= 5; ++n) post(first, id, n, "line " + std::to_string(n));
    int acked = 0;
    while (acked < 5) acked = first.next("acked").value().at("n").to_number<int>();
  }
  SocketClient again(port(), "/ws/visitor");
  again.send(R"({"t":"hello","role":"visitor","token":")" + token + R"(","queue":"support"})");
  const auto welcome = again.next();
  ASSERT_TRUE(welcome.has_value());
  EXPECT_NE(text_of(welcome->at("token")), token) << "sealed anew, with what is durable by now";
  EXPECT_EQ(text_of(welcome->at("history")), to_string(journal_->history()));
  EXPECT_EQ(text_of(welcome->at("conversation").at("id")), id);
  EXPECT_EQ(text_of(welcome->at("name")), "Ville");
  again.send(wish("open", 1, id, R"(,"after":3)"));
  const auto opened = again.next("opened");
  ASSERT_EQ(opened->at("entries").as_array().size(), 2u);
  EXPECT_EQ(opened->at("entries").at(0).at("seq").to_number<int>(), 4);
  // What was acknowledged before is acknowledged again, and stored once.
  post(again, id, 5, "line 5");
  EXPECT_EQ(again.next("acked")->at("seq").to_number<int>(), 5);
  post(again, id, 5, "another text");
  EXPECT_EQ(text_of(again.next("refused")->at("code")), "conflict");
  post(again, id, 9, "too far");
  EXPECT_EQ(again.next("refused")->at("resend_from").to_number<int>(), 6);
  again.send(wish("history", 2, id, R"(,"before":3,"limit":2)"));
  const auto page = again.next("page");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->at("entries").as_array().size(), 2u);
  EXPECT_EQ(page->at("entries").at(0).at("seq").to_number<int>(), 1);
}

TEST_P(GatewayServiceTest, ForeignConversationLooksLikeNone) {
  start();
  wait_for_queue();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  SocketClient eve = visitor();
  eve.send(wish("open", 1, id, R"(,"after":0)"));
  EXPECT_EQ(text_of(eve.next("refused")->at("code")), "not_found");
  eve.send(wish("history", 2, id, R"(,"before":9)"));
  EXPECT_EQ(text_of(eve.next("refused")->at("code")), "not_found");
  post(eve, id, 1, "hello");
  EXPECT_EQ(text_of(eve.next("refused")->at("code")), "not_found");
  eve.send(wish("rate", 3, id, R"(,"score":1)"));
  EXPECT_EQ(text_of(eve.next("refused")->at("code")), "not_found");
}

TEST_P(GatewayServiceTest, BadFramesGetTheirCodeAndTheServiceGoesOn) {
  start();
  wait_for_queue();
  struct Case {
    std::string frame;
    std::string error;
    int close;
  };
  const std::vector<Case> cases = {
      {"{", "bad_json", 4505},
      {R"({"t":"explode"})", "unknown_event", 4505},
      {R"({"t":"accept","ref":1,"conversation":"00000000000000000000000000000000"})", "forbidden", 4504},
      {R"({"t":"start","ref":0})", "bad_frame", 4505},
      {R"({"t":"start","ref":1,"workspace":"other"})", "bad_frame", 4505},
      {R"({"t":"hello","role":"visitor","queue":"support"})", "bad_frame", 4505},
  };
  for (const Case& one : cases) {
    SocketClient client = visitor();
    client.send(one.frame);
    const auto error = client.next("error");
    ASSERT_TRUE(error.has_value()) << one.frame;
    EXPECT_EQ(text_of(error->at("code")), one.error) << one.frame;
    EXPECT_EQ(error->size(), 2u);
    EXPECT_FALSE(client.next().has_value());
    EXPECT_EQ(client.close_code(), one.close) << one.frame;
  }
  SocketClient big = visitor();
  big.send(std::string(65537, 'x'));
  EXPECT_EQ(text_of(big.next("error")->at("code")), "too_big");
  while (big.next()) {
  }
  EXPECT_EQ(big.close_code(), 1009);
  SocketClient bytes = visitor();
  bytes.send_frame(0x82, "{}");
  while (bytes.next()) {
  }
  EXPECT_EQ(bytes.close_code(), 1008);
  SocketClient early(port(), "/ws/visitor");
  early.send(R"({"t":"start","ref":1})");
  EXPECT_EQ(text_of(early.next("error")->at("code")), "auth_timeout");
  SocketClient forged(port(), "/ws/visitor");
  forged.send(R"({"t":"hello","role":"visitor","token":"AAAA","queue":"support"})");
  EXPECT_EQ(text_of(forged.next("error")->at("code")), "auth_failed");
  EXPECT_FALSE(forged.next().has_value());
  EXPECT_EQ(forged.close_code(), 4503);
  SocketClient nowhere(port(), "/ws/visitor");
  nowhere.send(R"({"t":"hello","role":"visitor","queue":"nowhere"})");
  EXPECT_EQ(text_of(nowhere.next("error")->at("code")), "forbidden");
  EXPECT_GE(metrics_.protocol_errors[static_cast<std::size_t>(protocol::ErrorCode::bad_frame)].load(), 3u);
  SocketClient fine = visitor();
  EXPECT_FALSE(start_chat(fine).empty());
}

TEST_P(GatewayServiceTest, TooManyMessagesAreRefusedWithAWait) {
  options_.limits.visitor_messages = {.per_second = 1, .burst = 3};
  start();
  wait_for_queue();
  SocketClient client = visitor();
  const std::string id = start_chat(client);
  for (int n = 1; n <= 4; ++n) post(client, id, n, "x");
  const auto refused = client.next("refused");
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(text_of(refused->at("code")), "rate_limited");
  EXPECT_EQ(refused->at("n").to_number<int>(), 4);
  EXPECT_GT(refused->at("retry_after_ms").to_number<int>(), 0);
}

TEST_P(GatewayServiceTest, FrameFloodEndsTheSocketAndNoOther) {
  options_.limits.frames = {.per_second = 10, .burst = 30};
  start();
  wait_for_queue();
  SocketClient calm = visitor();
  SocketClient pings = visitor();
  for (int i = 0; i < 60; ++i) pings.send_frame(0x89, "x");
  while (pings.next()) {
  }
  EXPECT_EQ(pings.close_code(), 1008);
  SocketClient loud = visitor();
  const std::string id = start_chat(loud);
  for (int i = 0; i < 60; ++i) loud.send(R"({"t":"typing","conversation":")" + id + "\"}");
  EXPECT_EQ(text_of(loud.next("error")->at("code")), "rate_limited");
  EXPECT_FALSE(loud.next().has_value());
  EXPECT_EQ(loud.close_code(), 4029);
  EXPECT_FALSE(start_chat(calm).empty());
}

TEST_P(GatewayServiceTest, SilentSocketIsClosedAfterTheTimeForHello) {
  options_.timeouts.hello = 300ms;
  start();
  wait_for_queue();
  SocketClient silent(port(), "/ws/visitor");
  EXPECT_EQ(text_of(silent.next("error")->at("code")), "auth_timeout");
  EXPECT_FALSE(silent.next().has_value());
  EXPECT_EQ(silent.close_code(), 4501);
  EXPECT_EQ(metrics_.hello_timeouts.load(), 1u);
}

TEST_P(GatewayServiceTest, DrainHandsTheSocketsOver) {
  start();
  wait_for_queue();
  std::vector<SocketClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(visitor());
  std::thread readers([&] {
    for (SocketClient& client : clients) {
      while (client.next()) {
      }
      EXPECT_EQ(client.close_code(), 4012);
      client.raw().shut();
    }
  });
  const auto began = std::chrono::steady_clock::now();
  drain(1000ms);
  readers.join();
  EXPECT_GE(std::chrono::steady_clock::now() - began, 500ms);
  EXPECT_EQ(http(gateway_->metrics_port(), "GET", "/readyz").status, 503);
  EXPECT_FALSE(RawClient(port()).connected());
  EXPECT_EQ(metrics_.ended[static_cast<std::size_t>(Ended::draining)].load(), 8u);
}

TEST_P(GatewayServiceTest, SlowConsumerIsCutAndTheOthersGoOn) {
  options_.limits.outbox_bytes_max = 64 * 1024;
  options_.limits.visitor_messages = {.per_second = 5000, .burst = 5000};
  options_.limits.frames = {.per_second = 5000, .burst = 5000};
  start();
  wait_for_queue();
  SocketClient ville = visitor();
  const std::string id = start_chat(ville);
  SocketClient sleeper = visitor(token_);
  sleeper.send(wish("open", 1, id, R"(,"after":0)"));
  ASSERT_TRUE(sleeper.next("opened").has_value());
  const std::string text(15'000, 'x');
  int acked = 0;
  for (int n = 1; n <= 1200 && metrics_.ended[static_cast<std::size_t>(Ended::slow_consumer)].load() == 0; ++n) {
    post(ville, id, n, text);
    while (acked < n) {
      const auto frame = ville.next("acked");
      ASSERT_TRUE(frame.has_value());
      acked = frame->at("n").to_number<int>();
    }
  }
  EXPECT_EQ(metrics_.ended[static_cast<std::size_t>(Ended::slow_consumer)].load(), 1u);
  while (sleeper.next()) {
  }
  EXPECT_EQ(sleeper.close_code(), 4008);
  post(ville, id, acked + 1, "still here");
  EXPECT_TRUE(ville.next("acked").has_value());
}

INSTANTIATE_TEST_SUITE_P(Loops, GatewayServiceTest, testing::Values(std::size_t{1}, std::size_t{3}));

}  // namespace
}  // namespace heti::gateway

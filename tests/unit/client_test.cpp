// The client against the real gateway: requests, sockets and timers of one loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

#include "service/client/ws_client.hpp"
#include "tests/unit/gateway_fixture.hpp"

namespace heti::gateway {
namespace {

using client::Answer;
using client::Loop;
using client::parse_server;
using client::Server;
using End = client::WebSocket::End;

TEST(ClientAddressTest, HostsAndPortsAreReadAsBrowsersWriteThem) {
  EXPECT_EQ(parse_server("http://127.0.0.1:8080"), (Server{.host = "127.0.0.1", .port = 8080}));
  EXPECT_EQ(parse_server("http://shop.example/"), (Server{.host = "shop.example", .port = 80}));
  EXPECT_EQ(parse_server("http://[::1]:9"), (Server{.host = "::1", .port = 9}));
  EXPECT_EQ(parse_server("http://[::1]:9")->authority(), "[::1]:9");
  EXPECT_EQ(parse_server("http://shop.example")->origin(), "http://shop.example");
}

TEST(ClientAddressTest, WhatItDoesNotSpeakIsNamedWithTheRemedy) {
  EXPECT_NE(parse_server("https://shop.example").error().find("put TLS in front"), std::string::npos);
  for (const char* url : {"", "shop.example", "http://", "http://:80", "http://a:", "http://a:0", "http://a:65536",
                          "http://a:8x", "http://a/b", "http://[::1", "http://a@b", "ws://a"}) {
    const auto server = parse_server(url);
    ASSERT_FALSE(server.has_value()) << url;
    EXPECT_NE(server.error().find("http://127.0.0.1:8080"), std::string::npos) << server.error();
  }
}

class ClientTest : public GatewayFixture {
 protected:
  void SetUp() override {
    GatewayFixture::SetUp();
    start();
    wait_for_queue();
    loop_.start("client");
  }
  void TearDown() override {
    loop_.stop();
    GatewayFixture::TearDown();
  }

  Server server() const { return {.host = "127.0.0.1", .port = port()}; }

  std::expected<Answer, std::string> request(client::Request request, const Server& to, Millis deadline = 5s) {
    std::promise<std::expected<Answer, std::string>> promise;
    auto future = promise.get_future();
    loop_.post([&] {
      loop_.request(to, std::move(request), deadline,
                    [&promise](std::expected<Answer, std::string> answer) { promise.set_value(std::move(answer)); });
    });
    return future.get();
  }

  client::WebSocket::Options visitor_options() const {
    return {.server = server(), .target = "/ws/visitor", .headers = {{"Origin", "http://shop.example"}}};
  }

  // Opens, and gives how it ended.
  End end_of(client::WebSocket::Options options, client::WebSocket::Events events = {}) {
    auto promise = std::make_shared<std::promise<End>>();
    auto future = promise->get_future();
    events.on_end = [promise](const End& end) { promise->set_value(end); };
    loop_.post([&] { client::WebSocket::open(loop_, std::move(options), std::move(events)); });
    return future.get();
  }

  Loop loop_;
};

TEST_P(ClientTest, LogsInAsABrowserDoes) {
  ASSERT_TRUE(secrets_->set_password("aino", "heti-heti").has_value());
  const client::Headers headers{{"Origin", server().origin()}, {"Content-Type", "application/json"}};
  const auto login = request({.method = "POST",
                              .target = "/api/login",
                              .headers = headers,
                              .body = R"({"name":"aino","password":"heti-heti"})"},
                             server());
  ASSERT_TRUE(login.has_value()) << login.error();
  EXPECT_EQ(login->status, 200u);
  EXPECT_TRUE(login->cookie().starts_with("heti=")) << login->cookie();
  EXPECT_EQ(login->cookie().find(';'), std::string::npos);
  const auto me = request({.target = "/api/me", .headers = {{"Cookie", login->cookie()}}}, server());
  ASSERT_TRUE(me.has_value()) << me.error();
  EXPECT_NE(me->body.find("Aino"), std::string::npos);
  EXPECT_EQ(me->header("content-type").substr(0, 16), "application/json");
  const auto out = request({.target = "/api/me"}, server());
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->status, 401u);
  EXPECT_EQ(out->cookie(), "");
}

TEST_P(ClientTest, ARequestThatCannotBeAskedNamesTheStep) {
  Server nobody = server();
  nobody.port = 1;  // Nobody listens there.
  const auto refused = request({.target = "/"}, nobody);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().starts_with("connect: ")) << refused.error();
}

TEST_P(ClientTest, ManySocketsOnOneLoopSayAndHearInOrder) {
  constexpr int sockets = 40;
  constexpr int posts = 20;
  std::vector<std::shared_ptr<client::WebSocket>> open;
  std::vector<int> acked(sockets, 0);
  std::vector<std::string> conversations(sockets);
  std::vector<End> ends(sockets);
  std::promise<void> over;
  int ended = 0;
  loop_.post([&] {
    for (int i = 0; i < sockets; ++i) {
      client::WebSocket::Events events;
      events.on_open = [&, i] { open[i]->send(R"({"t":"hello","role":"visitor","queue":"support"})"); };
      events.on_text = [&, i](std::string_view text) {
        const auto frame = boost::json::parse({text.data(), text.size()}).as_object();
        const auto kind = frame.at("t").as_string();
        if (kind == "welcome") open[i]->send(R"({"t":"start","ref":1})");
        if (kind == "opened") {
          conversations[i] = text_of(frame.at("conversation").at("id"));
          for (int n = 1; n <= posts; ++n) {
            open[i]->send(R"({"t":"post","conversation":")" + conversations[i] + R"(","stream":"s","n":)" +
                          std::to_string(n) + R"(,"text":"word"})");
          }
        }
        if (kind != "acked") return;
        acked[i] = static_cast<int>(frame.at("n").as_int64());
        if (acked[i] == posts) open[i]->close();
      };
      events.on_end = [&, i](const End& end) {
        ends[i] = end;
        if (++ended == sockets) over.set_value();
      };
      open.push_back(client::WebSocket::open(loop_, visitor_options(), std::move(events)));
    }
  });
  ASSERT_EQ(over.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(acked, std::vector<int>(sockets, posts));
  for (const End& end : ends) {
    EXPECT_TRUE(end.opened);
    EXPECT_EQ(end.code, 1000);
    EXPECT_EQ(end.error, "");
  }
  std::promise<void> gone;
  loop_.post([&] {
    open.clear();
    gone.set_value();
  });
  gone.get_future().wait();
}

TEST_P(ClientTest, TheEndSaysWhoClosedAndWhy) {
  client::WebSocket::Options foreign = visitor_options();
  foreign.target = "/ws/agent";
  const End refused = end_of(foreign);
  EXPECT_FALSE(refused.opened);
  EXPECT_TRUE(refused.error.starts_with("handshake: ")) << refused.error;

  std::shared_ptr<client::WebSocket> socket;
  auto promise = std::make_shared<std::promise<End>>();
  loop_.post([&] {
    client::WebSocket::Events events;
    events.on_open = [&] { socket->send(R"({"t":"hello","role":"visitor","queue":"nowhere"})"); };
    events.on_end = [promise, &socket](const End& end) {
      socket.reset();
      promise->set_value(end);
    };
    socket = client::WebSocket::open(loop_, visitor_options(), std::move(events));
  });
  const End closed = promise->get_future().get();
  EXPECT_TRUE(closed.opened);
  EXPECT_EQ(closed.code, 4504) << closed.error;
}

TEST_P(ClientTest, ASocketThatIsCutCallsNobodyAndThePortIsAnnouncedBeforeItConnects) {
  std::promise<std::pair<std::string, std::uint16_t>> announced;
  std::atomic<int> ends = 0;
  std::promise<void> cut;
  std::shared_ptr<client::WebSocket> socket;
  loop_.post([&] {
    auto options = visitor_options();
    options.announce = [&](const std::string& address, std::uint16_t port) { announced.set_value({address, port}); };
    client::WebSocket::Events events;
    // From within its own callback: what the callback captured outlives it.
    events.on_open = [&, kept = std::string(100, 'x')] {
      socket->cut();
      EXPECT_EQ(kept, std::string(100, 'x'));
      EXPECT_FALSE(socket->is_open());
      socket.reset();
      cut.set_value();
    };
    events.on_end = [&](const End&) { ++ends; };
    socket = client::WebSocket::open(loop_, std::move(options), std::move(events));
  });
  cut.get_future().wait();
  const auto [address, local_port] = announced.get_future().get();
  EXPECT_EQ(address, "127.0.0.1");
  EXPECT_GT(local_port, 0);
  for (int i = 0; i < 400 && metrics_.connections.load() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(metrics_.connections.load(), 0u) << "the server has seen the end";
  EXPECT_EQ(ends, 0);
}

TEST_P(ClientTest, AServerThatSaysNothingIsLeftAfterItsDeadline) {
  // A listener that never answers: the kernel takes the connection, nobody reads.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const Server mute{.host = "127.0.0.1", .port = ntohs(address.sin_port)};

  const auto began = std::chrono::steady_clock::now();
  const auto answer = request({.target = "/"}, mute, 200ms);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error(), "answer: the deadline has passed");
  auto options = visitor_options();
  options.server = mute;
  options.connect_deadline = 200ms;
  const End end = end_of(options);
  EXPECT_EQ(end.error, "handshake: the deadline has passed");
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, 400ms);
  EXPECT_LT(took, 3s);
  ::close(listener);
}

TEST_P(ClientTest, TimersRunInTheirTimeOrNotAtAll) {
  std::promise<std::vector<int>> order;
  std::vector<int> ran;
  loop_.post([&] {
    loop_.after(60ms, [&] { order.set_value(ran); });
    loop_.after(20ms, [&] { ran.push_back(2); });
    const auto cancelled = loop_.after(10ms, [&] { ran.push_back(9); });
    loop_.after(1ms, [&, cancelled] {
      ran.push_back(1);
      loop_.cancel(cancelled);
      loop_.cancel(cancelled);
    });
  });
  EXPECT_EQ(order.get_future().get(), (std::vector<int>{1, 2}));
}

INSTANTIATE_TEST_SUITE_P(Loops, ClientTest, testing::Values(1, 2));

}  // namespace
}  // namespace heti::gateway

// The doors, from outside: HTTP, sessions, origins, health.
#include <set>

#include "tests/unit/gateway_fixture.hpp"

namespace heti::gateway {
namespace {

using GatewayDoorsTest = GatewayFixture;

TEST_P(GatewayDoorsTest, ConsoleSocketWantsItsOwnOrigin) {
  start();
  wait_for_queue();
  for (const char* origin :
       {"", "Origin: null\r\n", "Origin: http://evil.example\r\n", "Origin: http://localhost.evil\r\n",
        "Origin: http://localhost:81\r\n", "Origin: https://localhost.\r\n"}) {
    EXPECT_EQ(SocketClient(port(), "/ws/agent", origin).status(), 403) << origin;
  }
  EXPECT_EQ(SocketClient(port(), "/ws/agent").status(), 101);
  EXPECT_EQ(metrics_.handshake_refusals[static_cast<std::size_t>(HandshakeRefusal::origin)].load(), 6u);
  EXPECT_EQ(http(port(), "GET", "/ws/agent").status, 400);
}

TEST_P(GatewayDoorsTest, SubprotocolIsRequired) {
  start();
  wait_for_queue();
  RawClient client(port());
  client.send(
      "GET /ws/visitor HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: "
      "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: heti.v2\r\n\r\n");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 400 "));
}

TEST_P(GatewayDoorsTest, SessionsBeginAndEnd) {
  ASSERT_TRUE(secrets_->set_password("aino", "heti-heti").has_value());
  start();
  wait_for_queue();
  EXPECT_EQ(http(port(), "GET", "/api/me").status, 401);
  const HttpAnswer wrong = http(port(), "POST", "/api/login", post_fields, R"({"name":"aino","password":"wrong-one"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, R"({"code":"wrong_password"})");
  EXPECT_EQ(http(port(), "POST", "/api/login", post_fields, R"({"name":"nobody","password":"heti-heti"})").body,
            wrong.body);
  EXPECT_EQ(http(port(), "POST", "/api/login", post_fields, "{").status, 400);
  // Forms of foreign pages.
  EXPECT_EQ(http(port(), "POST", "/api/login", "Content-Type: application/json\r\n", "{}").status, 403);
  EXPECT_EQ(
      http(port(), "POST", "/api/login", "Origin: http://evil\r\nContent-Type: application/json\r\n", "{}").status,
      403);
  EXPECT_EQ(http(port(), "POST", "/api/login", "Origin: http://localhost\r\nContent-Type: text/plain\r\n", "{}").status,
            415);

  const HttpAnswer right = http(port(), "POST", "/api/login", post_fields, R"({"name":"aino","password":"heti-heti"})");
  ASSERT_EQ(right.status, 200);
  EXPECT_EQ(right.body, R"({"name":"aino","display_name":"Aino"})");
  const std::string set = right.header("Set-Cookie");
  EXPECT_TRUE(set.starts_with("heti="));
  EXPECT_TRUE(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200")) << set;
  const std::string cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  EXPECT_EQ(http(port(), "GET", "/api/me", cookie).body, R"({"name":"aino","display_name":"Aino"})");

  // A ticket opens one socket.
  const std::string once = ticket(cookie);
  const std::string hello = R"({"t":"hello","role":"agent","ticket":")" + once + "\"}";
  SocketClient first(port(), "/ws/agent");
  first.send(hello);
  EXPECT_EQ(text_of(first.next()->at("t")), "welcome");
  SocketClient second(port(), "/ws/agent");
  second.send(hello);
  EXPECT_EQ(text_of(second.next("error")->at("code")), "auth_failed");

  EXPECT_EQ(http(port(), "POST", "/api/logout", post_fields + cookie, "{}").status, 200);
  EXPECT_EQ(http(port(), "GET", "/api/me", cookie).status, 401);
  while (first.next()) {
  }
  EXPECT_EQ(first.close_code(), 4503);
}

TEST_P(GatewayDoorsTest, LoaderAsksOneCacheableQuestion) {
  options_.widget_origins = {"https://shop.example"};
  start();
  wait_for_queue();
  const HttpAnswer answer = http(port(), "GET", "/api/site?queue=support", "Origin: https://shop.example\r\n");
  ASSERT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.json().at("queue").at("open").as_bool());
  EXPECT_FALSE(answer.json().at("queue").as_object().contains("waiting"));
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://shop.example");
  EXPECT_EQ(answer.header("Cache-Control"), "public, max-age=60");
  EXPECT_EQ(http(port(), "GET", "/api/site?queue=support", "If-None-Match: " + answer.header("ETag") + "\r\n").status,
            304);
  EXPECT_EQ(http(port(), "GET", "/api/site?queue=support", "Origin: https://evil.example\r\n")
                .header("Access-Control-Allow-Origin"),
            "");
  EXPECT_EQ(http(port(), "GET", "/api/site?queue=none").status, 404);
  EXPECT_EQ(SocketClient(port(), "/ws/visitor", "Origin: https://evil.example\r\n").status(), 403);
  EXPECT_EQ(SocketClient(port(), "/ws/visitor", "Origin: https://shop.example\r\n").status(), 101);
}

TEST_P(GatewayDoorsTest, StrangeRequestsAreRefusedAndTheConnectionEnds) {
  start();
  wait_for_queue();
  RawClient smuggler(port());
  smuggler.send(
      "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET /api/site?queue=support HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answers = smuggler.rest();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 400 ")) << answers;
  EXPECT_EQ(answers.find("HTTP/1.1", 9), std::string::npos) << answers;

  RawClient pipelined(port());
  pipelined.send(
      "GET /widget.js HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /widget.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string three = pipelined.rest();
  EXPECT_NE(three.find("\r\n\r\nwidgetHTTP/1.1 200 OK"), std::string::npos) << three;
  EXPECT_TRUE(three.ends_with(R"({"code":"not_found"})")) << three;

  EXPECT_EQ(http(port(), "GET", "/console/").header("Content-Security-Policy").substr(0, 18), "default-src 'none'");
  EXPECT_EQ(http(port(), "GET", "/console").status, 308);
  EXPECT_EQ(http(port(), "GET", "/console").header("Location"), "/console/");
  for (const char* path : {"/wall", "/console/wall"}) {
    EXPECT_EQ(http(port(), "GET", path).status, 308) << path;
    EXPECT_EQ(http(port(), "GET", path).header("Location"), "/console/wall/") << path;
  }
  EXPECT_EQ(http(port(), "GET", "/console/../../etc/passwd").status, 404);
  EXPECT_EQ(http(port(), "GET", "/..%2f..%2fetc/passwd").status, 404);
  EXPECT_EQ(http(port(), "DELETE", "/api/me").status, 405);
  EXPECT_EQ(http(port(), "POST", "/api/me", post_fields, "{}").status, 405);
  for (const char* path : {"/metrics", "/debug", "/.git", "/livez"}) EXPECT_EQ(http(port(), "GET", path).status, 404);
}

TEST_P(GatewayDoorsTest, SlowHeadMeetsAnAbsoluteDeadline) {
  options_.timeouts.handshake = 700ms;
  start();
  wait_for_queue();
  RawClient slow(port());
  const auto began = std::chrono::steady_clock::now();
  const std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  for (std::size_t i = 0; i < head.size() && std::chrono::steady_clock::now() - began < 2s; ++i) {
    slow.send(head.substr(i, 1));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(slow.rest().starts_with("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
}

TEST_P(GatewayDoorsTest, ConnectionsOfOneAddressAreCapped) {
  options_.limits.connections_per_ip_max = 3;
  start();
  std::vector<RawClient> held;
  for (int i = 0; i < 3; ++i) held.emplace_back(port());
  std::this_thread::sleep_for(50ms);
  // Each is told when to come back, and not all the same.
  std::set<std::string> told;
  for (int i = 0; i < 40; ++i) {
    RawClient over(port());
    const std::string answer = over.rest();
    ASSERT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    const auto at = answer.find("Retry-After: ");
    ASSERT_NE(at, std::string::npos);
    told.insert(answer.substr(at + 13, answer.find('\r', at) - at - 13));
  }
  for (const std::string& seconds : told) EXPECT_TRUE(std::stoi(seconds) >= 5 && std::stoi(seconds) <= 10) << seconds;
  EXPECT_GE(told.size(), 3u);
  held.clear();
  for (int i = 0; i < 500 && metrics_.connections.load() > 0; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(metrics_.connections.load(), 0u);
  RawClient again(port());
  again.send("GET /widget.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(again.rest().starts_with("HTTP/1.1 200 "));
}

TEST_P(GatewayDoorsTest, MetricsListenerTellsHealthAndReadiness) {
  start();
  const std::uint16_t inside = gateway_->metrics_port();
  EXPECT_EQ(http(inside, "GET", "/livez").status, 200);
  EXPECT_EQ(http(inside, "GET", "/healthz").status, 200);
  EXPECT_EQ(http(inside, "GET", "/metrics").body, "heti_test 1\n");
  EXPECT_EQ(http(inside, "GET", "/readyz").status, 200);
  EXPECT_EQ(http(inside, "GET", "/readyz?verbose").body, "[+] journal: in memory\n[+] draining: no\nready\n");
  journal_ok_ = false;
  EXPECT_EQ(http(inside, "GET", "/readyz").status, 503);
  EXPECT_EQ(http(inside, "GET", "/readyz").body, "[-] journal: in memory\nnot ready\n");
  EXPECT_EQ(http(inside, "GET", "/api/site?queue=support").status, 404);
  EXPECT_EQ(http(inside, "POST", "/metrics").status, 405);
}

TEST_P(GatewayDoorsTest, OtherWordsAreSaidFromTheMomentOnThatTheyAreGiven) {
  start();
  wait_for_queue();
  const auto say = [&](const std::string& title) {
    std::promise<void> said;
    gateway_->loop().post([&] {
      Wording words;
      words["support"].title = title;
      words["nowhere"].title = "nobody hears this";
      gateway_->set_wording(std::move(words));
      said.set_value();
    });
    said.get_future().wait();
  };
  const auto answer = [&] { return http(port(), "GET", "/api/site?queue=support"); };
  const auto title = [&] { return text_of(answer().json().at("wording").at("title")); };
  EXPECT_EQ(title(), "");
  const std::string tag = answer().header("ETag");
  say("Ask us");
  // The loops are told by a post each.
  for (int i = 0; i < 200 && title() != "Ask us"; ++i) std::this_thread::sleep_for(5ms);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(title(), "Ask us");  // Each loop in its turn.
  EXPECT_NE(answer().header("ETag"), tag);
  // Other rules, the same words: they ride along with what the state says.
  core::Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Help"});
  std::promise<void> applied;
  gateway_->loop().post([&] {
    submit(core::command::ApplySettings{.settings = settings, .replaces_version = 1});
    applied.set_value();
  });
  applied.get_future().wait();
  const auto name = [&] { return text_of(answer().json().at("queue").at("display_name")); };
  for (int i = 0; i < 500 && name() != "Help"; ++i) std::this_thread::sleep_for(5ms);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(name() + ", " + title(), "Help, Ask us");
}

INSTANTIATE_TEST_SUITE_P(Loops, GatewayDoorsTest, testing::Values(std::size_t{1}, std::size_t{3}));

}  // namespace
}  // namespace heti::gateway

#pragma once
// A gateway as in production, with the real sequencer and core behind it and the journal in memory, on free ports of
// loopback: what the tests of the service from outside share.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "service/gateway/gateway.hpp"
#include "service/sequencer/recovery.hpp"
#include "tests/unit/gateway_client.hpp"

namespace heti::gateway {

using namespace std::chrono_literals;
using tests::http;
using tests::HttpAnswer;
using tests::RawClient;
using tests::SocketClient;

inline std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

inline constexpr const char* own_origin = "Origin: http://localhost\r\n";
inline constexpr const char* post_fields = "Origin: http://localhost\r\nContent-Type: application/json\r\n";

class GatewayFixture : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "heti-gateway-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
    std::filesystem::create_directories(directory_ / "web/console");
    std::ofstream(directory_ / "web/widget.js") << "widget";
    std::ofstream(directory_ / "web/console/index.html") << "<!doctype html>";
    secrets_ = Secrets::open(directory_).value();
    journal_ = journal::make_memory();
    archive_ = archive::open_memory(*journal_).value();
    options_.listen = {.address = "127.0.0.1", .port = 0};
    options_.metrics_listen = {.address = "127.0.0.1", .port = 0};
    options_.web_root = directory_ / "web";
    options_.threads = GetParam();
    options_.incarnation = 1;
    options_.limits.visitor_messages = {.per_second = 5, .burst = 50};
  }

  void start() {
    auto opened = Gateway::open(options_, *secrets_, *archive_, metrics_);
    ASSERT_TRUE(opened.has_value()) << opened.error();
    gateway_ = *std::move(opened);
    sequencer_ = std::make_unique<sequencer::Sequencer>(
        sequencer::Options{}, *journal_, gateway_->loop(), clock_, core::State{},
        std::vector<sequencer::Projection*>{&gateway_->tail_watch(), &gateway_->fanout()});
    core::Settings settings;
    settings.queues.push_back({.name = "support", .display_name = "Support"});
    settings.agents.push_back({.name = "aino", .display_name = "Aino", .queues = {"support"}});
    settings.agents.push_back({.name = "eero", .display_name = "Eero", .queues = {"support"}});
    // The queue is always open.
    submit(core::command::ApplySettings{.settings = settings, .replaces_version = 0});
    submit(core::command::SetCalendar{.queue = core::QueueId{1},
                                      .effective_from = instant_from_ms(0),
                                      .open = {{.open = instant_from_ms(0), .close = clock_.now() + 24h * 500}},
                                      .tzdata_version = "test"});
    gateway_->attach(*sequencer_, *journal_);
    gateway_->on_metrics([](const auto& done) { done("heti_test 1\n"); });
    gateway_->on_ready([this] { return std::vector<ReadyCheck>{{"journal", journal_ok_.load(), "in memory"}}; });
    thread_ = std::thread([this] { gateway_->run(); });
  }

  void submit(core::Command command) {
    ASSERT_EQ(sequencer_->submit(
                  std::move(command),
                  [](const core::Answer& answer, const core::State&) {
                    EXPECT_TRUE(std::holds_alternative<core::Done>(answer));
                  },
                  true),
              sequencer::Submit::accepted);
  }

  void drain(Millis spread) {
    std::promise<void> drained;
    gateway_->loop().post([&] { gateway_->drain(spread, [&] { drained.set_value(); }); });
    ASSERT_EQ(drained.get_future().wait_for(10s), std::future_status::ready);
  }

  void TearDown() override {
    if (thread_.joinable()) {
      gateway_->loop().post([this] { sequencer_->stop([this] { gateway_->stop(); }); });
      thread_.join();
    }
    sequencer_.reset();
    gateway_.reset();
    archive_.reset();
    secrets_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::uint16_t port() const { return gateway_->port(); }
  // The settings have come through when the queue is known.
  void wait_for_queue() {
    for (int i = 0; i < 500 && http(port(), "GET", "/api/site?queue=support").status != 200; ++i) {
      std::this_thread::sleep_for(5ms);
    }
  }
  std::string log_in() {
    EXPECT_TRUE(secrets_->set_password("aino", "heti-heti").has_value());
    const HttpAnswer answer =
        http(port(), "POST", "/api/login", post_fields, R"({"name":"aino","password":"heti-heti"})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string cookie = answer.header("Set-Cookie");
    return "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  }
  std::string ticket(const std::string& cookie) {
    const HttpAnswer answer = http(port(), "POST", "/api/ticket", post_fields + cookie, "{}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return text_of(answer.json().at("ticket"));
  }
  SocketClient agent(const std::string& cookie, int receive_bytes = 0) {
    SocketClient client(port(), "/ws/agent", own_origin, receive_bytes);
    client.send(R"({"t":"hello","role":"agent","ticket":")" + ticket(cookie) + "\"}");
    const auto welcome = client.next();
    EXPECT_TRUE(welcome && text_of(welcome->at("t")) == "welcome");
    client.send(R"({"t":"status","ref":1,"status":"online"})");
    EXPECT_TRUE(client.next("ok").has_value());
    return client;
  }
  SocketClient visitor(std::string token = {}, int receive_bytes = 0) {
    SocketClient client(port(), "/ws/visitor", own_origin, receive_bytes);
    const std::string with_token = token.empty() ? "" : R"("token":")" + token + "\",";
    client.send(R"({"t":"hello","role":"visitor",)" + with_token + R"("queue":"support"})");
    const auto welcome = client.next();
    EXPECT_TRUE(welcome && text_of(welcome->at("t")) == "welcome");
    if (welcome) token_ = text_of(welcome->at("token"));
    return client;
  }
  static std::string start_chat(SocketClient& client) {
    client.send(R"({"t":"start","ref":1,"name":"Ville"})");
    const auto opened = client.next("opened");
    EXPECT_TRUE(opened.has_value());
    return opened ? text_of(opened->at("conversation").at("id")) : "";
  }
  static void post(SocketClient& client, const std::string& conversation, int n, const std::string& text,
                   const std::string& stream = "s1") {
    client.send(R"({"t":"post","conversation":")" + conversation + R"(","stream":")" + stream + R"(","n":)" +
                std::to_string(n) + R"(,"text":")" + text + "\"}");
  }
  static std::string wish(std::string_view t, int ref, const std::string& conversation, std::string_view more = {}) {
    return R"({"t":")" + std::string(t) + R"(","ref":)" + std::to_string(ref) + R"(,"conversation":")" + conversation +
           "\"" + std::string(more) + "}";
  }

  std::filesystem::path directory_;
  Options options_;
  GatewayMetrics metrics_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<archive::Archive> archive_;
  sequencer::JournalClock clock_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::thread thread_;
  std::string token_;
  std::atomic<bool> journal_ok_ = true;
};

}  // namespace heti::gateway

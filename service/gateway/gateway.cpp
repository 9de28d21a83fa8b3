#include "service/gateway/gateway.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include "service/base/check.hpp"
#include "service/base/thread_name.hpp"
#include "service/gateway/acceptor.hpp"
#include "service/gateway/routes.hpp"
#include "service/gateway/services.hpp"
#include "service/gateway/session.hpp"

namespace heti::gateway {
namespace {

// Descriptors that connections may not take: the journal's, the archive's, logs, and some for whoever looks inside.
constexpr std::uint64_t descriptors_reserved = 128;
constexpr std::uint32_t admin_connections_max = 64;
// How often other processes' changes to the secrets store are looked for.
constexpr std::int64_t refresh_every_ms = 2'000;

// At most as many connections as there are descriptors for.
std::uint32_t within_descriptors(std::uint32_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::uint64_t room = limit.rlim_cur > 2 * descriptors_reserved ? limit.rlim_cur - descriptors_reserved
                                                                       : std::max<std::uint64_t>(limit.rlim_cur / 2, 1);
  if (wanted <= room) return wanted;
  spdlog::warn("connections_max={} is above the {} that the limit of open files leaves; using {}", wanted, room, room);
  return static_cast<std::uint32_t>(room);
}

}  // namespace

struct Gateway::Parts {
  Parts(Options options, Secrets& secrets, archive::Archive& archive, GatewayMetrics& metrics, StaticFiles files,
        std::vector<std::shared_ptr<IoLoop>> loops, std::vector<std::unique_ptr<Hub>> hubs)
      : relay(std::move(loops), std::move(hubs)),
        services(std::move(options), secrets, archive, metrics, std::move(files), relay),
        routes(services),
        signals(relay.home().context()) {}

  Relay relay;
  Services services;
  Routes routes;
  AdminRoutes admin;
  std::shared_ptr<Acceptor> acceptor;
  std::shared_ptr<Acceptor> admin_acceptor;
  boost::asio::signal_set signals;
  std::function<void(int)> on_signal;
  AdminRoutes::MetricsText metrics_text;
  std::function<std::vector<ReadyCheck>()> ready_checks;
  std::int64_t refreshed_ms = 0;
  bool refreshing = false;

  std::function<void()> on_drained;
  std::int64_t drain_started_ms = 0;
  Millis drain_spread{};
  std::uint64_t drain_total = 0;

  void wait_for_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      if (on_signal) on_signal(number);
      wait_for_signal();
    });
  }
};

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

std::expected<std::unique_ptr<Gateway>, std::string> Gateway::open(Options options, Secrets& secrets,
                                                                   archive::Archive& archive, GatewayMetrics& metrics) {
  CHECK(options.threads >= 1);
  CHECK(options.limits.frame_bytes_max <= protocol::frame_bytes_max);
  // A peer that is gone is an error code of send(), never a signal.
  std::signal(SIGPIPE, SIG_IGN);
  auto files = StaticFiles::load(options.web_root);
  if (!files) return std::unexpected(files.error());
  options.limits.connections_max = within_descriptors(options.limits.connections_max);

  std::vector<std::shared_ptr<IoLoop>> loops;
  std::vector<std::unique_ptr<Hub>> hubs;
  for (std::size_t i = 0; i < options.threads; ++i) {
    loops.push_back(std::make_shared<IoLoop>(i));
    hubs.push_back(std::make_unique<Hub>(*loops.back()));
  }
  auto parts = std::make_unique<Parts>(std::move(options), secrets, archive, metrics, *std::move(files),
                                       std::move(loops), std::move(hubs));
  const Options& given = parts->services.options;
  Acceptor::Config site{.listen = given.listen,
                        .loops = given.threads,
                        .connections_max = given.limits.connections_max,
                        .outbox_bytes_max = given.limits.outbox_bytes_max,
                        .timeouts = given.timeouts,
                        .uncounted = given.trusted_proxies};
  auto acceptor = Acceptor::open(std::move(site), parts->routes, parts->relay, &parts->services.peers,
                                 &parts->services.own_sockets, metrics);
  if (!acceptor) return std::unexpected(acceptor.error());
  // Its own room, so that a full house can still be looked into.
  Acceptor::Config inside{.listen = given.metrics_listen,
                          .loops = 1,
                          .connections_max = given.limits.connections_max + admin_connections_max,
                          .outbox_bytes_max = given.limits.outbox_bytes_max,
                          .timeouts = given.timeouts,
                          .uncounted = {}};
  auto admin = Acceptor::open(std::move(inside), parts->admin, parts->relay, nullptr, nullptr, metrics);
  if (!admin) return std::unexpected(admin.error());
  parts->acceptor = *std::move(acceptor);
  parts->admin_acceptor = *std::move(admin);
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

Gateway::~Gateway() {
  parts_->services.sequencer = nullptr;
  for (std::size_t i = 0; i < parts_->relay.size(); ++i) parts_->relay.loop(i).drop_all();
}

sequencer::Loop& Gateway::loop() { return parts_->relay.home(); }
sequencer::Projection& Gateway::fanout() { return parts_->services.fanout; }

void Gateway::announce_own(const std::string& address, std::uint16_t port) {
  parts_->services.own_sockets.announce(address, port);
}
void Gateway::withdraw_own(const std::string& address, std::uint16_t port) {
  parts_->services.own_sockets.withdraw(address, port);
}

std::uint16_t Gateway::port() const { return parts_->acceptor->port(); }
std::uint16_t Gateway::metrics_port() const { return parts_->admin_acceptor->port(); }

sequencer::Projection& Gateway::tail_watch() { return parts_->services.tail_watch; }

void Gateway::begin_history(const journal::Journal& journal) {
  Services& services = parts_->services;
  services.history = to_string(journal.history());
  services.tail_watch.begin_history(journal.history());
  parts_->relay.to_all([](Hub& hub) { hub.begin_history(); });
}

void Gateway::on_lost_end(std::function<void(std::string shown)> handler) {
  parts_->services.on_lost_end = [handler = std::move(handler)](const JournalEnd& seen) {
    handler(fmt::format("a visitor's token knows position {} ({:016x}...)", seen.position, seen.hash));
  };
}

void Gateway::attach(sequencer::Sequencer& sequencer, const journal::Journal& journal) {
  Services& services = parts_->services;
  const journal::Tail tail = journal.tail();
  services.history = to_string(journal.history());
  services.tail_watch.begin(journal_end(journal.history(), tail.position, tail.hash));
  services.fanout.start(sequencer.state(), sequencer.now());
  services.fanout.set_ask_for_state([&services] {
    // A failure is not retried here: the next batch or tick comes anyway.
    static_cast<void>(services.with_state(
        [&services](const core::State& state, Instant now) { services.fanout.send_due(state, now); }));
  });
  services.sequencer = &sequencer;
}

void Gateway::on_typing(std::function<void(const TypingElsewhere&)> to_other_nodes) {
  parts_->services.to_other_nodes = std::move(to_other_nodes);
}

void Gateway::take_typing(const TypingElsewhere& typing) {
  parts_->relay.spread(0, [typing](Hub& hub) {
    hub.typing(typing.conversation, nullptr, typing.from_visitor, typing.agent, typing.frame);
  });
}

void Gateway::name_history(const journal::Journal& journal) {
  parts_->services.history = to_string(journal.history());
  parts_->services.tail_watch.begin_history(journal.history());
}

void Gateway::follow(bool follows) { parts_->services.tail_watch.may_be_behind(follows); }

void Gateway::announce() {
  parts_->relay.to_all([](Hub& hub) { hub.announce(); });
}

void Gateway::hand_over_all() {
  parts_->relay.to_all([](Hub& hub) { hub.hand_over_down_to(0); });
}

void Gateway::set_wording(Wording wording) { parts_->services.fanout.set_wording(std::move(wording)); }

void Gateway::on_metrics(std::function<void(std::function<void(std::string)>)> ask) {
  parts_->metrics_text = std::move(ask);
}
void Gateway::on_wall(std::function<std::optional<protocol::Wall>()> figures) {
  parts_->services.wall.set(std::move(figures));
}
void Gateway::on_ready(std::function<std::vector<ReadyCheck>()> checks) { parts_->ready_checks = std::move(checks); }

void Gateway::on_lag(std::function<void(double)> handler) { parts_->relay.home().on_lag(std::move(handler)); }

void Gateway::on_signal(std::function<void(int)> handler) {
  parts_->on_signal = std::move(handler);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) parts_->signals.add(number);
  parts_->wait_for_signal();
}

void Gateway::run() {
  Parts& parts = *parts_;
  parts.admin.set(parts.metrics_text, [&parts] {
    std::vector<ReadyCheck> checks = parts.ready_checks ? parts.ready_checks() : std::vector<ReadyCheck>();
    const bool draining = parts.services.draining;
    checks.push_back({.name = "draining", .ok = !draining, .detail = draining ? "sockets are handed over" : "no"});
    return checks;
  });
  IoLoop& home = parts.relay.home();
  home.every_tick([this](std::int64_t now_ms) {
    parts_->services.fanout.on_tick(now_ms);
    if (now_ms - parts_->refreshed_ms >= refresh_every_ms) {
      parts_->refreshed_ms = now_ms;
      refresh_sessions();
    }
    if (parts_->on_drained) drain_step(now_ms);
  });
  for (std::size_t i = 0; i < parts.relay.size(); ++i) {
    IoLoop& loop = parts.relay.loop(i);
    const auto enforce = [&loop, &services = parts.services] {
      services.metrics.outbox_bytes = services.budget.enforce(loop);
    };
    loop.set_after_sends(enforce);
    // A loop at rest may hold most of what waits while another one takes it over the bound.
    loop.every_tick([enforce](std::int64_t) { enforce(); });
  }
  home.post([&parts] {
    parts.acceptor->start();
    parts.admin_acceptor->start();
  });
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < parts.relay.size(); ++i) {
    threads.emplace_back([&loop = parts.relay.loop(i)] {
      name_thread("loop");
      loop.run();
    });
  }
  spdlog::info("listening port={} metrics_port={} threads={}", port(), metrics_port(), parts.relay.size());
  home.run();
  for (std::thread& thread : threads) thread.join();
}

void Gateway::refresh_sessions() {
  if (parts_->refreshing) return;
  parts_->refreshing = true;
  parts_->services.pool.run([parts = parts_.get()] {
    auto gone = parts->services.secrets.refresh(wall_now());
    if (!gone) spdlog::error("secrets step=refresh error=\"{}\"", gone.error());
    std::vector<std::uint64_t> keys = gone ? *std::move(gone) : std::vector<std::uint64_t>();
    parts->relay.home().post([parts, keys = std::move(keys)] {
      parts->refreshing = false;
      if (!keys.empty()) parts->relay.to_all([keys](Hub& hub) { hub.sign_out(keys); });
    });
  });
}

void Gateway::drain(Millis spread, std::function<void()> done) {
  Parts& parts = *parts_;
  if (parts.services.draining.exchange(true)) return;
  parts.acceptor->stop();
  parts.drain_spread = std::max(spread, Millis{1});
  parts.drain_started_ms = steady_ms();
  parts.drain_total = 0;
  for (const auto& sockets : parts.services.metrics.sockets) parts.drain_total += sockets.load();
  parts.on_drained = std::move(done);
  spdlog::info("draining sockets={} spread_ms={}", parts.drain_total, spread.count());
  drain_step(parts.drain_started_ms);
}

void Gateway::drain_step(std::int64_t now_ms) {
  Parts& parts = *parts_;
  std::uint64_t left = 0;
  for (const auto& sockets : parts.services.metrics.sockets) left += sockets.load();
  parts.services.metrics.drain_remaining = left;
  const std::int64_t elapsed = now_ms - parts.drain_started_ms;
  if (left == 0 || elapsed >= 2 * parts.drain_spread.count()) {
    spdlog::info("drained sockets_left={}", left);
    return std::exchange(parts.on_drained, nullptr)();
  }
  // Evenly over the time, so that the clients do not all knock at another door at once.
  const double share =
      std::min(1.0, static_cast<double>(elapsed + 250) / static_cast<double>(parts.drain_spread.count()));
  const auto may_stay = static_cast<std::size_t>(static_cast<double>(parts.drain_total) * (1.0 - share) /
                                                 static_cast<double>(parts.relay.size()));
  parts.relay.to_all([may_stay](Hub& hub) { hub.hand_over_down_to(may_stay); });
}

void Gateway::stop() {
  parts_->services.sequencer = nullptr;
  parts_->signals.cancel();
  for (std::size_t i = parts_->relay.size(); i > 0; --i) parts_->relay.loop(i - 1).stop();
}

}  // namespace heti::gateway

#include "service/gateway/acceptor.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace heti::gateway {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int backlog = 4096;
constexpr std::size_t burst_max = 64;
constexpr Millis pause_without_descriptors{100};

constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

// One send into the fresh socket's empty buffer, then the end: whoever is too many costs nothing more.
void turn_away(tcp::socket& socket) {
  error_code ignored;
  static_cast<void>(::send(socket.native_handle(), too_many.data(), too_many.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  socket.close(ignored);
}

}  // namespace

Acceptor::Acceptor(Config config, HttpSite& site, Relay& relay, Peers* peers, GatewayMetrics& metrics)
    : config_(std::move(config)),
      site_(site),
      relay_(relay),
      peers_(peers),
      metrics_(metrics),
      acceptor_(relay.home().context()),
      pause_(relay.home().context()) {}

std::expected<std::shared_ptr<Acceptor>, std::string> Acceptor::open(Config config, HttpSite& site, Relay& relay,
                                                                     Peers* peers, GatewayMetrics& metrics) {
  const std::string name = config.listen.address + ":" + std::to_string(config.listen.port);
  error_code error;
  const auto address = boost::asio::ip::make_address(config.listen.address, error);
  if (error) return std::unexpected(name + " is not an address to listen on: " + error.message());
  std::shared_ptr<Acceptor> self(new Acceptor(std::move(config), site, relay, peers, metrics));
  const tcp::endpoint endpoint(address, self->config_.listen.port);
  auto& acceptor = self->acceptor_;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return std::unexpected("cannot listen on " + name + ": " + error.message());
  self->port_ = acceptor.local_endpoint(error).port();
  return self;
}

void Acceptor::start() {
  boost::asio::co_spawn(relay_.home().context(), accept_all(shared_from_this()), [](std::exception_ptr thrown) {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      spdlog::error("acceptor step=accept error=\"{}\"", error.what());
    }
  });
}

void Acceptor::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

boost::asio::awaitable<void> Acceptor::accept_all(std::shared_ptr<Acceptor> self) {
  error_code error;
  while (self->acceptor_.is_open()) {
    co_await self->acceptor_.async_wait(tcp::acceptor::wait_read,
                                        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error || !self->acceptor_.is_open()) continue;
    if (self->accept_burst()) continue;
    // A listener with a connection that cannot be accepted stays readable: without the pause this would spin.
    self->pause_.expires_after(pause_without_descriptors);
    co_await self->pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
}

bool Acceptor::accept_burst() {
  for (std::size_t i = 0; i < burst_max; ++i) {
    const std::size_t loop = next_loop_;
    error_code error;
    tcp::socket socket = acceptor_.accept(relay_.loop(loop).context(), error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) return true;
    if (error == boost::asio::error::connection_aborted || error == boost::asio::error::interrupted) continue;
    if (error) {
      const bool no_descriptors = error == boost::asio::error::no_descriptors || error.value() == ENFILE ||
                                  error.value() == ENOBUFS || error.value() == ENOMEM;
      count(metrics_.accept_faults, no_descriptors ? AcceptFault::no_descriptors : AcceptFault::other);
      spdlog::warn("acceptor port={} step=accept error=\"{}\"", port_, error.message());
      return false;
    }
    next_loop_ = (next_loop_ + 1) % config_.loops;
    admit(std::move(socket), loop);
  }
  return true;
}

void Acceptor::admit(tcp::socket socket, std::size_t loop) {
  error_code error;
  const std::string address = socket.remote_endpoint(error).address().to_string();
  if (error) return;  // It has left already.
  if (metrics_.connections.load() >= config_.connections_max) {
    count(metrics_.accept_faults, AcceptFault::connections_max);
    return turn_away(socket);
  }
  const auto& uncounted = config_.uncounted;
  const bool counted = peers_ != nullptr && std::find(uncounted.begin(), uncounted.end(), address) == uncounted.end();
  const std::string peer = counted ? peer_prefix(address) : std::string();
  if (counted && !peers_->enter(peer)) {
    count(metrics_.accept_faults, AcceptFault::per_ip_max);
    return turn_away(socket);
  }
  socket.set_option(tcp::no_delay(true), error);
  metrics_.connections.fetch_add(1);
  auto on_gone = [&metrics = metrics_, peers = counted ? peers_ : nullptr, peer] {
    metrics.connections.fetch_sub(1);
    if (peers != nullptr) peers->leave(peer);
  };
  auto connection = std::make_shared<Connection>(relay_.loop(loop), std::move(socket), address,
                                                 config_.outbox_bytes_max, std::move(on_gone));
  auto http = std::make_shared<HttpSession>(site_, relay_.hub(loop), metrics_, config_.timeouts);
  if (loop == 0) return connection->start(std::move(http));
  relay_.loop(loop).post([connection, http] { connection->start(http); });
}

}  // namespace heti::gateway

#include "service/gateway/acceptor.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

namespace heti::gateway {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int backlog = 4096;
constexpr std::size_t burst_max = 64;
constexpr Millis pause_without_descriptors{100};

constexpr Millis come_back_after{5'000};

// One send into the fresh socket's empty buffer, then the end: whoever is too many costs nothing more.
void turn_away(const UniqueFd& socket) {
  const std::string too_many = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: " +
                               std::to_string(with_jitter(come_back_after).count() / 1000) +
                               "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  static_cast<void>(::send(socket.get(), too_many.data(), too_many.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::shutdown(socket.get(), SHUT_WR);
}

}  // namespace

Acceptor::Acceptor(Config config, HttpSite& site, Relay& relay, Peers* peers, OwnSockets* own, GatewayMetrics& metrics)
    : config_(std::move(config)),
      site_(site),
      relay_(relay),
      peers_(peers),
      own_(own),
      metrics_(metrics),
      acceptor_(relay.home().context()),
      pause_(relay.home().context()) {}

std::expected<std::shared_ptr<Acceptor>, std::string> Acceptor::open(Config config, HttpSite& site, Relay& relay,
                                                                     Peers* peers, OwnSockets* own,
                                                                     GatewayMetrics& metrics) {
  const std::string name = config.listen.address + ":" + std::to_string(config.listen.port);
  error_code error;
  const auto address = boost::asio::ip::make_address(config.listen.address, error);
  if (error) return std::unexpected(name + " is not an address to listen on: " + error.message());
  std::shared_ptr<Acceptor> self(new Acceptor(std::move(config), site, relay, peers, own, metrics));
  const tcp::endpoint endpoint(address, self->config_.listen.port);
  auto& acceptor = self->acceptor_;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.set_option(tcp::no_delay(true), error);  // Those that are accepted have it from here.
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
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    UniqueFd socket(::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
      const bool no_room = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      count(metrics_.accept_faults, no_room ? AcceptFault::no_descriptors : AcceptFault::other);
      spdlog::warn("acceptor port={} step=accept error=\"{}\"", port_, std::strerror(errno));
      return false;
    }
    peer.resize(size);
    const std::size_t loop = next_loop_;
    next_loop_ = (next_loop_ + 1) % config_.loops;
    const std::string address = peer.address().to_string();
    const bool own = own_ != nullptr && own_->take(address, peer.port());
    admit(std::move(socket), address, own, loop);
  }
  return true;
}

// A connection of our own is turned away by a full house as any customer would be, but it is nobody's place that it
// takes, and what others from this machine hold is not held against it.
void Acceptor::admit(UniqueFd socket, const std::string& address, bool own, std::size_t loop) {
  if (metrics_.connections.load() >= config_.connections_max) {
    count(metrics_.accept_faults, AcceptFault::connections_max);
    return turn_away(socket);
  }
  const auto& uncounted = config_.uncounted;
  const bool counted =
      !own && peers_ != nullptr && std::find(uncounted.begin(), uncounted.end(), address) == uncounted.end();
  const std::string peer = counted ? peer_prefix(address) : std::string();
  if (counted && !peers_->enter(peer)) {
    count(metrics_.accept_faults, AcceptFault::per_ip_max);
    return turn_away(socket);
  }
  if (!own) metrics_.connections.fetch_add(1);
  auto on_gone = [&metrics = metrics_, peers = counted ? peers_ : nullptr, peer, own] {
    if (!own) metrics.connections.fetch_sub(1);
    if (peers != nullptr) peers->leave(peer);
  };
  auto connection = std::make_shared<Connection>(relay_.loop(loop), std::move(socket), address,
                                                 config_.outbox_bytes_max, std::move(on_gone), own);
  auto http = std::make_shared<HttpSession>(site_, relay_.hub(loop), metrics_, config_.timeouts);
  if (loop == 0) return connection->start(std::move(http));
  relay_.loop(loop).post([connection, http] { connection->start(http); });
}

}  // namespace heti::gateway

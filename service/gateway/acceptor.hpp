#pragma once
// A listening socket on the home loop. Connections are accepted in bursts, counted against the caps, and handed to the
// loops in turn.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "service/base/unique_fd.hpp"
#include "service/gateway/http_session.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/options.hpp"
#include "service/gateway/own_sockets.hpp"
#include "service/gateway/peers.hpp"
#include "service/gateway/relay.hpp"

namespace heti::gateway {

class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  struct Config {
    Listen listen;
    std::size_t loops = 1;  // the first so many of the relay's
    std::uint32_t connections_max = 0;
    std::size_t outbox_bytes_max = 0;
    Timeouts timeouts;
    std::vector<std::string> uncounted;  // addresses without a cap of their own: trusted proxies
  };

  // Binds and listens. `peers` may be null: then addresses are not capped. So may `own`: then nobody is ours.
  [[nodiscard]] static std::expected<std::shared_ptr<Acceptor>, std::string> open(Config config, HttpSite& site,
                                                                                  Relay& relay, Peers* peers,
                                                                                  OwnSockets* own,
                                                                                  GatewayMetrics& metrics);

  std::uint16_t port() const { return port_; }
  void start();  // on the home loop
  void stop();   // on the home loop; what is accepted stays

 private:
  Acceptor(Config config, HttpSite& site, Relay& relay, Peers* peers, OwnSockets* own, GatewayMetrics& metrics);

  static boost::asio::awaitable<void> accept_all(std::shared_ptr<Acceptor> self);
  // False: pause before the next one.
  bool accept_burst();
  void admit(UniqueFd socket, const std::string& address, bool own, std::size_t loop);

  const Config config_;
  HttpSite& site_;
  Relay& relay_;
  Peers* const peers_;
  OwnSockets* const own_;
  GatewayMetrics& metrics_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::size_t next_loop_ = 0;
};

}  // namespace heti::gateway

#include "service/gateway/own_sockets.hpp"

namespace heti::gateway {

void OwnSockets::announce(const std::string& address, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  announced_.emplace(address, port);
}

void OwnSockets::withdraw(const std::string& address, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  announced_.erase({address, port});
}

bool OwnSockets::take(const std::string& address, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  return !announced_.empty() && announced_.erase({address, port}) > 0;
}

}  // namespace heti::gateway

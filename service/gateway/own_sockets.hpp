#pragma once
// Which connections are the node's own: its probe binds a socket to a port and says which, before it connects. While
// the socket holds that port no other process can come from it, so address and port of a peer prove what no password
// has to. Any thread.
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace heti::gateway {

class OwnSockets {
 public:
  // A connection from there will be ours. Taken back before the socket is closed if it has not come about.
  void announce(const std::string& address, std::uint16_t port);
  void withdraw(const std::string& address, std::uint16_t port);
  // True once for each announcement.
  [[nodiscard]] bool take(const std::string& address, std::uint16_t port);

 private:
  std::mutex mutex_;
  std::set<std::pair<std::string, std::uint16_t>> announced_;
};

}  // namespace heti::gateway

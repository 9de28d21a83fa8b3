#pragma once
// How many connections each address holds; an IPv6 /64 counts as one address. Any thread.
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace heti::gateway {

// "192.0.2.7" as it is; "2001:db8:1:2:3::4" as "2001:db8:1:2::/64"; an IPv4 address in IPv6 clothes as IPv4.
// Anything else comes back unchanged.
std::string peer_prefix(std::string_view address);

class Peers {
 public:
  explicit Peers(std::uint32_t per_peer_max) : per_peer_max_(per_peer_max) {}
  // False if this peer has as many as it may. Each true is paid back by one leave().
  [[nodiscard]] bool enter(const std::string& prefix);
  void leave(const std::string& prefix);

 private:
  const std::uint32_t per_peer_max_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::uint32_t> held_;
};

}  // namespace heti::gateway

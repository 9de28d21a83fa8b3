#include "service/gateway/peers.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include "service/base/check.hpp"

namespace heti::gateway {

std::string peer_prefix(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error) return std::string(address);
  if (parsed.is_v4()) return parsed.to_string();
  auto v6 = parsed.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = 0;
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

bool Peers::enter(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::uint32_t& held = held_[prefix];
  if (held >= per_peer_max_) {
    if (held == 0) held_.erase(prefix);
    return false;
  }
  ++held;
  return true;
}

void Peers::leave(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(prefix);
  CHECK(found != held_.end() && found->second > 0);
  if (--found->second == 0) held_.erase(found);
}

}  // namespace heti::gateway

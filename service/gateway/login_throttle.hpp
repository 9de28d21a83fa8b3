#pragma once
// Brute force is slowed per (login, address) and per address; the owner of an account is never locked out by what
// others try from elsewhere. Only failures cost: a right password gives the attempt back.
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "service/base/time.hpp"

namespace heti::gateway {

struct LoginLimits {
  std::uint32_t attempts_max =
      10;  // failures of one login from one address within the window; ten times that per address
  Millis window{300'000};
};

class LoginThrottle {
 public:
  explicit LoginThrottle(LoginLimits limits) : limits_(limits) {}

  // Counts an attempt. Nothing if it may go on, else how long to wait. Any thread.
  [[nodiscard]] std::optional<Millis> attempt(std::string_view login, std::string_view address, std::int64_t now_ms);
  // The attempt was right: gives it back.
  void succeeded(std::string_view login, std::string_view address);

 private:
  struct Window {
    std::int64_t started_ms = 0;
    std::uint32_t attempts = 0;
  };
  Window& window_of(std::string key, std::int64_t now_ms);
  void forget_old(std::int64_t now_ms);

  const LoginLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Window> windows_;
};

}  // namespace heti::gateway

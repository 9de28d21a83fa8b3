#include "service/gateway/login_throttle.hpp"

#include <algorithm>
#include <utility>

namespace heti::gateway {
namespace {

constexpr std::size_t windows_max = 20'000;
constexpr std::uint32_t address_factor = 10;

// A line break cannot be part of an address, so the two kinds of keys never meet.
std::string account_key(std::string_view login, std::string_view address) {
  return std::string(address) + "\n" + std::string(login);
}

}  // namespace

LoginThrottle::Window& LoginThrottle::window_of(std::string key, std::int64_t now_ms) {
  Window& window = windows_[std::move(key)];
  if (window.attempts == 0 || now_ms - window.started_ms >= limits_.window.count()) {
    window = Window{.started_ms = now_ms, .attempts = 0};
  }
  return window;
}

void LoginThrottle::forget_old(std::int64_t now_ms) {
  std::erase_if(windows_, [&](const auto& entry) {
    return entry.second.attempts == 0 || now_ms - entry.second.started_ms >= limits_.window.count();
  });
}

std::optional<Millis> LoginThrottle::attempt(std::string_view login, std::string_view address, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= windows_max) forget_old(now_ms);
  // Still full: a flood of invented logins or addresses. Turn away rather than grow.
  if (windows_.size() >= windows_max) return limits_.window;
  Window& account = window_of(account_key(login, address), now_ms);
  Window& from = window_of(std::string(address), now_ms);
  const auto left = [&](const Window& window) {
    return std::max(Millis{1000}, limits_.window - Millis{now_ms - window.started_ms});
  };
  if (account.attempts >= limits_.attempts_max) return left(account);
  if (from.attempts >= limits_.attempts_max * address_factor) return left(from);
  ++account.attempts;
  ++from.attempts;
  return std::nullopt;
}

void LoginThrottle::succeeded(std::string_view login, std::string_view address) {
  const std::lock_guard lock(mutex_);
  windows_.erase(account_key(login, address));
  const auto from = windows_.find(std::string(address));
  if (from != windows_.end() && from->second.attempts > 0) --from->second.attempts;
}

}  // namespace heti::gateway

#pragma once
// A value with a name of its own: AgentId{7} is not QueueId{7}, and neither is 7.
#include <compare>
#include <cstdint>
#include <utility>

namespace heti {

template <class Tag, class T>
class Strong {
 public:
  using Value = T;
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  constexpr const T& value() const noexcept { return value_; }
  friend auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace heti

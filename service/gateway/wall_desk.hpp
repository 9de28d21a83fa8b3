#pragma once
// The wall's figures, made at most twice a second: any number of screens costs as much as one. On the home loop only.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "protocol/http.hpp"

namespace heti::gateway {

class WallDesk {
 public:
  using Figures = std::function<std::optional<protocol::Wall>()>;
  static constexpr std::int64_t fresh_for_ms = 500;

  void set(Figures figures) { figures_ = std::move(figures); }

  // As of `steady_ms`, or of less than fresh_for_ms before. Null: not known now.
  std::shared_ptr<const protocol::Wall> at(std::int64_t steady_ms) {
    if (kept_ != nullptr && steady_ms - made_ms_ < fresh_for_ms) return kept_;
    auto figures = figures_ ? figures_() : std::nullopt;
    kept_ = figures ? std::make_shared<const protocol::Wall>(*std::move(figures)) : nullptr;
    made_ms_ = steady_ms;
    return kept_;
  }

 private:
  Figures figures_;
  std::shared_ptr<const protocol::Wall> kept_;
  std::int64_t made_ms_ = 0;
};

// The part of it that an agent may see: the queues of these names, or all.
protocol::Wall part_of(const protocol::Wall& wall, const std::vector<std::string>& queues, bool all);

}  // namespace heti::gateway

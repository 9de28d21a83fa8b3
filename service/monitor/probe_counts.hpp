#pragma once
// What became of the synthetic customer's chats. Each step that can fail is there from the start.
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "service/base/time.hpp"
#include "service/monitor/sheet.hpp"
#include "service/monitor/wall_time.hpp"

namespace heti::monitor {

class ProbeCounts {
 public:
  // `registry` must outlive it.
  ProbeCounts(prometheus::Registry& registry, std::span<const std::string_view> steps);

  // Any thread.
  void succeeded(Instant at, double seconds);
  void failed(std::size_t step);

  // The last success, 0 before the first: then the alert waits for the process to grow older than its threshold.
  void write(Sheet& sheet, const WallTime& wall) const;

 private:
  prometheus::Histogram& seconds_;
  std::vector<prometheus::Counter*> failures_;  // by step
  std::atomic<std::int64_t> last_success_ms_{0};
};

}  // namespace heti::monitor

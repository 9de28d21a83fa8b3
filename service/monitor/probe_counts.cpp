#include "service/monitor/probe_counts.hpp"

#include <string>

#include "service/base/check.hpp"
#include "service/monitor/catalogue.hpp"

namespace heti::monitor {

// A chat is a dozen commits: some milliseconds on a good disk, and 20 seconds are a failure.
ProbeCounts::ProbeCounts(prometheus::Registry& registry, std::span<const std::string_view> steps)
    : seconds_(
          prometheus::BuildHistogram()
              .Name(std::string(catalogue::probe_seconds.name))
              .Help(std::string(catalogue::probe_seconds.help))
              .Register(registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20})) {
  auto& failures = prometheus::BuildCounter()
                       .Name(std::string(catalogue::probe_failures.name))
                       .Help(std::string(catalogue::probe_failures.help))
                       .Register(registry);
  for (const std::string_view step : steps) failures_.push_back(&failures.Add({{"step", std::string(step)}}));
}

void ProbeCounts::succeeded(Instant at, double seconds) {
  seconds_.Observe(seconds);
  last_success_ms_ = to_ms(at);
}

void ProbeCounts::failed(std::size_t step) {
  CHECK(step < failures_.size());
  failures_[step]->Increment();
}

void ProbeCounts::write(Sheet& sheet, const WallTime& wall) const {
  const std::int64_t last = last_success_ms_;
  sheet.gauge(catalogue::probe_last_success, {}, last == 0 ? 0 : unix_seconds(wall.shows(instant_from_ms(last))));
}

}  // namespace heti::monitor

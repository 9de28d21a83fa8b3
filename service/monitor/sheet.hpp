#pragma once
// The families that are made anew at each scrape. What is not written into it is absent from that scrape.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "service/base/time.hpp"
#include "service/monitor/catalogue.hpp"

namespace heti::monitor {

using Label = prometheus::ClientMetric::Label;
using Labels = std::vector<Label>;

class Sheet {
 public:
  void gauge(const Metric& metric, Labels labels, double value);
  void counter(const Metric& metric, Labels labels, double value);

  std::vector<prometheus::MetricFamily> take();

 private:
  prometheus::ClientMetric& add(const Metric& metric, prometheus::MetricType type, Labels labels);

  std::map<std::string_view, prometheus::MetricFamily> families_;  // by name, so that scrapes are alike
};

inline Label label(std::string_view name, std::string_view value) { return {std::string(name), std::string(value)}; }
inline double seconds(Millis span) { return static_cast<double>(span.count()) / 1000.0; }
inline double unix_seconds(Instant at) { return seconds(at.time_since_epoch()); }

}  // namespace heti::monitor

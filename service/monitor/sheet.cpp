#include "service/monitor/sheet.hpp"

#include <utility>

#include "service/base/check.hpp"

namespace heti::monitor {

prometheus::ClientMetric& Sheet::add(const Metric& metric, prometheus::MetricType type, Labels labels) {
  prometheus::MetricFamily& family = families_[metric.name];
  if (family.metric.empty()) {
    family.name = metric.name;
    family.help = metric.help;
    family.type = type;
  }
  CHECK(family.type == type);
  family.metric.emplace_back();
  family.metric.back().label = std::move(labels);
  return family.metric.back();
}

void Sheet::gauge(const Metric& metric, Labels labels, double value) {
  add(metric, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void Sheet::counter(const Metric& metric, Labels labels, double value) {
  add(metric, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
}

std::vector<prometheus::MetricFamily> Sheet::take() {
  std::vector<prometheus::MetricFamily> taken;
  taken.reserve(families_.size());
  for (auto& [name, family] : families_) taken.push_back(std::move(family));
  families_.clear();
  return taken;
}

}  // namespace heti::monitor

#pragma once
// process_*: what the kernel says of this process, under the names that every Prometheus client uses. A file that
// cannot be read leaves its metrics out.
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace heti::monitor {

class Process : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace heti::monitor

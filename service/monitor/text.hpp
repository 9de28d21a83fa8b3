#pragma once
// Families as the text that Prometheus reads (exposition format 0.0.4). The library's own writer goes through streams
// and takes several times as long, on the loop that also takes the messages.
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace heti::monitor {

// Counters, gauges and histograms; others are a bug (CHECK). Whole numbers are written without a point, others in the
// fewest digits that read back the same.
std::string text_of(const std::vector<prometheus::MetricFamily>& families);

}  // namespace heti::monitor

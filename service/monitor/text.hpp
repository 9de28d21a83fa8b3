#pragma once
// Families as the text that Prometheus reads (exposition format 0.0.4). The library's own writer goes through streams
// and takes several times as long, on the loop that also takes the messages.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

namespace heti::monitor {

// Counters, gauges and histograms; others are a bug (CHECK). Whole numbers are written without a point, others in the
// fewest digits that read back the same.
std::string text_of(const std::vector<prometheus::MetricFamily>& families);

// The same, piece by piece.
class TextWriter {
 public:
  void begin(std::vector<prometheus::MetricFamily> families);
  // Writes about so many bytes more, and frees what is written; false when all is.
  bool step(std::size_t bytes);
  std::string take() { return std::move(text_); }

 private:
  std::vector<prometheus::MetricFamily> families_;
  std::size_t family_ = 0;
  std::size_t metric_ = 0;  // of it
  std::string text_;
};

}  // namespace heti::monitor

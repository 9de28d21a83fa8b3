#include "service/monitor/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "service/base/check.hpp"

namespace heti::monitor {
namespace {

constexpr double whole_max = 1e15;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void head(const prometheus::MetricFamily& family) {
    out_.append("# HELP ").append(family.name).append(" ");
    escape(family.help, false);
    out_.append("\n# TYPE ").append(family.name).append(" ").append(word(family.type)).append("\n");
  }

  void write(const prometheus::MetricFamily& family, const prometheus::ClientMetric& metric) {
    switch (family.type) {
      case prometheus::MetricType::Counter: sample(family.name, "", metric, "", metric.counter.value); break;
      case prometheus::MetricType::Gauge: sample(family.name, "", metric, "", metric.gauge.value); break;
      default: histogram(family.name, metric);
    }
  }

 private:
  static std::string_view word(prometheus::MetricType type) {
    switch (type) {
      case prometheus::MetricType::Counter: return "counter";
      case prometheus::MetricType::Gauge: return "gauge";
      case prometheus::MetricType::Histogram: return "histogram";
      default: CHECK(false);
    }
    return {};
  }

  void histogram(const std::string& name, const prometheus::ClientMetric& metric) {
    const auto count = static_cast<double>(metric.histogram.sample_count);
    sample(name, "_count", metric, "", count);
    sample(name, "_sum", metric, "", metric.histogram.sample_sum);
    for (const auto& bucket : metric.histogram.bucket) {
      bound_.clear();
      if (std::isinf(bucket.upper_bound)) {
        bound_ = "+Inf";
      } else {
        number(bound_, bucket.upper_bound);
      }
      sample(name, "_bucket", metric, bound_, static_cast<double>(bucket.cumulative_count));
    }
  }

  void sample(const std::string& name, std::string_view part, const prometheus::ClientMetric& metric,
              std::string_view bound, double value) {
    out_.append(name).append(part);
    if (!metric.label.empty() || !bound.empty()) {
      char before = '{';
      for (const auto& label : metric.label) {
        out_.push_back(before);
        out_.append(label.name).append("=\"");
        escape(label.value, true);
        out_.push_back('"');
        before = ',';
      }
      if (!bound.empty()) {
        out_.push_back(before);
        out_.append("le=\"").append(bound).push_back('"');
      }
      out_.push_back('}');
    }
    out_.push_back(' ');
    number(out_, value);
    out_.push_back('\n');
  }

  static void number(std::string& out, double value) {
    if (std::isnan(value)) {
      out.append("NaN");
      return;
    }
    if (std::isinf(value)) {
      out.append(value > 0 ? "+Inf" : "-Inf");
      return;
    }
    std::array<char, 32> digits;
    char* const end = digits.data() + digits.size();
    const auto whole = std::abs(value) < whole_max ? static_cast<std::int64_t>(value) : 0;
    const auto written = static_cast<double>(whole) == value
                             ? std::to_chars(digits.data(), end, whole)
                             : std::to_chars(digits.data(), end, value, std::chars_format::general);
    CHECK(written.ec == std::errc{});
    out.append(digits.data(), written.ptr);
  }

  void escape(std::string_view text, bool quoted) {
    for (const char c : text) {
      if (c == '\\') {
        out_.append("\\\\");
      } else if (c == '\n') {
        out_.append("\\n");
      } else if (c == '"' && quoted) {
        out_.append("\\\"");
      } else {
        out_.push_back(c);
      }
    }
  }

  std::string& out_;
  std::string bound_;
};

}  // namespace

void TextWriter::begin(std::vector<prometheus::MetricFamily> families) {
  families_ = std::move(families);
  text_.reserve(1 << 20);
}

bool TextWriter::step(std::size_t bytes) {
  Writer writer(text_);
  const std::size_t enough = text_.size() + bytes;
  for (; family_ < families_.size(); ++family_) {
    prometheus::MetricFamily& family = families_[family_];
    if (metric_ == 0) writer.head(family);
    for (; metric_ < family.metric.size(); ++metric_) {
      if (text_.size() >= enough && metric_ > 0) return true;
      writer.write(family, family.metric[metric_]);
    }
    metric_ = 0;
    family.metric = {};
  }
  return false;
}

std::string text_of(const std::vector<prometheus::MetricFamily>& families) {
  TextWriter writer;
  writer.begin(families);
  while (writer.step(1 << 20)) {
  }
  return writer.take();
}

}  // namespace heti::monitor

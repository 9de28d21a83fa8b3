// Our writer of the scrape against the library's: the same samples, and the same words where words are compared.
#include "service/monitor/text.hpp"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <sstream>

namespace heti::tests {
namespace {

using prometheus::MetricType;

// Each line by what stands before its value.
std::map<std::string, std::string> lines_of(const std::string& text) {
  std::map<std::string, std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t space = line.starts_with("#") ? line.size() : line.rfind(' ');
    EXPECT_TRUE(lines.emplace(line.substr(0, space), line.substr(std::min(space + 1, line.size()))).second) << line;
  }
  return lines;
}

prometheus::MetricFamily family(MetricType type, const std::string& name) {
  prometheus::MetricFamily made{.name = name, .help = "What it is.", .type = type, .metric = {}};
  return made;
}

TEST(MonitorTextTest, ItSaysWhatTheLibraryWouldSay) {
  std::mt19937_64 random(11);
  std::vector<prometheus::MetricFamily> families;
  for (int f = 0; f < 20; ++f) {
    const auto type = f % 3 == 0 ? MetricType::Counter : f % 3 == 1 ? MetricType::Gauge : MetricType::Histogram;
    families.push_back(family(type, "heti_" + std::to_string(f)));
    for (int i = 0; i < 30; ++i) {
      prometheus::ClientMetric metric;
      if (i > 0) metric.label = {{"queue", "q\"\\ \n" + std::to_string(i)}, {"workspace", "ä"}};
      const double value =
          std::ldexp(static_cast<double>(random() % 100'000) - 50'000, static_cast<int>(random() % 40) - 20);
      metric.counter.value = std::abs(value);
      metric.gauge.value = value;
      metric.histogram.sample_count = random() % 1000;
      metric.histogram.sample_sum = value;
      for (const double bound : {0.0001, 0.00025, 0.5, 1.0, 120.5, 288000.0, std::numeric_limits<double>::infinity()}) {
        metric.histogram.bucket.push_back({.cumulative_count = random() % 1000, .upper_bound = bound});
      }
      families.back().metric.push_back(metric);
    }
  }
  std::ostringstream theirs;
  prometheus::TextSerializer{}.Serialize(theirs, families);
  const auto expected = lines_of(theirs.str());
  const auto found = lines_of(monitor::text_of(families));
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [words, value] : expected) {
    ASSERT_TRUE(found.contains(words)) << words;
    if (words.starts_with("#")) continue;
    EXPECT_DOUBLE_EQ(std::stod(found.at(words)), std::stod(value)) << words;  // theirs lack the last digit
  }
}

TEST(MonitorTextTest, NumbersAreAsPlainAsTheyCanBe) {
  auto gauges = family(MetricType::Gauge, "g");
  const auto text = [&](double value) {
    gauges.metric.clear();
    gauges.metric.emplace_back();
    gauges.metric.back().gauge.value = value;
    const std::string all = monitor::text_of({gauges});
    return all.substr(all.rfind("\ng ") + 3);
  };
  EXPECT_EQ(text(0), "0\n");
  EXPECT_EQ(text(-3), "-3\n");
  EXPECT_EQ(text(0.0001), "0.0001\n");
  EXPECT_EQ(text(0.1), "0.1\n");
  EXPECT_EQ(text(1'780'300'800), "1780300800\n");
  EXPECT_EQ(std::stod(text(1'780'300'800.123)), 1'780'300'800.123);
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-Inf\n");
  EXPECT_EQ(text(std::nan("")), "NaN\n");
}

}  // namespace
}  // namespace heti::tests

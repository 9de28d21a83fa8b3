#include "service/monitor/health.hpp"

#include <array>
#include <utility>

#include "service/monitor/catalogue.hpp"

namespace heti::monitor {
namespace {

constexpr std::string_view other = "other";
// Rules that can be seen on a state alone, by their number in the core's sentences.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> rules{{{"1", "one_agent"},
                                                                              {"3", "line"},
                                                                              {"5", "sequence"},
                                                                              {"6", "clocks"},
                                                                              {"9", "presence"},
                                                                              {"10", "deadlines"},
                                                                              {"11", "closed_hours"},
                                                                              {"13", "staffing"}}};
// Nobody learns anything from more sentences than this: they are neither kept nor counted.
constexpr std::size_t said_max = 1000;

prometheus::Histogram& histogram(prometheus::Registry& registry, const Metric& metric) {
  const prometheus::Histogram::BucketBoundaries bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                       0.01,   0.025,   0.05,   0.1,   0.25,   1};
  return prometheus::BuildHistogram()
      .Name(std::string(metric.name))
      .Help(std::string(metric.help))
      .Register(registry)
      .Add({}, bounds);
}

}  // namespace

std::string_view label_of_rule(std::string_view sentence) {
  const std::string_view number = sentence.substr(0, sentence.find(':'));
  for (const auto& [known, word] : rules) {
    if (known == number) return word;
  }
  return other;
}

Health::Health(prometheus::Registry& registry)
    : append_(histogram(registry, catalogue::journal_append)),
      lag_(histogram(registry, catalogue::loop_lag)),
      step_(histogram(registry, catalogue::routing_step)) {
  auto& family = prometheus::BuildCounter()
                     .Name(std::string(catalogue::invariant_violations.name))
                     .Help(std::string(catalogue::invariant_violations.help))
                     .Register(registry);
  for (const auto& [number, word] : rules) violations_[word] = &family.Add({{"invariant", std::string(word)}});
  violations_[other] = &family.Add({{"invariant", std::string(other)}});
}

std::vector<std::string> Health::look(const core::State& state, bool routed) {
  std::vector<std::string> fresh;
  for (std::string& sentence : round_.next(state, routed)) {
    if (said_.size() >= said_max || !said_.insert(sentence).second) continue;
    violations_.at(label_of_rule(sentence))->Increment();
    fresh.push_back(std::move(sentence));
  }
  return fresh;
}

}  // namespace heti::monitor

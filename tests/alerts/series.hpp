#pragma once
// What Prometheus would have scraped, step by step, as the input series of `promtool test rules`.
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "service/base/time.hpp"

namespace heti::alerts {

class Series {
 public:
  // Only samples of these names are kept: those that the rules ask for.
  Series(std::set<std::string> names, Millis step) : names_(std::move(names)), step_(step) {}

  // The next step: the text of a scrape, or nothing when the target did not answer.
  void scraped(const std::string& text);
  void missed();
  // The next step is not looked at: as the one before.
  void skip() { ++steps_; }

  std::size_t steps() const { return steps_; }
  // Writes steps [from, from + count), taking each `every`-th; the first is at `starts`. promtool's time begins at 0,
  // so what is a time is moved by that much.
  void write(std::ostream& out, std::size_t from, std::size_t count, std::size_t every, Instant starts) const;

 private:
  // A value is written where it changes; `gone` where the series has no sample.
  struct Change {
    std::size_t step = 0;
    std::string value;
  };
  void note(const std::string& series, std::string value);

  const std::set<std::string> names_;
  const Millis step_;
  std::size_t steps_ = 0;
  std::map<std::string, std::vector<Change>> changes_;
  std::set<std::string> present_;
};

}  // namespace heti::alerts

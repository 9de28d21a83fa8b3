#pragma once
// Both sides of a demonstration day: each figure as the naive model finds it, and as /metrics says it.
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "tests/demo_day/line.hpp"
#include "tests/demo_day/record.hpp"
#include "tests/simulation/model.hpp"

namespace heti::demo_day {

struct Row {
  std::string name;           // "heti_offers_total result accepted"
  std::int64_t found = 0;     // by the model; times in milliseconds
  std::int64_t exported = 0;  // the same of the service; -1: not there
  bool is_time = false;
  std::int64_t unsure = 0;  // so many more may have been (line.hpp)
  bool agrees() const { return found <= exported && exported <= found + unsure; }
};

class Metrics {
 public:
  // The text of /metrics; of a queue alone.
  [[nodiscard]] static std::expected<Metrics, std::string> read(const std::string& path, const std::string& queue);

  // -1 if there is no such series. A time is rounded to the millisecond; a count that is none gives -1, too.
  std::int64_t value(const std::string& name, const std::map<std::string, std::string>& labels, bool is_time) const;

 private:
  struct Series {
    std::string name;
    std::map<std::string, std::string> labels;  // without workspace and queue
    double value = 0;
  };
  std::vector<Series> all_;
};

std::vector<Row> rows(const Day& day, const Told& told, const simulation::Model& model, const Metrics& metrics);

}  // namespace heti::demo_day

#pragma once
// The figures of one run: a table for people, JSON for programs, both from the same rows.
#include <expected>
#include <string>
#include <vector>

#include "tests/load/histogram.hpp"
#include "tests/load/ledger.hpp"
#include "tests/load/process.hpp"

namespace heti::load {

class Report {
 public:
  // `name` is the key in JSON, `unit` what people read behind the number.
  void number(const std::string& name, double value, const std::string& unit = "", int digits = 1);
  void text(const std::string& name, const std::string& value);
  // p50, p90, p99, p99.9 and the largest.
  void percentiles(const std::string& name, const Histogram& histogram);
  // The server's time in all and by thread, divided by `count` of `what`.
  void cpu(const CpuTime& used, double seconds, double count, const std::string& what);
  void violations(const Violations& violations);

  std::string table() const;
  std::string json() const;
  [[nodiscard]] std::expected<void, std::string> write(const std::string& path) const;

 private:
  struct Row {
    std::string name;
    std::string shown;
    std::string json;
  };
  std::vector<Row> rows_;
};

}  // namespace heti::load

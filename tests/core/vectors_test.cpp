// Runs every vector of every file in tests/vectors/. A new file runs by being there; an op that this build does not
// know yet is listed below by name, counted and printed, and anything else unknown is a failure.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>
#include <set>

#include "tests/core/vector_ops.hpp"

namespace heti::tests {
namespace {

const std::map<std::string, std::function<void(const json::object& file, const json::object& vector)>> operations{
    {"opening_hours/elapsed", run_hours},
    {"opening_hours/deadline", run_hours},
    {"opening_hours/is_open", run_hours},
    {"opening_hours/next_change", run_hours},
    {"opening_hours/parse_error", run_hours},
    {"sla_clock/conversation", run_conversation},
    {"sla_clock/staffed", run_staffed},
    {"sla_clock/service_level", run_service_level},
    {"erlang/erlang_b", run_erlang},
    {"erlang/erlang_c", run_erlang},
    {"erlang/erlang_a", run_erlang},
    {"erlang/required_agents", run_erlang},
    {"erlang/eta", run_erlang},
    {"erlang/breach_risk", run_erlang},
    {"erlang/ewma_rate", run_erlang},
};

// Kinds whose mathematics is not built yet.
const std::set<std::string> not_yet_supported{"loyalty"};

TEST(VectorsTest, EveryVectorOfEveryFileHolds) {
  std::map<std::string, int> ran;
  std::map<std::string, int> skipped;
  for (const auto& entry : std::filesystem::directory_iterator(vectors_directory())) {
    if (entry.path().extension() != ".json") continue;
    const json::value document = read_json(entry.path());
    const json::object& file = document.as_object();
    const std::string kind(file.at("kind").as_string());
    for (const json::value& item : file.at("vectors").as_array()) {
      const json::object& vector = item.as_object();
      const std::string op = kind + "/" + std::string(vector.at("op").as_string());
      SCOPED_TRACE(std::string(vector.at("id").as_string()) + " " + op);
      const auto known = operations.find(op);
      if (known != operations.end()) {
        known->second(file, vector);
        ++ran[op];
      } else if (not_yet_supported.contains(kind)) {
        ++skipped[op];
      } else {
        ADD_FAILURE() << "no test runs this op; teach tests/core/vectors_test.cpp about it";
      }
    }
  }
  int total = 0;
  for (const auto& [op, count] : ran) {
    std::cout << "vectors: " << count << " of " << op << '\n';
    total += count;
  }
  for (const auto& [op, count] : skipped) std::cout << "vectors: NOT YET SUPPORTED: " << count << " of " << op << '\n';
  std::cout << "vectors: " << total << " ran\n";
  EXPECT_GE(total, 130);
}

}  // namespace
}  // namespace heti::tests

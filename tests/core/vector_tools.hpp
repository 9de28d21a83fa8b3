#pragma once
// What the vector files share: JSON, instants, and schedules by name, compiled as the service compiles them.
#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/schedule.hpp"
#include "service/base/time.hpp"
#include "service/core/command.hpp"

namespace heti::tests {

namespace json = boost::json;

json::value read_json(const std::filesystem::path& file);
std::filesystem::path vectors_directory();
Instant instant(const json::value& text);

// One version of opening hours: `open` holds from `effective_from` on.
struct HoursVersion {
  Instant effective_from;
  std::vector<Interval> open;
};

// The schedules of opening_hours.json by name, plus "always".
class Schedules {
 public:
  Schedules();
  // `spec` is a name, a list of {schedule, effective_from?}, or nullptr for "always".
  std::vector<HoursVersion> versions(const json::value* spec, Instant from, Instant to) const;

 private:
  std::vector<Interval> open_time(std::string_view name, Instant from, Instant to) const;
  json::object by_name_;
};

}  // namespace heti::tests

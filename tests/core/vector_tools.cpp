#include "tests/core/vector_tools.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "config/hours.hpp"
#include "service/calendar/compile.hpp"
#include "service/calendar/zones.hpp"
#include "tests/core/hours_from_json.hpp"

namespace heti::tests {

json::value read_json(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

std::filesystem::path vectors_directory() { return std::filesystem::path(HETI_SOURCE_DIR) / "tests" / "vectors"; }

Instant instant(const json::value& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0;
  const std::string value(text.as_string());
  const int read =
      std::sscanf(value.c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &year, &month, &day, &hour, &minute, &second, &millis);
  EXPECT_GE(read, 6) << value;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + Millis{millis};
}

Schedules::Schedules() { by_name_ = read_json(vectors_directory() / "opening_hours.json").at("schedules").as_object(); }

std::vector<Interval> Schedules::open_time(std::string_view name, Instant from, Instant to) const {
  if (name == "always") return {{.open = from, .close = to}};
  const auto schedule = config::parse_schedule(hours_from_json(by_name_.at(name).as_object()), calendar::zone_exists);
  EXPECT_TRUE(schedule.has_value()) << name;
  const auto open = calendar::compile(*schedule, from, to);
  EXPECT_TRUE(open.has_value()) << name;
  return *open;
}

std::vector<HoursVersion> Schedules::versions(const json::value* spec, Instant from, Instant to) const {
  if (spec == nullptr) return {{.effective_from = from, .open = open_time("always", from, to)}};
  if (spec->is_string()) return {{.effective_from = from, .open = open_time(spec->as_string(), from, to)}};
  std::vector<HoursVersion> versions;
  for (const json::value& version : spec->as_array()) {
    const json::object& object = version.as_object();
    const Instant since = object.contains("effective_from") ? instant(object.at("effective_from")) : from;
    versions.push_back({.effective_from = since, .open = open_time(object.at("schedule").as_string(), from, to)});
  }
  return versions;
}

}  // namespace heti::tests

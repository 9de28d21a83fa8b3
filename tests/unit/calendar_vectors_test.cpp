// Every elapsed, is_open, deadline and next_change vector of opening_hours.json, through compile() and a counter that
// is too simple to be wrong. The text forms of the vectors are read by a few lines of their own here, so that a fault
// in config/ cannot hide one in the calendar.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/calendar/compile.hpp"

namespace heti::calendar {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr days horizon{400};

json::object read_vectors() {
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path();
  std::ifstream file(root / "vectors" / "opening_hours.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return json::parse(text).as_object();
}

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

year_month_day read_date(const std::string& text) {
  return year_month_day{std::chrono::year{std::stoi(text.substr(0, 4))} /
                        static_cast<int>(std::stoul(text.substr(5, 2))) / static_cast<int>(std::stoul(text.substr(8)))};
}

// "2026-06-01T12:59:59.250Z", the fraction may be absent.
Instant read_instant(const std::string& text) {
  const std::chrono::hours hours{std::stoi(text.substr(11, 2))};
  const std::chrono::minutes minutes{std::stoi(text.substr(14, 2))};
  const std::chrono::seconds seconds{std::stoi(text.substr(17, 2))};
  const Millis fraction{text[19] == '.' ? std::stoi(text.substr(20, 3)) : 0};
  return sys_days{read_date(text.substr(0, 10))} + hours + minutes + seconds + fraction;
}

std::vector<LocalInterval> read_intervals(const json::value& value) {
  std::vector<LocalInterval> intervals;
  if (value.is_string()) return intervals;  // "closed"
  for (const json::value& item : value.as_array()) {
    int open_hour = 0, open_minute = 0, close_hour = 0, close_minute = 0;
    const std::string text = text_of(item);
    if (std::sscanf(text.c_str(), "%d:%d-%d:%d", &open_hour, &open_minute, &close_hour, &close_minute) != 4) {
      ADD_FAILURE() << "cannot read interval " << text;
    }
    intervals.push_back({open_hour * 60 + open_minute, close_hour * 60 + close_minute});
  }
  return intervals;
}

Schedule read_schedule(const json::object& source) {
  const std::vector<std::string> names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const auto day_number = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  Schedule schedule;
  schedule.timezone = text_of(source.at("timezone"));
  for (const auto& [key, value] : source.at("weekly").as_object()) {
    const std::string range(key);
    for (auto day = day_number(range.substr(0, 3)); day <= day_number(range.substr(range.size() - 3)); ++day) {
      schedule.weekly.at(day) = read_intervals(value);
    }
  }
  if (const json::value* exceptions = source.if_contains("exceptions")) {
    for (const json::value& item : exceptions->as_array()) {
      const json::object& exception = item.as_object();
      schedule.exceptions.push_back(
          {read_date(text_of(exception.at("date"))), read_intervals(exception.at("hours")), {}});
    }
  }
  return schedule;
}

// What a vector calls a schedule: the open time of each version while it is in force, one list after the other.
class OpenTime {
 public:
  OpenTime(const json::object& schedules, const json::value& spec, Instant from, Instant to) {
    const json::array versions = spec.is_array() ? spec.as_array() : json::array{json::object{{"schedule", spec}}};
    const auto effective = [&](std::size_t n) {
      const json::value* at = n < versions.size() ? versions[n].as_object().if_contains("effective_from") : nullptr;
      return at == nullptr ? std::nullopt : std::optional(read_instant(text_of(*at)));
    };
    for (std::size_t i = 0; i < versions.size(); ++i) {
      add(schedules.at(versions[i].as_object().at("schedule").as_string()).as_object(),
          std::max(from, effective(i).value_or(from)), std::min(to, effective(i + 1).value_or(to)));
    }
  }

  std::int64_t elapsed_ms(Instant from, Instant to) const {
    Millis sum{0};
    for (const Interval& interval : intervals_) {
      const Millis part = std::min(to, interval.close) - std::max(from, interval.open);
      if (part > Millis{0}) sum += part;
    }
    return sum.count();
  }
  bool is_open(Instant at) const {
    return std::any_of(intervals_.begin(), intervals_.end(),
                       [at](const Interval& interval) { return interval.open <= at && at < interval.close; });
  }
  std::optional<Instant> deadline(Instant from, Millis budget) const {
    if (budget == Millis{0}) return from;
    for (const Interval& interval : intervals_) {
      const Instant start = std::max(from, interval.open);
      if (start >= interval.close) continue;
      if (start + budget <= interval.close) return start + budget;
      budget -= interval.close - start;
    }
    return std::nullopt;
  }
  std::optional<Instant> next_change(Instant at, Instant end) const {
    for (const Interval& interval : intervals_) {
      if (interval.open > at) return interval.open;
      if (interval.close > at && interval.close < end) return interval.close;
    }
    return std::nullopt;
  }

 private:
  void add(const json::object& source, Instant from, Instant to) {
    const auto open = compile(read_schedule(source), from, to);
    ASSERT_TRUE(open) << open.error();
    intervals_.insert(intervals_.end(), open->begin(), open->end());
  }
  std::vector<Interval> intervals_;
};

std::optional<Instant> expected_instant(const json::object& vector) {
  const json::value& expected = vector.at("expected");
  return expected.is_null() ? std::nullopt : std::optional(read_instant(text_of(expected)));
}

TEST(CalendarVectorsTest, EveryVectorOfTimeHolds) {
  const json::object file = read_vectors();
  const json::object& schedules = file.at("schedules").as_object();
  std::map<std::string, int> seen;
  for (const json::value& item : file.at("vectors").as_array()) {
    const json::object& vector = item.as_object();
    const std::string op = text_of(vector.at("op"));
    SCOPED_TRACE(text_of(vector.at("id")) + ": " + text_of(vector.at("note")));
    ++seen[op];
    if (op == "parse_error") continue;  // Not a matter of time; config/ is tested on these.
    const bool has_from = vector.contains("from");
    const Instant at = read_instant(text_of(vector.at(has_from ? "from" : "at")));
    const OpenTime open(schedules, vector.at("schedule"), at, at + horizon);
    if (op == "elapsed") {
      EXPECT_EQ(open.elapsed_ms(at, read_instant(text_of(vector.at("to")))), vector.at("expected_ms").as_int64());
    } else if (op == "is_open") {
      EXPECT_EQ(open.is_open(at), vector.at("expected").as_bool());
    } else if (op == "deadline") {
      EXPECT_EQ(open.deadline(at, Millis{vector.at("add_ms").as_int64()}), expected_instant(vector));
    } else if (op == "next_change") {
      EXPECT_EQ(open.next_change(at, at + horizon), expected_instant(vector));
    } else {
      ADD_FAILURE() << "unknown op " << op;
    }
  }
  for (const std::string op : {"elapsed", "is_open", "deadline", "next_change"}) {
    std::printf("opening_hours.json: %d vectors of %s\n", seen[op], op.c_str());
    EXPECT_GT(seen[op], 0) << op;
  }
}

}  // namespace
}  // namespace heti::calendar

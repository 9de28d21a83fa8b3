#pragma once
// Opening hours as people post them: local wall-clock intervals of one zone. A model only; config/ parses text into
// it, service/calendar compiles it into absolute UTC intervals.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace heti {

// Half-open [open, close) in minutes after local midnight of the day it starts on. close <= open means that it ends
// on the next day; 24:00 (1440) may only close.
struct LocalInterval {
  int open_minute = 0;   // 0 ... 1439
  int close_minute = 0;  // 0 ... 1440
  friend bool operator==(const LocalInterval&, const LocalInterval&) = default;
  auto fields() { return std::tie(open_minute, close_minute); }
};

// Replaces the intervals that start on that local date; spill-over of the day before stays.
struct ScheduleException {
  std::chrono::year_month_day date;
  std::vector<LocalInterval> intervals;  // Empty: nothing opens on that date.
  std::string note;
  friend bool operator==(const ScheduleException&, const ScheduleException&) = default;
  auto fields() { return std::tie(date, intervals, note); }
};

struct Schedule {
  std::string timezone;                              // IANA name: "Europe/Helsinki" or "UTC".
  std::array<std::vector<LocalInterval>, 7> weekly;  // [0] is Monday ... [6] is Sunday.
  std::vector<ScheduleException> exceptions;         // At most one per date, any order.
  friend bool operator==(const Schedule&, const Schedule&) = default;
  auto fields() { return std::tie(timezone, weekly, exceptions); }
};

}  // namespace heti

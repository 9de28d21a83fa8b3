#pragma once
// Opening hours from text: weekly intervals per day or range of days, and dated exceptions. One function serves every
// source of such text, and gives all the errors at once. Syntax and codes: config/heti.toml shows the form.
#include <array>
#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/schedule.hpp"
#include "service/base/time.hpp"

namespace heti::config {

// Line 0: the source has no lines.
struct OpenText {
  bool closed = false;                 // Written as "closed".
  std::vector<std::string> intervals;  // Written as ["08:00-16:00", ...].
};
struct DayText {
  std::string key;  // "mon" or "mon-fri"
  OpenText hours;
  int line = 0;
};
struct ExceptionText {
  std::optional<std::string> date;  // "2026-12-24": either this, or both of the next.
  std::optional<std::string> from;
  std::optional<std::string> to;
  OpenText hours;
  std::string note;
  int line = 0;
};
struct HoursText {
  std::string timezone;
  int timezone_line = 0;
  std::vector<DayText> days;  // In the order of the source: a day set twice is the fault of the later one.
  std::vector<ExceptionText> exceptions;
};

enum class HoursCode {
  time_syntax,          // Not HH:MM.
  interval_syntax,      // Not HH:MM-HH:MM.
  time_range,           // Beyond 24:00, a minute beyond 59, or 24:00 as an opening.
  empty_interval,       // Opening and closing are the same.
  overlap,              // Two intervals of one day.
  overlap_next_day,     // A spill-over past midnight and an interval of the next day.
  day_name,             // Not mon ... sun.
  day_range,            // A range that runs backward or spans one day only.
  day_duplicate,        // A day set by two keys.
  exception_date,       // No such date, or none.
  exception_duplicate,  // A date with two exceptions.
  exception_range,      // from > to, or longer than 366 days.
  timezone,             // Unknown, or an abbreviation.
};
std::string_view to_string(HoursCode code);  // "HOURS_TIME_SYNTAX" ...

struct HoursProblem {
  HoursCode code{};
  std::string place;  // "timezone", "hours.mon-fri" or "exception[2]", which counts from 1.
  std::string found;
  std::string expected;  // With a proposed fix.
  int line = 0;
};

struct HoursWarning {
  std::string place;
  std::string text;
  int line = 0;
};

using ZoneExists = std::function<bool(std::string_view)>;

// The schedule, its exceptions in the order of their dates, or every problem of the text.
[[nodiscard]] std::expected<Schedule, std::vector<HoursProblem>> parse_schedule(const HoursText& text,
                                                                                const ZoneExists& zone_exists);

// What is legal and yet looks like a mistake, as of `now`. `schedule` is what parse_schedule made of `text`.
std::vector<HoursWarning> schedule_warnings(const HoursText& text, const Schedule& schedule, Instant now);

// "08:00-16:00", as parse_schedule reads it.
std::string print_interval(const LocalInterval& interval);

// "2026-12-24"
std::string print_date(std::chrono::year_month_day date);

inline constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

}  // namespace heti::config

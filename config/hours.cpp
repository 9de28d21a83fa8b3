#include "config/hours.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include "config/text.hpp"
#include "service/base/check.hpp"

namespace heti::config {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int day_minutes = 24 * 60;
constexpr int exception_days_max = 366;
constexpr int long_minutes = 16 * 60;

struct Fault {
  HoursCode code;
  std::string expected;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string print_time(int minute) {
  char out[16];
  std::snprintf(out, sizeof out, "%02d:%02d", minute / 60, minute % 60);
  return out;
}

// Minutes after midnight, of an interval that starts on a day: beyond 1440 on the next one.
int end_of(const LocalInterval& interval) {
  return interval.close_minute + (interval.close_minute <= interval.open_minute ? day_minutes : 0);
}

std::expected<int, HoursCode> parse_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::unexpected(HoursCode::time_syntax);
  for (const std::size_t i : {0u, 1u, 3u, 4u}) {
    if (!is_digit(text[i])) return std::unexpected(HoursCode::time_syntax);
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > day_minutes) return std::unexpected(HoursCode::time_range);
  return hour * 60 + minute;
}

std::expected<LocalInterval, HoursCode> parse_interval(std::string_view text) {
  const auto hyphen = text.find('-');
  if (hyphen == std::string_view::npos || text.find('-', hyphen + 1) != std::string_view::npos ||
      text.find_first_of(" \t") != std::string_view::npos) {
    return std::unexpected(HoursCode::interval_syntax);
  }
  const auto open = parse_time(text.substr(0, hyphen));
  if (!open) return std::unexpected(open.error());
  const auto close = parse_time(text.substr(hyphen + 1));
  if (!close) return std::unexpected(close.error());
  if (*open == *close) return std::unexpected(HoursCode::empty_interval);
  if (*open == day_minutes) return std::unexpected(HoursCode::time_range);
  return LocalInterval{*open, *close};
}

// What was probably meant: other dashes and blanks replaced, "8" padded to "08" and "8:5" left alone.
std::string tidied(std::string text) {
  for (const std::string_view dash : {"\u2013", "\u2014", "\u2212"}) {
    for (auto at = text.find(dash); at != std::string::npos; at = text.find(dash)) {
      text.erase(at + 1, dash.size() - 1);
      text[at] = '-';
    }
  }
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  const auto pad_at = [&text](std::size_t at) {
    if (text.size() > at + 1 && is_digit(text[at]) && text[at + 1] == ':') text.insert(at, 1, '0');
  };
  pad_at(0);
  if (const auto hyphen = text.find('-'); hyphen != std::string::npos) pad_at(hyphen + 1);
  return text;
}

std::string expected_for(HoursCode code, const std::string& text) {
  const std::string meant = tidied(text);
  const std::string example = in_quotes(parse_interval(meant) ? meant : "08:00-16:00");
  switch (code) {
    case HoursCode::time_syntax: return "two digits each for hour and minute, such as " + example;
    case HoursCode::interval_syntax: return "an interval HH:MM-HH:MM, such as " + example;
    case HoursCode::time_range: return "an opening up to 23:59 and a closing up to 24:00, such as " + example;
    default: break;
  }
  CHECK(code == HoursCode::empty_interval);  // parse_interval gives no other.
  return "a closing that differs from the opening; all day is \"00:00-24:00\"";
}

bool opens_earlier(const LocalInterval& a, const LocalInterval& b) {
  return std::pair(a.open_minute, end_of(a)) < std::pair(b.open_minute, end_of(b));
}

std::optional<year_month_day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {0, 0, 0};
  for (std::size_t i = 0, part = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
    } else if (is_digit(text[i])) {
      parts[part] = parts[part] * 10 + (text[i] - '0');
    } else {
      return std::nullopt;
    }
  }
  return year_month_day{std::chrono::year{parts[0]}, std::chrono::month{static_cast<unsigned>(parts[1])},
                        std::chrono::day{static_cast<unsigned>(parts[2])}};
}

// Collects the problems of one text; a problem that a range of days repeats is told once.
class Parser {
 public:
  Parser(const HoursText& text, const ZoneExists& zone_exists) : text_(text), zone_exists_(zone_exists) {}

  std::expected<Schedule, std::vector<HoursProblem>> parse() {
    check_timezone();
    for (const DayText& day : text_.days) parse_day(day);
    check_next_days();
    for (std::size_t i = 0; i < text_.exceptions.size(); ++i) parse_exception(text_.exceptions[i], i + 1);
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    for (auto& [date, entry] : exceptions_) schedule_.exceptions.push_back(std::move(entry.exception));
    return std::move(schedule_);
  }

 private:
  struct Entry {
    ScheduleException exception;
    std::string place;
  };

  void report(HoursCode code, std::string place, std::string found, std::string expected, int line) {
    for (const HoursProblem& known : problems_) {
      if (known.code == code && known.place == place && known.found == found) return;
    }
    problems_.push_back({code, std::move(place), std::move(found), std::move(expected), line});
  }

  void check_timezone() {
    const std::string& name = text_.timezone;
    schedule_.timezone = name;
    const bool whole = name == "UTC" || name.find('/') != std::string::npos;
    if (whole && zone_exists_(name)) return;
    std::string expected = "an IANA zone Area/City, such as \"Europe/Helsinki\", or \"UTC\"";
    if (!name.empty() && !whole) expected += "; abbreviations do not say where";
    report(HoursCode::timezone, "timezone", name.empty() ? "nothing" : in_quotes(name), std::move(expected),
           text_.timezone_line);
  }

  std::vector<LocalInterval> parse_hours(const OpenText& hours, const std::string& place, int line) {
    std::vector<LocalInterval> intervals;
    if (hours.closed) return intervals;
    if (hours.intervals.empty()) {
      report(HoursCode::interval_syntax, place, "an empty list", "\"closed\", or intervals such as [\"08:00-16:00\"]",
             line);
    }
    for (const std::string& text : hours.intervals) {
      if (const auto interval = parse_interval(text)) {
        intervals.push_back(*interval);
      } else {
        report(interval.error(), place, in_quotes(text), expected_for(interval.error(), text), line);
      }
    }
    std::sort(intervals.begin(), intervals.end(), opens_earlier);
    for (std::size_t i = 1; i < intervals.size(); ++i) {
      const LocalInterval& before = intervals[i - 1];
      if (intervals[i].open_minute >= end_of(before)) continue;
      std::string expected =
          "intervals that do not overlap; " + in_quotes(print_interval(before)) + " is of the same day";
      report(HoursCode::overlap, place, in_quotes(print_interval(intervals[i])), std::move(expected), line);
    }
    return intervals;
  }

  void parse_day(const DayText& day) {
    const std::string place = "hours." + day.key;
    const std::vector<LocalInterval> intervals = parse_hours(day.hours, place, day.line);
    const std::string_view key = day.key;
    const auto hyphen = key.find('-');
    const auto first = day_number(key.substr(0, hyphen), day);
    const auto last = hyphen == std::string_view::npos ? first : day_number(key.substr(hyphen + 1), day);
    if (!first || !last) return;
    if (hyphen != std::string_view::npos && *first >= *last) {
      report(HoursCode::day_range, place, in_quotes(key),
             "a range that runs forward within mon ... sun, such as \"mon-fri\"", day.line);
      return;
    }
    for (std::size_t n = *first; n <= *last; ++n) {
      if (sources_[n] != nullptr) {
        report(HoursCode::day_duplicate, place, std::string(day_names[n]) + " a second time",
               "each day set by one key; hours." + sources_[n]->key + " sets it too", day.line);
        continue;
      }
      sources_[n] = &day;
      schedule_.weekly[n] = intervals;
    }
  }

  std::optional<std::size_t> day_number(std::string_view name, const DayText& day) {
    const auto known = std::find(day_names.begin(), day_names.end(), name);
    if (known != day_names.end()) return static_cast<std::size_t>(known - day_names.begin());
    std::string start(name.substr(0, 3));
    for (char& c : start) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    std::string expected = "mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri";
    if (std::find(day_names.begin(), day_names.end(), start) != day_names.end()) expected = in_quotes(start);
    report(HoursCode::day_name, "hours." + day.key, in_quotes(name), std::move(expected), day.line);
    return std::nullopt;
  }

  // A shift past midnight may touch the first interval of the next day, but not meet it: one of the two is a mistake.
  void check_next_days() {
    for (std::size_t n = 0; n < 7; ++n) {
      const std::size_t next = (n + 1) % 7;
      if (schedule_.weekly[n].empty() || schedule_.weekly[next].empty()) continue;
      const LocalInterval& late = schedule_.weekly[n].back();
      const LocalInterval& early = schedule_.weekly[next].front();
      if (end_of(late) - day_minutes <= early.open_minute) continue;
      report(HoursCode::overlap_next_day, "hours." + sources_[n]->key, in_quotes(print_interval(late)),
             "a closing by " + print_time(early.open_minute) + " of the next day; hours." + sources_[next]->key +
                 " opens " + in_quotes(print_interval(early)),
             sources_[n]->line);
    }
  }

  std::optional<sys_days> date_of(const std::optional<std::string>& text, const std::string& place, int line) {
    if (!text) return std::nullopt;
    std::string expected = "a date of 1970 to 2199 as YYYY-MM-DD, such as 2026-12-24";
    if (const auto date = parse_date(*text)) {
      const bool year_ok = date->year() >= std::chrono::year{1970} && date->year() <= std::chrono::year{2199};
      if (date->ok() && year_ok) return sys_days{*date};
      if (year_ok && date->month().ok()) {
        const year_month_day last{date->year() / date->month() / std::chrono::last};
        if (date->day() > last.day()) expected = "a date that exists; that month ends on " + print_date(last);
      }
    }
    report(HoursCode::exception_date, place, text->empty() ? "nothing" : *text, std::move(expected), line);
    return std::nullopt;
  }

  void parse_exception(const ExceptionText& text, std::size_t number) {
    const std::string place = "exception[" + std::to_string(number) + "]";
    const std::vector<LocalInterval> intervals = parse_hours(text.hours, place, text.line);
    const bool range = text.from && text.to && !text.date;
    if (!range && (!text.date || text.from || text.to)) {
      std::string given = text.date ? "date" : "";
      if (text.from) given += given.empty() ? "from" : " and from";
      if (text.to) given += given.empty() ? "to" : " and to";
      if (given == "from" || given == "to") given += " alone";
      report(HoursCode::exception_date, place, given.empty() ? "no date" : given, "either date, or both from and to",
             text.line);
      return;
    }
    const auto first = date_of(range ? text.from : text.date, place, text.line);
    const auto last = range ? date_of(text.to, place, text.line) : first;
    if (!first || !last) return;
    if (*first > *last || *last - *first >= days{exception_days_max}) {
      report(HoursCode::exception_range, place, *text.from + " to " + *text.to,
             *first > *last ? "from no later than to; swap the two" : "at most 366 days", text.line);
      return;
    }
    for (sys_days date = *first; date <= *last; date += days{1}) {
      const auto [known, fresh] =
          exceptions_.try_emplace(date, Entry{{year_month_day{date}, intervals, text.note}, place});
      if (fresh) continue;
      report(HoursCode::exception_duplicate, place, print_date(year_month_day{date}) + " a second time",
             "one exception for each date; " + known->second.place + " has it too", text.line);
      return;  // One date is enough to find the mistake.
    }
  }

  const HoursText& text_;
  const ZoneExists& zone_exists_;
  Schedule schedule_;
  std::array<const DayText*, 7> sources_{};  // Which key has set each day.
  std::map<sys_days, Entry> exceptions_;
  std::vector<HoursProblem> problems_;
};

const std::vector<LocalInterval>& intervals_on(const Schedule& schedule, sys_days date) {
  for (const ScheduleException& exception : schedule.exceptions) {
    if (sys_days{exception.date} == date) return exception.intervals;
  }
  return schedule.weekly[std::chrono::weekday{date}.iso_encoding() - 1];
}

void warn_of_weekly_hours(const HoursText& text, std::vector<HoursWarning>& out) {
  std::string left_out;
  for (const std::string_view name : day_names) {
    const bool set = std::any_of(text.days.begin(), text.days.end(), [name](const DayText& day) {
      const auto number = [](std::string_view key) { return std::find(day_names.begin(), day_names.end(), key); };
      const std::string_view key = day.key;
      return number(key.substr(0, 3)) <= number(name) && number(name) <= number(key.substr(key.size() - 3));
    });
    if (!set) left_out += (left_out.empty() ? "" : ", ") + std::string(name);
  }
  if (!left_out.empty()) {
    out.push_back({"hours", left_out + " left out, which means closed; write it as \"closed\" to say so",
                   text.days.empty() ? text.timezone_line : text.days.front().line});
  }
  for (const DayText& day : text.days) {
    for (const std::string& interval : day.hours.intervals) {
      const auto parsed = parse_interval(interval);
      if (!parsed || end_of(*parsed) - parsed->open_minute <= long_minutes) continue;
      out.push_back({"hours." + day.key, in_quotes(interval) + " is longer than 16 hours", day.line});
    }
  }
}

void warn_of_exceptions(const HoursText& text, const Schedule& schedule, sys_days today,
                        std::vector<HoursWarning>& out) {
  bool coming = false;
  for (std::size_t i = 0; i < text.exceptions.size(); ++i) {
    const ExceptionText& exception = text.exceptions[i];
    const std::string place = "exception[" + std::to_string(i + 1) + "]";
    const auto first = parse_date(exception.date ? *exception.date : exception.from.value_or(""));
    const auto last = parse_date(exception.date ? *exception.date : exception.to.value_or(""));
    CHECK(first && last);  // parse_schedule has accepted them.
    // The date line is a day wide: only yesterday's predecessor is past in every zone.
    if (sys_days{*last} + days{1} < today) {
      out.push_back({place, print_date(*last) + " has passed; the exception can go", exception.line});
      continue;
    }
    if (sys_days{*first} <= today + days{365}) coming = true;
    bool same = true;
    for (sys_days date{*first}; date <= sys_days{*last}; date += days{1}) {
      const auto& weekly = schedule.weekly[std::chrono::weekday{date}.iso_encoding() - 1];
      same = same && intervals_on(schedule, date) == weekly;
    }
    if (same) out.push_back({place, "has the same hours as the week; it changes nothing", exception.line});
  }
  if (!coming) {
    out.push_back({"exception", "none for the coming year; are there no holidays?", text.timezone_line});
  }
}

}  // namespace

std::string_view to_string(HoursCode code) {
  switch (code) {
    case HoursCode::time_syntax: return "HOURS_TIME_SYNTAX";
    case HoursCode::interval_syntax: return "HOURS_INTERVAL_SYNTAX";
    case HoursCode::time_range: return "HOURS_TIME_RANGE";
    case HoursCode::empty_interval: return "HOURS_EMPTY_INTERVAL";
    case HoursCode::overlap: return "HOURS_OVERLAP";
    case HoursCode::overlap_next_day: return "HOURS_OVERLAP_NEXT_DAY";
    case HoursCode::day_name: return "HOURS_DAY_NAME";
    case HoursCode::day_range: return "HOURS_DAY_RANGE";
    case HoursCode::day_duplicate: return "HOURS_DAY_DUPLICATE";
    case HoursCode::exception_date: return "HOURS_EXCEPTION_DATE";
    case HoursCode::exception_duplicate: return "HOURS_EXCEPTION_DUPLICATE";
    case HoursCode::exception_range: return "HOURS_EXCEPTION_RANGE";
    case HoursCode::timezone: return "HOURS_TIMEZONE";
  }
  std::abort();
}

std::expected<Schedule, std::vector<HoursProblem>> parse_schedule(const HoursText& text,
                                                                  const ZoneExists& zone_exists) {
  return Parser(text, zone_exists).parse();
}

std::vector<HoursWarning> schedule_warnings(const HoursText& text, const Schedule& schedule, Instant now) {
  std::vector<HoursWarning> out;
  const auto today = std::chrono::floor<days>(now);
  warn_of_weekly_hours(text, out);
  warn_of_exceptions(text, schedule, today, out);
  // Dates suffice here: whether the fourteen days begin some hours sooner or later is no matter for a warning.
  bool opens = false;
  for (sys_days date = today; date <= today + days{14}; date += days{1}) {
    opens = opens || !intervals_on(schedule, date).empty();
  }
  if (!opens) out.push_back({"hours", "no opening in the next 14 days", text.timezone_line});
  return out;
}

std::string print_interval(const LocalInterval& interval) {
  return print_time(interval.open_minute) + "-" + print_time(interval.close_minute);
}

std::string print_date(year_month_day date) {
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return out;
}

}  // namespace heti::config

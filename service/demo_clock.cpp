#include "service/demo_clock.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "service/calendar/compile.hpp"

namespace heti {
namespace {

constexpr const char* mark_text = "The times in this journal were made by heti run --clock-speed. They are not real.\n";

bool number_at(std::string_view text, std::size_t from, std::size_t digits, int& value) {
  const char* const end = text.data() + from + digits;
  const auto [stopped, error] = std::from_chars(text.data() + from, end, value);
  return error == std::errc{} && stopped == end && value >= 0;
}

}  // namespace

std::expected<void, std::string> admit_clock(const config::Settings& settings, const ClockRequest& request) {
  if (settings.journal.kind == config::JournalKind::memory) return {};
  const std::filesystem::path directory = settings.journal.path;
  const std::filesystem::path mark = directory / demo_clock_name;
  std::error_code error;
  const bool marked = std::filesystem::exists(mark, error);
  if (request.speed == 1) {
    if (!marked) return {};
    return std::unexpected("journal.path: " + directory.string() + " is a demonstration's (" + demo_clock_name +
                           "): its journal's times are not real; run it with --clock-speed, or name another directory");
  }
  if (marked) return {};
  if (std::filesystem::exists(directory / "journal.db", error)) {
    return std::unexpected("journal.path: " + directory.string() +
                           " holds a journal of real time, with which --clock-speed would mix times that are not; " +
                           "name another directory, such as HETI_JOURNAL_PATH=data-demo");
  }
  if (std::filesystem::create_directories(directory, error)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  std::ofstream file(mark);
  file << mark_text;
  file.close();
  if (!file)
    return std::unexpected("journal.path: " + mark.string() + " cannot be written; see who owns the directory");
  return {};
}

std::expected<Instant, std::string> local_instant(const std::string& zone, const std::string& text) {
  namespace chrono = std::chrono;
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  const bool read = text.size() == 16 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' &&
                    number_at(text, 0, 4, year) && number_at(text, 5, 2, month) && number_at(text, 8, 2, day) &&
                    number_at(text, 11, 2, hour) && number_at(text, 14, 2, minute);
  const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                    chrono::day{static_cast<unsigned>(day)}};
  if (!read || !date.ok() || hour > 23 || minute > 59) {
    return std::unexpected("\"" + text + "\" is no local time; write it as 2026-11-23T07:30");
  }
  // An opening from that minute on: the calendar knows what zones make of it.
  Schedule schedule;
  schedule.timezone = zone;
  schedule.exceptions.push_back(
      {.date = date, .intervals = {{.open_minute = hour * 60 + minute, .close_minute = 24 * 60}}, .note = {}});
  const Instant around = chrono::sys_days{date};
  const auto open = calendar::compile(schedule, around - chrono::days{2}, around + chrono::days{3});
  if (!open) return std::unexpected(open.error());
  if (open->empty())
    return std::unexpected("the clocks of " + zone + " never show \"" + text + "\"; take another minute");
  return open->front().open;
}

std::expected<sequencer::JournalClock, std::string> make_clock(const config::Settings& settings,
                                                               const ClockRequest& request,
                                                               std::optional<Instant> end) {
  if (request.speed == 1) {
    if (!request.start_at.empty()) {
      return std::unexpected("--start-at sets the clock of a demonstration; it needs a --clock-speed of 2 or more");
    }
    return sequencer::JournalClock();
  }
  Instant start = end ? *end : sequencer::JournalClock().now();
  if (!request.start_at.empty()) {
    const auto wished = local_instant(settings.queues.front().schedule.timezone, request.start_at);
    if (!wished) return std::unexpected("--start-at: " + wished.error());
    if (end && *wished < *end) {
      return std::unexpected("--start-at: " + request.start_at + " is before the end of the journal in " +
                             settings.journal.path + "; leave it out to go on from there, or name another directory");
    }
    start = *wished;
  }
  return sequencer::JournalClock::scaled(request.speed, start);
}

}  // namespace heti

#include "service/explain_since.hpp"

#include <date/tz.h>
#include <spdlog/fmt/fmt.h>

#include <charconv>

#include "service/explain_words.hpp"

namespace heti::explaining {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;

// A number that the whole text is.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty() && text[0] != '-';
  return whole ? std::optional(value) : std::nullopt;
}

std::optional<std::chrono::year_month_day> date_in(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional(date) : std::nullopt;
}

Instant midnight(sys_days date, const date::time_zone* zone) {
  if (zone == nullptr) return date;
  const auto info = zone->get_info(date::local_time<std::chrono::seconds>(date.time_since_epoch()));
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return Instant(date) - info.first.offset;
}

}  // namespace

std::expected<Since, std::string> parse_since(std::string_view text) {
  if (const auto date = date_in(text)) return Since{.date = date};
  if (text.ends_with('h')) {
    const auto hours = number(text.substr(0, text.size() - 1));
    if (hours && *hours > 0 && *hours <= 24 * 400) return Since{.back = std::chrono::hours{*hours}};
  }
  return std::unexpected(
      fmt::format("\"{}\" is no beginning: give a date such as 2026-06-01, or hours back such as 8h", text));
}

Instant begin_of(const Since& since, std::string_view zone, Instant now) {
  if (since.back) return now - *since.back;
  const date::time_zone* there = zone_named(zone);
  if (since.date) return midnight(sys_days(*since.date), there);
  const Instant wall = there == nullptr ? now : now + there->get_info(now).offset;
  return midnight(floor<days>(wall), there);
}

// Wall clocks are at most 14 hours ahead; a day, and the hour that is set back in it, lie between two midnights, or two
// where a date was left out.
Instant earliest(const Since& since, Instant now) {
  if (since.back) return now - *since.back;
  if (since.date) return sys_days(*since.date) - 26h;
  return now - 50h;
}

}  // namespace heti::explaining

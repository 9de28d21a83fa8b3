#include "service/calendar/zones.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <utility>

#include "service/calendar/zone.hpp"

namespace heti::calendar {
namespace {

// "posix/..." and "right/..." are copies in other dialects ("right" counts leap seconds), not places.
bool is_area_and_city(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) return false;
  const std::string_view area = name.substr(0, slash);
  return area != "posix" && area != "right";
}

}  // namespace

const date::time_zone* find_zone(std::string_view name) {
  if (name != "UTC" && !is_area_and_city(name)) return nullptr;
  try {
    const date::time_zone* zone = date::locate_zone(name);
    zone->get_info(Instant{});  // The file is read on first use; a damaged one throws here and nowhere else.
    return zone;
  } catch (const std::exception&) {
    return nullptr;  // The library has no look-up that does not throw.
  }
}

bool zone_exists(std::string_view name) { return find_zone(name) != nullptr; }

std::string tzdata_version() {
  constexpr std::string_view prefix = "# version ";
  std::ifstream file("/usr/share/zoneinfo/tzdata.zi");
  std::string line;
  if (!std::getline(file, line) || !line.starts_with(prefix)) return "unknown";
  return line.substr(prefix.size());
}

bool has_summer_time(std::string_view name, Instant now) {
  using std::chrono::January, std::chrono::July;
  const date::time_zone* zone = find_zone(name);
  if (zone == nullptr) return false;
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const std::chrono::year next_year = today.year() + std::chrono::years{1};
  const std::chrono::sys_days january{next_year / January / 15};
  const std::chrono::sys_days july{next_year / July / 15};
  return zone->get_info(january).offset != zone->get_info(july).offset;
}

Instant local_midnight(std::string_view name, Instant now) {
  const date::time_zone* zone = find_zone(name);
  if (zone == nullptr) return std::chrono::floor<std::chrono::days>(now);
  const auto date = date::floor<date::days>(zone->to_local(now));
  const date::local_info found = zone->get_info(date);
  // In a gap the date begins at the change; of two midnights the first one counts.
  if (found.result == date::local_info::nonexistent) return std::chrono::floor<Millis>(found.first.end);
  return Instant{std::chrono::floor<Millis>(date.time_since_epoch() - found.first.offset)};
}

std::expected<void, std::string> check_zone_data(Instant now) {
  for (const std::string_view name : {"Europe/Helsinki", "America/New_York"}) {
    if (!zone_exists(name)) {
      return std::unexpected("time-zone data: " + std::string(name) + " is missing (is the tzdata package installed?)");
    }
    if (!has_summer_time(name, now)) {
      return std::unexpected("time-zone data: " + std::string(name) +
                             " has no summer time next year; the zone files are \"slim\" and opening hours would be "
                             "wrong by an hour (install zone files that list their transitions)");
    }
  }
  return {};
}

}  // namespace heti::calendar

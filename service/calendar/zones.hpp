#pragma once
// What the machine's time-zone data can and cannot do.
#include <expected>
#include <string>
#include <string_view>

#include "service/base/time.hpp"

namespace heti::calendar {

// True for IANA names of the form Area/City and for "UTC". Abbreviations such as EET or EST are refused although the
// data holds them: some mean a fixed offset, some do not, and nobody remembers which.
bool zone_exists(std::string_view name);

// The release of the zone data, such as "2026f"; "unknown" if the machine does not say.
std::string tzdata_version();

// True if the offset of the zone in the January after `now` differs from that of the July after it. False for an
// unknown zone.
bool has_summer_time(std::string_view name, Instant now);

// When the local date of `now` began: the first instant of that date, which is not 00:00 where a change of the clocks
// skips it. For an unknown zone the day of UTC.
Instant local_midnight(std::string_view name, Instant now);

// To be called at start. An error means that this machine's zone data gives wrong hours: the zone library reads only
// the transitions that a zone file lists, and "slim" files leave the future to a rule that it ignores.
[[nodiscard]] std::expected<void, std::string> check_zone_data(Instant now);

}  // namespace heti::calendar

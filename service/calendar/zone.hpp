#pragma once
// Private to this room: the one place where the zone library's look-up, which throws, is turned into a pointer.
#include <date/tz.h>

#include <string_view>

namespace heti::calendar {

// Null unless zone_exists(name). The zone lives as long as the process.
const date::time_zone* find_zone(std::string_view name);

}  // namespace heti::calendar

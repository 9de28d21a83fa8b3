#pragma once
// Private to this room: HETI_ variables over the values of the file.
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/relations.hpp"
#include "config/settings.hpp"

namespace heti::config {

// Stands for the file in problems of variables.
inline constexpr std::string_view environment_name = "environment";

// Sets every key that a variable names; an unknown, ambiguous or unfit variable is a problem.
void override_by(const Environment& environment, Settings& settings, Places& places, std::vector<Problem>& problems);

}  // namespace heti::config

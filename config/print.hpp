#pragma once
// The settings in force, as a file that loads to the same settings.
#include <string>

#include "config/settings.hpp"

namespace heti::config {

// Every key with its value, as TOML.
std::string print_config(const Settings& settings);

}  // namespace heti::config

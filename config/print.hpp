#pragma once
// The settings in force, as a file that loads to the same settings.
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace heti::config {

// Every key with its value, as TOML.
std::string print_config(const Settings& settings);

// The keys of the node itself ("listen.port"; nothing of queues, agents and priorities) whose values are not the same.
std::vector<std::string> differing_keys(const Settings& a, const Settings& b);

}  // namespace heti::config

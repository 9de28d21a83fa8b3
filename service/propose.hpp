#pragma once
// From the config file's words to the core's: what the file proposes for the journal.
#include "config/settings.hpp"
#include "service/core/settings.hpp"

namespace heti {

core::Settings proposal(const config::Settings& settings);

}  // namespace heti

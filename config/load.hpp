#pragma once
// From a file and the environment to checked settings, or to all that is wrong with them at once. What the environment
// says wins over the file: listen.port is HETI_LISTEN_PORT, queue.support.min_agents is HETI_QUEUE_SUPPORT_MIN_AGENTS,
// and so for every key; hours, exceptions and pages are too long for a variable and come from the file alone.
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/hours.hpp"
#include "config/settings.hpp"
#include "service/base/time.hpp"

namespace heti::config {

struct Problem {
  std::string file;  // As given to load; "environment" for a variable.
  int line = 0;      // 0: none to point at.
  std::string key;   // Full path, "queue.support.sla.first_response", or the name of the variable.
  std::string found;
  std::string expected;
  std::string code;  // Of opening hours only: "HOURS_OVERLAP".
  friend bool operator==(const Problem&, const Problem&) = default;
};

// Legal, but most likely not meant.
struct Warning {
  std::string file;
  int line = 0;
  std::string key;
  std::string text;
};

// heti.toml:14: queue.support.sla.first_response: found "0s", expected a duration from 1s to 24h
std::string to_string(const Problem& problem);
// heti.toml:14: queue.support.hours: warning: no opening in the next 14 days
std::string to_string(const Warning& warning);

struct Loaded {
  Settings settings;
  std::vector<Warning> warnings;
};
using LoadResult = std::expected<Loaded, std::vector<Problem>>;

// Only names that begin with HETI_ are looked at, and HETI_CONFIG, which holds the path of the file, is let pass.
using Environment = std::map<std::string, std::string>;

// The variables of this process that begin with HETI_.
Environment environment_of_process();

inline constexpr std::size_t file_bytes_max = 1 << 20;

// `now` is for warnings alone, such as that of an exception in the past. The problems are in the order of the file.
[[nodiscard]] LoadResult load(const std::filesystem::path& file, const Environment& environment,
                              const ZoneExists& zone_exists, Instant now);

// The same for the text of a file; `name` stands for the file in messages.
[[nodiscard]] LoadResult load_text(std::string_view text, const std::string& name, const Environment& environment,
                                   const ZoneExists& zone_exists, Instant now);

}  // namespace heti::config

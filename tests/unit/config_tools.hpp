#pragma once
// What the tests of loading share: settings from a text, and all that is wrong with them as one string.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "config/load.hpp"

namespace heti::config {

namespace fs = std::filesystem;

inline const fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
inline constexpr Instant now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

inline bool zone_exists(std::string_view name) {
  return name == "UTC" || name == "EET" || name == "Europe/Helsinki" || name == "America/New_York";
}

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline LoadResult load_string(std::string_view text, const Environment& environment = {}) {
  return load_text(text, "heti.toml", environment, zone_exists, now);
}

template <class List>
std::string lines(const List& list) {
  std::string out;
  for (const auto& item : list) out += to_string(item) + "\n";
  return out;
}

inline std::string problems_of(const LoadResult& result) { return result ? "no problem\n" : lines(result.error()); }

inline Settings loaded(std::string_view text, const Environment& environment = {}) {
  const LoadResult result = load_string(text, environment);
  EXPECT_TRUE(result) << problems_of(result);
  return result ? result->settings : Settings{};
}

inline const std::string smallest = "[queue.support]\ntimezone = \"UTC\"\n";

}  // namespace heti::config

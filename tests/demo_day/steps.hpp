#pragma once
// What was done in a day of a demonstration, in order: the wishes that were granted, the lines of the chats, and what
// nobody shows but a grace that ended gives away.
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "service/core/event.hpp"
#include "tests/demo_day/record.hpp"

namespace heti::demo_day {

struct Step {
  enum class Kind : std::uint8_t { arrival, lost, grace_over, gone, line, deed } kind{};
  Instant at;
  int rank = 0;  // within an instant: presence first, then words, then what agents wish
  std::uint64_t seq = 0;
  std::string chat{};          // empty: of an agent alone
  std::uint32_t agent = 0;     // 0: of a chat alone
  const Line* line = nullptr;  // of the day
  const Deed* deed = nullptr;  // of the day
  bool handed_on = false;      // line: the agent wished so

  auto order() const { return std::tie(at, rank, chat, seq); }
};

// From 1, in the order of the settings.
std::uint32_t by_login(const core::Settings& settings, const std::string& login);
std::uint32_t by_display_name(const core::Settings& settings, const std::string& name);

// `day` must outlive them.
std::vector<Step> steps_of(const Day& day, const core::Settings& settings);

}  // namespace heti::demo_day

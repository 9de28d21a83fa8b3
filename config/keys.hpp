#pragma once
// The table of all keys: one line each with name, place in the typed settings, bounds and meaning. Loading, environment
// overrides, printing and the reference file are all driven by it.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.hpp"

namespace heti::config {

// A value that no key takes, such as a date; kept for the message only.
struct Unfit {
  std::string shown;
};
// A value as the file or the environment gives it.
using Raw = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>, Unfit>;

std::string shown(const Raw& value);  // As a person would write it in the file; long ones are cut.

enum class Kind { text, integer, number, flag, list };

template <class Owner>
struct Key {
  std::string_view name;  // Within its section, dotted: "sla.first_response".
  Kind kind;
  std::string expected;                            // "an integer from 1 to 65535"
  std::string_view meaning;                        // A sentence; stands above the key in heti.toml.
  std::function<bool(Owner&, const Raw&)> set;     // False, and nothing changed, for a value that is not as expected.
  std::function<std::string(const Owner&)> print;  // As TOML.
};

const std::vector<Key<Settings>>& settings_keys();
const std::vector<Key<QueueSettings>>& queue_keys();  // All of [queue.NAME] but hours, exception and page.
const std::vector<Key<PageRule>>& page_keys();        // Of [[queue.NAME.page]].
const std::vector<Key<Priority>>& priority_keys();
const std::vector<Key<AgentSettings>>& agent_keys();

// The text of an environment variable as the value that the file would hold; text that does not fit stays text, and is
// refused by `set`. A list is separated by commas.
Raw raw_from_environment(Kind kind, const std::string& text);

inline constexpr std::size_t queues_max = 50;
inline constexpr std::size_t agents_max = 2'000;
inline constexpr std::size_t priorities_max = 20;
inline constexpr std::size_t pages_max = 200;  // In one queue.
inline constexpr std::size_t skills_max = 20;  // Of one agent, or of one page.

}  // namespace heti::config

#pragma once
// Names with numbers, for sentences: "C17".
#include <concepts>
#include <string>
#include <string_view>

namespace heti::simulation {

template <std::integral Number>
std::string numbered(std::string_view name, Number number) {
  std::string text(name);
  text += std::to_string(number);
  return text;
}

// A sentence around something. (Plain + with a literal in front trips a false alarm of g++ 12 about overlaps.)
inline std::string joined(std::string_view before, std::string_view middle, std::string_view after = "") {
  std::string text(before);
  text += middle;
  text += after;
  return text;
}

}  // namespace heti::simulation

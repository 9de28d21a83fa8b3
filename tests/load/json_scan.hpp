#pragma once
// Finds fields of a JSON object without building anything: values are views into the text, strings without their quotes
// and with their escapes as they stand. The tool trusts the server to send JSON; what is none gives no fields.
#include <charconv>
#include <cstdint>
#include <string_view>

namespace heti::load {

// Moves past one value that begins at `at`; npos if the text ends before.
inline std::size_t past_value(std::string_view text, std::size_t at) {
  const auto past_string = [&text](std::size_t i) {
    for (++i; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        return i + 1;
      }
    }
    return std::string_view::npos;
  };
  if (at >= text.size()) return std::string_view::npos;
  if (text[at] == '"') return past_string(at);
  if (text[at] != '{' && text[at] != '[') {
    const std::size_t end = text.find_first_of(",}] \n", at);
    return end;
  }
  unsigned depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = past_string(at);
      if (at == std::string_view::npos) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    ++at;
  }
  return std::string_view::npos;
}

// Calls `field(name, value)` for each field of the object.
template <class Field>
void scan_object(std::string_view text, Field&& field) {
  const auto skip = [&text](std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == ',' || text[at] == ':' || text[at] == '\n')) ++at;
    return at;
  };
  std::size_t at = 1;
  for (;;) {
    at = skip(at);
    if (at >= text.size() || text[at] != '"') return;
    const std::size_t name_end = text.find('"', at + 1);
    if (name_end == std::string_view::npos) return;
    const std::string_view name = text.substr(at + 1, name_end - at - 1);
    at = skip(name_end + 1);
    const std::size_t end = past_value(text, at);
    if (end == std::string_view::npos) return;
    const bool quoted = text[at] == '"';
    field(name, quoted ? text.substr(at + 1, end - at - 2) : text.substr(at, end - at));
    at = end;
  }
}

// Calls `item(value)` for each object of the array.
template <class Item>
void scan_array(std::string_view text, Item&& item) {
  for (std::size_t at = 1; at < text.size() && text[at] != ']';) {
    const std::size_t end = past_value(text, at);
    if (end == std::string_view::npos) return;
    item(text.substr(at, end - at));
    at = end;
    while (at < text.size() && (text[at] == ',' || text[at] == ' ')) ++at;
  }
}

inline std::string_view field_of(std::string_view object, std::string_view wanted) {
  std::string_view found;
  scan_object(object, [&](std::string_view name, std::string_view value) {
    if (name == wanted) found = value;
  });
  return found;
}

inline std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace heti::load

#include "protocol/unicode.hpp"

#include <algorithm>

namespace heti::protocol {
namespace {

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Takes the first code point off `rest`, with its bytes. `rest` is not empty.
std::string_view next_code_point(std::string_view& rest) {
  std::size_t size = 1;
  while (size < rest.size() && is_continuation(rest[size])) ++size;
  const std::string_view bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return bytes;
}

// WhiteSpace and LineTerminator of ECMA-262 in UTF-8.
bool is_white_space(std::string_view code_point) {
  if (code_point.size() == 1) {
    const char c = code_point.front();
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
  static constexpr std::string_view wide[] = {
      "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
      "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff",
  };
  return std::ranges::find(wide, code_point) != std::end(wide);
}

}  // namespace

std::size_t code_points_in(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return !is_continuation(c); }));
}

bool is_blank(std::string_view utf8) {
  while (!utf8.empty()) {
    if (!is_white_space(next_code_point(utf8))) return false;
  }
  return true;
}

std::string one_line(std::string_view utf8, std::size_t most) {
  std::string out;
  std::size_t length = 0;
  std::size_t room_for_ellipsis = 0;  // bytes of `out` that are most - 1 code points
  bool space_due = false;
  const auto append = [&](std::string_view code_point) {
    if (length + 1 == most) room_for_ellipsis = out.size();
    out.append(code_point);
    ++length;
  };
  while (!utf8.empty()) {
    const std::string_view code_point = next_code_point(utf8);
    if (is_white_space(code_point)) {
      space_due = length > 0;
      continue;
    }
    if (length + (space_due ? 2 : 1) > most) {
      if (length == most) out.resize(room_for_ellipsis);
      if (out.ends_with(' ')) out.pop_back();
      out.append("\u2026");
      return out;
    }
    if (space_due) append(" ");
    space_due = false;
    append(code_point);
  }
  return out;
}

}  // namespace heti::protocol

#include "protocol/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

namespace heti::protocol {
namespace {

// `count` decimal digits at `at`, with leading zeros.
void put_digits(char* at, int count, unsigned value) {
  for (char* digit = at + count; digit != at; value /= 10) *--digit = static_cast<char>('0' + value % 10);
}

void append_number(TextBuffer& out, auto value) {
  constexpr std::size_t longest = 24;
  char* const at = out.room(longest);
  out.grow_to(std::to_chars(at, at + longest, value).ptr);
}

// The escape of a character that may not stand in a string as it is (RFC 8259, section 7): 6 characters at most.
char* put_escape(char* at, unsigned char c) {
  constexpr std::string_view plain = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  *at++ = '\\';
  if (const auto found = plain.find(static_cast<char>(c)); found != std::string_view::npos) {
    *at++ = letters[found];
    return at;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char digit : {'u', '0', '0', hex[c >> 4], hex[c & 0xf]}) *at++ = digit;
  return at;
}

constexpr bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

// Whether any of eight characters does, by the carries of one subtraction each.
bool any_needs_escape(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = ones * 0x80;
  const auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & tops; };
  const std::uint64_t below_blank = (eight - ones * 0x20) & ~eight & tops;
  return (below_blank | has_zero(eight ^ (ones * '"')) | has_zero(eight ^ (ones * '\\'))) != 0;
}

// Up to its second an instant is written as the one before, most of the time.
struct SecondText {
  std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
  std::array<char, 21> text;  // with the quote before and the point behind

  void set(std::chrono::sys_seconds to) {
    const auto day = std::chrono::floor<std::chrono::days>(to);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{to - day};
    std::ranges::copy(std::string_view("\"0000-00-00T00:00:00."), text.begin());
    put_digits(text.data() + 1, 4, static_cast<unsigned>(int{date.year()}));
    put_digits(text.data() + 6, 2, unsigned{date.month()});
    put_digits(text.data() + 9, 2, unsigned{date.day()});
    put_digits(text.data() + 12, 2, static_cast<unsigned>(time.hours().count()));
    put_digits(text.data() + 15, 2, static_cast<unsigned>(time.minutes().count()));
    put_digits(text.data() + 18, 2, static_cast<unsigned>(time.seconds().count()));
    second = to;
  }
};

}  // namespace

void append_json(TextBuffer& out, bool value) { out += value ? std::string_view("true") : std::string_view("false"); }
void append_json(TextBuffer& out, std::uint64_t value) { append_number(out, value); }
void append_json(TextBuffer& out, const std::string& value) { append_json(out, std::string_view(value)); }
void append_json(TextBuffer& out, Millis value) { append_number(out, value.count()); }

void append_json(TextBuffer& out, std::string_view value) {
  constexpr std::size_t longest_escape = 6;
  char* at = out.room(longest_escape * value.size() + 2);
  *at++ = '"';
  const char* from = value.data();
  const char* const end = from + value.size();
  while (from != end) {
    if (std::uint64_t eight = 0; end - from >= 8) {
      std::memcpy(&eight, from, 8);
      if (!any_needs_escape(eight)) {
        std::memcpy(at, &eight, 8);
        at += 8;
        from += 8;
        continue;
      }
    }
    const auto c = static_cast<unsigned char>(*from++);
    if (needs_escape(c)) {
      at = put_escape(at, c);
    } else {
      *at++ = static_cast<char>(c);
    }
  }
  *at++ = '"';
  out.grow_to(at);
}

void append_json(TextBuffer& out, const PublicId& value) {
  char* at = out.room(34);
  *at++ = '"';
  at = put_text(at, value);
  *at++ = '"';
  out.grow_to(at);
}

void append_json(TextBuffer& out, Instant value) {
  thread_local SecondText last;
  const auto second = std::chrono::floor<std::chrono::seconds>(value);
  if (second != last.second) last.set(second);
  char* at = out.room(last.text.size() + 5);
  at = std::ranges::copy(last.text, at).out;
  put_digits(at, 3, static_cast<unsigned>((value - second).count()));
  at += 3;
  *at++ = 'Z';
  *at++ = '"';
  out.grow_to(at);
}

}  // namespace heti::protocol

#pragma once
// Writes JSON text straight away: frames are the one thing that is encoded for each message, and a tree of
// values first costs five times as much. Reading is the business of a library (flat_reader.hpp).
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "protocol/text_buffer.hpp"
#include "service/base/check.hpp"
#include "service/base/public_id.hpp"
#include "service/base/time.hpp"

namespace heti::protocol {

// Appends one value. Texts must be UTF-8; instants lie within the years 0 to 9999 and become
// "2026-06-01T06:00:00.000Z"; durations become integers of milliseconds.
void append_json(TextBuffer& out, bool value);
void append_json(TextBuffer& out, std::uint64_t value);
void append_json(TextBuffer& out, std::string_view value);
void append_json(TextBuffer& out, const std::string& value);
void append_json(TextBuffer& out, const PublicId& value);
void append_json(TextBuffer& out, Millis value);
void append_json(TextBuffer& out, Instant value);

template <class Enum>
requires std::is_enum_v<Enum>
void append_json(TextBuffer& out, Enum value) { append_json(out, to_string(value)); }

template <class T>
void append_json(TextBuffer& out, const std::vector<T>& items) {
  char before = '[';
  for (const T& item : items) {
    out += before;
    append_json(out, item);
    before = ',';
  }
  if (items.empty()) out += before;
  out += ']';
}

// One JSON object under construction. Fields keep the order in which they are added; an absent optional adds nothing.
class Fields {
 public:
  explicit Fields(TextBuffer& out) : out_(out) {}

  template <class T>
  Fields& add(std::string_view name, const T& value) {
    begin(name);
    append_json(out_, value);
    return *this;
  }
  template <class T>
  Fields& add(std::string_view name, const std::optional<T>& value) {
    if (value) add(name, *value);
    return *this;
  }
  // A word of the protocol itself, such as a `t` or a `kind`.
  Fields& word(std::string_view name, std::string_view value) { return add(name, value); }

  void end() {
    if (before_ == '{') out_ += before_;
    out_ += '}';
  }

 private:
  // Names are words of the protocol: nothing in them needs an escape.
  void begin(std::string_view name) {
    char* at = out_.room(name.size() + 4);
    *at++ = before_;
    *at++ = '"';
    std::memcpy(at, name.data(), name.size());
    at += name.size();
    *at++ = '"';
    *at++ = ':';
    out_.grow_to(at);
    before_ = ',';
  }

  TextBuffer& out_;
  char before_ = '{';
};

// Runs `build` on the fields of one object and gives its text. Not from within a `build`: they share one buffer.
template <class Build>
std::string text_of(const Build& build) {
  TextBuffer& out = thread_text_buffer();
  CHECK(out.text().empty());
  Fields fields(out);
  build(fields);
  fields.end();
  std::string text(out.text());
  out.clear();
  return text;
}

}  // namespace heti::protocol

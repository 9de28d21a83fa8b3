#pragma once
// The small languages of the file: durations, names, origins, quoted text; and the nearest known word to a wrong one.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/time.hpp"

namespace heti::config {

// "500ms", "60s", "10m", "24h": a whole number of at most nine digits and a unit. Nothing for any other text.
std::optional<Millis> parse_duration(std::string_view text);

// A text that parse_duration reads back: seconds below three minutes, minutes below an hour, else hours, as far as the
// value is whole in them.
std::string print_duration(Millis duration);

// As a basic string of TOML: in double quotes, escaped.
std::string in_quotes(std::string_view text);

// [a-z0-9_-]{1,32}: fit for a URL, a metric label and a file name.
bool is_name(std::string_view text);

// UTF-8 without control characters.
bool is_plain_text(std::string_view text);

// scheme://host or scheme://host:port, http or https, as a browser sends it.
bool is_origin(std::string_view text);

// An IPv4 or IPv6 address in figures; host names are refused, for they can mean something else tomorrow.
bool is_ip_address(std::string_view text);

// Where the first character stands, in bytes, that is beyond ASCII and neither in a comment nor in quotes, or a quote
// right behind a word or another quotation; a byte order mark at the beginning does not count. TOML 1.0 allows none of
// them, and the library's own words about them lead nobody to the place.
std::optional<std::size_t> misplaced(std::string_view toml);

// The candidate that is the fewest edits away, if that is close enough to be meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace heti::config

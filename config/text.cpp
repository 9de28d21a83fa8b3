#include "config/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <numeric>
#include <utility>

namespace heti::config {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view suffix;
  Millis size;
};
constexpr std::array<Unit, 4> units{{{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// Edit distance of Levenshtein; the words are keys, so the quadratic table stays small.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// The length of the UTF-8 sequence at the start of `text`, 0 if there is none (overlong forms and surrogates included).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  const std::size_t digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  if (digits == 0 || digits > 9) return std::nullopt;
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + digits, count);
  for (const Unit& unit : units) {
    if (text.substr(digits) == unit.suffix) return count * unit.size;
  }
  return std::nullopt;
}

std::string print_duration(Millis duration) {
  Unit best = units[0];
  if (duration % 1s == 0ms) best = units[1];
  if (duration >= 3min && duration % 1min == 0ms) best = units[2];
  if (duration >= 1h && duration % 1h == 0ms) best = units[3];
  return std::to_string(duration / best.size) + std::string(best.suffix);
}

std::string in_quotes(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-';
  });
}

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x20 || first == 0x7f) return false;
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_origin(std::string_view text) {
  const std::string_view scheme = text.starts_with("https://") ? "https://" : "http://";
  if (!text.starts_with(scheme)) return false;
  std::string_view host = text.substr(scheme.size());
  // A colon inside brackets belongs to an IPv6 address.
  const auto colon = host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) return false;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[')) return host.ends_with(']') && is_ip_address(host.substr(1, host.size() - 2));
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '.' || c == '-';
  });
}

bool is_ip_address(std::string_view text) {
  in6_addr address;  // Large enough for both families.
  const std::string terminated(text);
  return inet_pton(AF_INET, terminated.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, terminated.c_str(), &address) == 1;
}

std::optional<std::size_t> misplaced(std::string_view toml) {
  const bool marked = toml.starts_with("\xef\xbb\xbf");
  char before = '\n';  // the last character that is no blank
  for (std::size_t i = marked ? 3 : 0; i < toml.size(); ++i) {
    const char c = toml[i];
    if (static_cast<unsigned char>(c) >= 0x80) return i;
    if (c == '#') i = std::min(toml.find('\n', i), toml.size());
    if (c != '"' && c != '\'') {
      if (c != ' ' && c != '\t') before = c == '#' ? '\n' : c;
      continue;
    }
    if (std::string_view("\n=[,{.").find(before) == std::string_view::npos) return i;
    before = c;
    const std::string many(3, c);
    const bool over_lines = toml.substr(i).starts_with(many);
    const std::string_view end = std::string_view(many).substr(over_lines ? 0 : 2);
    for (i += end.size(); i < toml.size() && !toml.substr(i).starts_with(end); ++i) {
      if (toml[i] == '\n' && !over_lines) break;
      if (toml[i] == '\\' && c == '"') ++i;
    }
    i += end.size() - 1;
    // Up to two quotes more belong to the text itself.
    for (int more = 0; over_lines && more < 2 && i + 1 < toml.size() && toml[i + 1] == c; ++more) ++i;
    if (i < toml.size() && toml[i] == '\n') before = '\n';
  }
  return std::nullopt;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t fewest = std::min(std::max<std::size_t>(2, word.size() / 3), word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = edits_between(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace heti::config

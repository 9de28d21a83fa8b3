#include "service/gateway/http_head.hpp"

#include <algorithm>

namespace heti::gateway {
namespace {

constexpr std::string_view token_punctuation = "!#$%&'*+-.^_`|~";

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_token_char(char c) { return is_alpha(c) || is_digit(c) || token_punctuation.find(c) != std::string_view::npos; }
bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool lists_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (same_word(trimmed(list.substr(0, comma)), word)) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

// Visible ASCII, space and tab, and bytes above 0x7f that old clients put into Referer.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  });
}

struct Fields {
  unsigned hosts = 0;
  unsigned lengths = 0;
  bool close = false;
  bool keep_alive = false;
};

unsigned check_request_line(std::string_view line, bool& http11) {
  const auto first = line.find(' ');
  if (first == std::string_view::npos) return 400;
  const auto second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return 400;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(method)) return 400;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                            version[6] == '.' && is_digit(version[7]);
    return is_version ? 505 : 400;
  }
  http11 = version == "HTTP/1.1";
  if (method == "TRACE" || method == "CONNECT") return 405;
  if (target.size() > target_bytes_max) return 414;
  // Origin form only: "*", absolute and authority forms are for proxies.
  if (target.empty() || target.front() != '/') return 400;
  const bool printable = std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return printable ? 200 : 400;
}

unsigned check_field(std::string_view line, HeadCheck& check, Fields& fields) {
  // A line that begins with a space would continue the one before (obs-fold): its name is no token.
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value)) return 400;
  if (same_word(name, "Transfer-Encoding")) return 400;
  if (same_word(name, "Host")) {
    if (++fields.hosts > 1 || !is_host(value)) return 400;
  } else if (same_word(name, "Content-Length")) {
    if (++fields.lengths > 1 || value.empty() || value.size() > 15) return 400;
    if (!std::all_of(value.begin(), value.end(), is_digit)) return 400;
    std::uint64_t length = 0;
    for (const char c : value) length = length * 10 + static_cast<std::uint64_t>(c - '0');
    if (length > body_bytes_max) return 413;
    check.content_length = length;
  } else if (same_word(name, "Connection")) {
    fields.close = fields.close || lists_word(value, "close");
    fields.keep_alive = fields.keep_alive || lists_word(value, "keep-alive");
  }
  return 200;
}

}  // namespace

std::optional<HeadCheck> check_head(std::string_view bytes) {
  HeadCheck check;
  const auto refuse = [&check](unsigned status) {
    check.status = status;
    check.keep_alive = false;
    return check;
  };
  const auto end = bytes.find("\r\n\r\n");
  const std::string_view head = bytes.substr(0, end == std::string_view::npos ? bytes.size() : end + 2);
  if (end == std::string_view::npos) {
    if (bytes.size() <= head_bytes_max) {
      // A lone line feed never becomes right, and an LF-only head would never end.
      const auto feed = bytes.find('\n');
      const bool lone = feed != std::string_view::npos && (feed == 0 || bytes[feed - 1] != '\r');
      if (lone) return refuse(400);
      return std::nullopt;
    }
  }
  if (end == std::string_view::npos || end + 4 > head_bytes_max) {
    // Too long by its first line alone, however much of it has come, is a matter of the target.
    return refuse(bytes.substr(0, head_bytes_max).find("\r\n") == std::string_view::npos ? 414 : 431);
  }
  check.head_size = end + 4;

  bool http11 = false;
  Fields fields;
  std::size_t lines = 0;
  for (std::string_view rest = head; !rest.empty(); ++lines) {
    const auto line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    if (line.find_first_of("\r\n") != std::string_view::npos) return refuse(400);
    if (lines > headers_max) return refuse(431);
    const unsigned status = lines == 0 ? check_request_line(line, http11) : check_field(line, check, fields);
    if (status != 200) return refuse(status);
    rest.remove_prefix(line_end + 2);
  }
  if (http11 && fields.hosts == 0) return refuse(400);
  check.keep_alive = http11 ? !fields.close : fields.keep_alive && !fields.close;
  return check;
}

}  // namespace heti::gateway

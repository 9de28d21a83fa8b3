#include "service/gateway/http_response.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <random>

namespace heti::gateway {
namespace {

void append_date(std::string& out, Instant now) {
  const std::time_t seconds = static_cast<std::time_t>(to_ms(now) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto two = [&out](int value) {
    out.push_back(static_cast<char>('0' + value / 10 % 10));
    out.push_back(static_cast<char>('0' + value % 10));
  };
  out += days.at(static_cast<std::size_t>(utc.tm_wday));
  out += ", ";
  two(utc.tm_mday);
  out += ' ';
  out += months.at(static_cast<std::size_t>(utc.tm_mon));
  out += ' ';
  out += std::to_string(utc.tm_year + 1900);
  for (const auto& [mark, value] : {std::pair{' ', utc.tm_hour}, {':', utc.tm_min}, {':', utc.tm_sec}}) {
    out += mark;
    two(value);
  }
  out += " GMT";
}

}  // namespace

HttpResponse json(std::string body) { return HttpResponse{.body = std::move(body)}; }

HttpResponse failure(protocol::HttpFailure failure) {
  return HttpResponse{.status = protocol::http_status_of(failure), .body = protocol::encode(failure)};
}

Millis with_jitter(Millis least) {
  thread_local std::minstd_rand random(std::random_device{}());
  return least + Millis{std::uniform_int_distribution<std::int64_t>(0, least.count())(random)};
}

HttpResponse failure(protocol::HttpFailure code, Millis retry_after) {
  HttpResponse response = failure(code);
  const auto seconds = std::max<std::int64_t>(1, (retry_after.count() + 999) / 1000);
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

HttpResponse rejected(unsigned status) {
  HttpResponse response = failure(status == 413   ? protocol::HttpFailure::too_big
                                  : status == 405 ? protocol::HttpFailure::wrong_method
                                                  : protocol::HttpFailure::bad_request);
  response.status = status;
  response.close = true;
  return response;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

std::string bytes_of(const HttpResponse& response, bool head_only, bool keep_alive, Instant now) {
  const std::string& body = response.shared_body ? *response.shared_body : response.body;
  const bool bodyless = response.status == 204 || response.status == 304;
  std::string out;
  out.reserve(512 + (head_only || bodyless ? 0 : body.size()));
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_of(response.status);
  out += "\r\nDate: ";
  append_date(out, now);
  if (!bodyless) {
    out += "\r\nContent-Type: ";
    out += response.content_type;
    out += "\r\nContent-Length: ";
    out += std::to_string(body.size());
  }
  out += "\r\nCache-Control: ";
  out += response.cache_control;
  out += "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n";
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!head_only && !bodyless) out += body;
  return out;
}

}  // namespace heti::gateway

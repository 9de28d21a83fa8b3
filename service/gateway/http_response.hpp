#pragma once
// What a route answers, and its bytes.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/http.hpp"
#include "service/base/time.hpp"

namespace heti::gateway {

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::shared_ptr<const std::string> shared_body{};  // instead of `body`: a file in memory
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string cache_control = "no-store";
  bool close = false;
};

// Gives the answer of one request, once, from any thread.
using Responder = std::function<void(HttpResponse)>;

HttpResponse json(std::string body);
HttpResponse failure(protocol::HttpFailure failure);
// Somewhere between this and twice as long: those who are refused together do not come back together.
Millis with_jitter(Millis least);
// With a Retry-After of at least one second.
HttpResponse failure(protocol::HttpFailure failure, Millis retry_after);
// For statuses that are below the API: {"code":"bad_request"} and the like, then the connection closes.
HttpResponse rejected(unsigned status);

std::string_view reason_of(unsigned status);
// Head and body; no body for HEAD, 204 and 304. `now` is the wall clock.
std::string bytes_of(const HttpResponse& response, bool head_only, bool keep_alive, Instant now);

}  // namespace heti::gateway

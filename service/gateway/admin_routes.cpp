#include "service/gateway/admin_routes.hpp"

#include <algorithm>
#include <utility>

namespace heti::gateway {

using protocol::HttpFailure;

namespace {

HttpResponse text(unsigned status, std::string body) {
  return HttpResponse{.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

}  // namespace

void AdminRoutes::handle(HttpRequest request, Hub&, Responder respond) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = failure(HttpFailure::wrong_method);
    response.headers.emplace_back("Allow", "GET, HEAD");
    return respond(std::move(response));
  }
  // The process answers: that is all that liveness asks. It depends on nothing, or a broken disk would restart us for
  // ever.
  if (request.path == "/livez" || request.path == "/healthz") return respond(text(200, "ok\n"));
  if (request.path == "/readyz") return respond(readiness(request.parameter("verbose").has_value()));
  if (request.path == "/metrics" && metrics_) {
    return metrics_([respond = std::move(respond)](std::string figures) {
      HttpResponse response = text(200, std::move(figures));
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      respond(std::move(response));
    });
  }
  respond(failure(HttpFailure::not_found));
}

HttpResponse AdminRoutes::readiness(bool verbose) const {
  const std::vector<ReadyCheck> checks = checks_ ? checks_() : std::vector<ReadyCheck>();
  const bool ready = std::all_of(checks.begin(), checks.end(), [](const ReadyCheck& check) { return check.ok; });
  std::string body;
  for (const ReadyCheck& check : checks) {
    if (!verbose && check.ok) continue;
    body += check.ok ? "[+] " : "[-] ";
    body += check.name + ": " + check.detail + "\n";
  }
  body += ready ? "ready\n" : "not ready\n";
  return text(ready ? 200 : 503, std::move(body));
}

std::optional<HttpResponse> AdminRoutes::upgrade(Connection&, Hub&, const HttpReader&, std::string) {
  return failure(HttpFailure::not_found);
}

std::string AdminRoutes::address_of(const Connection& connection, const HttpRequest&) const {
  return connection.address();
}

}  // namespace heti::gateway

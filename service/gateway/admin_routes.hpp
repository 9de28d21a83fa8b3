#pragma once
// What the metrics listener serves: /livez, /readyz, /healthz, /metrics. It lives on the home loop, so that metrics and
// checks may read what the sequencer owns.
#include <functional>
#include <string>
#include <vector>

#include "service/gateway/http_session.hpp"

namespace heti::gateway {

struct ReadyCheck {
  std::string name;  // "journal"
  bool ok = false;
  std::string detail;  // a sentence for /readyz?verbose
};

class AdminRoutes final : public HttpSite {
 public:
  // Answers by `done`, now or later, on the home loop.
  using MetricsText = std::function<void(std::function<void(std::string text)> done)>;
  using ReadyChecks = std::function<std::vector<ReadyCheck>()>;

  void set(MetricsText metrics, ReadyChecks checks) {
    metrics_ = std::move(metrics);
    checks_ = std::move(checks);
  }

  void handle(HttpRequest request, Hub& hub, Responder respond) override;
  std::optional<HttpResponse> upgrade(Connection& connection, Hub& hub, const HttpReader& request,
                                      std::string bytes_behind) override;
  std::string address_of(const Connection& connection, const HttpRequest& request) const override;

 private:
  HttpResponse readiness(bool verbose) const;

  MetricsText metrics_;
  ReadyChecks checks_;
};

}  // namespace heti::gateway

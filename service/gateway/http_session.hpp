#pragma once
// One connection while it speaks HTTP: one request at a time, each head and body within an absolute deadline, answered
// in order. After a good upgrade the connection belongs to a Session.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/gateway/connection.hpp"
#include "service/gateway/http_reader.hpp"
#include "service/gateway/http_response.hpp"
#include "service/gateway/hub.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/options.hpp"

namespace heti::gateway {

// What is behind a listener.
class HttpSite {
 public:
  virtual ~HttpSite() = default;
  // Answers by `respond`, now or later, from any thread.
  virtual void handle(HttpRequest request, Hub& hub, Responder respond) = 0;
  // A request to become a WebSocket. Nothing: the connection has another user now. Else the refusal.
  virtual std::optional<HttpResponse> upgrade(Connection& connection, Hub& hub, const HttpReader& request,
                                              std::string bytes_behind) = 0;
  // The client's address, looking through trusted proxies.
  virtual std::string address_of(const Connection& connection, const HttpRequest& request) const = 0;
};

class HttpSession final : public ConnectionUser, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(HttpSite& site, Hub& hub, GatewayMetrics& metrics, Timeouts timeouts);

  void on_bytes(Connection& connection, std::string_view bytes) override;
  void on_sent(Connection& connection, std::size_t bytes) override;
  void on_second(Connection& connection, std::int64_t now_ms) override;
  void on_closed(Connection& connection, std::string_view step, std::string_view error) override;

 private:
  void process(Connection& connection);
  void answer_one(Connection& connection, std::string bytes);
  void respond(Connection& connection, const HttpResponse& response);
  void reject(Connection& connection, unsigned status);

  HttpSite& site_;
  Hub& hub_;
  GatewayMetrics& metrics_;
  const Timeouts timeouts_;
  std::string bytes_;         // of requests that are not answered yet
  std::int64_t deadline_ms_;  // of the head and body under way, or of the idle connection
  std::int64_t sending_since_ms_ = 0;
  bool idle_ = true;
  bool answering_ = false;
  bool processing_ = false;
  bool head_only_ = false;
  bool keep_alive_ = false;
};

}  // namespace heti::gateway

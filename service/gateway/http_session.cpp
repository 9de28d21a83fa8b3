#include "service/gateway/http_session.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <utility>

#include "service/gateway/http_head.hpp"
#include "service/gateway/hub.hpp"

namespace heti::gateway {
namespace {

// Pipelined requests wait while so much is still to be sent.
constexpr std::size_t unsent_bytes_max = 256 * 1024;
// An answer that is not read within this is given up.
constexpr std::int64_t send_ms_max = 60'000;

HttpClass class_of(unsigned status) {
  return status < 300   ? HttpClass::ok_2xx
         : status < 400 ? HttpClass::redirect_3xx
         : status < 500 ? HttpClass::client_4xx
                        : HttpClass::server_5xx;
}

}  // namespace

HttpSession::HttpSession(HttpSite& site, Hub& hub, GatewayMetrics& metrics, Timeouts timeouts)
    : site_(site),
      hub_(hub),
      metrics_(metrics),
      timeouts_(timeouts),
      deadline_ms_(steady_ms() + timeouts.handshake.count()) {}

void HttpSession::on_bytes(Connection& connection, std::string_view bytes) {
  if (idle_) {
    // Absolute, from the first byte: a byte now and then does not move it.
    idle_ = false;
    deadline_ms_ = steady_ms() + timeouts_.handshake.count();
  }
  bytes_.append(bytes);
  process(connection);
}

void HttpSession::process(Connection& connection) {
  if (processing_) return;
  processing_ = true;
  const std::shared_ptr<HttpSession> kept = shared_from_this();
  while (!answering_ && connection.is_open() && !bytes_.empty()) {
    if (connection.outbox().pending() > unsent_bytes_max) {
      connection.pause(true);
      break;
    }
    const auto check = check_head(bytes_);
    if (!check) break;
    if (check->status != 200) {
      reject(connection, check->status);
      break;
    }
    const std::size_t size = check->head_size + check->content_length;
    if (bytes_.size() < size) break;
    std::string request = bytes_.substr(0, size);
    bytes_.erase(0, size);
    answer_one(connection, std::move(request));
  }
  processing_ = false;
}

void HttpSession::answer_one(Connection& connection, std::string bytes) {
  auto reader = HttpReader::read(bytes);
  if (!reader) return reject(connection, 400);
  HttpRequest& request = reader->request();
  request.address = site_.address_of(connection, request);
  head_only_ = request.method == "HEAD";
  keep_alive_ = request.keep_alive;
  answering_ = true;
  if (reader->is_websocket_upgrade()) {
    auto refusal = site_.upgrade(connection, hub_, *reader, bytes_);
    if (!refusal) {
      bytes_.clear();
      return;  // Not ours any more.
    }
    refusal->close = true;
    return respond(connection, *refusal);
  }
  connection.pause(true);
  auto answered = std::make_shared<std::atomic<bool>>(false);
  Responder responder = [weak_connection = connection.weak_from_this(), weak = weak_from_this(),
                         weak_loop = hub_.loop().weak_from_this(), answered](HttpResponse response) {
    // A job that answers after the gateway's end finds no loop to answer on.
    const auto loop = weak_loop.lock();
    if (!loop || answered->exchange(true)) return;
    auto deliver = [weak_connection, weak](const HttpResponse& given) {
      const auto peer = weak_connection.lock();
      const auto session = weak.lock();
      if (peer && session && peer->is_open()) session->respond(*peer, given);
    };
    if (loop->is_here()) return deliver(response);
    loop->post([deliver, response = std::move(response)] { deliver(response); });
  };
  site_.handle(std::move(request), hub_, std::move(responder));
}

void HttpSession::respond(Connection& connection, const HttpResponse& response) {
  if (!answering_) return;
  answering_ = false;
  count(metrics_.http_responses, class_of(response.status));
  const bool keep_alive = keep_alive_ && !response.close;
  connection.outbox().append(bytes_of(response, head_only_, keep_alive, wall_now()));
  sending_since_ms_ = steady_ms();
  connection.send_soon();
  if (!keep_alive) {
    answering_ = true;  // And nothing is asked any more.
    return connection.finish();
  }
  idle_ = bytes_.empty();
  deadline_ms_ = steady_ms() + (idle_ ? timeouts_.http_idle : timeouts_.handshake).count();
  connection.pause(false);
  process(connection);
}

void HttpSession::reject(Connection& connection, unsigned status) {
  count(metrics_.http_rejected);
  bytes_.clear();
  head_only_ = false;
  answering_ = true;
  respond(connection, rejected(status));
}

void HttpSession::on_sent(Connection& connection, std::size_t) {
  if (!connection.outbox().empty()) return;
  sending_since_ms_ = 0;
  if (answering_ || bytes_.empty()) return;
  connection.pause(false);
  process(connection);
}

void HttpSession::on_second(Connection& connection, std::int64_t now_ms) {
  if (sending_since_ms_ != 0) {
    if (now_ms - sending_since_ms_ >= send_ms_max) connection.abort();
    return;
  }
  if (answering_ || now_ms < deadline_ms_) return;
  // Nothing was asked: nothing is to be said. A request that did not come to its end is told so.
  if (idle_ || bytes_.empty()) return connection.abort();
  reject(connection, 408);
}

void HttpSession::on_closed(Connection&, std::string_view step, std::string_view error) {
  if (!error.empty()) spdlog::debug("http step={} error=\"{}\"", step, error);
}

}  // namespace heti::gateway

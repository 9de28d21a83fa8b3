#include "service/gateway/routes.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "service/gateway/handshake.hpp"
#include "service/gateway/hub.hpp"
#include "service/gateway/origin.hpp"
#include "service/gateway/session.hpp"

namespace heti::gateway {

using protocol::HttpFailure;

namespace {

constexpr std::string_view chats_path = "/api/chats/";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool offers_subprotocol(std::string_view list) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (trimmed(list.substr(0, comma)) == "heti.v1") return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

bool is_json(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';'))) == "application/json";
}

HttpResponse wrong_method(std::string_view allowed) {
  HttpResponse response = failure(HttpFailure::wrong_method);
  response.headers.emplace_back("Allow", std::string(allowed));
  return response;
}

}  // namespace

std::string Routes::address_of(const Connection& connection, const HttpRequest& request) const {
  const auto& trusted = services_.options.trusted_proxies;
  if (std::find(trusted.begin(), trusted.end(), connection.address()) == trusted.end()) return connection.address();
  // The last address is the one that our own proxy saw; those before it are the client's own claims.
  const std::string_view list = request.header("x-forwarded-for");
  const auto comma = list.rfind(',');
  const std::string_view last = trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
  return last.empty() ? connection.address() : std::string(last);
}

// Who signed in on another node a moment ago is known here after a look at what the nodes share.
bool Routes::look_elsewhere(const HttpRequest& request, Hub& hub, const Responder& respond) {
  if (!services_.secrets.is_shared()) return false;
  const std::string_view cookie = cookie_value(request.header("cookie"), cookie_name());
  const bool asks_who = request.path == "/api/me" || request.path == "/api/ticket" || request.path == "/api/logout" ||
                        request.path == "/api/wall" || request.path.starts_with("/api/chats/");
  if (cookie.empty() || !asks_who || services_.secrets.find_session(cookie, wall_now())) return false;
  auto job = [this, weak_loop = hub.loop().weak_from_this(), &hub, request, respond] {
    if (services_.secrets.may_be_elsewhere(wall_now())) {
      const auto gone = services_.secrets.refresh(wall_now());
      if (!gone) spdlog::error("secrets step=look_elsewhere error=\"{}\"", gone.error());
      if (gone && !gone->empty()) {
        services_.relay.home().post(
            [this, gone = *gone] { services_.relay.to_all([gone](Hub& each) { each.sign_out(gone); }); });
      }
    }
    if (const auto loop = weak_loop.lock())
      loop->post([this, &hub, request, respond] { answer(request, hub, respond); });
  };
  if (!services_.pool.try_run(std::move(job))) respond(failure(HttpFailure::try_later, with_jitter(Millis{1000})));
  return true;
}

void Routes::handle(HttpRequest request, Hub& hub, Responder respond) {
  if (look_elsewhere(request, hub, respond)) return;
  answer(request, hub, respond);
}

void Routes::answer(const HttpRequest& request, Hub& hub, const Responder& respond) {
  if (request.method == "GET" || request.method == "HEAD") return handle_get(request, hub, respond);
  if (request.method == "POST") return handle_post(request, hub, respond);
  respond(wrong_method("GET, HEAD, POST"));
}

void Routes::handle_get(const HttpRequest& request, Hub& hub, const Responder& respond) {
  const std::string& path = request.path;
  if (path == "/api/site") return respond(site(request, hub));
  if (path == "/api/me") return respond(me(request, hub));
  if (path == "/api/wall") return wall(request, hub, respond);
  if (path == "/api/chats/closed") return closed_chats(request, hub, respond);
  if (path.starts_with(chats_path)) {
    return transcript(request, std::string_view(path).substr(chats_path.size()), hub, respond);
  }
  if (path == "/api/login" || path == "/api/logout" || path == "/api/ticket") return respond(wrong_method("POST"));
  if (path == "/ws/visitor" || path == "/ws/agent") return respond(failure(HttpFailure::bad_request));
  if (path == "/console" || path == "/console/wall" || path == "/wall") {
    HttpResponse redirect{.status = 308};
    redirect.headers.emplace_back("Location", path == "/console" ? "/console/" : "/console/wall/");
    return respond(std::move(redirect));
  }
  if (auto file = services_.files.find(request)) return respond(*std::move(file));
  respond(failure(HttpFailure::not_found));
}

void Routes::handle_post(const HttpRequest& request, Hub& hub, const Responder& respond) {
  const std::string& path = request.path;
  const bool known = path == "/api/login" || path == "/api/logout" || path == "/api/ticket";
  if (!known) {
    const bool readable =
        path == "/api/site" || path == "/api/me" || path == "/api/wall" || path.starts_with(chats_path);
    return respond(readable ? wrong_method("GET, HEAD") : failure(HttpFailure::not_found));
  }
  // A foreign page can send a form, but not with this type and this Origin.
  if (!same_origin(request.header("origin"), request.header("host"), services_.options.behind_tls)) {
    return respond(failure(HttpFailure::origin));
  }
  if (!is_json(request.header("content-type"))) return respond(failure(HttpFailure::wrong_type));
  if (path == "/api/login") return login(request, hub, respond);
  if (path == "/api/logout") return logout(request, hub, respond);
  respond(ticket(request, hub));
}

std::optional<HttpResponse> Routes::upgrade(Connection& connection, Hub& hub, const HttpReader& reader,
                                            std::string bytes_behind) {
  const HttpRequest& request = reader.request();
  const Options& options = services_.options;
  const auto refuse = [this](HandshakeRefusal why, HttpResponse response) {
    count(services_.metrics.handshake_refusals, why);
    return response;
  };
  const bool visitor = request.path == "/ws/visitor";
  if (!visitor && request.path != "/ws/agent") return failure(HttpFailure::not_found);
  const std::string_view origin = request.header("origin");
  const bool allowed = visitor ? origin_allowed(options.widget_origins, origin)
                               : same_origin(origin, request.header("host"), options.behind_tls) ||
                                     (!origin.empty() && origin_allowed(options.console_origins, origin));
  if (!allowed) return refuse(HandshakeRefusal::origin, failure(HttpFailure::origin));
  // No queues yet: the first settings are on their way to the journal.
  if (services_.draining || services_.sequencer.load() == nullptr || hub.directory().queues.empty()) {
    return refuse(HandshakeRefusal::draining, failure(HttpFailure::try_later, with_jitter(Millis{2000})));
  }
  if (services_.budget.is_near()) {
    return refuse(HandshakeRefusal::overloaded, failure(HttpFailure::try_later, with_jitter(Millis{5000})));
  }
  if (const Handshake handshake = check_handshake(request); handshake != Handshake::good) {
    HttpResponse response = failure(HttpFailure::bad_request);
    if (handshake == Handshake::bad_version) {
      response.status = 426;
      response.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    return refuse(HandshakeRefusal::not_websocket, std::move(response));
  }
  if (!offers_subprotocol(request.header("sec-websocket-protocol"))) {
    return refuse(HandshakeRefusal::subprotocol, failure(HttpFailure::bad_request));
  }
  std::string peer;
  if (request.address != connection.address()) {
    // Behind a proxy the listener counts the proxy; here the client itself is counted.
    peer = peer_prefix(request.address);
    if (!services_.peers.enter(peer)) {
      count(services_.metrics.accept_faults, AcceptFault::per_ip_max);
      return failure(HttpFailure::try_later, with_jitter(Millis{5000}));
    }
  }
  const auto role = visitor ? protocol::Role::visitor : protocol::Role::agent;
  auto session = Session::start(services_, hub, connection, reader, role, peer);
  if (!session) {
    if (!peer.empty()) services_.peers.leave(peer);
    connection.outbox().clear();  // Beast's own words for it; ours have a code.
    return refuse(HandshakeRefusal::not_websocket, failure(HttpFailure::bad_request));
  }
  connection.become(session, std::move(bytes_behind));
  if (connection.is_open()) connection.send_soon();
  return std::nullopt;
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto semicolon = header.find(';');
    const std::string_view one = trimmed(header.substr(0, semicolon));
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) return one.substr(equals + 1);
    header = semicolon == std::string_view::npos ? std::string_view{} : header.substr(semicolon + 1);
  }
  return {};
}

}  // namespace heti::gateway

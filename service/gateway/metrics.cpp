#include "service/gateway/metrics.hpp"

#include <cstdlib>

namespace heti::gateway {

std::string_view name_of(Ended value) {
  switch (value) {
    case Ended::bye: return "bye";
    case Ended::slow_consumer: return "slow_consumer";
    case Ended::outboxes_full: return "outboxes_full";
    case Ended::ping_timeout: return "ping_timeout";
    case Ended::draining: return "draining";
    case Ended::history_changed: return "history_changed";
    case Ended::overloaded: return "overloaded";
    case Ended::signed_out: return "signed_out";
    case Ended::protocol_error: return "protocol_error";
    case Ended::count_: break;
  }
  std::abort();
}

std::string_view name_of(HandshakeRefusal value) {
  switch (value) {
    case HandshakeRefusal::origin: return "origin";
    case HandshakeRefusal::subprotocol: return "subprotocol";
    case HandshakeRefusal::not_websocket: return "not_websocket";
    case HandshakeRefusal::draining: return "draining";
    case HandshakeRefusal::overloaded: return "overloaded";
    case HandshakeRefusal::count_: break;
  }
  std::abort();
}

std::string_view name_of(FramingFault value) {
  switch (value) {
    case FramingFault::protocol_error: return "protocol_error";
    case FramingFault::invalid_text: return "invalid_text";
    case FramingFault::binary: return "binary";
    case FramingFault::control_flood: return "control_flood";
    case FramingFault::fragment_flood: return "fragment_flood";
    case FramingFault::unfinished: return "unfinished";
    case FramingFault::count_: break;
  }
  std::abort();
}

std::string_view name_of(Dropped value) {
  switch (value) {
    case Dropped::typing_flood: return "typing_flood";
    case Dropped::typing: return "typing";
    case Dropped::overview: return "overview";
    case Dropped::count_: break;
  }
  std::abort();
}

std::string_view name_of(LoginResult value) {
  switch (value) {
    case LoginResult::ok: return "ok";
    case LoginResult::wrong_password: return "wrong_password";
    case LoginResult::rate_limited: return "rate_limited";
    case LoginResult::busy: return "busy";
    case LoginResult::failed: return "failed";
    case LoginResult::count_: break;
  }
  std::abort();
}

std::string_view name_of(AcceptFault value) {
  switch (value) {
    case AcceptFault::no_descriptors: return "no_descriptors";
    case AcceptFault::connections_max: return "connections_max";
    case AcceptFault::per_ip_max: return "per_ip_max";
    case AcceptFault::other: return "other";
    case AcceptFault::count_: break;
  }
  std::abort();
}

std::string_view name_of(HttpClass value) {
  switch (value) {
    case HttpClass::ok_2xx: return "2xx";
    case HttpClass::redirect_3xx: return "3xx";
    case HttpClass::client_4xx: return "4xx";
    case HttpClass::server_5xx: return "5xx";
    case HttpClass::count_: break;
  }
  std::abort();
}

}  // namespace heti::gateway

#pragma once
// What a request must bring to become a WebSocket (RFC 6455, 4.2.1), beyond what any request must. Beast 1.81 answers
// any key of up to 24 characters, takes the first of two, and hides the version it would like; proxies that look more
// closely would then see another conversation than we do. Pure.
#include "service/gateway/http_request.hpp"

namespace heti::gateway {

enum class Handshake : unsigned char {
  good,
  bad_version,  // not version 13, once: HTTP 426 with the version that we speak
  bad_key,      // not one key that is 16 bytes in base64
  has_body,     // a body, whose end another reader could take for the first frame
};

Handshake check_handshake(const HttpRequest& request);

}  // namespace heti::gateway

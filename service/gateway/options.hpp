#pragma once
// How a gateway runs. Defaults are those of config/; the wiring passes what the file says.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "service/base/time.hpp"
#include "service/gateway/login_throttle.hpp"
#include "service/gateway/token_bucket.hpp"

namespace heti::gateway {

struct Listen {
  std::string address;     // "127.0.0.1", "0.0.0.0", "::"
  std::uint16_t port = 0;  // 0: any free one, see Gateway::port()
};

struct Limits {
  std::uint32_t frame_bytes_max = 65'536;  // not above protocol::frame_bytes_max
  std::uint32_t connections_max = 15'000;
  std::uint32_t connections_per_ip_max = 256;
  std::uint32_t outbox_bytes_max = 262'144;
  std::size_t outbox_total_bytes_max = 268'435'456;  // of all sockets together
  Rate visitor_messages{5, 20};
  Rate agent_messages{20, 100};
  Rate frames{50, 400};   // all frames of one socket, control frames too; a reconnecting client opens all its chats
  Rate control{20, 100};  // pings and pongs; a browser sends one pong in 20 s
  Rate typing{1, 4};      // what is above is dropped
  LoginLimits logins;
};

struct Timeouts {
  Millis hello{5'000};
  Millis handshake{5'000};  // a request's head and body
  Millis http_idle{30'000};
  Millis ping{20'000};
  Millis dead{45'000};
};

struct Options {
  Listen listen;
  Listen metrics_listen{"127.0.0.1", 9464};
  std::size_t threads = 1;
  std::string workspace = "default";
  std::uint32_t node = 1;
  std::uint64_t incarnation = 0;  // of this start: what ResumeService said
  std::filesystem::path web_root;
  std::vector<std::string> widget_origins{"*"};
  std::vector<std::string> console_origins;  // besides the host's own
  // TLS ends at a proxy in front of us: cookies are Secure and __Host-, own origins are https.
  bool behind_tls = false;
  // How many times as fast as real time journal time runs: 1, but for demonstrations and tests. Clients are told.
  std::uint32_t clock_speed = 1;
  // Addresses of such proxies. From these, and only these, the last X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies;
  Limits limits;
  Timeouts timeouts;
};

}  // namespace heti::gateway

#pragma once
// What the gateway counts. Plain atomics, no metrics library: the monitor exports them. Every label value is one of a
// closed enum, so the number of series is bounded by the types below.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/close_code.hpp"
#include "protocol/words.hpp"

namespace heti::gateway {

// Why a socket that had been greeted as WebSocket ended.
enum class Ended : std::uint8_t {
  bye,              // the peer closed, in order or not
  slow_consumer,    // it read too slowly
  outboxes_full,    // all sockets together waited for too much, and this one for more than others
  ping_timeout,     // silent for the whole `dead` time
  draining,         // we are stopping
  overloaded,       // hello could not be taken
  history_changed,  // acknowledged batches at the journal's end were lost, and given up
  signed_out,       // the agent's session ended
  protocol_error,   // an `error` frame or a fault of RFC 6455
  count_
};
// Why a request for a WebSocket was turned down before the upgrade.
enum class HandshakeRefusal : std::uint8_t { origin, subprotocol, not_websocket, draining, overloaded, count_ };
// Faults of RFC 6455; what heti.v1 calls an error is counted by protocol::ErrorCode.
enum class FramingFault : std::uint8_t {
  protocol_error,
  invalid_text,
  binary,
  control_flood,
  fragment_flood,
  unfinished,  // a message that did not come to its end in time
  count_
};
// Frames that may be lost and were.
enum class Dropped : std::uint8_t {
  typing_flood,  // more of it than one socket may send
  typing,        // not passed on to a socket under pressure
  overview,      // previews, clocks, colleagues: left out for now, made up for when the socket has caught up
  count_
};
enum class LoginResult : std::uint8_t { ok, wrong_password, rate_limited, busy, failed, count_ };
enum class AcceptFault : std::uint8_t { no_descriptors, connections_max, per_ip_max, other, count_ };
enum class HttpClass : std::uint8_t { ok_2xx, redirect_3xx, client_4xx, server_5xx, count_ };

std::string_view name_of(Ended value);
std::string_view name_of(HandshakeRefusal value);
std::string_view name_of(FramingFault value);
std::string_view name_of(Dropped value);
std::string_view name_of(LoginResult value);
std::string_view name_of(AcceptFault value);
std::string_view name_of(HttpClass value);

inline constexpr std::size_t role_count = 2;
inline constexpr std::size_t error_code_count = static_cast<std::size_t>(protocol::ErrorCode::rate_limited) + 1;
inline constexpr std::size_t refusal_code_count = static_cast<std::size_t>(protocol::RefusalCode::overloaded) + 1;

using Counter = std::atomic<std::uint64_t>;
template <class Enum>
using Counters = std::array<Counter, static_cast<std::size_t>(Enum::count_)>;
using RoleCounters = std::array<Counter, role_count>;  // index: protocol::Role

struct GatewayMetrics {
  // Gauges.
  Counter connections{};            // TCP, all listeners
  RoleCounters sockets{};           // WebSockets
  Counter outbox_bytes_max_seen{};  // the fullest outbox since the start
  Counter outbox_bytes{};           // what all outboxes hold after a round of sends
  Counter drain_remaining{};        // sockets still to be closed while draining
  Counter passwords_waiting{};

  // Counters.
  RoleCounters opened{};
  Counters<Ended> ended{};
  RoleCounters bytes_received{};
  RoleCounters bytes_sent{};
  RoleCounters frames_received{};
  RoleCounters frames_sent{};
  std::array<Counter, error_code_count> protocol_errors{};  // index: protocol::ErrorCode
  std::array<Counter, refusal_code_count> refusals{};       // index: protocol::RefusalCode
  Counters<FramingFault> framing_faults{};
  Counters<HandshakeRefusal> handshake_refusals{};
  Counters<LoginResult> logins{};
  Counters<AcceptFault> accept_faults{};
  Counters<HttpClass> http_responses{};
  Counter http_rejected{};  // heads that the strict check turned down
  Counter hello_timeouts{};
  Counter tickets_refused{};
  Counter tokens_refused{};
  Counters<Dropped> dropped{};
  Counter entries_pushed{};  // entry frames handed to sockets
};

template <class Array, class Enum>
void count(Array& counters, Enum which, std::uint64_t by = 1) {
  counters[static_cast<std::size_t>(which)].fetch_add(by, std::memory_order_relaxed);
}
inline void count(Counter& counter, std::uint64_t by = 1) { counter.fetch_add(by, std::memory_order_relaxed); }
inline void raise_to(Counter& gauge, std::uint64_t value) {
  std::uint64_t seen = gauge.load(std::memory_order_relaxed);
  while (seen < value && !gauge.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

}  // namespace heti::gateway

#include "service/monitor/gateway_counts.hpp"

#include <array>
#include <string_view>

namespace heti::monitor {
namespace {

double value_of(const gateway::Counter& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

void counters_by_role(Sheet& sheet, const Metric& metric, const gateway::RoleCounters& counters) {
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const auto role = protocol::to_string(static_cast<protocol::Role>(i));
    sheet.counter(metric, {label("role", role)}, value_of(counters[i]));
  }
}

// For the gateway's own enums, which end with count_.
template <class Enum>
void counters_by(Sheet& sheet, const Metric& metric, std::string_view name, const gateway::Counters<Enum>& counters) {
  for (std::size_t i = 0; i < counters.size(); ++i) {
    sheet.counter(metric, {label(name, name_of(static_cast<Enum>(i)))}, value_of(counters[i]));
  }
}

}  // namespace

void write_gateway(Sheet& sheet, const gateway::GatewayMetrics& m) {
  for (std::size_t i = 0; i < m.sockets.size(); ++i) {
    const auto role = protocol::to_string(static_cast<protocol::Role>(i));
    sheet.gauge(catalogue::connections, {label("role", role)}, value_of(m.sockets[i]));
  }
  counters_by_role(sheet, catalogue::connections_opened, m.opened);
  counters_by<gateway::Ended>(sheet, catalogue::connections_closed, "reason", m.ended);
  counters_by_role(sheet, catalogue::received_bytes, m.bytes_received);
  counters_by_role(sheet, catalogue::sent_bytes, m.bytes_sent);
  counters_by_role(sheet, catalogue::received_frames, m.frames_received);
  counters_by_role(sheet, catalogue::sent_frames, m.frames_sent);
  for (std::size_t i = 0; i < m.protocol_errors.size(); ++i) {
    const auto kind = protocol::to_string(static_cast<protocol::ErrorCode>(i));
    sheet.counter(catalogue::protocol_errors, {label("kind", kind)}, value_of(m.protocol_errors[i]));
  }
  counters_by<gateway::FramingFault>(sheet, catalogue::protocol_errors, "kind", m.framing_faults);
  for (std::size_t i = 0; i < m.refusals.size(); ++i) {
    const auto code = protocol::to_string(static_cast<protocol::RefusalCode>(i));
    sheet.counter(catalogue::refusals, {label("code", code)}, value_of(m.refusals[i]));
  }
  counters_by<gateway::HandshakeRefusal>(sheet, catalogue::handshakes_refused, "reason", m.handshake_refusals);
  counters_by<gateway::LoginResult>(sheet, catalogue::logins, "result", m.logins);
  counters_by<gateway::AcceptFault>(sheet, catalogue::accept_errors, "kind", m.accept_faults);
  counters_by<gateway::HttpClass>(sheet, catalogue::http_responses, "class", m.http_responses);
  const auto slow = static_cast<std::size_t>(gateway::Ended::slow_consumer);
  sheet.counter(catalogue::slow_consumers, {}, value_of(m.ended[slow]));
  counters_by<gateway::Dropped>(sheet, catalogue::frames_dropped, "kind", m.dropped);
  sheet.gauge(catalogue::send_queue_bytes, {}, value_of(m.outbox_bytes));
  sheet.gauge(catalogue::send_queue_max, {}, value_of(m.outbox_bytes_max_seen));
}

}  // namespace heti::monitor

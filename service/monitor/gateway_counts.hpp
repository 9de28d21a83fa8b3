#pragma once
// The gateway's plain counters under their metric names.
#include "service/gateway/metrics.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {

void write_gateway(Sheet& sheet, const gateway::GatewayMetrics& metrics);

}  // namespace heti::monitor

#pragma once
// How the queues stand, for the screen on the wall: the same figures as the metrics of this instant.
#include <cstdint>

#include "protocol/http.hpp"
#include "service/core/state.hpp"
#include "service/monitor/forecast.hpp"
#include "service/monitor/history.hpp"

namespace heti {

// All queues but the service's own, in the order of their making.
protocol::Wall wall_of(const core::State& state, const monitor::History& history, Instant now,
                       const monitor::LocalMidnight& local_midnight, std::uint32_t clock_speed);

}  // namespace heti

#pragma once
// The probe, wired to the node whose front door it tries.
#include <functional>
#include <memory>

#include "config/settings.hpp"
#include "service/base/time.hpp"
#include "service/gateway/gateway.hpp"
#include "service/gateway/secrets.hpp"
#include "service/monitor/monitor.hpp"
#include "service/probe/probe.hpp"

namespace heti {

// Not started yet. All that is given must outlive it; `now` is asked on the gateway's home loop. From here on the
// monitor shows what becomes of it.
std::unique_ptr<probe::Probe> make_probe(const config::Settings& settings, gateway::Gateway& gateway,
                                         gateway::Secrets& secrets, monitor::Monitor& monitor,
                                         std::function<Instant()> now);

}  // namespace heti

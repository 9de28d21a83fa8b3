#include "service/probe_of_node.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "service/gateway/io_loop.hpp"
#include "service/propose.hpp"

namespace heti {
namespace {

// A session that is about to end is not used any more.
constexpr Millis session_rest_min{5 * 60'000};

// The probe's agent has no password and needs none: the node signs it in by itself, one session after the other.
class AgentOfProbe {
 public:
  AgentOfProbe(gateway::Secrets& secrets, std::string cookie_name)
      : secrets_(secrets), cookie_name_(std::move(cookie_name)) {}
  ~AgentOfProbe() {
    if (cookie_.empty()) return;
    if (const auto ended = secrets_.end_session(cookie_); !ended) {
      spdlog::warn("room=probe step=sign_out error=\"{}\"", ended.error());
    }
  }
  AgentOfProbe(const AgentOfProbe&) = delete;
  AgentOfProbe& operator=(const AgentOfProbe&) = delete;

  std::expected<std::string, std::string> sign_in() {
    const Instant now = gateway::wall_now();
    if (cookie_.empty() || !secrets_.find_session(cookie_, now + session_rest_min)) {
      auto cookie = secrets_.start_session(probe_name, now);
      if (!cookie) return std::unexpected(cookie.error());
      cookie_ = *std::move(cookie);
    }
    return cookie_name_ + "=" + cookie_;
  }

 private:
  gateway::Secrets& secrets_;
  const std::string cookie_name_;
  std::string cookie_;
};

// Where this node itself reaches its listener.
client::Server front_door(const config::Settings& settings, std::uint16_t port) {
  const std::string& address = settings.listen.address;
  return {.host = address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address, .port = port};
}

// A page that may embed the widget, as the settings have it.
std::string page_of(const config::Settings& settings, const client::Server& server) {
  const auto& origins = settings.widget.origins;
  const bool any = origins.empty() || std::find(origins.begin(), origins.end(), "*") != origins.end();
  return any ? server.origin() : origins.front();
}

}  // namespace

std::unique_ptr<probe::Probe> make_probe(const config::Settings& settings, gateway::Gateway& gateway,
                                         gateway::Secrets& secrets, monitor::Monitor& monitor,
                                         std::function<Instant()> now) {
  monitor.expect_probe(probe::step_names);
  const client::Server server = front_door(settings, gateway.port());
  const bool tls = settings.proxy.tls;
  const auto agent = std::make_shared<AgentOfProbe>(secrets, tls ? "__Host-heti" : "heti");
  probe::Options options{.server = server,
                         .visitor_origin = page_of(settings, server),
                         .agent_origin = (tls ? "https://" : "http://") + server.authority(),
                         .queue = std::string(probe_name),
                         .agent = std::string(probe_name),
                         .interval = settings.probe.interval};
  probe::Hooks hooks{
      .sign_in = [agent] { return agent->sign_in(); },
      .announce = [&gateway](const std::string& address, std::uint16_t port) { gateway.announce_own(address, port); },
      .withdraw = [&gateway](const std::string& address, std::uint16_t port) { gateway.withdraw_own(address, port); },
      .succeeded =
          [&gateway, &monitor, now = std::move(now)](double seconds) {
            gateway.loop().post([&monitor, now, seconds] { monitor.probe().succeeded(now(), seconds); });
          },
      .failed =
          [&monitor](probe::Step step, std::string_view error) {
            const auto index = static_cast<std::size_t>(step);
            monitor.probe().failed(index);
            spdlog::warn("room=probe step={} error=\"{}\"", probe::step_names[index], error);
          }};
  return std::make_unique<probe::Probe>(std::move(options), std::move(hooks));
}

}  // namespace heti

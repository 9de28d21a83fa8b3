#include "tests/load/modes.hpp"

#include <cstdio>

namespace heti::load {

namespace {

std::expected<void, std::string> prepare(Stage& stage) {
  const Options& options = stage.options;
  stage.staff.screens = options.screens;
  stage.pid = options.pid;
  std::uint16_t port = options.port;
  if (!options.server.empty()) {
    const HetiSettings settings{
        .staff = &stage.staff, .connections_max = 19500, .threads = options.threads, .journal = options.journal};
    auto server = stage.is_heti() ? start_heti(options.server, settings, options.server_cores)
                                  : start_peer(options.peer, options.server, options.server_cores);
    if (!server) return std::unexpected(server.error());
    stage.server = std::move(*server);
    stage.pid = stage.server->pid();
    std::fprintf(stderr, "the server is process %d\n", stage.pid);
    port = stage.server->port();
  }
  if (options.own_core >= 0 && !pin_to(0, {options.own_core})) {
    std::fprintf(stderr, "core %d is not to be had; the tool runs where it may\n", options.own_core);
  }
  const auto address = address_of(options.host, port);
  if (!address) return std::unexpected(address.error());
  stage.address = *address;
  stage.host = options.host + ":" + std::to_string(port);
  stage.report.text("mode", options.mode);
  stage.report.text("peer", options.peer);
  return {};
}

std::expected<void, std::string> play(Stage& stage) {
  const std::string& mode = stage.options.mode;
  if (mode == "closed" || mode == "open") return steady_mode(stage);
  if (mode == "idle") return idle_mode(stage);
  if (mode == "handshakes") return handshakes_mode(stage);
  if (mode == "storm") return storm_mode(stage);
  if (mode == "life") return life_mode(stage);
  if (mode == "disk") return disk_mode(stage);
  return std::unexpected(mode + " is no mode\n\n" + usage());
}

}  // namespace

std::expected<int, std::string> run_mode(const Options& options) {
  Stage stage(options);
  if (options.mode == "config") {
    const HetiSettings settings{.staff = &stage.staff, .connections_max = 19500};
    std::printf("%s", heti_config(settings, 8080, 9464, ".").c_str());
    std::fprintf(stderr, "all passwords are %s\n", stage.staff.password.c_str());
    return 0;
  }
  if (auto ready = prepare(stage); !ready) return std::unexpected(ready.error());
  if (auto played = play(stage); !played) return std::unexpected(played.error());
  stage.report.violations(stage.violations);
  std::printf("%s", stage.report.table().c_str());
  if (!options.json.empty()) {
    if (auto written = stage.report.write(options.json); !written) return std::unexpected(written.error());
  }
  return stage.violations.count() == 0 ? 0 : 1;
}

}  // namespace heti::load

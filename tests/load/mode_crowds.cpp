// The modes idle, handshakes and storm.
#include <cstdio>

#include "tests/load/crowd.hpp"
#include "tests/load/gate.hpp"
#include "tests/load/modes.hpp"
#include "tests/load/mqtt.hpp"

namespace heti::load {

namespace {

using Depth = HetiCrowd::Depth;

std::expected<Depth, std::string> depth_of(const std::string& name) {
  if (name == "welcome") return Depth::welcome;
  if (name == "started") return Depth::started;
  if (name == "posted") return Depth::posted;
  return std::unexpected("--depth is welcome, started or posted, not " + name);
}

}  // namespace

std::expected<std::unique_ptr<Crowd>, std::string> crowd_of(Stage& stage, const HetiDoor& door, std::size_t size,
                                                            const std::string& depth_name) {
  const auto relay = [&](RelayKind kind) {
    return std::make_unique<RelayCrowd>(stage.loop, kind, stage.address, stage.host, size);
  };
  const std::string& peer = stage.options.peer;
  if (peer == "heti") {
    const auto depth = depth_of(depth_name);
    if (!depth) return std::unexpected(depth.error());
    stage.report.text("depth", depth_name);
    return std::make_unique<HetiCrowd>(stage.loop, door, stage.staff.queues, size, *depth, stage.violations);
  }
  if (peer == "raw") return relay(RelayKind::raw);
  if (peer == "node") return relay(RelayKind::node);
  if (peer == "nchan") return relay(RelayKind::nchan);
  if (peer == "mosquitto") return std::make_unique<MqttCrowd>(stage.loop, stage.address, size);
  return std::unexpected(peer + " is no peer");
}

namespace {

void report_gate(Stage& stage, Gate& gate, const std::string& name) {
  stage.report.percentiles(name, gate.times());
  stage.report.number("turned_away", static_cast<double>(gate.turned_away()), "", 0);
  if (gate.turned_away() > 0) stage.report.text("turned_away_last", gate.last_reason());
}

}  // namespace

std::expected<void, std::string> idle_mode(Stage& stage) {
  const Options& options = stage.options;
  const HetiDoor door(stage.address, stage.host);
  auto crowd = crowd_of(stage, door, options.connections, options.depth.empty() ? "started" : options.depth);
  if (!crowd) return std::unexpected(crowd.error());
  Gate gate(stage.loop, **crowd, options.at_once);
  gate.wait(1);
  const auto at_start = memory_of(stage.pid);
  if (!at_start) return std::unexpected(at_start.error());
  if (auto in = gate.let_in_all(300); !in) return in;
  gate.wait(3);
  const auto full = memory_of(stage.pid);
  if (!full) return std::unexpected(full.error());
  const std::uint64_t away_before = gate.turned_away();
  for (std::size_t i = 0; i < (*crowd)->size(); ++i) (*crowd)->cut(i);
  std::fprintf(stderr, "all are cut; waiting %.0f s\n", options.wait);
  gate.wait(options.wait);
  const auto empty = memory_of(stage.pid);
  if (!empty) return std::unexpected(empty.error());

  const auto count = static_cast<double>(options.connections);
  const auto growth = static_cast<double>(full->rss_bytes) - static_cast<double>(at_start->rss_bytes);
  Report& report = stage.report;
  report.number("connections", count, "", 0);
  report.number("rss_at_start_kb", static_cast<double>(at_start->rss_bytes) / 1024, "kB", 0);
  report.number("rss_full_kb", static_cast<double>(full->rss_bytes) / 1024, "kB", 0);
  report.number("bytes_per_connection", growth / count, "B", 0);
  report.number("rss_after_kb", static_cast<double>(empty->rss_bytes) / 1024, "kB", 0);
  report.number("rss_after_to_start", static_cast<double>(empty->rss_bytes) / static_cast<double>(at_start->rss_bytes),
                "of the start", 3);
  report.number("lost_while_idle", static_cast<double>(away_before), "", 0);
  return {};
}

std::expected<void, std::string> handshakes_mode(Stage& stage) {
  const Options& options = stage.options;
  const HetiDoor door(stage.address, stage.host);
  auto crowd = crowd_of(stage, door, 4 * options.at_once, options.depth.empty() ? "welcome" : options.depth);
  if (!crowd) return std::unexpected(crowd.error());
  Gate gate(stage.loop, **crowd, options.at_once);
  // Everybody has been there once and has a token.
  if (auto in = gate.let_in_all(60); !in) return in;
  for (std::size_t i = 0; i < (*crowd)->size(); ++i) (*crowd)->cut(i);
  gate.revolve(options.warm_up);
  gate.times().clear();
  const std::uint64_t passed = gate.passages();
  const auto before = cpu_time(stage.pid);
  const std::int64_t begin = now_ns();
  gate.revolve(options.seconds);
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  const auto after = cpu_time(stage.pid);
  if (!before) return std::unexpected(before.error());
  if (!after) return std::unexpected(after.error());
  const auto count = static_cast<double>(gate.passages() - passed);
  if (!(count > 0)) return std::unexpected("not one handshake came about: " + gate.last_reason());
  stage.report.number("handshakes", count, "", 0);
  stage.report.number("handshakes_per_s", count / seconds, "/s", 0);
  stage.report.cpu(*after - *before, seconds, count, "handshake");
  report_gate(stage, gate, "handshake");
  return {};
}

std::expected<void, std::string> storm_mode(Stage& stage) {
  const Options& options = stage.options;
  const HetiDoor door(stage.address, stage.host);
  auto crowd = crowd_of(stage, door, options.connections, options.depth.empty() ? "posted" : options.depth);
  if (!crowd) return std::unexpected(crowd.error());
  Gate gate(stage.loop, **crowd, options.at_once);
  if (auto in = gate.let_in_all(300); !in) return in;
  const std::uint64_t away_before = gate.turned_away();
  gate.wait(3);
  gate.times().clear();
  const auto before = cpu_time(stage.pid);
  const std::int64_t begin = now_ns();
  if (options.posting) {
    for (std::size_t i = 0; i < (*crowd)->size(); ++i) (*crowd)->post(i);
    stage.loop.round(0);
  }
  for (std::size_t i = 0; i < (*crowd)->size(); ++i) (*crowd)->cut(i);
  const std::int64_t cut = now_ns();
  const auto back = gate.let_in_all(120);
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  const auto after = cpu_time(stage.pid);
  // Whoever is left without its state is what this mode is there to find.
  if (!back) stage.violations.add(back.error());
  if (!before) return std::unexpected(before.error());
  if (!after) return std::unexpected(after.error());
  Report& report = stage.report;
  const auto count = static_cast<double>(options.connections);
  report.number("connections", count, "", 0);
  report.text("posting_when_cut", options.posting ? "yes" : "no");
  report.number("all_back_s", seconds, "s", 3);
  report.number("cutting_took_s", static_cast<double>(cut - begin) / 1e9, "s", 3);
  report.cpu(*after - *before, seconds, count, "connection");
  report.number("turned_away_at_setup", static_cast<double>(away_before), "", 0);
  report_gate(stage, gate, "attempt");
  return {};
}

}  // namespace heti::load

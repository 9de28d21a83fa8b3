#include <cstdio>
#include <memory>
#include <optional>

#include "tests/load/gate.hpp"
#include "tests/load/modes.hpp"
#include "tests/load/mqtt.hpp"
#include "tests/load/relay_talk.hpp"
#include "tests/load/traffic.hpp"

namespace heti::load {

namespace {

std::expected<std::unique_ptr<Talk>, std::string> talk_of(Stage& stage, const HetiDoor& door) {
  const Options& options = stage.options;
  const auto relay = [&](RelayKind kind) {
    return std::make_unique<RelayTalk>(stage.loop, kind, stage.address, stage.host, options.pairs,
                                       options.message_bytes, stage.violations);
  };
  if (options.peer == "heti") {
    return std::make_unique<HetiTalk>(stage.loop, door, stage.staff, options.pairs, stage.violations);
  }
  if (options.peer == "raw") return relay(RelayKind::raw);
  if (options.peer == "node") return relay(RelayKind::node);
  if (options.peer == "nchan") return relay(RelayKind::nchan);
  if (options.peer == "mosquitto") {
    return std::make_unique<MqttTalk>(stage.loop, stage.address, options.pairs, options.message_bytes,
                                      stage.violations);
  }
  return std::unexpected(options.peer + " does not know the mode " + options.mode);
}

}  // namespace

std::expected<void, std::string> steady_mode(Stage& stage) {
  const Options& options = stage.options;
  HetiDoor door(stage.address, stage.host);
  door.frame_bytes = options.message_bytes;
  auto talk = talk_of(stage, door);
  if (!talk) return std::unexpected(talk.error());
  if (auto ready = (*talk)->set_up(); !ready) return ready;

  std::unique_ptr<Crowd> crowd;
  std::optional<Gate> gate;
  if (options.beside > 0) {
    auto beside = crowd_of(stage, door, options.beside, options.depth.empty() ? "welcome" : options.depth);
    if (!beside) return std::unexpected(beside.error());
    crowd = std::move(*beside);
    gate.emplace(stage.loop, *crowd, options.at_once);
    if (auto in = gate->let_in_all(300); !in) return in;
    gate->wait(1);
  }

  const bool closed = options.mode == "closed";
  const Traffic::Plan plan{.window = closed ? options.window : 0,
                           .rate = closed ? 0 : options.rate,
                           .warm_up_s = options.warm_up,
                           .measure_s = options.seconds,
                           .messages = closed ? options.messages : 0,
                           .name = options.peer};
  CpuTime before, after, own_before, own_after;
  std::uint64_t sends = 0;
  std::uint64_t receives = 0;
  std::string fault;
  const auto read_cpu = [&](CpuTime& server, CpuTime& own) {
    const auto read = cpu_time(stage.pid);
    const auto read_own = own_cpu_time();
    if (!read) fault = read.error();
    if (read && read_own) {
      server = *read;
      own = *read_own;
    }
  };
  Traffic traffic(stage.loop, **talk);
  const Measured measured = traffic.run(
      plan,
      [&] {
        sends = stage.loop.sends();
        receives = stage.loop.receives();
        read_cpu(before, own_before);
      },
      [&] {
        read_cpu(after, own_after);
        sends = stage.loop.sends() - sends;
        receives = stage.loop.receives() - receives;
      });
  if (!fault.empty()) return std::unexpected(fault);
  if (measured.delivered == 0) return std::unexpected("not one message was delivered");

  const auto delivered = static_cast<double>(measured.delivered);
  Report& report = stage.report;
  report.number("pairs", static_cast<double>(options.pairs), "", 0);
  if (closed) report.number("window", static_cast<double>(options.window), "", 0);
  if (!closed) report.number("rate", options.rate, "/s", 0);
  if (stage.is_heti()) {
    report.number("agents", static_cast<double>(stage.staff.logins.size()), "", 0);
    report.number("screens_each", static_cast<double>(options.screens), "", 0);
    report.number("queues", static_cast<double>(stage.staff.queues.size()), "", 0);
  }
  if (gate) {
    report.number("beside", static_cast<double>(options.beside), "", 0);
    report.number("beside_lost", static_cast<double>(gate->turned_away()), "", 0);
  }
  report.number("seconds", measured.seconds, "s", 2);
  report.number("delivered", delivered, "", 0);
  report.number("delivered_in_all", static_cast<double>(measured.delivered_in_all), "", 0);
  report.number("delivered_per_s", delivered / measured.seconds, "/s", 0);
  report.cpu(after - before, measured.seconds, delivered, "message");
  report.percentiles("delivery", measured.delivery);
  report.percentiles("ack", measured.ack);
  const CpuTime own = own_after - own_before;
  report.number("tool_us_per_message", static_cast<double>(own.total_ns) / 1000 / delivered, "µs", 2);
  report.number("tool_cores", static_cast<double>(own.total_ns) / 1e9 / measured.seconds, "of one", 2);
  report.number("tool_sends_per_message", static_cast<double>(sends) / delivered, "", 2);
  report.number("tool_receives_per_message", static_cast<double>(receives) / delivered, "", 2);
  return {};
}

}  // namespace heti::load

#pragma once
// The gateway: listeners, loops, sessions, fan-out. Made before the sequencer (which runs on its loop and projects
// into its fan-out), attached to it, run until it is stopped.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "service/archive/archive.hpp"
#include "service/base/time.hpp"
#include "service/gateway/admin_routes.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/options.hpp"
#include "service/gateway/secrets.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::gateway {

class Gateway {
 public:
  // Reads the web root and binds both listeners, but accepts nobody yet. `secrets`, `archive` and `metrics` must
  // outlive the gateway. Ignores SIGPIPE for the process.
  [[nodiscard]] static std::expected<std::unique_ptr<Gateway>, std::string> open(Options options, Secrets& secrets,
                                                                                 archive::Archive& archive,
                                                                                 GatewayMetrics& metrics);
  // After run() has returned. The sequencer must be gone or stopped.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // What the sequencer is made with.
  sequencer::Loop& loop();
  sequencer::Projection& fanout();

  // ---- Before run(), from the thread that will run.

  // `history`: the journal's id. From here on sockets are taken.
  void attach(sequencer::Sequencer& sequencer, std::string history);
  // For /metrics and /readyz, called on the home loop. The gateway adds its own check ("draining").
  void on_metrics(std::function<std::string()> text);
  void on_ready(std::function<std::vector<ReadyCheck>()> checks);
  // SIGTERM, SIGINT and SIGHUP, on the home loop.
  void on_signal(std::function<void(int)> handler);

  std::uint16_t port() const;
  std::uint16_t metrics_port() const;

  // Runs the home loop on this thread and the others on theirs, until stop().
  void run();

  // ---- On the home loop.

  // Not ready any more, accepts nobody, closes the sockets with 4012 spread over `spread`; then calls `done`. Sockets
  // that are left after twice the time are cut.
  void drain(Millis spread, std::function<void()> done);
  // Ends run(). Call it last: after drain() and after the sequencer has stopped.
  void stop();

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  void refresh_sessions();
  void drain_step(std::int64_t now_ms);

  std::unique_ptr<Parts> parts_;
};

}  // namespace heti::gateway

#pragma once
// The gateway: listeners, loops, sessions, fan-out. Made before the sequencer (which runs on its loop and projects
// into its fan-out), attached to it, run until it is stopped.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "service/archive/archive.hpp"
#include "service/base/time.hpp"
#include "service/gateway/admin_routes.hpp"
#include "service/gateway/directory.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/options.hpp"
#include "service/gateway/secrets.hpp"
#include "service/gateway/typing_elsewhere.hpp"
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
  sequencer::Projection& tail_watch();

  // ---- Before run(), from the thread that will run.

  // `journal`: whose history and end the welcomes name. From here on sockets are taken.
  void attach(sequencer::Sequencer& sequencer, const journal::Journal& journal);
  // For /metrics, called on the home loop; it calls `done` with the text there, now or later.
  void on_metrics(std::function<void(std::function<void(std::string text)> done)> ask);
  // For /readyz, called on the home loop. The gateway adds its own check ("draining").
  void on_ready(std::function<std::vector<ReadyCheck>()> checks);
  // What the screens on the wall show, of all queues that are anybody's; called on the home loop, at most twice a
  // second whatever the number of screens. Nothing: not known now, ask again.
  void on_wall(std::function<std::optional<protocol::Wall>()> figures);
  // A client has shown, by a token of ours, that the journal lost batches at its end; called on the home loop, perhaps
  // more than once. `shown` completes the sentence: "a visitor's token knows position 12 (...)".
  void on_lost_end(std::function<void(std::string shown)> handler);
  // Called every 250 ms on the home loop with the seconds that it came late.
  void on_lag(std::function<void(double seconds)> handler);
  // SIGTERM, SIGINT and SIGHUP, on the home loop.
  void on_signal(std::function<void(int)> handler);

  // Somebody types on a socket of this node; called on any loop.
  void on_typing(std::function<void(const TypingElsewhere& typing)> to_other_nodes);

  // Any thread. A socket of this process is bound there and will connect to us (see own_sockets.hpp): it alone may
  // speak for the queues and agents of the service's own. Withdrawn before the socket is closed, if it has not come.
  void announce_own(const std::string& address, std::uint16_t port);
  void withdraw_own(const std::string& address, std::uint16_t port);

  std::uint16_t port() const;
  std::uint16_t metrics_port() const;

  // Runs the home loop on this thread and the others on theirs, until stop().
  void run();

  // ---- On the home loop; before run(), from the thread that will run.

  // What the widget says from here on in each queue, in place of all that was given before.
  void set_wording(Wording wording);

  // ---- On the home loop.

  // Somebody types on a socket of another node.
  void take_typing(const TypingElsewhere& typing);
  // The journal was empty when it was attached, and is not any more: its history has a name.
  void name_history(const journal::Journal& journal);
  // Another node writes the journal (`true`), or this one does.
  void follow(bool follows);
  // All our connections were taken to be gone, and are not: says so to the core.
  void announce();
  // Another node has to take care of our clients for a while: closes all sockets with 4012.
  void hand_over_all();
  // The journal has begun another history: all sockets are closed with 4040, and come back into it.
  void begin_history(const journal::Journal& journal);
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

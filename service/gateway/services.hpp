#pragma once
// What sessions and routes share: one of each in a gateway. Everything in it may be used from any loop, except where
// its own header says otherwise.
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "service/archive/archive.hpp"
#include "service/gateway/fanout.hpp"
#include "service/gateway/login_throttle.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/options.hpp"
#include "service/gateway/outbox_budget.hpp"
#include "service/gateway/own_sockets.hpp"
#include "service/gateway/password_pool.hpp"
#include "service/gateway/peers.hpp"
#include "service/gateway/relay.hpp"
#include "service/gateway/secrets.hpp"
#include "service/gateway/static_files.hpp"
#include "service/gateway/tail_watch.hpp"
#include "service/gateway/tokens.hpp"
#include "service/gateway/typing_elsewhere.hpp"
#include "service/gateway/wall_desk.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::gateway {

struct Services {
  Services(Options given, Secrets& secrets_store, archive::Archive& the_archive, GatewayMetrics& counters,
           StaticFiles static_files, Relay& the_relay)
      : options(std::move(given)),
        secrets(secrets_store),
        archive(the_archive),
        metrics(counters),
        files(std::move(static_files)),
        relay(the_relay),
        signer(secrets_store.signing_key(), options.workspace),
        tickets(signer),
        throttle(options.limits.logins),
        peers(options.limits.connections_per_ip_max),
        budget(the_relay, options.limits.outbox_total_bytes_max),
        fanout(the_relay, counters),
        pool(2, 16, counters.passwords_waiting) {}

  // Runs `then` on the home loop with a state that is durable. False: the sequencer takes nothing now.
  [[nodiscard]] bool with_state(std::function<void(const core::State&, Instant now)> then) {
    sequencer::Sequencer* const line = sequencer.load();
    if (line == nullptr) return false;
    return line->submit(
               core::command::Tick{},
               [line, then = std::move(then)](const core::Answer&, const core::State& state) {
                 then(state, line->now());
               },
               false) == sequencer::Submit::accepted;
  }

  const Options options;
  Secrets& secrets;
  archive::Archive& archive;
  GatewayMetrics& metrics;
  const StaticFiles files;
  Relay& relay;
  const Signer signer;
  TicketDesk tickets;
  LoginThrottle throttle;
  Peers peers;
  OwnSockets own_sockets;
  const OutboxBudget budget;
  Fanout fanout;        // home loop only
  std::string history;  // home loop only
  TailWatch tail_watch;
  WallDesk wall;                                                      // home loop only
  std::function<void(const JournalEnd& seen)> on_lost_end;            // set before run(), called on the home loop
  std::function<void(const TypingElsewhere& typing)> to_other_nodes;  // set before run(), called on any loop
  std::atomic<sequencer::Sequencer*> sequencer{nullptr};
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> next_connection{1};
  PasswordPool pool;  // last: its jobs use the others, and it joins first
};

}  // namespace heti::gateway

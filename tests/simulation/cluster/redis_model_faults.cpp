// What happens to the model: servers die, freeze, are cut off, and lose what a Redis may lose.
#include <algorithm>

#include "tests/simulation/cluster/redis_model.hpp"

namespace heti::simulation {

void RedisModel::reset_sessions(Server& at) {
  for (const auto& weak : at.sessions) {
    const auto session = weak.lock();
    if (!session) continue;
    session->reset = true;
    session->channels.clear();
    fibers_.wake(session->waiting);
  }
  at.sessions.clear();
}

void RedisModel::kill(int number) {
  Server& at = server(number);
  if (!at.up) return;
  at.up = at.frozen = false;
  ++at.life;
  at.backlog.clear();
  at.waits.clear();
  at.scripts.clear();
  at.confirmed.clear();
  at.syncing = at.copying = false;
  reset_sessions(at);
  const auto kept = static_cast<std::size_t>(random_.between(
      static_cast<std::int64_t>(std::min(at.synced, at.log.size())), static_cast<std::int64_t>(at.log.size())));
  at.log.resize(kept);
  at.synced = kept;
  if (number == master_ && kept < at.answered) lost_ = true;
  at.answered = std::min(at.answered, kept);
  at.data = replayed(at.log);
  forget_record(at);
}

void RedisModel::restart(int number) {
  Server& at = server(number);
  if (at.up) return;
  at.up = true;
  at.last_confirmed = fibers_.now();
  if (number != master_) copy_from_master(number);
  replicate();
}

void RedisModel::freeze(int number) {
  if (server(number).up) server(number).frozen = true;
}

void RedisModel::thaw(int number) {
  Server& at = server(number);
  if (!std::exchange(at.frozen, false)) return;
  for (const auto& task : std::exchange(at.backlog, {})) task();
  replicate();
}

void RedisModel::cut(Group group, int number, bool cut) {
  if (cut) {
    cuts_.insert({group, number});
  } else {
    cuts_.erase({group, number});
  }
}

void RedisModel::drop_sessions(Group group) {
  for (Server& at : servers_) {
    for (const auto& weak : at.sessions) {
      const auto session = weak.lock();
      if (!session || session->group != group || session->reset) continue;
      session->reset = true;
      session->channels.clear();
      fibers_.wake(session->waiting);
    }
  }
}

void RedisModel::isolate(int number, bool alone) {
  Server& at = server(number);
  if (at.alone == alone) return;
  at.alone = alone;
  if (alone || number == master_) {
    replicate();
    return;
  }
  // Told that it is master no more.
  ++at.life;
  at.syncing = false;
  at.waits.clear();
  at.confirmed.clear();
  reset_sessions(at);
  copy_from_master(number);
}

void RedisModel::hold_replica(int number, bool held) {
  server(number).held = held;
  replicate();
}

void RedisModel::promote(bool best) {
  int chosen = -1;
  for (int number = 0; number < setup_.servers; ++number) {
    const Server& at = server(number);
    if (number == master_ || !at.up || at.frozen || at.copying || at.alone) continue;
    if (chosen < 0 || (at.log.size() > server(chosen).log.size()) == best) chosen = number;
  }
  if (chosen < 0) return;
  Server& before = server(master_);
  Server& now = server(chosen);
  if (now.log.size() < before.answered) lost_ = true;
  master_ = chosen;
  ++now.life;
  now.syncing = false;
  reset_sessions(now);
  now.confirmed.clear();
  now.held = false;
  now.last_confirmed = fibers_.now();
  now.answered = now.log.size();
  forget_record(now);
  for (int number = 0; number < setup_.servers; ++number) {
    if (number != chosen && server(number).up && !server(number).alone) {
      reset_sessions(server(number));
      copy_from_master(number);
    }
  }
  replicate();
}

void RedisModel::wind_back(std::size_t entries) {
  Server& at = server(master_);
  if (!at.up || at.log.empty()) return;
  const bool loses = entries > 0;
  at.synced = at.log.size() - std::min(entries, at.log.size());
  at.log.resize(at.synced);
  kill(master_);
  lost_ = lost_ || loses;
  restart(master_);
}

void RedisModel::heal() {
  cuts_.clear();
  for (int number = 0; number < setup_.servers; ++number) {
    thaw(number);
    hold_replica(number, false);
    isolate(number, false);
    restart(number);
  }
}

}  // namespace heti::simulation

#include "tests/simulation/cluster/cluster_world.hpp"

#include <algorithm>
#include <cstdio>

#include "service/core/batch.hpp"
#include "service/core/state.hpp"
#include "service/journal/hash.hpp"
#include "tests/simulation/words.hpp"

namespace heti::simulation::cluster {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t violations_max = 8;
constexpr Millis start_of_time{1'780'293'600'000};  // 2026-06-01T06:00:00Z
constexpr Micros settles_within = 60s;
constexpr std::uint64_t digest_every = 8;

core::Settings one_queue() {
  core::Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support"});
  settings.queues.back().mode = core::RoutingMode::pull;
  settings.queues.back().wrapup = Millis{0};
  settings.agents.push_back(
      {.name = "aino", .display_name = "Aino", .queues = {"support"}, .capacity = 20, .supervisor = false});
  return settings;
}

}  // namespace

const std::array<const char*, fault_kinds> fault_names{
    "node killed",      "owner killed", "node stopped",        "node frozen",     "node cut off",
    "sessions dropped", "Redis killed", "Redis frozen",        "clock stepped",   "replica held",
    "replica killed",   "failed over",  "one after the other", "master isolated", "wound back"};

void Counts::add(const Counts& other) {
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
  for (const auto member :
       {&Counts::runs, &Counts::may_lose, &Counts::lost, &Counts::acks, &Counts::again, &Counts::histories,
        &Counts::healed, &Counts::durables, &Counts::calls, &Counts::simulated_ms}) {
    this->*member += other.*member;
  }
}

ClusterWorld::ClusterWorld(std::uint64_t seed, std::filesystem::path directory, bool verbose)
    : fibers_(seed),
      random_(seed ^ 0xc1a57e5ull),
      verbose_(verbose),
      directory_(std::move(directory)),
      machines_(random_.chance(250) ? 1 + random_.below(2) : 3) {
  redis_setup_.servers = random_.chance(600) ? 3 : 1;
  redis_setup_.confirm = redis_setup_.servers > 1 && random_.chance(800) ? 1 : 0;
  may_lose_ = random_.chance(400) || (redis_setup_.servers > 1 && redis_setup_.confirm == 0);
  redis_setup_.always = !may_lose_ || random_.chance(500);
  snapshots_ = random_.chance(500);
  redis_ = std::make_unique<RedisModel>(fibers_, random_.next(), redis_setup_);
  redis_here = redis_.get();
  clients_ = std::make_unique<Clients>(*this, random_.next(), 3);
  settings_ = one_queue();
}

ClusterWorld::~ClusterWorld() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
  // Processes that still run live on fibers that nobody runs any more.
  for (Machine& machine : machines_) static_cast<void>(machine.process.release());
  redis_here = nullptr;
  static_cast<void>(redis_.release());
}

Outcome ClusterWorld::run() {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    std::filesystem::create_directories(directory_ / std::to_string(i));
    launch(i);
  }
  clients_->begin();
  const Micros end = fibers_.now() + Micros{random_.between(40'000'000, 90'000'000)};
  fibers_.after(Micros{random_.between(3'000'000, 8'000'000)}, [this] { strike(); });
  const auto enough = [this] { return violations_.size() >= 1; };
  fibers_.run_until(end, enough);
  if (violations_.empty()) settle();
  if (violations_.empty()) judge();
  counts_.runs = 1;
  counts_.may_lose = may_lose_ ? 1 : 0;
  counts_.lost = redis_->has_lost() ? 1 : 0;
  counts_.acks = clients_->acks;
  counts_.again = clients_->again;
  counts_.histories = told_.empty() ? 0 : told_.size() - 1;
  counts_.calls = redis_->calls();
  counts_.simulated_ms = static_cast<std::uint64_t>(fibers_.now().count() / 1000);
  return {.violations = violations_, .counts = counts_};
}

// --- machines ---

void ClusterWorld::launch(std::size_t machine) {
  if (machines_[machine].process) return;
  ProcessOptions options;
  options.name = "node" + std::to_string(machine);
  options.node = 0x80000000u | static_cast<std::uint32_t>(machine + 1);
  options.directory = directory_ / std::to_string(machine);
  options.settings = settings_;
  options.confirm = redis_setup_.confirm;
  options.sentinels = redis_setup_.servers > 1;
  options.snapshots = snapshots_;
  options.wall = [this, machine] {
    return start_of_time + std::chrono::duration_cast<Millis>(fibers_.now()) + machines_[machine].wall_offset;
  };
  machines_[machine].frozen = false;
  machines_[machine].process = std::make_unique<Process>(std::move(options), *this);
}

void ClusterWorld::kill(std::size_t machine, Micros down) {
  auto& process = machines_[machine].process;
  if (!process) return;
  say(joined("", process->options().name, " killed"));
  fibers_.kill(process->group());
  redis_->drop_sessions(process->group());
  clients_->process_gone(*process);
  static_cast<void>(process.release());  // As it was when it died: nothing of it runs any more.
  fibers_.after(down, [this, machine] { launch(machine); });
}

void ClusterWorld::on_end(Process& process, std::string why) {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i].process.get() != &process) continue;
    say(process.options().name + " ended: " + why);
    if (why.starts_with("recovery") && why.find("trimmed") != std::string::npos) {
      violation(process.options().name + " cannot start: " + why);
    }
    if (why.find("does not follow position") != std::string::npos)
      violation(process.options().name + " was told out of turn: " + why);
    if (why.find("differs after position") != std::string::npos) violation(process.options().name + ": " + why);
    clients_->process_gone(process);
    static_cast<void>(machines_[i].process.release());
    fibers_.after(Micros{random_.between(300'000, 1'500'000)}, [this, i] { launch(i); });
  }
}

Process* ClusterWorld::door(Random& random) { return machines_[random.below(machines_.size())].process.get(); }

// --- faults ---

void ClusterWorld::strike() {
  std::vector<Fault> possible{Fault::node_killed,  Fault::owner_killed, Fault::node_stopped,
                              Fault::node_frozen,  Fault::node_cut_off, Fault::sessions_dropped,
                              Fault::redis_killed, Fault::redis_frozen, Fault::clock_stepped};
  if (redis_setup_.servers > 1) {
    possible.insert(possible.end(), {Fault::replica_held, Fault::replica_killed, Fault::failed_over, Fault::failed_over,
                                     Fault::one_after_the_other, Fault::master_isolated});
  }
  if (may_lose_) possible.insert(possible.end(), {Fault::wound_back, Fault::redis_killed});
  carry_out(random_.of(possible));
  fibers_.after(Micros{random_.between(300'000, 9'000'000)}, [this] { strike(); });
}

void ClusterWorld::carry_out(Fault fault) {
  if (calm_) return;
  const std::size_t chosen = random_.below(machines_.size());
  Machine& machine = machines_[chosen];
  const int master = redis_->master();
  const Micros soon{random_.between(200'000, 3'000'000)};
  const Micros later{random_.between(500'000, 9'000'000)};
  say(std::string("FAULT ") + fault_names[static_cast<std::size_t>(fault)] + numbered(", machine ", chosen) +
      numbered(", master ", master));
  switch (fault) {
    case Fault::node_killed: kill(chosen, soon); break;
    case Fault::owner_killed:
      for (std::size_t i = 0; i < machines_.size(); ++i) {
        if (machines_[i].process && machines_[i].process->leads()) kill(i, later);
      }
      break;
    case Fault::node_stopped:
      if (!machine.process || machine.frozen) return;
      machine.process->stop();
      break;
    case Fault::node_frozen: {
      if (!machine.process || std::exchange(machine.frozen, true)) return;
      const Group group = machine.process->group();
      fibers_.freeze(group);
      fibers_.after(later, [this, chosen, group] {
        fibers_.thaw(group);
        if (machines_[chosen].process && machines_[chosen].process->group() == group) machines_[chosen].frozen = false;
      });
      break;
    }
    case Fault::node_cut_off: {
      if (!machine.process) return;
      const Group group = machine.process->group();
      for (int server = 0; server < redis_setup_.servers; ++server) redis_->cut(group, server, true);
      fibers_.after(later, [this, group] {
        for (int server = 0; server < redis_setup_.servers; ++server) redis_->cut(group, server, false);
      });
      break;
    }
    case Fault::sessions_dropped:
      if (!machine.process) return;
      redis_->drop_sessions(machine.process->group());
      break;
    case Fault::redis_killed:
      redis_->kill(master);
      fibers_.after(soon, [this, master] { redis_->restart(master); });
      break;
    case Fault::redis_frozen:
      redis_->freeze(master);
      fibers_.after(later, [this, master] { redis_->thaw(master); });
      break;
    case Fault::clock_stepped: machine.wall_offset = Millis{random_.between(-20'000, 20'000)}; break;
    case Fault::replica_held: {
      const bool all = random_.chance(400);
      const int chosen_one = static_cast<int>((static_cast<std::size_t>(master) + 1 + random_.below(2)) % 3);
      for (int replica = 0; replica < redis_setup_.servers; ++replica) {
        if (replica == master || (!all && replica != chosen_one)) continue;
        redis_->hold_replica(replica, true);
        fibers_.after(later, [this, replica] { redis_->hold_replica(replica, false); });
      }
      break;
    }
    case Fault::replica_killed: {
      const int replica = static_cast<int>((static_cast<std::size_t>(master) + 1 + random_.below(2)) % 3);
      redis_->kill(replica);
      fibers_.after(soon, [this, replica] { redis_->restart(replica); });
      break;
    }
    case Fault::one_after_the_other:
      // Replicas that hear nothing, an owner that dies with what they did not get, then the master.
      for (int replica = 0; replica < redis_setup_.servers; ++replica) {
        if (replica == master) continue;
        redis_->hold_replica(replica, true);
        fibers_.after(later + 6s, [this, replica] { redis_->hold_replica(replica, false); });
      }
      fibers_.after(soon, [this] { carry_out(Fault::owner_killed); });
      fibers_.after(soon + 5s, [this] { carry_out(Fault::failed_over); });
      break;
    case Fault::failed_over:
    case Fault::master_isolated: {
      const bool best = !may_lose_ || random_.chance(500);
      if (fault == Fault::failed_over) {
        redis_->kill(master);
        fibers_.after(later, [this, master] { redis_->restart(master); });
      } else {
        redis_->isolate(master, true);
        fibers_.after(later + 3s, [this, master] { redis_->isolate(master, false); });
        // One node is on the master's side of the cut.
        const auto& beside = machines_[random_.below(machines_.size())].process;
        for (const Machine& each : machines_) {
          if (!each.process || each.process == beside) continue;
          redis_->cut(each.process->group(), master, true);
          fibers_.after(later + 3s,
                        [this, master, group = each.process->group()] { redis_->cut(group, master, false); });
        }
      }
      fibers_.after(soon, [this, master, best] {
        if (redis_->master() != master || (redis_->up(master) && !redis_->is_alone(master))) return;
        if (!may_lose_ && !redis_->replicas_are_well()) return;
        redis_->promote(best);
      });
      break;
    }
    case Fault::wound_back: redis_->wind_back(random_.below(40)); break;
  }
  ++counts_.faults[static_cast<std::size_t>(fault)];
}

// --- what processes tell ---

void ClusterWorld::on_durable(Process& process, const sequencer::Durable& batch, const PublicId& history) {
  ++counts_.durables;
  const std::string& name = process.options().name;
  const std::uint64_t position = batch.position.value();
  auto& told = told_[history][position];
  told.try_emplace(batch.hash, name);
  if (!may_lose_ && redis_setup_.confirm > 0 && redis_->holders(batch.hash) == 1) {
    violation(numbered("position ", position) + " was told by " + name + ", and no replica has it");
  }
  // Where Redis may lose, this is so until the loss is noticed: who was told the one is then told of a new history.
  if (!may_lose_ && told.size() > 1) {
    violation(numbered("position ", position) + " is one thing at " + told.begin()->second + " and another at " +
              told.rbegin()->second);
  }
  if (position % digest_every == 0) {
    const std::string bytes = core::state_bytes(batch.state);
    const std::uint64_t digest = std::hash<std::string>{}(bytes);
    const auto [known, first] = digests_.try_emplace(batch.hash, std::pair{digest, name});
    if (!first && known->second.first != digest) {
      violation(numbered("after position ", position) + " the states of " + known->second.second + " and " + name +
                " differ");
    }
  }
}

void ClusterWorld::on_announce(Process& process) { clients_->announce(process); }
void ClusterWorld::on_hand_over(Process& process) { clients_->hand_over(process); }
void ClusterWorld::on_note(Process& process, std::string note) {
  if (note.find("has lost the journal's end") != std::string::npos) ++counts_.healed;
  say(process.options().name + ": " + note);
}

// --- the end ---

void ClusterWorld::settle() {
  say("ALL IS WELL AGAIN");
  calm_ = true;
  redis_->heal();
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i].process) fibers_.thaw(machines_[i].process->group());
    machines_[i].frozen = false;
  }
  const auto broken = [this] { return !violations_.empty(); };
  fibers_.run_until(fibers_.now() + 10s, broken);
  clients_->hush();
  const Micros end = fibers_.now() + settles_within;
  std::string why;
  do {
    fibers_.run_until(fibers_.now() + 1s, broken);
    why = still_unwell();
  } while (violations_.empty() && !why.empty() && fibers_.now() < end);
  if (violations_.empty() && !why.empty()) violation("a minute after all is well, " + why);
}

// Those that the state knows are those that there are.
std::string ClusterWorld::wrong_connections(const core::State& state) const {
  const auto is_there = [this](const core::ConnectionId& id) {
    return std::ranges::any_of(clients_->all(),
                               [&](const Client& client) { return client.connection == id && client.at != nullptr; });
  };
  for (const auto& [id, agent] : state.agents) {
    for (const auto& connection : agent.connections) {
      if (!is_there(connection)) return "an agent has a connection that is over";
    }
    if (agent.connections.empty()) return "an agent's connection is not known";
  }
  for (const auto& [id, conversation] : state.conversations) {
    for (const auto& connection : conversation.connections) {
      if (!is_there(connection)) return "a visitor has a connection that is over";
    }
  }
  return "";
}

std::string ClusterWorld::still_unwell() {
  std::size_t leaders = 0;
  for (const Machine& machine : machines_) {
    if (!machine.process) return "a process is not there";
    if (machine.process->leads()) ++leaders;
  }
  if (leaders != 1) return numbered("so many lead: ", leaders);
  for (const Machine& machine : machines_) {
    if (const std::string why = machine.process->unwell(); !why.empty())
      return machine.process->options().name + " " + why;
    if (!machine.process->leads()) continue;
    if (std::string why = wrong_connections(machine.process->sequencer().state()); !why.empty()) return why;
  }
  return clients_->unwell();
}

void ClusterWorld::judge() {
  for (const std::string& complaint : redis_->complaints()) violation(complaint);
  const auto written = redis_->batches();
  if (!written) return violation("what Redis has: " + written.error());
  // One chain, and what was told in the history that counts lies in it.
  PublicId history;
  for (const Machine& machine : machines_) {
    const PublicId mine = machine.process->history();
    if (history == PublicId{}) history = mine;
    if (history != mine) return violation("two nodes name two histories");
  }
  journal::Hash previous{};
  std::map<std::uint64_t, journal::Hash> chain;
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> last_n;
  std::map<std::uint64_t, std::uint64_t> last_seq;
  std::map<std::string, std::pair<std::uint64_t, std::string>> posted;  // text: seq, and where
  std::map<core::ConversationId, std::uint64_t> names;
  for (const journal::Batch& batch : *written) {
    const std::uint64_t position = batch.position.value();
    if (position != chain.size() + 1 || batch.previous != previous) {
      return violation(numbered("Redis has no chain: position ", position) + numbered(" after ", chain.size()));
    }
    previous = journal::hash_of(batch);
    chain[position] = previous;
    const auto events = core::decode_batch(batch.payload);
    if (!events) return violation(events.error());
    for (const core::Event& event : *events) {
      if (const auto* started = std::get_if<core::event::ConversationStarted>(&event.body)) {
        names[started->conversation] = started->public_id.low;
      }
      const auto* message = std::get_if<core::event::MessagePosted>(&event.body);
      if (message == nullptr || message->stream.empty()) continue;
      auto& n = last_n[{message->conversation.value(), message->stream}];
      auto& seq = last_seq[message->conversation.value()];
      if (message->n != n + 1) {
        violation(message->text + numbered(": posted as number ", message->n) + numbered(" after ", n));
      }
      if (message->seq <= seq) violation(message->text + ": out of order");
      n = message->n;
      seq = message->seq;
      if (!posted.try_emplace(message->text, message->seq, "").second) violation(message->text + ": posted twice");
    }
  }
  if (lost_in_.contains(history)) violation(lost_in_[history] + ": acknowledged and lost, and the history is the same");
  if (!may_lose_ && told_.size() > 1) violation("a new history began though Redis lost nothing");
  for (const auto& [position, told] : told_[history]) {
    for (const auto& [hash, by] : told) {
      if (chain.contains(position) && chain[position] == hash) continue;
      violation(numbered("position ", position) + " as " + by + " told it is not in Redis; the history is the same");
    }
  }
  for (const Client& client : clients_->all()) {
    for (const auto& [conversation, stream] : client.streams) {
      for (const auto& [n, place] : stream.places) {
        const std::string text = Clients::text_of(client, conversation, n);
        const auto found = posted.find(text);
        if (found == posted.end()) {
          violation(text + ": acknowledged, and lost");
        } else if (place != 0 && found->second.first != place) {
          violation(text + ": acknowledged at another place");
        }
      }
    }
  }
}

void ClusterWorld::lost(std::string what, const PublicId& history) {
  if (!may_lose_) return violation(what + ": acknowledged, and asked for again");
  lost_in_.try_emplace(history, std::move(what));
}

void ClusterWorld::violation(std::string what) {
  say("VIOLATION " + what);
  if (violations_.size() < violations_max) violations_.push_back(std::move(what));
}

void ClusterWorld::say(const std::string& line) {
  if (verbose_) std::printf("%10.3f  %s\n", static_cast<double>(fibers_.now().count()) / 1e6, line.c_str());
}

}  // namespace heti::simulation::cluster

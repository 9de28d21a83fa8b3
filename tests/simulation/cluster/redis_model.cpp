#include "tests/simulation/cluster/redis_model.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/redis/store.hpp"

namespace heti::simulation {
namespace {

using namespace std::chrono_literals;

// Planted bugs that lie in a script: what is left out of it, or put in its place.
struct Patch {
  Planted bug;
  std::string_view from;
  std::string_view to;
};
constexpr std::array patches{
    Patch{Planted::no_tail_check, "if tail ~= ARGV[2] or hash ~= ARGV[3] then return {'tail', tail, last_id} end", ""},
    Patch{Planted::ids_by_clock, "redis.call('XADD', KEYS[1], ARGV[4], 'at'", "redis.call('XADD', KEYS[1], '*', 'at'"},
    Patch{Planted::no_again, "if tail == ARGV[4] and hash == ARGV[5] then",
          "if tail == ARGV[4] and hash == ARGV[5] then tail, hash = ARGV[2], ARGV[3] ARGV[4] = "
          "string.match(ARGV[4], '^%d+') .. '-' .. string.format('%.0f', string.match(ARGV[4], '%d+$') + 1) end\n"
          "if false then"},
    Patch{Planted::claim_unseen, "if token ~= ARGV[1] or beat ~= ARGV[2] or tail ~= ARGV[3] then", "if false then"},
    Patch{Planted::trim_too_far, "through = math.min(through, tonumber(position)) end", "end"},
};

constexpr Micros look_again = 20ms;
// What is older than that is nobody's doubt; and no two servers' journals are so many entries apart.
constexpr int recent_entries = 32;
constexpr int entries_apart = 500;
constexpr Micros no_replica_for = 10s;
constexpr Micros owner_is_silent_for = 3s;
const std::string owner_key = "{default}:owner";

}  // namespace

RedisModel::RedisModel(Fibers& fibers, std::uint64_t seed, const RedisSetup& setup)
    : fibers_(fibers), random_(seed), setup_(setup), servers_(static_cast<std::size_t>(setup.servers)) {}

Micros RedisModel::delay() {
  return random_.chance(20) ? Micros{random_.between(2'000, 60'000)} : Micros{random_.between(50, 1'500)};
}

// --- the way there and back ---

std::shared_ptr<Session> RedisModel::connect(Micros timeout, std::string& why) {
  const Group group = fibers_.group();
  fibers_.sleep(delay());
  const int number = master_;
  if (cuts_.contains({group, number})) {
    fibers_.sleep(timeout);
    why = "cannot be reached: Connection timed out";
    return nullptr;
  }
  Server& at = server(number);
  if (!at.up) {
    why = "cannot be reached: Connection refused";
    return nullptr;
  }
  auto session = std::make_shared<Session>();
  session->server = number;
  session->group = group;
  at.sessions.push_back(session);
  return session;
}

void RedisModel::move(const std::shared_ptr<Session>& session, bool down, std::function<void()> what) {
  Pipe& pipe = down ? session->down : session->up;
  pipe.waiting.push_back(std::move(what));
  if (std::exchange(pipe.moving, true)) return;
  fibers_.after(delay(), [this, session, down] { pump(session, down); });
}

void RedisModel::pump(const std::shared_ptr<Session>& session, bool down) {
  Pipe& pipe = down ? session->down : session->up;
  if (session->reset || (session->closed && down)) {
    pipe.waiting.clear();
    return;
  }
  if (cuts_.contains({session->group, session->server})) {
    return fibers_.after(look_again, [this, session, down] { pump(session, down); });
  }
  pipe.moving = false;
  const auto what = std::move(pipe.waiting.front());
  pipe.waiting.pop_front();
  if (!pipe.waiting.empty()) {
    pipe.moving = true;
    fibers_.after(Micros{1}, [this, session, down] { pump(session, down); });
  }
  what();
}

void RedisModel::send(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request) {
  const std::uint64_t life = server(session->server).life;
  move(session, false, [this, session, request, life] { receive(session, request, life); });
}

void RedisModel::close(const std::shared_ptr<Session>& session) {
  session->closed = true;
  session->channels.clear();
}

void RedisModel::receive(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request,
                         std::uint64_t life) {
  Server& at = server(session->server);
  if (at.life != life || !at.up) return;
  if (at.frozen) {
    at.backlog.emplace_back([this, session, request, life] { receive(session, request, life); });
    return;
  }
  step(session, request, life);
}

// The commands of one request, one after the other; WAIT goes on when it is answered.
void RedisModel::step(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request,
                      std::uint64_t life) {
  Server& at = server(session->server);
  while (request->replies.size() < request->commands.size()) {
    const Words& words = request->commands[request->replies.size()];
    ++calls_;
    if (words[0] != "WAIT") {
      request->replies.push_back(run(at, *session, words));
      continue;
    }
    auto wait = std::make_shared<Wait>();
    wait->through = planted(Planted::wait_elsewhere) ? 0 : session->last_write;  // As of one that wrote nothing.
    wait->replicas = std::stoll(words.at(1));
    wait->done = [this, session, request, life, wait](std::int64_t count) {
      wait->done = nullptr;
      request->replies.push_back(integer_reply(count));
      step(session, request, life);
    };
    at.waits.push_back(wait);
    fibers_.after(Micros{std::stoll(words.at(2)) * 1000}, [this, number = session->server, wait, life] {
      Server& then = server(number);
      if (!wait->done || then.life != life) return;
      std::erase(then.waits, wait);
      const auto done = wait->done;
      done(std::ranges::count_if(then.confirmed, [&](const auto& each) { return each.second >= wait->through; }));
    });
    return settle_waits(at);
  }
  answer(session, request, life);
}

// With `always` only what is synced is answered.
void RedisModel::answer(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request,
                        std::uint64_t life) {
  Server& at = server(session->server);
  if (at.life != life || !at.up) return;
  if (setup_.always && at.synced < at.log.size()) {
    sync(session->server);
    fibers_.after(Micros{500}, [this, session, request, life] { answer(session, request, life); });
    return;
  }
  at.answered = std::max(at.answered, session->last_write);
  move(session, true, [session, request] {
    if (request->pushed) {
      for (Reply& reply : request->replies) session->inbox.push_back(std::move(reply));
    }
    request->done = true;
    Fibers::here().wake(session->waiting);
  });
}

// --- commands ---

Reply RedisModel::run(Server& at, Session& session, const Words& words) {
  const std::string& name = words[0];
  const bool is_master = &at == &server(master_) || at.alone;
  if (name == "PING")
    return session.channels.empty() ? text_reply("PONG") : list_reply({text_reply("pong"), text_reply("")});
  if (name == "ROLE") return list_reply({text_reply(is_master ? "master" : "slave")});
  if (name == "CONFIG") {
    const std::string& what = words.at(2);
    const std::string value = what == "maxmemory-policy"        ? "noeviction"
                              : what == "appendonly"            ? "yes"
                              : what == "appendfsync"           ? (setup_.always ? "always" : "everysec")
                              : what == "min-replicas-to-write" ? (setup_.confirm > 0 ? "1" : "0")
                                                                : "no";
    return list_reply({text_reply(what), text_reply(value)});
  }
  if (name == "SUBSCRIBE") {
    session.channels.assign(words.begin() + 1, words.end());
    for (std::size_t i = 2; i < words.size(); ++i) {
      session.inbox.push_back(list_reply({text_reply("subscribe"), text_reply(words[i]), integer_reply(1)}));
    }
    return list_reply({text_reply("subscribe"), text_reply(words[1]), integer_reply(1)});
  }
  if (name == "PUBLISH") {
    publish(at, words.at(1), words.at(2));
    return integer_reply(1);
  }
  if (name == "EVAL" || name == "EVALSHA") {
    std::string source = words.at(1);
    if (name == "EVALSHA") {
      const auto found = at.scripts.find(words[1]);
      if (found == at.scripts.end()) return error_reply("NOSCRIPT No matching script. Please use EVAL.");
      source = found->second;
    } else {
      at.scripts[journal::redis::Script(source).sha1()] = source;
    }
    if (!is_master) return error_reply("READONLY You can't write against a read only replica.");
    const bool writes = source.find("'XADD'") != std::string::npos || source.find("'HSET'") != std::string::npos;
    // Replicas that hear the master say so each second, also when nothing is written.
    if (replica_listens()) at.last_confirmed = fibers_.now();
    if (writes && setup_.confirm > 0 && fibers_.now() - at.last_confirmed > no_replica_for) {
      return error_reply("NOREPLICAS Not enough good replicas to write.");
    }
    const std::size_t before = at.log.size();
    Reply reply = run_script(at, source, words, std::stoull(words.at(2)));
    if (at.log.size() > before) session.last_write = at.log.size();
    return reply;
  }
  Words wrote;
  Reply reply = at.data.run(words, wrote, fibers_.now().count() / 1000);
  CHECK(wrote.empty());
  return reply;
}

Reply RedisModel::run_script(Server& at, const std::string& source, const Words& words, std::size_t keys) {
  std::string patched = source;
  for (const Patch& patch : patches) {
    if (!planted(patch.bug)) continue;
    if (const auto where = patched.find(patch.from); where != std::string::npos) {
      patched.replace(where, patch.from.size(), patch.to);
    }
  }
  const auto first = words.begin() + 3;
  const auto arguments = first + static_cast<std::ptrdiff_t>(keys);
  auto group = std::make_shared<std::vector<Words>>();
  const bool is_claim = source.find("'orphan'") != std::string::npos;
  const std::string before = record_of(at, owner_key);
  Reply reply =
      scripts_.run(patched, Words(first, arguments), Words(arguments, words.end()), [&](const Words& command) {
        Words wrote;
        Reply said = at.data.run(command, wrote, fibers_.now().count() / 1000);
        if (!wrote.empty()) group->push_back(std::move(wrote));
        return said;
      });
  if (group->empty()) return reply;
  at.log.push_back(std::move(group));
  sync(static_cast<int>(&at - servers_.data()));
  replicate();
  if (is_claim && reply.at(0) == "ok" && !before.empty() && !before.starts_with(" ") && before == at.record &&
      fibers_.now() - at.record_since < owner_is_silent_for) {
    complaints_.push_back(
        "the workspace was claimed " + std::to_string((fibers_.now() - at.record_since).count() / 1000) +
        " ms after the owner's last sign of life, at " + std::to_string(fibers_.now().count() / 1000) + " ms");
  }
  if (std::string now = record_of(at, owner_key); now != at.record) {
    at.record = std::move(now);
    at.record_since = fibers_.now();
  }
  return reply;
}

// What a claimant looks at: "token beat tail".
std::string RedisModel::record_of(Server& at, const std::string& key) {
  Words ignored;
  const Reply reply = at.data.run({"HMGET", key, "token", "beat", "tail"}, ignored, 0);
  std::string record;
  for (const Reply& each : reply.list)
    record.append(each.text).append(record.empty() || &each != &reply.list.back() ? " " : "");
  return reply.list.back().kind == Reply::Kind::nil ? "" : record;
}

// How long it has stood still there by now, nobody knows: for long enough.
void RedisModel::forget_record(Server& at) {
  at.record = record_of(at, owner_key);
  at.record_since = -owner_is_silent_for;
}

void RedisModel::publish(Server& at, const std::string& channel, const std::string& payload) {
  std::erase_if(at.sessions, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : at.sessions) {
    const auto session = weak.lock();
    if (session->closed || session->reset || std::ranges::find(session->channels, channel) == session->channels.end()) {
      continue;
    }
    move(session, true, [session, channel, payload] {
      session->inbox.push_back(list_reply({text_reply("message"), text_reply(channel), text_reply(payload)}));
      Fibers::here().wake(session->waiting);
    });
  }
}

// --- what it keeps ---

void RedisModel::sync(int number) {
  Server& at = server(number);
  if (std::exchange(at.syncing, true)) return;
  const Micros takes =
      setup_.always ? Micros{random_.between(200, 4'000)} : Micros{random_.between(800'000, 1'200'000)};
  const std::size_t through = setup_.always ? at.log.size() : 0;
  fibers_.after(takes, [this, number, life = at.life, through] {
    Server& then = server(number);
    if (then.life != life) return;
    then.syncing = false;
    then.synced = setup_.always ? std::max(then.synced, through) : then.log.size();
    if (setup_.always && then.synced < then.log.size()) sync(number);
  });
}

bool RedisModel::replica_listens() const {
  for (int number = 0; number < setup_.servers; ++number) {
    const Server& to = server(number);
    if (number != master_ && to.up && !to.frozen && !to.copying && !to.alone && !to.held) return !server(master_).alone;
  }
  return false;
}

void RedisModel::replicate() {
  if (setup_.servers == 1 || std::exchange(replicating_, true)) return;
  fibers_.after(Micros{random_.between(200, 3'000)}, [this] {
    replicating_ = false;
    Server& from = server(master_);
    bool more = false;
    for (int number = 0; number < setup_.servers; ++number) {
      Server& to = server(number);
      if (number == master_ || !to.up || to.frozen || to.copying || to.alone || from.alone || !from.up || from.frozen)
        continue;
      if (to.held || random_.chance(200)) {
        more = true;
        continue;
      }
      if (to.log.size() > from.log.size() || (!to.log.empty() && to.log.back() != from.log[to.log.size() - 1])) {
        copy_from_master(number);
        continue;
      }
      while (to.log.size() < from.log.size()) {
        to.log.push_back(from.log[to.log.size()]);
        Words ignored;
        for (const Words& words : *to.log.back()) to.data.run(words, ignored, 0);
      }
      to.synced = to.log.size();
      const std::size_t through = to.log.size();
      fibers_.after(Micros{random_.between(100, 1'500)}, [this, number, master = master_, life = from.life, through] {
        Server& then = server(master);
        if (then.life != life || then.alone) return;
        then.confirmed[number] = std::max(then.confirmed[number], through);
        then.last_confirmed = fibers_.now();
        settle_waits(then);
      });
    }
    if (more) replicate();
  });
}

void RedisModel::copy_from_master(int number) {
  Server& to = server(number);
  if (std::exchange(to.copying, true)) return;
  fibers_.after(Micros{random_.between(50'000, 400'000)}, [this, number, life = to.life] {
    Server& then = server(number);
    const Server& from = server(master_);
    then.copying = false;
    if (then.life != life || number == master_) return;
    if (!from.up || from.frozen || then.alone) return;
    then.log = from.log;
    then.data = replayed(then.log);
    forget_record(then);
    then.synced = then.log.size();
    replicate();
  });
}

Keyspace RedisModel::replayed(const Log& log) {
  Keyspace data;
  Words ignored;
  for (const auto& group : log) {
    for (const Words& words : *group) data.run(words, ignored, 0);
  }
  return data;
}

void RedisModel::settle_waits(Server& at) {
  for (const auto& wait : std::vector(at.waits)) {
    const auto count =
        std::ranges::count_if(at.confirmed, [&](const auto& each) { return each.second >= wait->through; });
    if (count < wait->replicas || !wait->done) continue;
    std::erase(at.waits, wait);
    const auto done = wait->done;
    done(count);
  }
}

std::size_t RedisModel::holders(const journal::Hash& hash) const {
  const auto among = [&](int looks) {
    return static_cast<std::size_t>(std::ranges::count_if(servers_, [&](const Server& at) {
      return at.data.ends_with("{default}:journal", journal::bytes_of(hash), looks);
    }));
  };
  return among(recent_entries) == 0 ? servers_.size() : among(recent_entries + entries_apart);
}

bool RedisModel::replicas_are_well() const {
  const Log& log = server(master_).log;
  for (int number = 0; number < setup_.servers; ++number) {
    const Server& at = server(number);
    // One that has not got the master's data yet still has others.
    const std::size_t common = std::min(at.log.size(), log.size());
    if (common > 0 && at.log[common - 1] != log[common - 1]) return false;
    if (number != master_ && (!at.up || at.frozen || at.copying || at.alone)) return false;
  }
  return true;
}

std::expected<std::vector<journal::Batch>, std::string> RedisModel::batches() const {
  std::vector<journal::Batch> batches;
  for (const auto& group : server(master_).log) {
    for (const Words& words : *group) {
      if (words[0] != "XADD" || words[2].ends_with("-0")) continue;
      const auto field = [&](std::string_view name) -> const std::string* {
        for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
          if (words[i] == name) return &words[i + 1];
        }
        return nullptr;
      };
      const auto dash = words[2].rfind('-');
      const auto position = journal::redis::number_from(std::string_view(words[2]).substr(dash + 1));
      const auto at = field("at") == nullptr ? std::nullopt : journal::redis::number_from(*field("at"));
      const auto previous = field("prev") == nullptr ? std::nullopt : journal::redis::hash_from(*field("prev"));
      if (!position || !at || !previous || field("data") == nullptr) return std::unexpected(words[2] + " is no batch");
      batches.push_back({.position = journal::Position{static_cast<std::uint64_t>(*position)},
                         .at = instant_from_ms(*at),
                         .previous = *previous,
                         .payload = *field("data")});
    }
  }
  return batches;
}

}  // namespace heti::simulation

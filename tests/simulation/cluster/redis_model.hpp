#pragma once
// A Redis with its replicas, and the ways to it, in virtual time. It runs the real scripts on hashes and streams, syncs
// its file, sends what it wrote to its replicas, and loses on order what a Redis may lose.
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "service/journal/journal.hpp"
#include "tests/simulation/cluster/fibers.hpp"
#include "tests/simulation/cluster/keyspace.hpp"
#include "tests/simulation/cluster/script_runner.hpp"
#include "tests/simulation/random.hpp"

namespace heti::simulation {

struct RedisSetup {
  int servers = 1;     // the first is the master, the others its replicas
  int confirm = 0;     // how many replicas a batch waits for
  bool always = true;  // appendfsync always, else everysec
};

// What is in flight keeps its order, and waits as long as the way is cut.
struct Pipe {
  std::deque<std::function<void()>> waiting;
  bool moving = false;
};

struct Session {
  int server = 0;
  Group group = 0;
  bool closed = false;  // by the client
  bool reset = false;   // by the server
  Pipe up;
  Pipe down;
  std::vector<std::string> channels;
  std::deque<Reply> inbox;     // what came unasked
  std::size_t last_write = 0;  // how long the log was after it
  std::shared_ptr<Fiber> waiting;
};

struct Request {
  std::vector<Words> commands;
  std::vector<Reply> replies;
  bool pushed = false;  // replies go to the inbox
  bool done = false;
};

class RedisModel {
 public:
  RedisModel(Fibers& fibers, std::uint64_t seed, const RedisSetup& setup);

  // For connections, within a fiber. `why` there is none.
  std::shared_ptr<Session> connect(Micros timeout, std::string& why);
  void send(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request);
  void close(const std::shared_ptr<Session>& session);

  // Faults. Of the server that clients are sent to, unless one is said.
  int master() const { return master_; }
  bool up(int server) const { return servers_[static_cast<std::size_t>(server)].up; }
  void kill(int server);     // loses what was not synced, or some of it
  void restart(int server);  // as what it was; a former master becomes a replica
  void freeze(int server);
  void thaw(int server);
  void cut(Group group, int server, bool cut);
  void drop_sessions(Group group);           // as a firewall that forgets
  void isolate(int server, bool alone);      // from the other servers
  void hold_replica(int server, bool held);  // it does not hear of what is written
  // Clients are sent to another one: the one that has most, or the one that has least.
  void promote(bool best);
  void wind_back(std::size_t entries);  // the master loses so many writes at its end, and all its clients
  void heal();

  bool is_alone(int number) const { return server(number).alone; }
  // Each is there, and gets what is written.
  bool replicas_are_well() const;
  // Every batch that was ever appended to what the master has, in order; trimmed or not.
  std::expected<std::vector<journal::Batch>, std::string> batches() const;
  // How many servers have a batch of this hash at the end of their journal, whether they are up or not; all, if none
  // has it among its last ones.
  std::size_t holders(const journal::Hash& hash) const;
  bool has_lost() const { return lost_; }  // a write that was answered
  std::uint64_t calls() const { return calls_; }
  // Claims that should not have been.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  using Log = std::vector<std::shared_ptr<const std::vector<Words>>>;
  struct Wait {
    std::size_t through = 0;
    std::int64_t replicas = 0;
    std::function<void(std::int64_t)> done;
  };
  struct Server {
    bool up = true;
    bool frozen = false;
    bool alone = false;
    bool held = false;
    std::uint64_t life = 0;
    Keyspace data;
    Log log;
    std::size_t synced = 0;
    bool syncing = false;
    std::size_t answered = 0;              // how long the log was when something after it was answered
    std::map<int, std::size_t> confirmed;  // of a master: by replica
    Micros last_confirmed{};
    bool copying = false;  // a replica that gets everything anew
    std::vector<std::function<void()>> backlog;
    std::vector<std::weak_ptr<Session>> sessions;
    std::vector<std::shared_ptr<Wait>> waits;
    std::map<std::string, std::string> scripts;
    std::string record;  // of the owner, and since when it stands still
    Micros record_since{};
  };

  Server& server(int number) { return servers_[static_cast<std::size_t>(number)]; }
  const Server& server(int number) const { return servers_[static_cast<std::size_t>(number)]; }
  Micros delay();
  void move(const std::shared_ptr<Session>& session, bool down, std::function<void()> what);
  void pump(const std::shared_ptr<Session>& session, bool down);
  void receive(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request, std::uint64_t life);
  void step(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request, std::uint64_t life);
  Reply run(Server& at, Session& session, const Words& words);
  Reply run_script(Server& at, const std::string& source, const Words& words, std::size_t keys);
  static std::string record_of(Server& at, const std::string& key);
  static void forget_record(Server& at);
  void answer(const std::shared_ptr<Session>& session, const std::shared_ptr<Request>& request, std::uint64_t life);
  void publish(Server& at, const std::string& channel, const std::string& payload);
  void sync(int number);
  bool replica_listens() const;
  void replicate();
  void copy_from_master(int number);
  void settle_waits(Server& at);
  void reset_sessions(Server& at);
  static Keyspace replayed(const Log& log);

  Fibers& fibers_;
  Random random_;
  const RedisSetup setup_;
  std::vector<Server> servers_;
  int master_ = 0;
  bool replicating_ = false;
  bool lost_ = false;
  std::set<std::pair<Group, int>> cuts_;
  ScriptRunner scripts_;
  std::uint64_t calls_ = 0;
  std::vector<std::string> complaints_;
};

// The one that connections go to; it outlives them.
extern RedisModel* redis_here;

}  // namespace heti::simulation

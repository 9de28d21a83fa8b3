#pragma once
// The sockets of one loop, and who of them wants what. Pushes are looked up here, so that no loop knows the sockets of
// another. On its loop only.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "service/base/public_id.hpp"
#include "service/core/ids.hpp"
#include "service/gateway/directory.hpp"
#include "service/gateway/io_loop.hpp"

namespace heti::gateway {

class Session;
using SharedText = std::shared_ptr<const std::string>;

class Hub {
 public:
  explicit Hub(IoLoop& loop) : loop_(loop) {}

  IoLoop& loop() const { return loop_; }
  std::size_t index() const { return loop_.index(); }
  const Directory& directory() const { return *directory_; }
  void set_directory(std::shared_ptr<const Directory> directory) { directory_ = std::move(directory); }

  void add(Session& session);
  void remove(Session& session);
  // The console has been greeted: what concerns this agent goes to it from now on.
  void add_console(Session& session, core::AgentId agent);
  void subscribe(const PublicId& conversation, Session& session);

  // ---- Pushes. None of them ends a connection on the spot.

  void entry(const PublicId& conversation, std::uint64_t seq, const std::string& frame);
  void state(const PublicId& conversation, const std::string& frame);  // visitors
  void typing(const PublicId& conversation, const Session* from, bool from_visitor, core::AgentId agent,
              const std::string& frame);
  void forget(const PublicId& conversation);  // final: nothing will come any more
  void consoles(const std::vector<core::AgentId>& agents, const std::string& frame);
  // What only moves a preview, a clock or a colleague: a socket that does not keep up is told later.
  void overview(const std::vector<core::AgentId>& agents, const std::string& frame);
  void queue_to_consoles(core::QueueId queue, const std::string& frame);
  void queue_to_visitors(core::QueueId queue, const std::string& frame);

  // Ends the consoles of sessions that are over, or (nothing given) of all: they come back and are greeted anew.
  void sign_out(const std::vector<std::uint64_t>& session_keys);
  void restart_consoles();

  // All connections were taken to be gone: says of each that it is here. Nobody on the other side is told.
  void announce();

  // Ends all: they come back, are told of the new history, and resume in it.
  void begin_history();

  // Lets go of sockets until so many are left that have not been told to go.
  void hand_over_down_to(std::size_t may_stay);

 private:
  struct IdHash {
    std::size_t operator()(const PublicId& id) const { return static_cast<std::size_t>(id.low ^ (id.high * 31)); }
    std::size_t operator()(core::AgentId id) const { return id.value(); }
  };

  IoLoop& loop_;
  std::shared_ptr<const Directory> directory_ = std::make_shared<Directory>();
  std::unordered_set<Session*> sessions_;
  std::unordered_map<PublicId, std::vector<Session*>, IdHash> subscribers_;
  std::unordered_map<core::AgentId, std::vector<Session*>, IdHash> consoles_;
};

}  // namespace heti::gateway

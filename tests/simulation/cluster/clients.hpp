#pragma once
// Visitors and an agent who keep coming back, on any node, and remember what they were told.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/cluster/process.hpp"
#include "tests/simulation/random.hpp"

namespace heti::simulation::cluster {

// What clients may do in their world.
class Town {
 public:
  virtual ~Town() = default;
  virtual Process* door(Random& random) = 0;  // a process that runs; whether it serves is for it to say
  virtual void say(const std::string& line) = 0;
  // Something that was acknowledged in that history is asked for again.
  virtual void lost(std::string what, const PublicId& history) = 0;
  virtual void violation(std::string what) = 0;
};

// One stream of posts in one conversation.
struct Stream {
  std::uint64_t said = 0;                         // 1 ... said: their texts follow from stream and number
  std::uint64_t sent = 0;                         // on this connection
  std::uint64_t acked = 0;                        // all up to here, in the history that is known
  std::map<std::uint64_t, std::uint64_t> places;  // by number, as acknowledged in that history
};

struct Client {
  bool agent = false;
  std::uint32_t number = 0;
  PublicId visitor;
  PublicId conversation;               // of a visitor
  std::map<PublicId, Stream> streams;  // by conversation
  std::map<PublicId, bool> held;       // of an agent
  Process* at = nullptr;
  core::ConnectionId connection;
  bool greeted = false;
  std::uint64_t visit = 0;  // rises with each connection: what comes for an earlier one is not heard
  PublicId history;
};

class Clients {
 public:
  Clients(Town& town, std::uint64_t seed, std::uint32_t visitors);

  void begin();
  void process_gone(const Process& process);
  void hand_over(const Process& process);
  void announce(Process& process);
  void hush() { hushed_ = true; }  // says nothing new

  // "" if everybody is connected and everything acknowledged.
  std::string unwell() const;
  const std::vector<Client>& all() const { return clients_; }
  static std::string text_of(const Client& client, const PublicId& conversation, std::uint64_t n);
  static std::string stream_of(const Client& client);

  std::uint64_t acks = 0;
  std::uint64_t again = 0;

 private:
  void act(std::size_t index);
  void come(Client& client);
  void greet(std::size_t index, Process& process, std::uint64_t visit);
  void leave(Client& client);
  void speak(std::size_t index, const PublicId& conversation);
  void answered(std::size_t index, std::uint64_t visit, const PublicId& conversation, std::uint64_t n,
                const core::Answer& answer);
  void take_chat(std::size_t index);

  Town& town_;
  Random random_;
  std::vector<Client> clients_;
  bool hushed_ = false;
};

}  // namespace heti::simulation::cluster

#pragma once
// The synthetic customer: each interval one whole chat through the front door, as a visitor and as the agent who serves
// it, over the real listener and the real protocol. What fails is told with the step at which it failed. It has a
// thread of its own and asks nothing of the others but what the hooks say, so that nothing waits for it.
#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "service/base/time.hpp"
#include "service/client/ws_client.hpp"

namespace heti::probe {

enum class Step : std::uint8_t {
  connect,  // the visitor's socket
  welcome,  // the visitor's hello
  start,    // the chat, and its first message acknowledged
  sign_in,  // the agent's session and ticket
  agent,    // the agent's socket, hello, online
  offer,    // the chat is offered to the agent
  accept,   // the agent takes it and reads what the visitor wrote
  answer,   // the visitor reads what the agent wrote
  close,    // the visitor says goodbye
  done,     // the agent's wrap-up
};
inline constexpr std::array<std::string_view, 10> step_names{"connect", "welcome", "start",  "sign_in", "agent",
                                                             "offer",   "accept",  "answer", "close",   "done"};

struct Options {
  client::Server server;
  std::string visitor_origin;
  std::string agent_origin;
  std::string queue;  // always open, and served by nobody but the probe's agent
  std::string agent;  // login
  Millis interval{60'000};
  Millis deadline{20'000};  // of a whole chat; at most the interval
};

// Called on the probe's thread.
struct Hooks {
  // The Cookie header of a session of that agent. May block for a disk.
  std::function<std::expected<std::string, std::string>()> sign_in;
  // Where a socket comes from that is about to connect; `withdraw` before it is closed without having been taken.
  client::Announce announce;
  client::Announce withdraw;
  std::function<void(double seconds)> succeeded;
  std::function<void(Step step, std::string_view error)> failed;
};

class Probe {
 public:
  Probe(Options options, Hooks hooks);
  ~Probe();  // stops

  // The first chat begins a second later.
  void start();
  // From any other thread. What is under way is cut and counts as nothing; no hook is called any more.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace heti::probe

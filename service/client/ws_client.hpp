#pragma once
// A client of one server over HTTP and WebSocket: what a browser does, without a browser. One loop on its own thread
// carries any number of sockets, requests and timers. Nothing here blocks and nothing throws; whatever a server does is
// an answer or the end of a socket. Plain http only.
//
//   client::Loop loop;
//   loop.start("demo");
//   loop.post([&] {
//     auto socket = client::WebSocket::open(loop, {.server = server, .target = "/ws/visitor", .headers = {{"Origin",
//                                           "http://shop.example"}}}, {.on_open = ..., .on_text = ..., .on_end = ...});
//   });
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/base/time.hpp"

namespace heti::client {

struct Server {
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 80;

  // As the Host header has it: "127.0.0.1:8080", "[::1]:8080"; port 80 is left out, as browsers do.
  std::string authority() const;
  std::string origin() const { return "http://" + authority(); }
  friend bool operator==(const Server&, const Server&) = default;
};

// "http://host", "http://host:port", with or without "/" at the end. The error is a sentence with the remedy.
[[nodiscard]] std::expected<Server, std::string> parse_server(std::string_view url);

using Headers = std::vector<std::pair<std::string, std::string>>;

// Told the address and port that a socket has been bound to, before it connects: for a server in the same process that
// knows its own by them. Without it, the kernel binds. Only for servers named by address.
using Announce = std::function<void(const std::string& address, std::uint16_t port)>;

struct Request {
  std::string method = "GET";
  std::string target = "/";
  Headers headers{};  // Host and Content-Length come by themselves
  std::string body{};
};

struct Answer {
  unsigned status = 0;
  Headers headers;
  std::string body;

  // The first of that name, in whatever case; empty if there is none.
  std::string_view header(std::string_view name) const;
  // What the answer sets, as a Cookie header has it: "name=value"; empty if it sets none.
  std::string cookie() const;
};

class Loop {
 public:
  using OnAnswer = std::function<void(std::expected<Answer, std::string>)>;
  enum class Timer : std::uint64_t {};

  Loop();
  ~Loop();  // stops
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Its thread; once. What was posted before runs then.
  void start(const char* thread_name);
  // From any other thread: ends the thread and cuts what is open. Nothing is called back any more.
  void stop();
  void post(std::function<void()> task);  // from any thread

  // ---- On the loop only, which is: within tasks and callbacks.

  Timer after(Millis delay, std::function<void()> task);
  void cancel(Timer timer);  // one that has run or was cancelled is passed over
  // `done` is called once, later: with the answer, whatever its status, or with the step that failed. The connection is
  // closed afterwards. `deadline` is for all of it. Answers above 16 MiB are an error.
  void request(const Server& server, Request request, Millis deadline, OnAnswer done, Announce announce = nullptr);

 private:
  friend class WebSocket;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

class WebSocket {
 public:
  struct Options {
    Server server;
    std::string target;  // "/ws/visitor"
    Headers headers{};   // Origin, Cookie
    std::string subprotocol = "heti.v1";
    Millis connect_deadline{5'000};  // until it is open
    Millis silence_max{60'000};      // nothing heard for so long, not even a pong: the end
    std::size_t message_bytes_max = 1 << 20;
    Announce announce = nullptr;
  };
  struct End {
    bool opened = false;
    std::uint16_t code = 0;  // of the server's close frame, or of ours; 0: the connection went without one
    std::string error;       // empty after a close frame; else the step and what happened
  };
  // Never called from within a function of this class, always on the loop. Empty ones are passed over.
  struct Events {
    std::function<void()> on_open;
    std::function<void(std::string_view text)> on_text;
    std::function<void(const End& end)> on_end;  // once, and nothing afterwards
  };

  // On the loop. The socket lives until its end, whether somebody holds it or not. Let go of it before the loop goes.
  static std::shared_ptr<WebSocket> open(Loop& loop, Options options, Events events);
  ~WebSocket();

  // ---- On the loop only.

  // Sent in order. Passed over before on_open, after close() and after the end.
  void send(std::string text);
  // Sends what is queued, says goodbye, and ends when the server has answered; on_end follows.
  void close(std::uint16_t code = 1000);
  // Like a pulled cable: the server is told nothing, and nothing is called back any more.
  void cut();
  bool is_open() const;

 private:
  struct Parts;
  explicit WebSocket(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

}  // namespace heti::client

#pragma once
// One epoll loop and the TCP connections on it. What is written in a round leaves in one send per connection at its
// end. A connection may be cut at any time, but is opened only between rounds, so that an event of its old descriptor
// cannot be taken for one of the new.
#include <netinet/in.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace heti::load {

std::int64_t now_ns();  // monotonic

class Connection;

// What becomes of the bytes.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_connected(Connection& connection) = 0;
  // Takes whole pieces from the front and says how many bytes they were; the rest comes again with what follows.
  virtual std::size_t on_bytes(Connection& connection, std::string_view bytes) = 0;
  // The other side ended it, or it never came about. Not called after cut().
  virtual void on_lost(Connection& connection, const std::string& why) = 0;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Flushes what is pending, waits at most so long, hands out what came, flushes again.
  void round(std::int64_t wait_ns);

  std::uint64_t sends() const { return sends_; }
  std::uint64_t receives() const { return receives_; }

 private:
  friend class Connection;
  void flush();

  int epoll_ = -1;
  std::vector<char> buffer_;
  std::vector<Connection*> dirty_;
  std::uint64_t sends_ = 0;
  std::uint64_t receives_ = 0;
};

class Connection {
 public:
  Connection(Loop& loop, Sink& sink) : loop_(loop), sink_(sink) {}
  ~Connection() { cut(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Between rounds only. Success and failure come to the sink.
  void open(const sockaddr_in& address);
  // Ends it with a reset: no TIME_WAIT, and the server sees a lost client, not a polite one.
  void cut();
  bool is_open() const { return fd_ >= 0; }

  // To be sent at the end of the round. Append to it and then call written().
  std::string& out() { return out_; }
  void written();
  void write(std::string_view bytes) {
    out_.append(bytes);
    written();
  }

 private:
  friend class Loop;
  void on_events(std::uint32_t events);
  void receive();
  void send_pending();
  void watch(std::uint32_t events);
  void lose(const std::string& why);

  Loop& loop_;
  Sink& sink_;
  int fd_ = -1;
  bool connecting_ = false;
  bool dirty_ = false;
  std::uint32_t watched_ = 0;
  std::size_t sent_ = 0;
  std::string in_;  // the beginning of something that is not whole yet
  std::string out_;
};

// "127.0.0.1", 8080
[[nodiscard]] std::expected<sockaddr_in, std::string> address_of(const std::string& host, std::uint16_t port);

}  // namespace heti::load

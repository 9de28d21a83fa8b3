#pragma once
// A connection that carries WebSocket frames, after an upgrade or (to the raw relay) without one. Answers pings.
#include <string>
#include <string_view>

#include "tests/load/loop.hpp"

namespace heti::load {

class FrameSocket : private Sink {
 public:
  explicit FrameSocket(Loop& loop) : connection_(loop, *this) {}

  struct Opening {
    std::string bytes;    // sent first
    bool upgrade = true;  // wait for HTTP 101
    bool masked = true;
  };
  // Between rounds only. `opening` must outlive the connection.
  void open(const sockaddr_in& address, const Opening& opening);
  void send(std::string_view text);
  void cut();
  bool is_open() const { return connection_.is_open(); }

 protected:
  // Upgraded; without an upgrade: connected.
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  // The server ended it, or it never came about. Not called after cut().
  virtual void on_end(const std::string& why) = 0;

 private:
  void on_connected(Connection& connection) override;
  std::size_t on_bytes(Connection& connection, std::string_view bytes) override;
  void on_lost(Connection& connection, const std::string& why) override;
  void append(unsigned opcode, std::string_view body);

  Connection connection_;
  const Opening* opening_ = nullptr;
  bool upgraded_ = false;
};

}  // namespace heti::load

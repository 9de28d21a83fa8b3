#pragma once
// One TCP connection on its loop: recv into the loop's buffer, one send per round out of the outbox, and an orderly
// end. It has no coroutine, no timer and no buffer of its own while it rests; what the bytes mean is its user's
// business (HTTP first, a WebSocket session after the upgrade).
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "service/base/unique_fd.hpp"
#include "service/gateway/io_loop.hpp"
#include "service/gateway/outbox.hpp"

namespace heti::gateway {

class Connection;

class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  virtual void on_bytes(Connection& connection, std::string_view bytes) = 0;
  // Last chance to write before a send.
  virtual void before_send(Connection&) {}
  virtual void on_sent(Connection&, std::size_t) {}
  virtual void on_second(Connection&, std::int64_t now_ms) = 0;
  // The peer takes nothing any more although something is pending. The connection is cut afterwards.
  virtual void on_stalled(Connection&) {}
  // All connections together wait for too much, and this one for more than others.
  virtual void on_overload(Connection& connection);
  // The connection is gone, whoever ended it. Called once; `step` and `error` say how, empty for an orderly end.
  virtual void on_closed(Connection& connection, std::string_view step, std::string_view error) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `socket` does not block. `on_gone` is called once when the connection has ended, for whoever counts connections.
  // `own`: the node itself is the peer.
  Connection(IoLoop& loop, UniqueFd socket, std::string address, std::size_t outbox_bytes_max,
             std::function<void()> on_gone, bool own = false);
  ~Connection();

  // Takes its place on the loop and begins to read. The user stays until become() or the end.
  void start(std::shared_ptr<ConnectionUser> user);
  // From here on another user has the connection; `bytes` came already and are its first.
  void become(std::shared_ptr<ConnectionUser> user, std::string bytes);

  IoLoop& loop() { return loop_; }
  Outbox& outbox() { return outbox_; }
  const std::string& address() const { return address_; }
  std::int64_t last_heard_ms() const { return last_heard_ms_; }
  bool is_open() const { return open_; }
  bool is_own() const { return own_; }

  void send_soon() { loop_.send_soon(*this); }
  // Hands the kernel what it takes at once, in the middle of the work at hand. Ends nothing: an error is met again.
  void try_send();
  // Stops and resumes reading: a request is being answered.
  void pause(bool paused);
  // Sends what is pending, then says so to the peer and waits for its end, at most `linger`. Nothing is read any more.
  void finish(Millis linger = Millis{2000});
  // At once.
  void abort();
  // Gives up what is pending, and with it the connection: by its user, or at once if it was ending already.
  void shed();

 private:
  friend class IoLoop;

  void on_ready(const Readiness::Ready& ready);
  void on_readable();
  void send_now();
  void wait_to_send(bool waiting);
  Readiness::Wish wish() const { return {.read = !paused_, .write = waiting_to_send_}; }
  void on_second(std::int64_t now_ms);
  void shut_down();
  void end(std::string_view step, std::string_view error);

  IoLoop& loop_;
  UniqueFd socket_;
  std::shared_ptr<ConnectionUser> user_;
  std::function<void()> on_gone_;
  std::string address_;
  Outbox outbox_;
  std::size_t slot_ = 0;
  std::int64_t last_heard_ms_;
  std::int64_t pending_since_ms_ = 0;  // since when the kernel has taken nothing; 0: nothing waits
  std::int64_t linger_until_ms_ = 0;
  const bool own_;
  bool open_ = true;
  bool paused_ = false;
  bool waiting_to_send_ = false;
  bool send_is_scheduled_ = false;
  bool finishing_ = false;
  bool shut_down_ = false;
};

inline void ConnectionUser::on_overload(Connection& connection) { connection.abort(); }

}  // namespace heti::gateway

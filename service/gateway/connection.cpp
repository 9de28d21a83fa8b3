#include "service/gateway/connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "service/base/check.hpp"

namespace heti::gateway {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {
// A peer that has taken nothing for so long does not read.
constexpr std::int64_t stalled_after_ms = 10'000;
}  // namespace

Connection::Connection(IoLoop& loop, tcp::socket socket, std::string address, std::size_t outbox_bytes_max,
                       std::function<void()> on_gone)
    : loop_(loop),
      socket_(std::move(socket)),
      on_gone_(std::move(on_gone)),
      address_(std::move(address)),
      outbox_(outbox_bytes_max),
      last_heard_ms_(steady_ms()) {}

Connection::~Connection() { CHECK(!open_ || user_ == nullptr); }

void Connection::start(std::shared_ptr<ConnectionUser> user) {
  user_ = std::move(user);
  loop_.add(shared_from_this());
  wait_to_read();
}

void Connection::become(std::shared_ptr<ConnectionUser> user, std::string bytes) {
  // The old user may be the one who calls: it lives until this is over.
  const std::shared_ptr<ConnectionUser> old = std::exchange(user_, std::move(user));
  const std::shared_ptr<ConnectionUser> current = user_;
  if (!bytes.empty()) current->on_bytes(*this, bytes);
}

void Connection::pause(bool paused) {
  paused_ = paused;
  if (!paused) wait_to_read();
}

void Connection::wait_to_read() {
  if (reading_ || paused_ || !open_) return;
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->reading_ = false;
    if (!error) self->on_readable();
  });
}

void Connection::on_readable() {
  if (!open_ || paused_) return;
  const auto buffer = loop_.read_buffer();
  const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return wait_to_read();
    return end("read", std::strerror(errno));
  }
  if (got == 0) return end({}, {});
  last_heard_ms_ = steady_ms();
  if (!finishing_) {
    const std::shared_ptr<ConnectionUser> user = user_;
    user->on_bytes(*this, {buffer.data(), static_cast<std::size_t>(got)});
  }
  wait_to_read();
}

void Connection::send_now() {
  if (!open_ || waiting_to_send_) return;
  // Kept: what the user does here may end the connection, and with it the user.
  const std::shared_ptr<ConnectionUser> user = user_;
  if (!finishing_) user->before_send(*this);
  while (open_ && !outbox_.empty()) {
    const std::string_view bytes = outbox_.pending_bytes();
    const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return end("send", std::strerror(errno));
      if (pending_since_ms_ == 0) pending_since_ms_ = steady_ms();
      return wait_to_send();
    }
    pending_since_ms_ = 0;
    outbox_.sent(static_cast<std::size_t>(sent));
    user->on_sent(*this, static_cast<std::size_t>(sent));
  }
  if (open_ && finishing_ && !shut_down_) shut_down();
}

void Connection::wait_to_send() {
  waiting_to_send_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->waiting_to_send_ = false;
    if (!error) self->send_now();
  });
}

void Connection::finish(Millis linger) {
  if (!open_ || finishing_) return;
  const std::shared_ptr<ConnectionUser> user = user_;
  user->before_send(*this);
  if (!open_) return;
  finishing_ = true;
  linger_until_ms_ = steady_ms() + linger.count();
  pause(false);  // Reads on, to see the peer's end; the bytes are dropped.
  send_soon();
}

void Connection::shut_down() {
  // Ours is said; an RST now could destroy what the peer has not read yet, so its end is waited for.
  shut_down_ = true;
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::abort() {
  if (open_) end({}, {});
}

void Connection::on_second(std::int64_t now_ms) {
  if (!open_) return;
  if (finishing_ && now_ms >= linger_until_ms_) return end({}, {});
  if (pending_since_ms_ != 0 && now_ms - pending_since_ms_ >= stalled_after_ms) {
    const std::shared_ptr<ConnectionUser> user = user_;
    user->on_stalled(*this);
    return abort();
  }
  const std::shared_ptr<ConnectionUser> user = user_;
  if (!finishing_) user->on_second(*this, now_ms);
}

void Connection::end(std::string_view step, std::string_view error) {
  if (!open_) return;
  const std::shared_ptr<Connection> self = shared_from_this();
  open_ = false;
  error_code ignored;
  socket_.close(ignored);
  outbox_.clear();
  const std::shared_ptr<ConnectionUser> user = std::exchange(user_, nullptr);
  if (user) user->on_closed(*this, step, error);
  loop_.remove(*this);
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

}  // namespace heti::gateway

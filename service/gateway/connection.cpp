#include "service/gateway/connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "service/base/check.hpp"

namespace heti::gateway {

namespace {
// A peer that has taken nothing for so long does not read.
constexpr std::int64_t stalled_after_ms = 10'000;
}  // namespace

Connection::Connection(IoLoop& loop, UniqueFd socket, std::string address, std::size_t outbox_bytes_max,
                       std::function<void()> on_gone, bool own)
    : loop_(loop),
      socket_(std::move(socket)),
      on_gone_(std::move(on_gone)),
      address_(std::move(address)),
      outbox_(outbox_bytes_max, &loop.outboxes()),
      last_heard_ms_(steady_ms()),
      own_(own) {}

Connection::~Connection() { CHECK(!open_ || user_ == nullptr); }

void Connection::start(std::shared_ptr<ConnectionUser> user) {
  user_ = std::move(user);
  loop_.add(shared_from_this());
  if (!loop_.readiness().add(socket_.get(), *this, wish())) end("start", std::strerror(errno));
}

void Connection::become(std::shared_ptr<ConnectionUser> user, std::string bytes) {
  // The old user may be the one who calls: it lives until this is over.
  const std::shared_ptr<ConnectionUser> old = std::exchange(user_, std::move(user));
  const std::shared_ptr<ConnectionUser> current = user_;
  if (!bytes.empty()) current->on_bytes(*this, bytes);
}

void Connection::pause(bool paused) {
  if (paused_ == paused || !open_) return;
  paused_ = paused;
  loop_.readiness().change(socket_.get(), *this, wish());
}

void Connection::on_ready(const Readiness::Ready& ready) {
  if (!open_) return;
  if (ready.writable && waiting_to_send_) {
    wait_to_send(false);
    send_now();
  }
  if (!open_) return;
  // What is broken is told again and again, whatever was wished: reading finds out what it is.
  if (ready.broken && paused_) return end("read", "broken while it was paused");
  if (ready.readable || ready.broken) on_readable();
}

void Connection::on_readable() {
  if (paused_) return;
  const auto buffer = loop_.read_buffer();
  const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
    return end("read", std::strerror(errno));
  }
  if (got == 0) return end({}, {});
  last_heard_ms_ = steady_ms();
  if (!finishing_) {
    const std::shared_ptr<ConnectionUser> user = user_;
    user->on_bytes(*this, {buffer.data(), static_cast<std::size_t>(got)});
  }
}

void Connection::send_now() {
  if (!open_ || waiting_to_send_) return;
  // Kept: what the user does here may end the connection, and with it the user.
  const std::shared_ptr<ConnectionUser> user = user_;
  if (!finishing_) user->before_send(*this);
  while (open_ && !outbox_.empty()) {
    const std::string_view bytes = outbox_.pending_bytes();
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return end("send", std::strerror(errno));
      if (pending_since_ms_ == 0) pending_since_ms_ = steady_ms();
      return wait_to_send(true);
    }
    pending_since_ms_ = 0;
    outbox_.sent(static_cast<std::size_t>(sent));
    user->on_sent(*this, static_cast<std::size_t>(sent));
  }
  if (open_ && finishing_ && !shut_down_) shut_down();
}

void Connection::try_send() {
  if (!open_ || waiting_to_send_) return;
  const std::shared_ptr<ConnectionUser> user = user_;
  while (!outbox_.empty()) {
    const std::string_view bytes = outbox_.pending_bytes();
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    pending_since_ms_ = 0;
    outbox_.sent(static_cast<std::size_t>(sent));
    user->on_sent(*this, static_cast<std::size_t>(sent));
  }
}

void Connection::wait_to_send(bool waiting) {
  waiting_to_send_ = waiting;
  loop_.readiness().change(socket_.get(), *this, wish());
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
  ::shutdown(socket_.get(), SHUT_WR);
}

void Connection::abort() {
  if (open_) end({}, {});
}

void Connection::shed() {
  if (!open_) return;
  if (finishing_) return abort();
  const std::shared_ptr<ConnectionUser> user = user_;
  user->on_overload(*this);
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
  socket_.close();
  outbox_.clear();
  const std::shared_ptr<ConnectionUser> user = std::exchange(user_, nullptr);
  if (user) user->on_closed(*this, step, error);
  loop_.remove(*this);
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

}  // namespace heti::gateway

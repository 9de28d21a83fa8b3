#include "tests/load/loop.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace heti::load {

namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t kept_bytes = 4096;

// Without its own epoll or a socket the tool can say nothing of the server.
[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(2);
}

}  // namespace

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::expected<sockaddr_in, std::string> address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return std::unexpected(host + " is no IPv4 address; give one such as 127.0.0.1");
  }
  return address;
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_bytes) {
  if (epoll_ < 0) die("epoll_create1");
}

Loop::~Loop() { close(epoll_); }

void Loop::flush() {
  // A lost connection may write to another one: the list grows while it is walked.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->dirty_ = false;
    dirty_[i]->send_pending();
  }
  dirty_.clear();
}

void Loop::round(std::int64_t wait_ns) {
  flush();
  std::array<epoll_event, 1024> events{};
  const timespec wait{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
  if (count < 0 && errno != EINTR) die("epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Connection*>(event.data.ptr)->on_events(event.events);
  }
  flush();
}

void Connection::open(const sockaddr_in& address) {
  cut();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) die("socket (raise ulimit -n, or take fewer connections)");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{};
  event.events = watched_ = EPOLLOUT;
  event.data.ptr = this;
  if (epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) die("epoll_ctl");
  connecting_ = true;
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    lose(std::string("connect: ") + std::strerror(errno));
  }
}

void Connection::cut() {
  if (fd_ < 0) return;
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd_);
  fd_ = -1;
  connecting_ = false;
  sent_ = 0;
  std::string().swap(in_);
  std::string().swap(out_);
  if (dirty_) std::erase(loop_.dirty_, this);
  dirty_ = false;
}

void Connection::lose(const std::string& why) {
  cut();
  sink_.on_lost(*this, why);
}

void Connection::watch(std::uint32_t events) {
  if (watched_ == events) return;
  epoll_event event{};
  event.events = watched_ = events;
  event.data.ptr = this;
  if (epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, fd_, &event) != 0) die("epoll_ctl");
}

void Connection::written() {
  if (dirty_ || fd_ < 0) return;
  dirty_ = true;
  loop_.dirty_.push_back(this);
}

void Connection::send_pending() {
  if (fd_ < 0 || connecting_) return;
  while (sent_ < out_.size()) {
    const ssize_t size = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    ++loop_.sends_;
    if (size < 0) {
      if (errno == EAGAIN) return watch(EPOLLIN | EPOLLOUT);
      return lose(std::string("send: ") + std::strerror(errno));
    }
    sent_ += static_cast<std::size_t>(size);
  }
  sent_ = 0;
  if (out_.capacity() > kept_bytes) {
    std::string().swap(out_);
  } else {
    out_.clear();
  }
  watch(EPOLLIN);
}

void Connection::receive() {
  const ssize_t size = recv(fd_, loop_.buffer_.data(), loop_.buffer_.size(), 0);
  ++loop_.receives_;
  if (size < 0) {
    if (errno == EAGAIN) return;
    return lose(std::string("recv: ") + std::strerror(errno));
  }
  if (size == 0) return lose("the server closed the connection");
  const std::string_view bytes(loop_.buffer_.data(), static_cast<std::size_t>(size));
  if (in_.empty()) {
    const std::size_t used = sink_.on_bytes(*this, bytes);
    if (fd_ >= 0 && used < bytes.size()) in_.assign(bytes.substr(used));
    return;
  }
  in_.append(bytes);
  // The sink may cut the connection, which empties the buffer that it is reading.
  std::string whole;
  whole.swap(in_);
  const std::size_t used = sink_.on_bytes(*this, whole);
  if (fd_ < 0 || used == whole.size()) return;
  whole.erase(0, used);
  in_.swap(whole);
}

void Connection::on_events(std::uint32_t events) {
  if (fd_ < 0) return;
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return lose(std::string("connect: ") + std::strerror(error));
    connecting_ = false;
    watch(EPOLLIN);
    return sink_.on_connected(*this);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive();
  if (fd_ >= 0 && (events & EPOLLOUT) != 0) send_pending();
}

}  // namespace heti::load

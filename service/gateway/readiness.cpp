#include "service/gateway/readiness.hpp"

#include <cerrno>

#include "service/base/check.hpp"

namespace heti::gateway {
namespace {

epoll_event event_of(Connection& connection, Readiness::Wish wish) {
  epoll_event event{};
  event.events = (wish.read ? EPOLLIN : 0u) | (wish.write ? EPOLLOUT : 0u);
  event.data.ptr = &connection;
  return event;
}

}  // namespace

Readiness::Readiness() : list_(::epoll_create1(EPOLL_CLOEXEC)) { CHECK(list_); }

bool Readiness::add(int fd, Connection& connection, Wish wish) {
  epoll_event event = event_of(connection, wish);
  return ::epoll_ctl(list_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Readiness::change(int fd, Connection& connection, Wish wish) {
  epoll_event event = event_of(connection, wish);
  CHECK(::epoll_ctl(list_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

std::span<const Readiness::Ready> Readiness::poll() {
  const int found = ::epoll_wait(list_.get(), events_.data(), static_cast<int>(events_.size()), 0);
  CHECK(found >= 0 || errno == EINTR);
  std::size_t count = 0;
  for (int i = 0; i < found; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    ready_[count++] = {.connection = static_cast<Connection*>(event.data.ptr),
                       .readable = (event.events & EPOLLIN) != 0,
                       .writable = (event.events & EPOLLOUT) != 0,
                       .broken = (event.events & (EPOLLHUP | EPOLLERR)) != 0};
  }
  return {ready_.data(), count};
}

}  // namespace heti::gateway

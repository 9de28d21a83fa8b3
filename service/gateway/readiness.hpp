#pragma once
// Which connections of a loop can be read or written: one list in the kernel, asked once a round. Waiting for the next
// bytes of a socket costs nothing here; a wait through Asio costs a system call each time. The list as a whole is
// something that Asio can wait for.
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "service/base/unique_fd.hpp"

namespace heti::gateway {

class Connection;

class Readiness {
 public:
  Readiness();

  struct Wish {
    bool read = false;
    bool write = false;
    friend bool operator==(const Wish&, const Wish&) = default;
  };
  // A descriptor leaves when it is closed. False: the kernel has no room for it.
  [[nodiscard]] bool add(int fd, Connection& connection, Wish wish);
  void change(int fd, Connection& connection, Wish wish);

  struct Ready {
    Connection* connection;
    bool readable;
    bool writable;
    bool broken;  // reset, or closed in both directions
  };
  // Who is ready now, without waiting, at most some at a time: the others are ready the next time.
  std::span<const Ready> poll();

  // Readable while anybody is ready.
  int native_handle() const { return list_.get(); }

 private:
  static constexpr std::size_t at_once = 256;

  UniqueFd list_;
  std::array<epoll_event, at_once> events_;
  std::array<Ready, at_once> ready_;
};

}  // namespace heti::gateway

// A port of 127.0.0.1 on which a server of a test will listen soon, below those that the system hands out for outgoing
// connections, from a stretch of this process' own (tests/integration/ports.mjs is the same for scripts).
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>

namespace heti::test {

inline bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;  // As servers do: what is left of ended connections is no hindrance.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 1) == 0;
  ::close(fd);
  return is;
}

inline std::uint16_t free_port() {
  constexpr int first = 10240;
  constexpr int stretch = 32;
  constexpr int stretches = 700;
  static std::atomic<int> used{0};
  for (int tries = 0; tries < stretch; ++tries) {
    const int port = first + (::getpid() % stretches) * stretch + used.fetch_add(1) % stretch;
    if (is_free(static_cast<std::uint16_t>(port))) return static_cast<std::uint16_t>(port);
  }
  throw std::runtime_error("no free port in the stretch of this process");
}

}  // namespace heti::test

// The limit: a TCP relay that looks at nothing. The first 16 bytes of a connection name its pair and side
// ("R000000000042 1\n") and are answered with a frame "welcome"; whatever follows goes to the other side of the pair as
// it is. Reads of 64 KiB; what one round brings for a peer leaves in one send.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t hello_bytes = 16;
constexpr std::size_t kept_bytes = 4096;
constexpr std::string_view welcome("\x81\x07welcome", 9);

struct Client {
  bool used = false;
  bool dirty = false;
  bool blocked = false;
  unsigned side = 0;
  long pair = -1;  // none before its hello
  int peer = -1;
  std::string out;
};

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "raw_relay: %s: %s\n", what, std::strerror(errno));
  std::exit(2);
}

class Relay {
 public:
  explicit Relay(std::uint16_t port) : epoll_(epoll_create1(0)), buffer_(64 * 1024) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
    if (listen(listener_, 4096) != 0) die("listen");
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 1024> events{};
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) die("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept_all();
          continue;
        }
        if ((event.events & EPOLLOUT) != 0) flush(event.data.fd);
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(event.data.fd);
      }
      for (const int fd : dirty_) {
        client(fd).dirty = false;
        if (!client(fd).blocked) flush(fd);
      }
      dirty_.clear();
      for (const int fd : to_close_) close(fd);
      to_close_.clear();
    }
  }

 private:
  Client& client(int fd) { return clients_[static_cast<std::size_t>(fd)]; }

  void watch(int fd, std::uint32_t events, int how) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, how, fd, &event) != 0) die("epoll_ctl");
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (static_cast<std::size_t>(fd) >= clients_.size()) clients_.resize(static_cast<std::size_t>(fd) + 1);
      client(fd) = Client{};
      client(fd).used = true;
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void receive(int fd) {
    if (!client(fd).used) return;
    const ssize_t size = recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return end(fd);
    std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
    if (client(fd).pair < 0) {
      if (!greet(fd, bytes)) return end(fd);
      bytes.remove_prefix(hello_bytes);
    }
    const int peer = client(fd).peer;
    if (peer >= 0 && !bytes.empty()) write(peer, bytes);
  }

  // On loopback the hello comes whole, for the client sends it in one piece.
  bool greet(int fd, std::string_view bytes) {
    if (bytes.size() < hello_bytes || bytes[0] != 'R') return false;
    Client& self = client(fd);
    std::from_chars(bytes.data() + 1, bytes.data() + 13, self.pair);
    self.side = bytes[14] == '1' ? 1 : 0;
    const auto pair = static_cast<std::size_t>(self.pair);
    if (self.pair < 0 || pair > 1'000'000) return false;
    if (pair >= pairs_.size()) pairs_.resize(pair + 1, {-1, -1});
    pairs_[pair][self.side] = fd;
    self.peer = pairs_[pair][1 - self.side];
    if (self.peer >= 0) client(self.peer).peer = fd;
    write(fd, welcome);
    return true;
  }

  void write(int fd, std::string_view bytes) {
    Client& to = client(fd);
    to.out.append(bytes);
    if (to.dirty) return;
    to.dirty = true;
    dirty_.push_back(fd);
  }

  void flush(int fd) {
    Client& to = client(fd);
    if (!to.used || to.out.empty()) return;
    const ssize_t size = send(fd, to.out.data(), to.out.size(), MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN) return end(fd);
    if (size < 0 || static_cast<std::size_t>(size) < to.out.size()) {
      if (size > 0) to.out.erase(0, static_cast<std::size_t>(size));
      if (!to.blocked) watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
      to.blocked = true;
      return;
    }
    if (to.blocked) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
    to.blocked = false;
    if (to.out.capacity() > kept_bytes) {
      std::string().swap(to.out);
    } else {
      to.out.clear();
    }
  }

  // The descriptor is closed after the round, so that its number is not given anew while events of it are at hand.
  void end(int fd) {
    Client& self = client(fd);
    if (!self.used) return;
    if (self.pair >= 0) {
      auto& sides = pairs_[static_cast<std::size_t>(self.pair)];
      if (sides[self.side] == fd) sides[self.side] = -1;
      if (self.peer >= 0 && client(self.peer).peer == fd) client(self.peer).peer = -1;
    }
    self.used = false;
    self.peer = -1;
    std::string().swap(self.out);
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    to_close_.push_back(fd);
  }

  int epoll_;
  int listener_ = -1;
  std::vector<char> buffer_;
  std::vector<Client> clients_;  // by descriptor
  std::vector<std::array<int, 2>> pairs_;
  std::vector<int> dirty_;
  std::vector<int> to_close_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: raw_relay PORT\n");
    return 2;
  }
  Relay(static_cast<std::uint16_t>(std::atoi(argv[1]))).run();
}

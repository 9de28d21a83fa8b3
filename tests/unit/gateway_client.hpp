#pragma once
// A blocking client for tests: HTTP requests as bytes, WebSocket frames as JSON. Every wait ends after five seconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heti::tests {

class RawClient {
 public:
  // With `receive_bytes` the kernel takes little for a client that does not read.
  explicit RawClient(std::uint16_t port, int receive_bytes = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval five{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof five);
    if (receive_bytes > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ok_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { shut(); }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), ok_(other.ok_), bytes_(std::move(other.bytes_)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return ok_; }
  void shut() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // False at the end of the stream or after five seconds.
  bool more() {
    char buffer[65536];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    bytes_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  // Everything until the peer ends the stream.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(bytes_, {});
  }
  std::string& bytes() { return bytes_; }

 private:
  int fd_;
  bool ok_ = false;
  std::string bytes_;
};

struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;
  boost::json::value json() const { return boost::json::parse(body); }
  // The value of that header as it is spelled; empty if it is not there.
  std::string header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

inline HttpAnswer http(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view fields = {}, std::string_view body = {}) {
  RawClient client(port);
  std::string request = std::string(method) + " " + std::string(target) +
                        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + std::string(fields);
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(request + "\r\n" + std::string(body));
  const std::string all = client.rest();
  HttpAnswer answer;
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos) return answer;
  answer.status = std::stoi(all.substr(9, 3));
  answer.head = all.substr(0, end + 2);
  answer.body = all.substr(end + 4);
  return answer;
}

class SocketClient {
 public:
  SocketClient(std::uint16_t port, std::string_view path, std::string_view fields = "Origin: http://localhost\r\n",
               int receive_bytes = 0)
      : raw_(port, receive_bytes) {
    raw_.send(
        "GET " + std::string(path) +
        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: heti.v1\r\n" +
        std::string(fields) + "\r\n");
    while (raw_.bytes().find("\r\n\r\n") == std::string::npos && raw_.more()) {
    }
    const auto end = raw_.bytes().find("\r\n\r\n");
    if (end == std::string::npos) return;
    status_ = std::stoi(raw_.bytes().substr(9, 3));
    raw_.bytes().erase(0, end + 4);
  }

  int status() const { return status_; }
  int close_code() const { return close_code_; }
  RawClient& raw() { return raw_; }

  void send_frame(std::uint8_t first_byte, std::string_view payload) {
    std::string out(1, static_cast<char>(first_byte));
    if (payload.size() < 126) {
      out.push_back(static_cast<char>(0x80 | payload.size()));
    } else if (payload.size() < 65536) {
      out.push_back(static_cast<char>(0xfe));
      out.push_back(static_cast<char>(payload.size() >> 8));
      out.push_back(static_cast<char>(payload.size()));
    } else {
      out.push_back(static_cast<char>(0xff));
      for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift));
    }
    out.append(4, '\0');  // A mask of zeroes masks nothing.
    raw_.send(out.append(payload));
  }
  void send(std::string_view json) { send_frame(0x81, json); }

  // The next text frame; nothing at the end (see close_code) or after five seconds.
  std::optional<boost::json::object> next() {
    while (true) {
      std::string& bytes = raw_.bytes();
      if (bytes.size() >= 2) {
        std::size_t size = static_cast<unsigned char>(bytes[1]);
        std::size_t head = 2;
        if (size >= 126) {
          const std::size_t extra = size == 126 ? 2 : 8;
          head += extra;
          if (bytes.size() >= head) {
            size = 0;
            for (std::size_t i = 0; i < extra; ++i) size = size * 256 + static_cast<unsigned char>(bytes[2 + i]);
          }
        }
        if (bytes.size() >= head && bytes.size() >= head + size) {
          const auto opcode = static_cast<unsigned char>(bytes[0]) & 0x0f;
          const std::string payload = bytes.substr(head, size);
          bytes.erase(0, head + size);
          if (opcode == 1) return boost::json::parse(payload).as_object();
          if (opcode == 8) {
            close_code_ = static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
            return std::nullopt;
          }
          continue;
        }
      }
      if (!raw_.more()) return std::nullopt;
    }
  }
  // The next frame with that `t`; others are passed over.
  std::optional<boost::json::object> next(std::string_view t) {
    while (auto frame = next()) {
      if (frame->at("t").as_string() == t) return frame;
    }
    return std::nullopt;
  }

 private:
  RawClient raw_;
  int status_ = 0;
  int close_code_ = 0;
};

}  // namespace heti::tests

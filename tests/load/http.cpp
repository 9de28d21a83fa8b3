#include "tests/load/http.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "tests/load/web_socket.hpp"

namespace heti::load {

std::expected<HttpAnswer, std::string> http_request(const sockaddr_in& address, const std::string& host,
                                                    const std::string& method, const std::string& path,
                                                    const std::string& cookie, const std::string& body) {
  const std::string what = method + " " + path + ": ";
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(what + std::strerror(errno));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto failed = [&]() -> std::unexpected<std::string> {
    const std::string why = errno == EAGAIN ? "no answer within 10 s" : std::strerror(errno);
    close(fd);
    return std::unexpected(what + why);
  };
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed();
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
  if (method == "POST") request += "Origin: http://" + host + "\r\nContent-Type: application/json\r\n";
  if (!cookie.empty()) request += "Cookie: " + cookie + "\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return failed();
  std::string all;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0) return failed();
    if (size == 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(fd);
  const auto head = http_head(all);
  if (!head) return std::unexpected(what + "the answer has no head");
  HttpAnswer answer{.status = head->status, .cookie = {}, .body = all.substr(head->size)};
  std::string lower = all.substr(0, head->size);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string name = "set-cookie: ";
  if (const auto at = lower.find(name); at != std::string::npos) {
    const auto begin = at + name.size();
    answer.cookie = all.substr(begin, all.find_first_of(";\r", begin) - begin);
  }
  return answer;
}

}  // namespace heti::load

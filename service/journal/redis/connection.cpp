#include "service/journal/redis/connection.hpp"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "service/base/check.hpp"

namespace heti::journal::redis {
namespace {

using Clock = std::chrono::steady_clock;

std::string system_words(int error) { return std::generic_category().message(error); }

// False if the deadline passed.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Millis>(deadline - Clock::now()).count();
    pollfd wanted{fd, events, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (left <= 0 || ready < 0) return false;
  }
}

// 0, or the errno of what went wrong.
int connect_until(int fd, const sockaddr* address, socklen_t size, Clock::time_point deadline) {
  if (::connect(fd, address, size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(fd, POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

Reply copied(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::integer;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::text;
      reply.text.assign(from.str, static_cast<std::size_t>(from.len));
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::error;
      reply.text.assign(from.str, static_cast<std::size_t>(from.len));
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::list;
      for (std::size_t i = 0; i < from.elements; ++i) reply.list.push_back(copied(*from.element[i]));
      break;
    default: break;
  }
  return reply;
}

void append_command(std::string& out, const Command& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const auto word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size = ::redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  CHECK(size > 0);
  out.append(text, static_cast<std::size_t>(size));
  ::redisFreeCommand(text);
}

}  // namespace

void Connection::FreeReader::operator()(void* reader) const { ::redisReaderFree(static_cast<redisReader*>(reader)); }

Connection::Connection(ConnectionOptions options) : options_(std::move(options)), reader_(::redisReaderCreate()) {
  CHECK(reader_ != nullptr);
}

std::expected<Connection, std::string> Connection::open(const ConnectionOptions& options) {
  if (!options.address.sentinels.empty()) return open_by_sentinels(options);
  Connection connection(options);
  if (auto connected = connection.connect(); !connected) return std::unexpected(connected.error());
  if (auto welcome = connection.log_in(); !welcome) return std::unexpected(welcome.error());
  return connection;
}

std::expected<void, std::string> Connection::connect() {
  const auto deadline = Clock::now() + options_.connect_timeout;
  const Address& to = options_.address;
  std::string place = "Redis at ";
  place.append(to_string(to));
  if (!to.socket.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (to.socket.size() >= sizeof address.sun_path) {
      return std::unexpected(place.append(": the path of the socket is too long for a Unix socket"));
    }
    std::memcpy(address.sun_path, to.socket.data(), to.socket.size());
    socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return std::unexpected(place.append(": no socket: ").append(system_words(errno)));
    const int error =
        connect_until(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
    if (error == 0) return {};
    return std::unexpected(place.append(" cannot be reached: ")
                               .append(system_words(error))
                               .append(". Start it, or correct the path and its permissions"));
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int wrong = ::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found);
  if (wrong != 0) {
    return std::unexpected(
        place.append(": the host has no address: ").append(::gai_strerror(wrong)).append(". Correct its name"));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    socket_ = UniqueFd(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) {
      error = errno;
      continue;
    }
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // Without it only slower.
    error = connect_until(socket_.get(), each->ai_addr, each->ai_addrlen, deadline);
    if (error == 0) return {};
  }
  return std::unexpected(place.append(" cannot be reached: ")
                             .append(system_words(error))
                             .append(". Start it, or correct host, port or firewall"));
}

std::expected<void, std::string> Connection::log_in() {
  std::string place = "Redis at ";
  place.append(to_string(options_.address));
  if (!options_.password_file.empty()) {
    std::ifstream in(options_.password_file);
    std::string password;
    if (!std::getline(in, password) || password.empty()) {
      return std::unexpected(
          options_.password_file.string().append(": the password of Redis cannot be read from its first line"));
    }
    const auto reply = call(Command{"AUTH", password});
    if (!reply) return std::unexpected(reply.error().sentence);
    if (reply->is_error()) {
      return std::unexpected(place.append(" does not take the password in ")
                                 .append(options_.password_file.string())
                                 .append(": ")
                                 .append(reply->text));
    }
  }
  const auto reply = call(Command{"PING"});
  if (!reply) return std::unexpected(reply.error().sentence);
  if (!reply->is_error()) return {};
  place.append(" does not let Heti in: ").append(reply->text);
  if (reply->text.starts_with("NOAUTH")) place.append(" Put its password into a file and name the file");
  return std::unexpected(std::move(place));
}

Failure Connection::failed(std::string_view what, bool sent) {
  socket_.close();
  std::string sentence = "Redis at ";
  sentence.append(to_string(options_.address)).append(" ").append(what);
  return {std::move(sentence), sent};
}

std::expected<std::vector<Reply>, Failure> Connection::call(const std::vector<Command>& commands, Millis longer) {
  if (!socket_) return std::unexpected(failed("is not connected any more", false));
  const auto deadline = Clock::now() + options_.call_timeout + longer;
  std::string late = "gave no answer within ";
  late.append(std::to_string((options_.call_timeout + longer).count())).append(" ms");
  std::string out;
  for (const Command& command : commands) append_command(out, command);
  // A reply may come before all is sent only if Redis closes; so first send, then read.
  if (auto sent = send_all(out, deadline, late); !sent) return std::unexpected(std::move(sent.error()));
  std::vector<Reply> replies;
  while (replies.size() < commands.size()) {
    auto reply = next_reply(deadline);
    if (!reply) return std::unexpected(std::move(reply.error()));
    if (!*reply) return std::unexpected(failed(late, true));
    replies.push_back(std::move(**reply));
  }
  return replies;
}

std::expected<void, Failure> Connection::send_all(std::string_view bytes, Deadline deadline, std::string_view late) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      if (!wait_for(socket_.get(), POLLOUT, deadline)) return std::unexpected(failed(late, sent > 0));
    } else if (errno != EINTR) {
      return std::unexpected(failed(std::string("went away: ").append(system_words(errno)), sent > 0));
    }
  }
  return {};
}

std::expected<std::optional<Reply>, Failure> Connection::next_reply(Deadline deadline) {
  auto* reader = static_cast<redisReader*>(reader_.get());
  std::array<char, 16'384> bytes;
  for (;;) {
    void* raw = nullptr;
    if (::redisReaderGetReply(reader, &raw) != REDIS_OK) {
      return std::unexpected(failed(std::string("says what is not its protocol: ").append(reader->errstr), true));
    }
    if (raw != nullptr) {
      Reply reply = copied(*static_cast<redisReply*>(raw));
      ::freeReplyObject(raw);
      return reply;
    }
    if (!wait_for(socket_.get(), POLLIN, deadline)) return std::optional<Reply>{};
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count == 0) return std::unexpected(failed("closed the connection", true));
    if (count > 0) {
      if (::redisReaderFeed(reader, bytes.data(), static_cast<std::size_t>(count)) != REDIS_OK) {
        return std::unexpected(failed(std::string("cannot be read: ").append(reader->errstr), true));
      }
    } else if (errno != EINTR && errno != EAGAIN) {
      return std::unexpected(failed(std::string("went away: ").append(system_words(errno)), true));
    }
  }
}

std::expected<void, Failure> Connection::send(const Command& command) {
  if (!socket_) return std::unexpected(failed("is not connected any more", false));
  std::string out;
  append_command(out, command);
  return send_all(out, Clock::now() + options_.call_timeout, "took nothing in time");
}

std::expected<std::optional<Reply>, Failure> Connection::receive(Millis wait) {
  if (!socket_) return std::unexpected(failed("is not connected any more", false));
  return next_reply(Clock::now() + wait);
}

}  // namespace heti::journal::redis

#pragma once
// One connection to Redis, used by one thread at a time. hiredis writes and reads the protocol; the socket is ours, so
// that each call has a deadline, after which nothing is waited for. After a Failure the connection is of no more use:
// open another one.
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/time.hpp"
#include "service/base/unique_fd.hpp"
#include "service/journal/redis/address.hpp"
#include "service/journal/redis/scripts.hpp"

namespace heti::journal::redis {

struct Reply {
  enum class Kind : std::uint8_t { nil, integer, text, error, list };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;  // Of `error`: Redis's own words, beginning with a code such as NOAUTH.
  std::vector<Reply> list;

  [[nodiscard]] bool is_error() const { return kind == Kind::error; }
  // The text of element `index` of a list; empty if there is none.
  [[nodiscard]] std::string_view at(std::size_t index) const {
    return index < list.size() ? std::string_view(list[index].text) : std::string_view{};
  }
};

// The connection failed or a deadline passed.
struct Failure {
  std::string sentence;  // Names the place.
  bool sent = false;     // Some of the command had left: Redis may have run it.
};

struct ConnectionOptions {
  Address address{};
  std::filesystem::path password_file{};  // Empty: no password. Its first line is the password of the default user.
  // A name is looked up by the system's resolver, which has limits of its own; an IP address needs none.
  Millis connect_timeout{1000};
  Millis call_timeout{1000};
};

using Command = std::vector<std::string_view>;

class Connection {
 public:
  // Connected and, if there is a password, let in. By Sentinels: to the master that they name, if it agrees.
  [[nodiscard]] static std::expected<Connection, std::string> open(const ConnectionOptions& options);

  // Sends all commands at once; one reply each, in order. `longer` is added to the deadline, for commands that wait.
  [[nodiscard]] std::expected<std::vector<Reply>, Failure> call(const std::vector<Command>& commands,
                                                                Millis longer = Millis{0});
  [[nodiscard]] std::expected<Reply, Failure> call(const Command& command);

  // For what Redis sends unasked, after SUBSCRIBE: sends without waiting, and gives the next reply, or nothing if none
  // came within `wait`.
  [[nodiscard]] std::expected<void, Failure> send(const Command& command);
  [[nodiscard]] std::expected<std::optional<Reply>, Failure> receive(Millis wait);

  // Runs a script, and sends `after` right behind it. Redis is given the source only if it does not know the script.
  [[nodiscard]] std::expected<std::vector<Reply>, Failure> run(const Script& script, const Command& keys,
                                                               const Command& arguments,
                                                               const std::vector<Command>& after = {},
                                                               Millis longer = Millis{0});

  [[nodiscard]] const Address& address() const { return options_.address; }

 private:
  struct FreeReader {
    void operator()(void* reader) const;
  };
  explicit Connection(ConnectionOptions options);
  // sentinel.cpp
  [[nodiscard]] static std::expected<Connection, std::string> open_by_sentinels(const ConnectionOptions& options);

  [[nodiscard]] std::expected<void, std::string> connect();
  [[nodiscard]] std::expected<void, std::string> log_in();
  using Deadline = std::chrono::steady_clock::time_point;
  [[nodiscard]] std::expected<void, Failure> send_all(std::string_view bytes, Deadline deadline, std::string_view late);
  // Nothing: the deadline passed.
  [[nodiscard]] std::expected<std::optional<Reply>, Failure> next_reply(Deadline deadline);
  Failure failed(std::string_view what, bool sent);

  ConnectionOptions options_;
  UniqueFd socket_;
  std::unique_ptr<void, FreeReader> reader_;  // hiredis's parser.
};

}  // namespace heti::journal::redis

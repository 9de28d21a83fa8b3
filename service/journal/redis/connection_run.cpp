// What a connection's callers need beside call(), and which asks nothing of a socket.
#include <utility>

#include "service/journal/redis/connection.hpp"

namespace heti::journal::redis {

std::expected<Reply, Failure> Connection::call(const Command& command) {
  auto replies = call(std::vector<Command>{command});
  if (!replies) return std::unexpected(std::move(replies.error()));
  return std::move(replies->front());
}

std::expected<std::vector<Reply>, Failure> Connection::run(const Script& script, const Command& keys,
                                                           const Command& arguments, const std::vector<Command>& after,
                                                           Millis longer) {
  const std::string count = std::to_string(keys.size());
  Command command{"EVALSHA", script.sha1(), count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<Command> commands{std::move(command)};
  commands.insert(commands.end(), after.begin(), after.end());
  auto replies = call(commands, longer);
  if (!replies || !replies->front().text.starts_with("NOSCRIPT") || !replies->front().is_error()) return replies;
  commands.front()[0] = "EVAL";
  commands.front()[1] = script.source();
  return call(commands, longer);
}

}  // namespace heti::journal::redis

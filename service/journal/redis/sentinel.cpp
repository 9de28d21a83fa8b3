// Which Redis is the master now: Sentinels know, but each only what it has heard so far. So the one that is named is
// asked itself.
#include <charconv>

#include "service/journal/redis/connection.hpp"

namespace heti::journal::redis {
namespace {

// Of each Sentinel: there are others.
constexpr Millis patience{500};

std::expected<Address, std::string> named_by(const Place& sentinel, const std::string& master) {
  ConnectionOptions options;
  options.address.host = sentinel.host;
  options.address.port = sentinel.port;
  options.connect_timeout = options.call_timeout = patience;
  auto connection = Connection::open(options);
  if (!connection) return std::unexpected(connection.error());
  const auto reply = connection->call(Command{"SENTINEL", "get-master-addr-by-name", master});
  if (!reply) return std::unexpected(reply.error().sentence);
  std::string sentence = to_string(options.address);
  if (reply->is_error()) return std::unexpected(sentence.append(" says: ").append(reply->text));
  Address found;
  found.host = reply->at(0);
  const std::string_view port = reply->at(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), found.port);
  if (found.host.empty() || found.port == 0 || error != std::errc{} || end != port.data() + port.size()) {
    return std::unexpected(sentence.append(" knows no master ").append(master));
  }
  return found;
}

}  // namespace

std::expected<Connection, std::string> Connection::open_by_sentinels(const ConnectionOptions& options) {
  std::string why;
  const auto note = [&why](std::string_view sentence) { why.append(why.empty() ? "" : "; ").append(sentence); };
  for (const Place& sentinel : options.address.sentinels) {
    auto master = named_by(sentinel, options.address.master);
    if (!master) {
      note(master.error());
      continue;
    }
    ConnectionOptions there = options;
    there.address = *std::move(master);
    auto connection = open(there);
    if (!connection) {
      note(connection.error());
      continue;
    }
    const auto role = connection->call(Command{"ROLE"});
    if (!role) {
      note(role.error().sentence);
    } else if (role->at(0) == "master") {
      return connection;
    } else {
      note("Redis at " + to_string(there.address) + " is not the master any more");
    }
  }
  return std::unexpected("no master \"" + options.address.master + "\" by the Sentinels: " + why);
}

}  // namespace heti::journal::redis

// The connection of the journal in Redis, to the model instead of a socket: in place of connection.cpp and
// sentinel.cpp.
#include <algorithm>

#include "service/base/check.hpp"
#include "service/journal/redis/connection.hpp"
#include "tests/simulation/cluster/redis_model.hpp"

namespace heti::simulation {

RedisModel* redis_here = nullptr;

}  // namespace heti::simulation

namespace heti::journal::redis {
namespace {

using simulation::Fibers;
using simulation::Micros;
using simulation::redis_here;
using simulation::Request;
using simulation::Session;
using SessionPointer = std::shared_ptr<Session>;

template <class Pointer>
SessionPointer* session_of(const Pointer& reader) {
  return static_cast<SessionPointer*>(reader.get());
}

std::shared_ptr<Request> request_of(const std::vector<Command>& commands) {
  auto request = std::make_shared<Request>();
  for (const Command& command : commands) request->commands.emplace_back(command.begin(), command.end());
  return request;
}

// Until `done`, or the end of the session, or the deadline.
void wait(const SessionPointer& session, Micros deadline, const std::function<bool()>& done) {
  Fibers& fibers = Fibers::here();
  session->waiting = fibers.current();
  while (!done() && !session->reset && fibers.now() < deadline) fibers.park(deadline);
  session->waiting = nullptr;
}

}  // namespace

void Connection::FreeReader::operator()(void* reader) const {
  auto* session = static_cast<SessionPointer*>(reader);
  redis_here->close(*session);
  delete session;
}

Connection::Connection(ConnectionOptions options) : options_(std::move(options)) {}

std::expected<Connection, std::string> Connection::open(const ConnectionOptions& options) {
  Connection connection(options);
  if (auto connected = connection.connect(); !connected) return std::unexpected(connected.error());
  if (auto welcome = connection.log_in(); !welcome) return std::unexpected(welcome.error());
  return connection;
}

std::expected<void, std::string> Connection::connect() {
  std::string why;
  auto session = redis_here->connect(options_.connect_timeout, why);
  if (!session) return std::unexpected("Redis " + why);
  reader_.reset(new SessionPointer(std::move(session)));
  return {};
}

std::expected<void, std::string> Connection::log_in() {
  const auto reply = call(Command{"PING"});
  if (!reply) return std::unexpected(reply.error().sentence);
  return {};
}

Failure Connection::failed(std::string_view what, bool sent) {
  reader_.reset();
  return {.sentence = std::string("Redis ").append(what), .sent = sent};
}

std::expected<std::vector<Reply>, Failure> Connection::call(const std::vector<Command>& commands, Millis longer) {
  if (!reader_) return std::unexpected(failed("is not connected any more", false));
  const SessionPointer session = *session_of(reader_);
  const auto request = request_of(commands);
  redis_here->send(session, request);
  wait(session, Fibers::here().now() + options_.call_timeout + longer, [&] { return request->done; });
  if (request->done) return std::move(request->replies);
  return std::unexpected(failed(session->reset ? "closed the connection" : "gave no answer in time", true));
}

std::expected<void, Failure> Connection::send(const Command& command) {
  if (!reader_) return std::unexpected(failed("is not connected any more", false));
  const auto request = request_of({command});
  request->pushed = true;
  redis_here->send(*session_of(reader_), request);
  return {};
}

std::expected<std::optional<Reply>, Failure> Connection::receive(Millis patience) {
  if (!reader_) return std::unexpected(failed("is not connected any more", false));
  const SessionPointer session = *session_of(reader_);
  wait(session, Fibers::here().now() + patience, [&] { return !session->inbox.empty(); });
  if (session->inbox.empty()) {
    if (session->reset) return std::unexpected(failed("closed the connection", true));
    return std::optional<Reply>{};
  }
  Reply reply = std::move(session->inbox.front());
  session->inbox.pop_front();
  return reply;
}

}  // namespace heti::journal::redis

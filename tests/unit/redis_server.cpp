#include "tests/unit/redis_server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cstdlib>

#include "service/base/unique_fd.hpp"

namespace heti::journal::test {

RedisServer::RedisServer(std::vector<std::string> settings) : settings_(std::move(settings)) { start(); }

RedisServer::~RedisServer() {
  if (process_ > 0) stop(SIGKILL);
}

void RedisServer::start() {
  const std::string directory = directory_.path().string();
  std::vector<std::string> words{"redis-server",
                                 "--port",
                                 "0",
                                 "--unixsocket",
                                 directory + "/redis",
                                 "--dir",
                                 directory,
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",
                                 "always",
                                 "--logfile",
                                 directory + "/log"};
  words.insert(words.end(), settings_.begin(), settings_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  ASSERT_GE(process_, 0);
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // A test that dies leaves no server behind.
    if (::getppid() != parent) ::_exit(1);
    const int out = ::open("/dev/null", O_WRONLY);
    if (out >= 0) ::dup2(out, STDOUT_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  const auto waiting = options();
  const bool up = wait_until([&] {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      ADD_FAILURE() << (WIFEXITED(status) && WEXITSTATUS(status) == 127
                            ? "redis-server is not installed: apt-get install redis-server"
                            : "redis-server ended: " + slurp(directory_.path() / "log"));
      return true;
    }
    return redis::Connection::open(waiting).has_value();
  });
  if (!up) ADD_FAILURE() << "redis-server does not answer: " << slurp(directory_.path() / "log");
  if (process_ < 0) std::exit(1);  // Every other test would say the same at length.
}

void RedisServer::stop(int signal) {
  if (process_ < 0) return;
  go_on();
  ::kill(process_, signal);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

redis::ConnectionOptions RedisServer::options() const {
  return {.address = {.socket = (directory_.path() / "redis").string()},
          .connect_timeout = Millis{60'000},
          .call_timeout = Millis{60'000}};
}

redis::Connection RedisServer::connect() const {
  auto connection = redis::Connection::open(options());
  EXPECT_TRUE(connection) << connection.error();
  return std::move(connection.value());
}

redis::Reply RedisServer::tell(const redis::Command& command) const {
  auto connection = connect();
  auto reply = connection.call(command);
  EXPECT_TRUE(reply) << reply.error().sentence;
  EXPECT_FALSE(reply->is_error()) << reply->text;
  return *reply;
}

}  // namespace heti::journal::test

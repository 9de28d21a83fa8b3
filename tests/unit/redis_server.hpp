#pragma once
// A redis-server of a test's own: on a Unix socket (and a port, for replicas) in a directory that goes away with it.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "service/journal/redis/connection.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {

class RedisServer {
 public:
  // `settings` are words of redis-server's command line, after those that make it durable.
  explicit RedisServer(std::vector<std::string> settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;

  void start();           // Until it answers. The test fails with a sentence if there is no redis-server.
  void stop(int signal);  // Waits for its end.
  void pause() const { ::kill(process_, SIGSTOP); }
  void go_on() const { ::kill(process_, SIGCONT); }

  [[nodiscard]] redis::ConnectionOptions options() const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  [[nodiscard]] redis::Connection connect() const;

  // One command whose reply is no error.
  redis::Reply tell(const redis::Command& command) const;

 private:
  TempDirectory directory_;
  std::vector<std::string> settings_;
  pid_t process_ = -1;
};

// Waits, generously, until `condition` holds; false if it never did.
template <class Condition>
bool wait_until(Condition condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace heti::journal::test

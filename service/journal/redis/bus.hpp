#pragma once
// What nodes tell each other by Redis's pub/sub: fast, and lost is fine. One connection listens, another one sends;
// each has a thread, and comes back by itself.
#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/threads.hpp"
#include "service/journal/redis/connection.hpp"

namespace heti::journal::redis {

struct BusOptions {
  ConnectionOptions connection{};
  std::vector<std::string> channels{};
  // On the listening thread; must not throw. on_connected: from here on messages are heard, again after each gap.
  std::function<void(std::string_view channel, const std::string& payload)> on_message{};
  std::function<void()> on_connected{};
  std::function<void(std::string_view sentence)> on_warning{};
};

class Bus {
 public:
  explicit Bus(BusOptions options);
  ~Bus();  // Sends what waits, for a moment.
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // In order. Does not block: what finds no connection, or 64 MiB that wait, is dropped. Any thread.
  void publish(std::string channel, std::string payload);

  // No callback runs after it returns; what is published is still sent. Not from a callback.
  void stop_hearing();

  // For how long nothing came from Redis, which is asked when it is quiet: up to a second where all is well. Any
  // thread.
  [[nodiscard]] Millis silent_for() const;

 private:
  struct Message {
    std::string channel;
    std::string payload;
  };

  void listen();
  // Why it ended, if Redis does not let us hear.
  [[nodiscard]] std::optional<std::string> hear(Connection& connection);
  void send_loop();
  [[nodiscard]] bool pause(Millis time);  // False: nothing is to be heard any more.

  const BusOptions options_;
  std::atomic<std::int64_t> heard_ms_;

  Mutex mutex_;
  Condition wakes_;
  bool deaf_ = false;
  bool stopping_ = false;
  std::deque<Message> waiting_;
  std::size_t waiting_bytes_ = 0;

  Thread listener_;
  Thread sender_;
};

}  // namespace heti::journal::redis

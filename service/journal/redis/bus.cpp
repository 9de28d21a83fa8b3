#include "service/journal/redis/bus.hpp"

#include <algorithm>
#include <utility>

#include "service/base/thread_name.hpp"

namespace heti::journal::redis {
namespace {

constexpr std::size_t waiting_bytes_max = 64u << 20;
constexpr std::size_t messages_at_once = 256;
constexpr Millis look_up{100};      // How often a listener looks whether it is to end.
constexpr Millis ask_after{1000};   // Quiet for so long: asks.
constexpr Millis dead_after{2500};  // Asked, and no answer: connects anew.
constexpr Millis first_pause{100};  // Between two attempts to connect; doubled up to a second.
constexpr Millis longest_pause{1000};

std::int64_t now_ms() { return std::chrono::duration_cast<Millis>(SteadyClock::now().time_since_epoch()).count(); }

}  // namespace

Bus::Bus(BusOptions options)
    : options_(std::move(options)),
      heard_ms_(now_ms()),
      listener_([this] { listen(); }),
      sender_([this] { send_loop(); }) {}

Bus::~Bus() {
  stop_hearing();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  sender_.join();
}

void Bus::stop_hearing() {
  {
    const std::lock_guard lock(mutex_);
    deaf_ = true;
  }
  wakes_.notify_all();
  if (listener_.joinable()) listener_.join();
}

Millis Bus::silent_for() const { return Millis{std::max<std::int64_t>(now_ms() - heard_ms_, 0)}; }

void Bus::publish(std::string channel, std::string payload) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t bytes = channel.size() + payload.size();
    if (stopping_ || waiting_bytes_ + bytes > waiting_bytes_max) return;
    waiting_bytes_ += bytes;
    waiting_.push_back({.channel = std::move(channel), .payload = std::move(payload)});
  }
  wakes_.notify_all();
}

bool Bus::pause(Millis time) {
  std::unique_lock lock(mutex_);
  return !wakes_.wait_for(lock, time, [this] { return deaf_; });
}

void Bus::listen() {
  name_thread("bus-in");
  Millis between = first_pause;
  bool told = false;
  do {
    auto connection = Connection::open(options_.connection);
    std::optional<std::string> trouble;
    if (connection) {
      trouble = hear(*connection);
    } else {
      trouble = connection.error();
    }
    if (!trouble) {
      between = first_pause;
      told = false;
    } else if (!std::exchange(told, true) && options_.on_warning) {
      options_.on_warning(*trouble);
    }
    between = std::min(2 * between, longest_pause);
  } while (pause(between / 2));
}

// Until the connection fails or the bus ends.
std::optional<std::string> Bus::hear(Connection& connection) {
  Command subscribe{"SUBSCRIBE"};
  for (const std::string& channel : options_.channels) subscribe.push_back(channel);
  if (!connection.send(subscribe)) return std::nullopt;
  std::size_t subscribed = 0;
  bool asked = false;
  std::int64_t last_ms = now_ms();
  while (pause(Millis{0})) {
    auto reply = connection.receive(look_up);
    if (!reply) return std::nullopt;
    if (!*reply) {
      const Millis quiet{now_ms() - last_ms};
      if (quiet >= dead_after) return std::nullopt;
      if (quiet >= ask_after && !std::exchange(asked, true) && !connection.send(Command{"PING"})) return std::nullopt;
      continue;
    }
    if ((*reply)->is_error()) {
      std::string sentence = "Redis at ";
      return sentence.append(to_string(connection.address())).append(" lets nothing be heard: ").append((*reply)->text);
    }
    last_ms = now_ms();
    heard_ms_ = last_ms;
    asked = false;
    const std::string_view kind = (*reply)->at(0);
    if (kind == "subscribe" && ++subscribed == options_.channels.size()) {
      if (options_.on_connected) options_.on_connected();
    } else if (kind == "message" && (*reply)->list.size() == 3) {
      options_.on_message((*reply)->at(1), (*reply)->list[2].text);
    }
  }
  return std::nullopt;
}

void Bus::send_loop() {
  name_thread("bus-out");
  std::optional<Connection> link;
  std::int64_t connect_after_ms = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::vector<Message> messages;
    for (; !waiting_.empty() && messages.size() < messages_at_once; waiting_.pop_front()) {
      waiting_bytes_ -= waiting_.front().channel.size() + waiting_.front().payload.size();
      messages.push_back(std::move(waiting_.front()));
    }
    lock.unlock();
    if (!link && now_ms() >= connect_after_ms) {
      if (auto connection = Connection::open(options_.connection)) {
        link.emplace(std::move(*connection));
      } else {
        connect_after_ms = now_ms() + longest_pause.count() / 4;
      }
    }
    if (link) {
      std::vector<Command> commands;
      commands.reserve(messages.size());
      for (const Message& message : messages) commands.push_back({"PUBLISH", message.channel, message.payload});
      if (!link->call(commands)) link.reset();
    }
    lock.lock();
  }
}

}  // namespace heti::journal::redis

#pragma once
// MQTT 3.1.1 with QoS 1, as much as a pair that posts to each other needs: each side subscribes to its own topic and
// publishes to the other's. Every publish is acknowledged, to the sender by the broker and to the broker by the
// receiver.
#include <memory>
#include <string>
#include <vector>

#include "tests/load/crowd.hpp"
#include "tests/load/plain_talk.hpp"

namespace heti::load {

class MqttSocket : private Sink {
 public:
  MqttSocket(Loop& loop, const sockaddr_in& address, std::size_t pair, unsigned side);
  // Between rounds only.
  void come();
  void cut() { connection_.cut(); }
  void publish(std::string_view text);

 protected:
  // Connected and subscribed.
  virtual void on_subscribed() = 0;
  // The broker has taken the next of our messages, in the order in which they were published.
  virtual void on_puback(bool in_order) = 0;
  virtual void on_message(std::string_view text) = 0;
  virtual void on_end(const std::string& why) = 0;

 private:
  void on_connected(Connection& connection) override;
  std::size_t on_bytes(Connection& connection, std::string_view bytes) override;
  void on_lost(Connection&, const std::string& why) override { on_end(why); }
  void on_packet(unsigned type, unsigned flags, std::string_view body);
  static std::uint16_t after(std::uint16_t id) { return id == 65535 ? 1 : static_cast<std::uint16_t>(id + 1); }

  Connection connection_;
  sockaddr_in address_;
  std::string name_;
  std::string own_topic_;
  std::string other_topic_;
  std::uint16_t published_ = 0;
  std::uint16_t acked_ = 0;
};

class MqttTalk final : public PlainTalk {
 public:
  MqttTalk(Loop& loop, const sockaddr_in& address, std::size_t pairs, std::size_t message_bytes,
           Violations& violations);
  ~MqttTalk() override;
  bool acknowledges() const override { return true; }

 private:
  class Member;
  void come(std::size_t member) override;
  void send(std::size_t member, std::string_view text) override;

  std::vector<std::unique_ptr<Member>> members_;
};

class MqttCrowd final : public Crowd {
 public:
  MqttCrowd(Loop& loop, const sockaddr_in& address, std::size_t size);
  ~MqttCrowd() override;
  void listen(CrowdListener& listener) override { listener_ = &listener; }
  std::size_t size() const override { return members_.size(); }
  void come(std::size_t client) override;
  void cut(std::size_t client) override;

 private:
  class Member;
  std::vector<std::unique_ptr<Member>> members_;
  CrowdListener* listener_ = nullptr;
};

}  // namespace heti::load

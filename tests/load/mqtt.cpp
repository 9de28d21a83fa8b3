#include "tests/load/mqtt.hpp"

namespace heti::load {

namespace {

constexpr unsigned connect_packet = 1, connack = 2, publish_packet = 3, puback = 4, subscribe = 8, suback = 9;

void append_number(std::string& out, std::size_t number) {
  out.push_back(static_cast<char>(number >> 8 & 0xff));
  out.push_back(static_cast<char>(number & 0xff));
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out.append(text);
}

void append_packet(std::string& out, unsigned type, unsigned flags, std::string_view body) {
  out.push_back(static_cast<char>(type << 4 | flags));
  for (std::size_t rest = body.size();;) {
    const std::size_t low = rest & 0x7f;
    rest >>= 7;
    out.push_back(static_cast<char>(low | (rest > 0 ? 0x80 : 0)));
    if (rest == 0) break;
  }
  out.append(body);
}

std::uint16_t number_at(std::string_view body, std::size_t at) {
  const auto high = static_cast<unsigned char>(body[at]);
  const auto low = static_cast<unsigned char>(body[at + 1]);
  return static_cast<std::uint16_t>(high * 256 + low);
}

}  // namespace

MqttSocket::MqttSocket(Loop& loop, const sockaddr_in& address, std::size_t pair, unsigned side)
    : connection_(loop, *this), address_(address) {
  const std::string topic = "pair/" + std::to_string(pair) + "/";
  own_topic_ = topic + (side == 0 ? "0" : "1");
  other_topic_ = topic + (side == 0 ? "1" : "0");
  name_ = "load-" + std::to_string(pair) + "-" + std::to_string(side);
}

void MqttSocket::come() {
  published_ = acked_ = 0;
  connection_.open(address_);
}

void MqttSocket::on_connected(Connection& connection) {
  std::string body;
  append_text(body, "MQTT");
  body.push_back(4);       // 3.1.1
  body.push_back(2);       // a clean session
  append_number(body, 0);  // no keep-alive: idle is idle
  append_text(body, name_);
  append_packet(connection.out(), connect_packet, 0, body);
  connection.written();
}

void MqttSocket::publish(std::string_view text) {
  published_ = after(published_);
  std::string body;
  append_text(body, other_topic_);
  append_number(body, published_);
  body.append(text);
  constexpr unsigned qos_1 = 2;
  append_packet(connection_.out(), publish_packet, qos_1, body);
  connection_.written();
}

void MqttSocket::on_packet(unsigned type, unsigned flags, std::string_view body) {
  if (type == connack) {
    std::string wish;
    append_number(wish, 1);
    append_text(wish, own_topic_);
    wish.push_back(1);  // QoS 1
    append_packet(connection_.out(), subscribe, 2, wish);
    connection_.written();
  } else if (type == suback) {
    on_subscribed();
  } else if (type == puback && body.size() >= 2) {
    acked_ = after(acked_);
    on_puback(number_at(body, 0) == acked_);
  } else if (type == publish_packet && body.size() >= 2) {
    const std::size_t topic = number_at(body, 0);
    const std::size_t head = 2 + topic + ((flags & 6) != 0 ? 2 : 0);
    if (body.size() < head) return;
    if ((flags & 6) != 0) {
      append_packet(connection_.out(), puback, 0, body.substr(2 + topic, 2));
      connection_.written();
    }
    on_message(body.substr(head));
  }
}

std::size_t MqttSocket::on_bytes(Connection& connection, std::string_view bytes) {
  std::size_t used = 0;
  while (connection.is_open() && used < bytes.size()) {
    std::size_t at = used + 1;
    std::size_t size = 0;
    unsigned shift = 0;
    bool whole = false;
    while (at < bytes.size() && !whole) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      size |= static_cast<std::size_t>(byte & 0x7f) << shift;
      shift += 7;
      whole = (byte & 0x80) == 0;
    }
    if (!whole || bytes.size() - at < size) break;
    const auto first = static_cast<unsigned char>(bytes[used]);
    used = at + size;
    on_packet(first >> 4, first & 0x0fU, bytes.substr(at, size));
  }
  return used;
}

class MqttTalk::Member final : public MqttSocket {
 public:
  Member(Loop& loop, MqttTalk& talk, const sockaddr_in& address, std::size_t pair, unsigned side)
      : MqttSocket(loop, address, pair, side), talk_(talk), pair_(pair), side_(side) {}

 private:
  void on_subscribed() override { talk_.on_member_ready(); }
  void on_puback(bool in_order) override { talk_.on_next_acked(pair_, side_, in_order); }
  void on_message(std::string_view text) override { talk_.on_message(pair_, side_, text); }
  void on_end(const std::string& why) override { talk_.on_member_lost(pair_, side_, why); }

  MqttTalk& talk_;
  std::size_t pair_;
  unsigned side_;
};

MqttTalk::MqttTalk(Loop& loop, const sockaddr_in& address, std::size_t pairs, std::size_t message_bytes,
                   Violations& violations)
    : PlainTalk(loop, pairs, message_bytes, violations) {
  for (std::size_t i = 0; i < 2 * pairs; ++i) {
    members_.push_back(std::make_unique<Member>(loop, *this, address, i / 2, i % 2));
  }
}

MqttTalk::~MqttTalk() = default;

void MqttTalk::come(std::size_t member) { members_[member]->come(); }

void MqttTalk::send(std::size_t member, std::string_view text) { members_[member]->publish(text); }

class MqttCrowd::Member final : public MqttSocket {
 public:
  Member(Loop& loop, MqttCrowd& crowd, const sockaddr_in& address, std::size_t index)
      : MqttSocket(loop, address, index / 2, index % 2), crowd_(crowd), index_(index) {}

 private:
  void on_subscribed() override { crowd_.listener_->on_ready(index_); }
  void on_puback(bool) override {}
  void on_message(std::string_view) override {}
  void on_end(const std::string& why) override { crowd_.listener_->on_lost(index_, why); }

  MqttCrowd& crowd_;
  std::size_t index_;
};

MqttCrowd::MqttCrowd(Loop& loop, const sockaddr_in& address, std::size_t size) {
  members_.reserve(size);
  for (std::size_t i = 0; i < size; ++i) members_.push_back(std::make_unique<Member>(loop, *this, address, i));
}

MqttCrowd::~MqttCrowd() = default;

void MqttCrowd::come(std::size_t client) { members_[client]->come(); }

void MqttCrowd::cut(std::size_t client) { members_[client]->cut(); }

}  // namespace heti::load

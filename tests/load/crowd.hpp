#pragma once
// Many clients of which only coming and going matters: idle connections, handshakes, reconnect storms.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/load/heti_visitor.hpp"
#include "tests/load/relay_talk.hpp"

namespace heti::load {

class CrowdListener {
 public:
  virtual ~CrowdListener() = default;
  // The client has its state: what it comes for, all of it.
  virtual void on_ready(std::size_t client) = 0;
  virtual void on_lost(std::size_t client, const std::string& why) = 0;
};

class Crowd {
 public:
  virtual ~Crowd() = default;
  virtual void listen(CrowdListener& listener) = 0;
  virtual std::size_t size() const = 0;
  virtual void come(std::size_t client) = 0;  // between rounds only
  virtual void cut(std::size_t client) = 0;
  // Leaves something under way, where the peer acknowledges: it must be there once after the client has come back.
  virtual void post(std::size_t) {}
};

// Visitors of Heti. They bring their token when they have one, and with Depth::started and posted they open their
// conversation after the last entry they know; its answer is then their state.
class HetiCrowd final : public Crowd, public VisitorListener {
 public:
  enum class Depth {
    welcome,  // hello and no more
    started,  // a conversation, nothing said
    posted,   // a first message, durable and seen; the chat waits in the line
  };
  HetiCrowd(Loop& loop, const HetiDoor& door, const std::vector<std::string>& queues, std::size_t size, Depth depth,
            Violations& violations);

  void listen(CrowdListener& listener) override { listener_ = &listener; }
  std::size_t size() const override { return visitors_.size(); }
  void come(std::size_t client) override;
  void cut(std::size_t client) override { visitors_[client]->cut(); }
  void post(std::size_t client) override {
    if (depth_ == Depth::posted) visitors_[client]->post();
  }

 private:
  void on_started(HetiVisitor&) override {}
  void on_ready(HetiVisitor& visitor) override;
  void on_acked(HetiVisitor& visitor, std::uint64_t n) override;
  void on_entry(HetiVisitor& visitor, const std::optional<SeenMessage>& message) override;
  void on_lost(HetiVisitor& visitor, const std::string& why) override { listener_->on_lost(visitor.index(), why); }
  void settle(HetiVisitor& visitor);

  Depth depth_;
  std::vector<std::unique_ptr<HetiVisitor>> visitors_;
  std::vector<bool> told_;  // that it is ready, since it came
  CrowdListener* listener_ = nullptr;
};

class RelayCrowd final : public Crowd {
 public:
  RelayCrowd(Loop& loop, RelayKind kind, const sockaddr_in& address, const std::string& host, std::size_t size);
  ~RelayCrowd() override;
  void listen(CrowdListener& listener) override { listener_ = &listener; }
  std::size_t size() const override { return members_.size(); }
  void come(std::size_t client) override;
  void cut(std::size_t client) override;

 private:
  class Member;
  sockaddr_in address_;
  std::vector<std::unique_ptr<Member>> members_;
  CrowdListener* listener_ = nullptr;
};

}  // namespace heti::load

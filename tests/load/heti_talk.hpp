#pragma once
// Pairs that chat on Heti: each visitor with a conversation of its own, brought to an agent by Heti's routing.
#include <memory>
#include <vector>

#include "tests/load/heti_desk.hpp"
#include "tests/load/heti_visitor.hpp"
#include "tests/load/talk.hpp"

namespace heti::load {

// Who works where. Pair i comes to queue i modulo their number.
struct HetiStaff {
  // `agents` of them, spread evenly: one queue to each, or several if there are more queues than agents. 0: each queue
  // has just as many as its pairs need, ten chats to an agent, which is the most that Heti allows.
  HetiStaff(std::size_t pairs, std::size_t queue_count, std::size_t agents = 0);
  std::vector<std::string> queues;
  std::vector<std::string> logins;
  std::vector<std::vector<std::size_t>> queues_of;  // of each login
  std::string password = "lumihiutale";
  std::size_t screens = 1;
  static constexpr std::size_t chats_each = 10;
};

class HetiTalk final : public Talk, public VisitorListener, public DeskListener {
 public:
  HetiTalk(Loop& loop, const HetiDoor& door, const HetiStaff& staff, std::size_t pairs, Violations& violations);

  [[nodiscard]] std::expected<void, std::string> set_up() override;
  void listen(TalkListener& listener) override { listener_ = &listener; }
  std::size_t pairs() const override { return visitors_.size(); }
  bool acknowledges() const override { return true; }
  std::uint64_t post(std::size_t pair, unsigned from) override;
  void expect_complete() override;

 private:
  void on_started(HetiVisitor& visitor) override { desk_.expect(visitor.chat()); }
  void on_ready(HetiVisitor& visitor) override { visitor.post(); }
  void on_entry(HetiVisitor& visitor, const std::optional<SeenMessage>& message) override;
  void on_acked(HetiVisitor& visitor, std::uint64_t n) override;
  void on_lost(HetiVisitor& visitor, const std::string& why) override;
  void on_taken(Chat& chat) override;
  void on_agent_entry(Chat& chat, const std::optional<SeenMessage>& message) override;
  void on_agent_acked(Chat& chat, std::uint64_t n) override;

  Loop& loop_;
  const HetiStaff& staff_;
  Violations& violations_;
  HetiDesk desk_;
  std::vector<std::unique_ptr<HetiVisitor>> visitors_;
  TalkListener* listener_ = nullptr;
  std::size_t taken_ = 0;
};

}  // namespace heti::load

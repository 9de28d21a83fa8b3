#pragma once
// One visitor of Heti: connects, says hello, starts a conversation or goes on with the one it knows, posts and reads.
#include <memory>
#include <string>

#include "tests/load/frame_socket.hpp"
#include "tests/load/heti_chat.hpp"

namespace heti::load {

// Where Heti is and how everybody comes in.
struct HetiDoor {
  HetiDoor(const sockaddr_in& where, std::string host_name);
  sockaddr_in address;
  std::string host;  // "127.0.0.1:8080"
  FrameSocket::Opening visitor;
  FrameSocket::Opening agent;
  std::size_t frame_bytes = 120;  // of a post's JSON text
};

class HetiVisitor;

class VisitorListener {
 public:
  virtual ~VisitorListener() = default;
  // The server has given the conversation its id.
  virtual void on_started(HetiVisitor& visitor) = 0;
  // It has what it came for: see HetiVisitor::Aim.
  virtual void on_ready(HetiVisitor& visitor) = 0;
  virtual void on_entry(HetiVisitor&, const std::optional<SeenMessage>&) {}
  virtual void on_acked(HetiVisitor&, std::uint64_t) {}
  virtual void on_rated(HetiVisitor&) {}
  virtual void on_lost(HetiVisitor& visitor, const std::string& why) = 0;
};

class HetiVisitor final : public FrameSocket {
 public:
  // What it comes for: a welcome, or a conversation with all its entries.
  enum class Aim { welcome, conversation };

  HetiVisitor(Loop& loop, const HetiDoor& door, std::string queue, Violations& violations, VisitorListener& listener,
              std::size_t index)
      : FrameSocket(loop),
        door_(door),
        queue_(std::move(queue)),
        violations_(violations),
        listener_(listener),
        index_(index),
        chat_(std::make_unique<Chat>(violations, index)) {}

  // Between rounds only. Brings the token it has, and opens the conversation it knows after the last entry it has seen.
  void come(Aim aim);
  // The number of the post.
  std::uint64_t post();
  void rate();
  // The chat is over: another one begins with the next coming, as another visitor.
  void forget();

  std::size_t index() const { return index_; }
  bool is_ready() const { return ready_; }
  bool has_rated() const { return rated_; }
  Chat& chat() { return *chat_; }

 private:
  void on_open() override;
  void on_text(std::string_view text) override;
  void on_end(const std::string& why) override;
  void on_welcome(std::string_view text);
  void on_opened(std::string_view text);

  const HetiDoor& door_;
  std::string queue_;
  Violations& violations_;
  VisitorListener& listener_;
  std::size_t index_;
  std::unique_ptr<Chat> chat_;
  std::string token_;
  std::string history_;
  Aim aim_ = Aim::welcome;
  bool ready_ = false;
  bool rated_ = false;  // or has asked to
};

}  // namespace heti::load

#pragma once
// Pairs on a relay that speaks WebSocket frames: the raw relay, Node ws, nchan.
#include <memory>
#include <string>
#include <vector>

#include "tests/load/frame_socket.hpp"
#include "tests/load/plain_talk.hpp"

namespace heti::load {

enum class RelayKind { raw, node, nchan };

// What one side of a pair sends to come in.
FrameSocket::Opening relay_opening(RelayKind kind, const std::string& host, std::size_t pair, unsigned side);
// Whether the relay says "welcome" when the socket is in place; if not, the upgrade says it.
bool relay_welcomes(RelayKind kind);

class RelayTalk final : public PlainTalk {
 public:
  RelayTalk(Loop& loop, RelayKind kind, const sockaddr_in& address, const std::string& host, std::size_t pairs,
            std::size_t message_bytes, Violations& violations);
  ~RelayTalk() override;
  bool acknowledges() const override { return false; }

 private:
  class Member;
  void come(std::size_t member) override;
  void send(std::size_t member, std::string_view text) override;

  sockaddr_in address_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace heti::load

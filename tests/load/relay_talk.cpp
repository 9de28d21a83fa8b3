#include "tests/load/relay_talk.hpp"

#include <cstdio>

#include "tests/load/web_socket.hpp"

namespace heti::load {

FrameSocket::Opening relay_opening(RelayKind kind, const std::string& host, std::size_t pair, unsigned side) {
  FrameSocket::Opening opening;
  if (kind == RelayKind::raw) {
    char hello[32];
    std::snprintf(hello, sizeof hello, "R%012zu %u\n", pair, side);
    return {.bytes = hello, .upgrade = false, .masked = false};
  }
  const std::string path = "/pair/" + std::to_string(pair) + "/" + std::to_string(side);
  return {.bytes = upgrade_request(host, path, ""), .upgrade = true, .masked = true};
}

bool relay_welcomes(RelayKind kind) { return kind != RelayKind::nchan; }

class RelayTalk::Member final : public FrameSocket {
 public:
  Member(Loop& loop, RelayTalk& talk, RelayKind kind, const std::string& host, std::size_t pair, unsigned side)
      : FrameSocket(loop),
        talk_(talk),
        pair_(pair),
        side_(side),
        welcomes_(relay_welcomes(kind)),
        opening_(relay_opening(kind, host, pair, side)) {}
  void come() { open(talk_.address_, opening_); }

 private:
  void on_open() override {
    if (!welcomes_) talk_.on_member_ready();
  }
  void on_text(std::string_view text) override {
    text == "welcome" ? talk_.on_member_ready() : talk_.on_message(pair_, side_, text);
  }
  void on_end(const std::string& why) override { talk_.on_member_lost(pair_, side_, why); }

  RelayTalk& talk_;
  std::size_t pair_;
  unsigned side_;
  bool welcomes_;
  FrameSocket::Opening opening_;
};

RelayTalk::RelayTalk(Loop& loop, RelayKind kind, const sockaddr_in& address, const std::string& host, std::size_t pairs,
                     std::size_t message_bytes, Violations& violations)
    : PlainTalk(loop, pairs, message_bytes, violations), address_(address) {
  for (std::size_t i = 0; i < 2 * pairs; ++i) {
    members_.push_back(std::make_unique<Member>(loop, *this, kind, host, i / 2, i % 2));
  }
}

RelayTalk::~RelayTalk() = default;

void RelayTalk::come(std::size_t member) { members_[member]->come(); }

void RelayTalk::send(std::size_t member, std::string_view text) { members_[member]->send(text); }

}  // namespace heti::load

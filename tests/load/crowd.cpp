#include "tests/load/crowd.hpp"

namespace heti::load {

HetiCrowd::HetiCrowd(Loop& loop, const HetiDoor& door, const std::vector<std::string>& queues, std::size_t size,
                     Depth depth, Violations& violations)
    : depth_(depth), told_(size) {
  visitors_.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    visitors_.push_back(std::make_unique<HetiVisitor>(loop, door, queues[i % queues.size()], violations, *this, i));
  }
}

void HetiCrowd::come(std::size_t client) {
  told_[client] = false;
  visitors_[client]->come(depth_ == Depth::welcome ? HetiVisitor::Aim::welcome : HetiVisitor::Aim::conversation);
}

void HetiCrowd::on_ready(HetiVisitor& visitor) {
  if (depth_ == Depth::posted && visitor.chat().ledger.posted(visitor_side) == 0) {
    visitor.post();
    return;
  }
  settle(visitor);
}

void HetiCrowd::on_acked(HetiVisitor& visitor, std::uint64_t) { settle(visitor); }

void HetiCrowd::on_entry(HetiVisitor& visitor, const std::optional<SeenMessage>&) { settle(visitor); }

void HetiCrowd::settle(HetiVisitor& visitor) {
  const Ledger& ledger = visitor.chat().ledger;
  if (told_[visitor.index()] || !visitor.is_ready()) return;
  if (ledger.acked(visitor_side) < ledger.posted(visitor_side)) return;
  if (ledger.seen(visitor_side, visitor_side) < ledger.posted(visitor_side)) return;
  told_[visitor.index()] = true;
  listener_->on_ready(visitor.index());
}

class RelayCrowd::Member final : public FrameSocket {
 public:
  Member(Loop& loop, RelayCrowd& crowd, RelayKind kind, const std::string& host, std::size_t index)
      : FrameSocket(loop),
        crowd_(crowd),
        index_(index),
        welcomes_(relay_welcomes(kind)),
        opening_(relay_opening(kind, host, index / 2, index % 2)) {}
  void come() { open(crowd_.address_, opening_); }

 private:
  void on_open() override {
    if (!welcomes_) crowd_.listener_->on_ready(index_);
  }
  void on_text(std::string_view text) override {
    if (text == "welcome") crowd_.listener_->on_ready(index_);
  }
  void on_end(const std::string& why) override { crowd_.listener_->on_lost(index_, why); }

  RelayCrowd& crowd_;
  std::size_t index_;
  bool welcomes_;
  FrameSocket::Opening opening_;
};

RelayCrowd::RelayCrowd(Loop& loop, RelayKind kind, const sockaddr_in& address, const std::string& host,
                       std::size_t size)
    : address_(address) {
  members_.reserve(size);
  for (std::size_t i = 0; i < size; ++i) members_.push_back(std::make_unique<Member>(loop, *this, kind, host, i));
}

RelayCrowd::~RelayCrowd() = default;

void RelayCrowd::come(std::size_t client) { members_[client]->come(); }

void RelayCrowd::cut(std::size_t client) { members_[client]->cut(); }

}  // namespace heti::load

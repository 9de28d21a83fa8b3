#include "tests/load/heti_talk.hpp"

#include <algorithm>
#include <cstdio>

namespace heti::load {

namespace {

std::string numbered(const char* name, std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%s%03zu", name, number);
  return text;
}

}  // namespace

HetiStaff::HetiStaff(std::size_t pairs, std::size_t queue_count, std::size_t agents) {
  for (std::size_t queue = 0; queue < queue_count; ++queue) queues.push_back(numbered("queue", queue));
  for (std::size_t i = 0; i < agents; ++i) {
    logins.push_back(numbered("agent", i));
    queues_of.emplace_back();
    for (std::size_t queue = i % queue_count; queue < queue_count; queue += agents) queues_of.back().push_back(queue);
  }
  if (agents > 0) return;
  for (std::size_t queue = 0; queue < queue_count; ++queue) {
    const std::size_t here = pairs / queue_count + (queue < pairs % queue_count ? 1 : 0);
    for (std::size_t i = 0; i < (here + chats_each - 1) / chats_each; ++i) {
      logins.push_back(numbered("agent", logins.size()));
      queues_of.push_back({queue});
    }
  }
}

HetiTalk::HetiTalk(Loop& loop, const HetiDoor& door, const HetiStaff& staff, std::size_t pairs, Violations& violations)
    : loop_(loop), staff_(staff), violations_(violations), desk_(loop, door, violations, *this) {
  visitors_.reserve(pairs);
  for (std::size_t i = 0; i < pairs; ++i) {
    visitors_.push_back(
        std::make_unique<HetiVisitor>(loop, door, staff.queues[i % staff.queues.size()], violations, *this, i));
  }
}

std::expected<void, std::string> HetiTalk::set_up() {
  if (auto opened = desk_.open(staff_.logins, staff_.password, staff_.screens); !opened) return opened;
  // A hundred at a time come in, so that nobody waits for longer than an offer rings.
  constexpr std::size_t at_once = 100;
  const std::int64_t end = now_ns() + 120'000'000'000;
  std::size_t come = 0;
  while (taken_ < visitors_.size()) {
    if (violations_.count() > 0)
      return std::unexpected("while the pairs came together: " + violations_.first().front());
    if (now_ns() > end) {
      return std::unexpected("only " + std::to_string(taken_) + " of " + std::to_string(visitors_.size()) +
                             " chats were taken within 120 s");
    }
    while (come < visitors_.size() && come < taken_ + at_once) visitors_[come++]->come(HetiVisitor::Aim::conversation);
    loop_.round(50'000'000);
  }
  const std::int64_t calm = now_ns() + 1'000'000'000;
  while (now_ns() < calm) loop_.round(50'000'000);
  std::fprintf(stderr, "%zu chats are under way, on %zu visitors' and %zu agents' sockets\n", taken_, visitors_.size(),
               desk_.sockets());
  return {};
}

std::uint64_t HetiTalk::post(std::size_t pair, unsigned from) {
  HetiVisitor& visitor = *visitors_[pair];
  return from == visitor_side ? visitor.post() : desk_.post(visitor.chat());
}

void HetiTalk::on_entry(HetiVisitor& visitor, const std::optional<SeenMessage>& message) {
  if (!message || message->from == visitor_side || listener_ == nullptr) return;
  listener_->on_delivered(visitor.index(), agent_side, message->n);
}

void HetiTalk::on_acked(HetiVisitor& visitor, std::uint64_t n) {
  if (listener_ != nullptr) listener_->on_acked(visitor.index(), visitor_side, n);
}

void HetiTalk::on_lost(HetiVisitor& visitor, const std::string& why) {
  violations_.add("visitor " + std::to_string(visitor.index()) + " lost its connection: " + why);
}

void HetiTalk::on_taken(Chat&) { ++taken_; }

void HetiTalk::on_agent_entry(Chat& chat, const std::optional<SeenMessage>& message) {
  if (!message || message->from == agent_side || listener_ == nullptr) return;
  listener_->on_delivered(chat.index, visitor_side, message->n);
}

void HetiTalk::on_agent_acked(Chat& chat, std::uint64_t n) {
  if (listener_ != nullptr) listener_->on_acked(chat.index, agent_side, n);
}

void HetiTalk::expect_complete() {
  for (const auto& visitor : visitors_) visitor->chat().ledger.expect_complete(true);
}

}  // namespace heti::load

// The sequencer of a node that does not own the workspace: commands go to the owner, batches come from it.
#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "service/core/remote.hpp"
#include "service/core/stored_event.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::sequencer {

namespace {
// A node that ends waits so long for the owner's answers to what its people asked last.
constexpr Millis last_answers_within{2000};
}  // namespace

void Sequencer::follow(Elsewhere elsewhere) {
  const Pending pending{elsewhere.node, elsewhere.incarnation};
  elsewhere_.emplace(Lane{.elsewhere = std::move(elsewhere), .pending = pending});
}

// Whoever only wants a durable state has one here.
void Sequencer::pass_on(std::vector<Mail> mails) {
  std::vector<Sent> to_send;
  std::vector<OnAnswer> to_tell;
  to_send.reserve(mails.size());
  for (Mail& mail : mails) {
    if (mail.number) continue;  // For an owner. It comes again.
    if (!std::holds_alternative<core::command::Tick>(mail.command)) {
      to_send.push_back(elsewhere_->pending.add(std::move(mail.command), std::move(mail.on_answer)));
    } else if (mail.on_answer) {
      to_tell.push_back(std::move(mail.on_answer));
    }
  }
  count_pending();
  if (!to_send.empty()) elsewhere_->elsewhere.send(to_send);
  answered_at_ = now();
  for (const OnAnswer& tell : to_tell) tell(core::Done{}, state_);
  next_turn();
}

void Sequencer::count_pending() {
  const std::lock_guard lock(mutex_);
  pending_ = elsewhere_ ? elsewhere_->pending.size() : 0;
}

std::expected<void, std::string> Sequencer::take_in(const journal::Batch& batch, const journal::Hash& hash) {
  if (!elsewhere_ || batch.position <= tail_.position) return {};  // Read already, when it began to lead.
  std::string where = "position " + std::to_string(batch.position.value());
  if (batch.position.value() != tail_.position.value() + 1 || batch.previous != tail_.hash) {
    return std::unexpected(where.append(" does not follow position ").append(std::to_string(tail_.position.value())));
  }
  auto events = core::decode_batch(batch.payload);
  if (!events) return std::unexpected(where.append(": ").append(events.error()));
  Lot lot;
  lot.events = std::move(*events);
  for (const core::Event& event : lot.events) {
    core::evolve(state_, event);
    const auto* decided = std::get_if<core::event::CommandDecided>(&event.body);
    if (decided == nullptr) continue;
    auto asked = elsewhere_->pending.resolve(decided->number);
    if (!asked || !asked->on_answer) continue;
    lot.answers.push_back({.answer = core::answer_of(state_, asked->sent.command, *decided, event.at),
                           .on_answer = std::move(asked->on_answer),
                           .at = event.at});
  }
  if (state_.feature_level > core::feature_level()) {
    return std::unexpected(where.append(": from here on the journal may hold what this version cannot read (level ")
                               .append(std::to_string(state_.feature_level))
                               .append("); use the newer one"));
  }
  tail_ = {.position = batch.position, .hash = hash, .at = batch.at};
  clock_.not_before(state_.now);
  lot.now = now();
  count_pending();
  hand_on(lot);
  next_turn();
  return {};
}

void Sequencer::hear_time(Instant now) {
  if (elsewhere_) clock_.agree_with(now);
}

void Sequencer::send_again() {
  if (!elsewhere_ || planted(Planted::not_sent_again)) return;
  const std::vector<Sent> again = elsewhere_->pending.overdue();
  if (!again.empty()) elsewhere_->elsewhere.send(again);
}

void Sequencer::set_reachable(bool reachable) {
  if (elsewhere_) set_healthy(reachable);
}

std::expected<void, std::string> Sequencer::lead(core::Command first, OnAnswer on_answer) {
  CHECK(elsewhere_);
  std::expected<void, std::string> taken;
  const auto read = journal_.read(tail_.position, [&](const journal::Batch& batch, const journal::Hash& hash) {
    taken = take_in(batch, hash);
    return taken.has_value();
  });
  if (!read) return read;
  if (!taken) return taken;
  if (journal_.tail().position != tail_.position || journal_.tail().hash != tail_.hash) {
    return std::unexpected("the journal ends elsewhere than what was followed");
  }
  std::vector<Mail> mails;
  mails.push_back({.command = std::move(first), .on_answer = std::move(on_answer)});
  for (Pending::Asked& asked : elsewhere_->pending.take_all()) {
    if (planted(Planted::asked_forgotten)) break;
    mails.push_back({.command = std::move(asked.sent.command), .on_answer = std::move(asked.on_answer)});
  }
  elsewhere_.reset();
  count_pending();
  set_healthy(true);
  put_back(std::move(mails));
  wake();
  return {};
}

void Sequencer::submit_of_node(Sent sent) {
  bool wake_up = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || mailbox_.size() >= options_.mailbox_max) return;
    mailbox_.push_back({.command = std::move(sent.command), .on_answer = nullptr, .number = sent.number});
    wake_up = !awake_;
    awake_ = true;
  }
  if (wake_up) wake();
}

void Sequencer::stop(std::function<void()> done) {
  on_stopped_ = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    awake_ = true;
  }
  wake();
  if (!elsewhere_) return;
  loop_.wake_after(last_answers_within, [this, alive = alive_] {
    if (*alive && on_stopped_) std::exchange(on_stopped_, nullptr)();
  });
}

}  // namespace heti::sequencer

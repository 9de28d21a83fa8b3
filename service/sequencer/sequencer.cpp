#include "service/sequencer/sequencer.hpp"

#include <algorithm>
#include <chrono>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/core/batch.hpp"
#include "service/core/decide.hpp"
#include "service/core/evolve.hpp"
#include "service/core/remote.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::sequencer {
namespace {
constexpr std::size_t reserved_room = 4096;
constexpr Millis retry_after{200};
constexpr int undecidable_in_a_row_max = 10;
}  // namespace

Sequencer::Sequencer(Options options, journal::Journal& journal, Loop& loop, JournalClock& clock, core::State state,
                     std::vector<Projection*> projections)
    : options_(options),
      journal_(journal),
      loop_(loop),
      clock_(clock),
      state_(std::move(state)),
      projections_(std::move(projections)),
      tail_(journal.tail()) {
  clock_.not_before(std::max(state_.now, tail_.at));
}

Sequencer::~Sequencer() { *alive_ = false; }

Submit Sequencer::submit(core::Command command, OnAnswer on_answer, bool reserved) {
  bool wake_up = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (!healthy_ && !reserved)) return Submit::try_later;
    if (mailbox_.size() + pending_ >= options_.mailbox_max + (reserved ? reserved_room : 0)) return Submit::overloaded;
    mailbox_.push_back({.command = std::move(command), .on_answer = std::move(on_answer)});
    wake_up = !awake_;
    awake_ = true;
  }
  if (wake_up) wake();
  return Submit::accepted;
}

void Sequencer::wake() {
  loop_.post([this, alive = alive_] {
    if (*alive) turn();
  });
}

Instant Sequencer::now() { return std::max(clock_.now(), state_.now); }

std::size_t Sequencer::waiting() const {
  const std::lock_guard lock(mutex_);
  return mailbox_.size();
}

void Sequencer::turn() {
  if (committing_) return;  // finish() turns again.
  std::vector<Mail> mails;
  bool stop_now = false;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t count = std::min(mailbox_.size(), options_.batch_commands_max);
    const auto end = mailbox_.begin() + static_cast<std::ptrdiff_t>(count);
    mails.assign(std::make_move_iterator(mailbox_.begin()), std::make_move_iterator(end));
    mailbox_.erase(mailbox_.begin(), end);
    awake_ = !mailbox_.empty();
    stop_now = stopping_ && mails.empty() && pending_ == 0;
  }
  if (stop_now) {
    if (on_stopped_) std::exchange(on_stopped_, nullptr)();
    return;
  }
  if (elsewhere_) return pass_on(std::move(mails));

  auto lot = std::make_shared<Lot>();
  lot->answers.reserve(mails.size());
  lot->events.reserve(2 * mails.size());  // A message and what follows from it.
  for (auto mail = mails.begin(); mail != mails.end(); ++mail) {
    const bool room = lot->events.size() < core::expired_events_max;
    if (room && take(*lot, *mail)) continue;
    put_back({std::make_move_iterator(mail), std::make_move_iterator(mails.end())});
    break;
  }
  if (mails.empty()) {
    lot->now = now();
    if (core::next_deadline(state_) <= lot->now) {
      lot->events = decide(*lot, core::command::Tick{}, nullptr).events;
    }
  }

  if (lot->events.empty()) {
    hand_on(*lot);  // Nothing new: what the answers were computed from is durable already.
    next_turn();
    return;
  }
  lot->batch = {.position = journal::Position{tail_.position.value() + 1},
                .at = state_.now,
                .previous = tail_.hash,
                .payload = core::encode_batch(lot->events)};
  committing_ = true;
  offer(lot);
}

// False: too much had become due before it; it has to wait for the next lot.
bool Sequencer::take(Lot& lot, Mail& mail) {
  // Decided before, of a start that is over, or something before it was lost on the way.
  if (mail.number && !core::is_next(state_, *mail.number) && !planted(Planted::numbers_unchecked)) return true;
  lot.now = now();
  const auto begun = options_.on_step ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
  core::Decision decision =
      decide(lot, mail.command, mail.number && !planted(Planted::marks_not_kept) ? &*mail.number : nullptr);
  if (options_.on_step) {
    options_.on_step(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  lot.events.insert(lot.events.end(), std::make_move_iterator(decision.events.begin()),
                    std::make_move_iterator(decision.events.end()));
  if (!decision.finished) return false;
  if (const auto* refused = std::get_if<core::Refused>(&decision.answer)) {
    ++refusals_[mail.command.index()][static_cast<std::size_t>(refused->code)];
  }
  if (!mail.on_answer) return true;
  if (planted(Planted::ack_before_durable)) {
    answered_at_ = lot.now;
    mail.on_answer(decision.answer, state_);
  } else {
    lot.answers.push_back(
        {.answer = std::move(decision.answer), .on_answer = std::move(mail.on_answer), .at = lot.now});
  }
  return true;
}

core::Decision Sequencer::decide(const Lot& lot, const core::Command& command, const core::CommandNumber* number) {
  if (!options_.on_undecidable) return core::decide(state_, lot.now, command, number);
  try {
    const ChecksThrow instead_of_ending;
    core::Decision decision = core::decide(state_, lot.now, command, number);
    undecidable_in_a_row_ = 0;
    return decision;
  } catch (const std::exception& broken) {
    // Not one command, but what is due before any: another process will find the same.
    CHECK(++undecidable_in_a_row_ <= undecidable_in_a_row_max);
    return refuse_undecidable(lot, number, broken.what());
  }
}

// The state may be anything by now. What it was is in the journal, and in what this lot has decided.
core::Decision Sequencer::refuse_undecidable(const Lot& lot, const core::CommandNumber* number,
                                             const std::string& why) {
  auto recovered = recover(journal_);
  CHECK(recovered && recovered->position == tail_.position);
  state_ = std::move(recovered->state);
  for (const core::Event& event : lot.events) core::evolve(state_, event);
  options_.on_undecidable(why);
  core::Decision decision{.events = {}, .answer = core::refused(core::Refusal::wrong_state), .finished = true};
  if (number != nullptr) {
    decision.events.push_back({.at = std::max(lot.now, state_.now), .body = core::decided(*number, decision.answer)});
    core::evolve(state_, decision.events.back());
  }
  return decision;
}

void Sequencer::put_back(std::vector<Mail> mails) {
  const std::lock_guard lock(mutex_);
  mailbox_.insert(mailbox_.begin(), std::make_move_iterator(mails.begin()), std::make_move_iterator(mails.end()));
  awake_ = true;
}

void Sequencer::offer(std::shared_ptr<Lot> lot) {
  journal::Batch batch = lot->batch;
  // Runs on the journal's thread, where only the loop, which outlives us, may be touched.
  journal_.append(std::move(batch),
                  [this, &loop = loop_, alive = alive_, lot = std::move(lot)](journal::AppendResult result) {
                    loop.post([this, alive, lot, result] {
                      if (*alive) finish(lot, result);
                    });
                  });
}

void Sequencer::finish(const std::shared_ptr<Lot>& lot, journal::AppendResult result) {
  if (result != journal::AppendResult::durable) {
    // No answer leaves, no new command is taken, and the same bytes are offered until the journal has them. Fenced
    // never heals by itself: somebody else wrote, so this process must not.
    set_healthy(false);
    if (options_.on_trouble) options_.on_trouble(result);
    if (result == journal::AppendResult::fenced) return;
    if (planted(Planted::retry_new_bytes)) lot->batch.payload = core::encode_batch({});
    loop_.wake_after(retry_after, [this, alive = alive_, lot] {
      if (*alive) offer(lot);
    });
    return;
  }
  tail_ = journal_.tail();
  CHECK(tail_.position == lot->batch.position);
  set_healthy(true);
  hand_on(*lot);
  committing_ = false;
  next_turn();
}

void Sequencer::hand_on(Lot& lot) {
  for (Lot::Answered& answered : lot.answers) {
    answered_at_ = answered.at;
    answered.on_answer(answered.answer, state_);
  }
  if (lot.events.empty()) return;
  const Durable durable{.position = tail_.position,
                        .events = lot.events,
                        .state = state_,
                        .now = lot.now,
                        .hash = tail_.hash,
                        .led = !elsewhere_};
  for (Projection* projection : projections_) projection->on_durable(durable);
}

void Sequencer::next_turn() {
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    more = !mailbox_.empty() || (stopping_ && pending_ == 0);
    awake_ = more;
  }
  if (elsewhere_) {
    if (more) wake();  // What is due is the owner's to see.
  } else if (more || core::next_deadline(state_) <= now()) {
    wake();
  } else {
    arm_timer();
  }
}

void Sequencer::arm_timer() {
  const Instant at = now();
  const Instant due = core::next_deadline(state_);
  // The mark of life costs a write: a clock that runs faster does not make it more frequent.
  const Millis keep_alive_every = options_.keep_alive_every * clock_.speed();
  if (at - last_keep_alive_ >= keep_alive_every) {
    last_keep_alive_ = at;
    // Never past something due that is no fact yet: after a kill it would seem to have happened while we were down.
    journal_.keep_alive(due == never ? at : std::min(at, due - Millis{1}));
  }
  const Millis delay = due == never ? keep_alive_every : std::min(due - at, keep_alive_every);
  loop_.wake_after(clock_.real(std::max(delay, Millis{1})), [this, alive = alive_] {
    if (*alive) turn();
  });
}

void Sequencer::set_healthy(bool healthy) {
  const std::lock_guard lock(mutex_);
  healthy_ = healthy;
}

bool Sequencer::healthy() const {
  const std::lock_guard lock(mutex_);
  return healthy_;
}

}  // namespace heti::sequencer

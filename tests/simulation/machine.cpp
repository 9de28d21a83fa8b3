#include "tests/simulation/machine.hpp"

#include <algorithm>

#include "service/base/check.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::simulation {

// The journal as the service has it: the real one, but its answers come on our thread, and late if the setup says so.
class Machine::Seam final : public journal::Journal {
 public:
  Seam(Machine& machine, std::unique_ptr<journal::Journal> real)
      : machine_(machine), real_(std::move(real)), marked_(real_->alive_until()) {}
  ~Seam() override { machine_.storage_.note(*real_); }

  PublicId history() const override { return real_->history(); }
  journal::Tail tail() const override { return real_->tail(); }
  void append(journal::Batch batch, std::function<void(journal::AppendResult)> done) override {
    machine_.offered_ = batch;
    marked_ = std::min(marked_, batch.at);
    const journal::AppendResult result = append_and_wait(std::move(batch));
    if (result == journal::AppendResult::durable) last_ = machine_.offered_;
    machine_.storage_.note(*real_);
    if (machine_.setup_.append_takes == Millis{0}) return done(result);
    machine_.answer_ = {machine_.now_ + machine_.setup_.append_takes,
                        [done = std::move(done), result] { done(result); }};
  }
  std::expected<void, std::string> read(
      journal::Position after,
      const std::function<bool(const journal::Batch&, const journal::Hash&)>& each) const override {
    return real_->read(after, each);
  }
  // A mark is written without an answer, and not at all if it says nothing new. The tail offered again is answered
  // after it and writes nothing, so that the next order to the disk finds it idle.
  void keep_alive(Instant now) override {
    if (!machine_.storage_.powered() || !last_ || now <= real_->tail().at || now <= marked_) return;
    marked_ = now;
    machine_.storage_.keep_alive(*real_, now);
    if (machine_.storage_.countable()) append_and_wait(*last_);
  }
  Instant alive_until() const override { return real_->alive_until(); }
  std::expected<void, std::string> save_snapshot(journal::Snapshot snapshot) override {
    return real_->save_snapshot(std::move(snapshot));
  }
  std::expected<std::vector<journal::Snapshot>, std::string> snapshots() const override { return real_->snapshots(); }
  journal::Stats stats() const override { return real_->stats(); }
  void give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) override {
    real_->give_up_end(std::move(shown), std::move(done));
  }
  std::optional<std::string> open_notice() const override { return real_->open_notice(); }

 private:
  journal::AppendResult append_and_wait(journal::Batch batch) {
    real_->append(std::move(batch), [this](journal::AppendResult result) {
      result_ = result;
      answered_.release();
    });
    answered_.acquire();
    return result_;
  }

  Machine& machine_;
  std::unique_ptr<journal::Journal> real_;
  std::optional<journal::Batch> last_;  // durable, of this process
  Instant marked_;
  journal::AppendResult result_{};
  std::binary_semaphore answered_{0};
};

Machine::Machine(const Setup& setup, Storage& storage, OnDurable on_durable)
    : setup_(setup), storage_(storage), on_durable_(std::move(on_durable)), keep_alive_(setup.keep_alive) {}

Machine::~Machine() { forget_process(); }

void Machine::on_durable(const sequencer::Durable& batch) {
  batch_now_ = batch.now;
  batch_seen_ = now_ - setup_.append_takes;
  on_durable_(offered_, batch);
}

Millis Machine::wall() const {
  const Millis drifted{(now_ - drift_since_).count() * drift_ / 1'000'000};
  return setup_.start.time_since_epoch() + now_ + wall_offset_ + drifted;
}

void Machine::drift_wall(std::int64_t ms_in_1000_s) {
  wall_offset_ = wall() - now_ - setup_.start.time_since_epoch();
  drift_since_ = now_;
  drift_ = ms_in_1000_s;
}

std::optional<Millis> Machine::next_wake() const {
  if (!up()) return std::nullopt;
  if (!tasks_.empty()) return now_;
  std::optional<Millis> first;
  for (const auto* timer : {&timer_, &answer_}) {
    if (*timer && (!first || (*timer)->at < *first)) first = (*timer)->at;
  }
  return first;
}

const journal::Journal& Machine::journal() const { return *journal_; }

Machine::Boot Machine::boot(const OnRecovered& recovered) {
  CHECK(!up());
  Boot result;
  auto journal = storage_.open();
  if (!journal) {
    result.error = journal.error();
    if (storage_.powered()) storage_.kill();
    return result;
  }
  journal_ = std::make_unique<Seam>(*this, std::move(*journal));
  if (journal_->open_notice()) result.complaints.push_back("durable: " + *journal_->open_notice());
  if (history_ && *history_ != journal_->history()) result.complaints.push_back("durable: a new history began");
  history_ = journal_->history();
  auto state = sequencer::recover(*journal_);
  result.error = state ? recovered(*journal_, state->state) : state.error();
  if (!result.error.empty()) {
    if (storage_.powered()) storage_.kill();
    forget_process();
    return result;
  }
  result.from_snapshot = state->snapshot_position.value() != 0;
  const Instant alive_until = journal_->alive_until();
  clock_ = std::make_unique<sequencer::JournalClock>([this] { return wall(); }, [this] { return now_; });
  sequencer_ = std::make_unique<sequencer::Sequencer>(
      sequencer::Options{
          .keep_alive_every = keep_alive_,
          .on_trouble = [this](journal::AppendResult r) { fenced_ |= r == journal::AppendResult::fenced; }},
      *journal_, *this, *clock_, std::move(state->state), std::vector<sequencer::Projection*>{this});
  result.started = true;
  ++incarnation_;
  if (state->position.value() == 0) return result;
  const auto submitted = sequencer_->submit(
      core::command::ResumeService{.alive_until = alive_until, .node = 1, .incarnation = incarnation_}, {}, true);
  CHECK(submitted == sequencer::Submit::accepted);
  return result;
}

void Machine::forget_process() {
  sequencer_.reset();
  tasks_.clear();
  timer_.reset();
  answer_.reset();
  journal_.reset();
  clock_.reset();
  stopping_ = stopped_ = fenced_ = false;
}

void Machine::power_lost() {
  forget_process();
  storage_.power_on();
}

void Machine::kill() {
  storage_.kill();
  forget_process();
}

void Machine::stop() {
  stopping_ = true;
  sequencer_->stop([this] { stopped_ = true; });
}

void Machine::snapshot() {
  // A disk that fails is reason enough for there being none; that there is none must not matter to anybody.
  [[maybe_unused]] const auto made = sequencer::make_snapshot(*journal_);
}

void Machine::post(std::function<void()> task) { tasks_.push_back(std::move(task)); }

void Machine::wake_after(Millis delay, std::function<void()> task) { timer_ = {now_ + delay, std::move(task)}; }

void Machine::run() {
  while (up()) {
    if (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    } else if (answer_ && answer_->at <= now_) {
      std::exchange(answer_, std::nullopt)->task();
    } else if (timer_ && timer_->at <= now_) {
      std::exchange(timer_, std::nullopt)->task();
    } else {
      break;
    }
    if (stopped_) {
      forget_process();
      storage_.closed();
    }
  }
}

}  // namespace heti::simulation

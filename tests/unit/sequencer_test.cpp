#include "service/sequencer/sequencer.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "service/core/decide.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::tests {
namespace {

using namespace sequencer;
using namespace std::chrono_literals;
namespace cmd = core::command;

// Runs what was posted when told to; holds the one timer.
class ManualLoop : public Loop {
 public:
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void wake_after(Millis delay, std::function<void()> task) override {
    delay_ = delay;
    timer_ = std::move(task);
  }
  void run() {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  void fire_timer() {
    std::exchange(timer_, nullptr)();
    run();
  }
  bool has_timer() const { return timer_ != nullptr; }
  Millis delay() const { return delay_; }

 private:
  std::deque<std::function<void()>> tasks_;
  std::function<void()> timer_;
  Millis delay_{};
};

class Recorder : public Projection {
 public:
  void on_durable(const Durable& batch) override {
    for (const core::Event& event : batch.events) names.emplace_back(core::name_of(event.body));
    positions.push_back(batch.position.value());
  }
  std::vector<std::string> names;
  std::vector<std::uint64_t> positions;
};

class SequencerTest : public testing::Test {
 protected:
  static constexpr Instant start = instant_from_ms(1'780'293'600'000);

  void open(std::function<journal::MemoryFault(const journal::Batch&)> fault = nullptr) {
    journal_ = journal::make_memory({.disk = disk_, .fault = std::move(fault)});
    auto recovered = recover(*journal_);
    ASSERT_TRUE(recovered.has_value()) << recovered.error();
    sequencer_ = std::make_unique<Sequencer>(Options{}, *journal_, loop_, clock_, std::move(recovered->state),
                                             std::vector<Projection*>{&recorder_});
  }

  static core::Settings settings() {
    core::Settings all;
    all.queues.push_back({.name = "support", .display_name = "Support"});
    return all;
  }

  void send(core::Command command) {
    ASSERT_EQ(sequencer_->submit(std::move(command), [this](const core::Answer&, const core::State&) { ++answers_; }),
              Submit::accepted);
  }

  Millis boot_{0};
  JournalClock clock_{[this] { return start.time_since_epoch() + boot_; }, [this] { return boot_; }};
  std::shared_ptr<journal::MemoryDisk> disk_ = journal::make_memory_disk();
  std::unique_ptr<journal::Journal> journal_;
  ManualLoop loop_;
  Recorder recorder_;
  std::unique_ptr<Sequencer> sequencer_;
  int answers_ = 0;
};

TEST_F(SequencerTest, TheTimeOfEachCommandIsToldAndNotOfTheTimerAlone) {
  std::vector<double> steps;
  journal_ = journal::make_memory({.disk = disk_, .fault = {}});
  Options options;
  options.on_step = [&](double seconds) { steps.push_back(seconds); };
  sequencer_ = std::make_unique<Sequencer>(std::move(options), *journal_, loop_, clock_, core::State{},
                                           std::vector<Projection*>{});
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  send(cmd::Tick{});
  loop_.run();
  ASSERT_EQ(steps.size(), 2u);
  for (const double step : steps) {
    EXPECT_GT(step, 0);
    EXPECT_LT(step, 5);
  }
}

TEST_F(SequencerTest, WhatArrivesTogetherIsOneBatch) {
  open();
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  send(cmd::SetCalendar{.queue = core::QueueId{1},
                        .effective_from = start,
                        .open = {{.open = start, .close = start + 8h}},
                        .tzdata_version = "t"});
  EXPECT_EQ(answers_, 0);
  loop_.run();
  EXPECT_EQ(answers_, 2);
  EXPECT_EQ(recorder_.positions, std::vector<std::uint64_t>{1});
  EXPECT_EQ(recorder_.names, (std::vector<std::string>{"settings.applied", "calendar.set", "queue.opened"}));
}

TEST_F(SequencerTest, NothingIsAnsweredBeforeItIsDurableAndItIsOfferedAgain) {
  int refusals = 3;
  open([&](const journal::Batch&) {
    return refusals-- > 0 ? journal::MemoryFault::not_written : journal::MemoryFault::none;
  });
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  loop_.run();
  EXPECT_EQ(answers_, 0);
  EXPECT_FALSE(sequencer_->healthy());
  EXPECT_EQ(sequencer_->submit(cmd::Tick{}, nullptr), Submit::try_later);
  loop_.fire_timer();
  loop_.fire_timer();
  EXPECT_EQ(answers_, 0);
  loop_.fire_timer();
  EXPECT_EQ(answers_, 1);
  EXPECT_TRUE(sequencer_->healthy());
  EXPECT_EQ(recorder_.positions, std::vector<std::uint64_t>{1});
}

TEST_F(SequencerTest, AnAppendOfUnknownOutcomeIsDoneOnceWhetherItWasWrittenOrNot) {
  for (const auto fault : {journal::MemoryFault::unknown_written, journal::MemoryFault::unknown_lost}) {
    disk_ = journal::make_memory_disk();
    answers_ = 0;
    recorder_.positions.clear();
    bool first = true;
    open([&](const journal::Batch&) { return std::exchange(first, false) ? fault : journal::MemoryFault::none; });
    send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
    loop_.run();
    EXPECT_EQ(answers_, 0);
    loop_.fire_timer();
    EXPECT_EQ(answers_, 1);
    EXPECT_EQ(journal_->tail().position.value(), 1u);
    EXPECT_EQ(recorder_.positions.size(), 1u);
  }
}

TEST_F(SequencerTest, AFencedJournalIsNeverAnsweredFrom) {
  open([](const journal::Batch&) { return journal::MemoryFault::fenced; });
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  loop_.run();
  EXPECT_EQ(answers_, 0);
  EXPECT_FALSE(loop_.has_timer());
  EXPECT_FALSE(sequencer_->healthy());
}

TEST_F(SequencerTest, TheTimerWakesForTheNextDeadlineAndStampsTheDueInstant) {
  open();
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  send(cmd::SetCalendar{.queue = core::QueueId{1},
                        .effective_from = start,
                        .open = {{.open = start + 500ms, .close = start + 8h}},
                        .tzdata_version = "t"});
  loop_.run();
  ASSERT_TRUE(loop_.has_timer());
  EXPECT_EQ(loop_.delay(), Millis{500});
  boot_ = Millis{1700};
  loop_.fire_timer();
  EXPECT_EQ(recorder_.names.back(), "queue.opened");
  EXPECT_EQ(sequencer_->state().now, start + 500ms);
}

TEST_F(SequencerTest, AfterARestartTheStateIsTheSameWithAndWithoutASnapshot) {
  open();
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  loop_.run();
  send(cmd::SetCalendar{.queue = core::QueueId{1},
                        .effective_from = start,
                        .open = {{.open = start, .close = start + 8h}},
                        .tzdata_version = "t"});
  loop_.run();
  const std::string live = core::state_bytes(sequencer_->state());
  EXPECT_EQ(core::state_bytes(recover(*journal_)->state), live);
  ASSERT_TRUE(make_snapshot(*journal_).has_value());
  const auto recovered = recover(*journal_);
  EXPECT_EQ(recovered->snapshot_position.value(), 2u);
  EXPECT_EQ(recovered->events, 0u);
  EXPECT_EQ(core::state_bytes(recovered->state), live);
}

TEST_F(SequencerTest, StopAnswersWhatItTookAndTakesNoMore) {
  open();
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  bool stopped = false;
  sequencer_->stop([&] { stopped = true; });
  EXPECT_EQ(sequencer_->submit(cmd::Tick{}, nullptr), Submit::try_later);
  loop_.run();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(answers_, 1);
}

TEST_F(SequencerTest, WithAScaledClockATimerRingsSoMuchEarlier) {
  clock_ = JournalClock::scaled(60, start, [this] { return boot_; });
  open();
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  send(cmd::SetCalendar{.queue = core::QueueId{1},
                        .effective_from = start,
                        .open = {{.open = start + 90s, .close = start + 8h}},
                        .tzdata_version = "t"});
  loop_.run();
  EXPECT_EQ(loop_.delay(), 1500ms) << "90 s of journal time";
  boot_ = loop_.delay();
  loop_.fire_timer();
  EXPECT_EQ(recorder_.names.back(), "queue.opened");
  EXPECT_EQ(sequencer_->now(), start + 90s);
  EXPECT_EQ(loop_.delay(), 2000ms) << "the mark of life is renewed in real time";
}

TEST_F(SequencerTest, AScaledTimerNeverRingsBeforeItsTime) {
  clock_ = JournalClock::scaled(7, start, [this] { return boot_; });
  open();
  send(cmd::ApplySettings{.settings = settings(), .replaces_version = 0});
  send(cmd::SetCalendar{.queue = core::QueueId{1},
                        .effective_from = start,
                        .open = {{.open = start + 1s, .close = start + 8h}},
                        .tzdata_version = "t"});
  loop_.run();
  EXPECT_EQ(loop_.delay(), 143ms) << "1000/7 rounded up";
  boot_ = loop_.delay();
  loop_.fire_timer();
  EXPECT_EQ(recorder_.names.back(), "queue.opened");
}

TEST(JournalClockTest, AScaledClockRunsSoManyTimesAsFastAndFollowsNoWallClock) {
  Millis boot{500};
  JournalClock clock = JournalClock::scaled(3600, instant_from_ms(1'000'000), [&] { return boot; });
  EXPECT_EQ(clock.speed(), 3600U);
  EXPECT_EQ(to_ms(clock.now()), 1'000'000) << "nothing has passed";
  boot += 10ms;
  EXPECT_EQ(to_ms(clock.now()), 1'036'000);
  EXPECT_FALSE(clock.stepped());
  clock.not_before(instant_from_ms(5'000'000));
  EXPECT_EQ(to_ms(clock.now()), 5'000'000) << "goes on from the journal's end";
  boot += 1ms;
  EXPECT_EQ(to_ms(clock.now()), 5'003'600);
  EXPECT_EQ(clock.steps(), 0U);
}

TEST(JournalClockTest, ItGoesOnFromAnotherClockThatIsFarOffAndSaysThatItsOwnIsWrong) {
  Millis boot{500};
  Millis wall{3'600'000};
  JournalClock clock([&] { return wall; }, [&] { return boot; });
  clock.agree_with(instant_from_ms(3'598'500));
  EXPECT_EQ(to_ms(clock.now()), 3'600'000) << "not far off";
  clock.agree_with(instant_from_ms(10'000));
  boot += 100ms;
  wall += 100ms;
  EXPECT_EQ(to_ms(clock.now()), 10'100) << "also back";
  EXPECT_TRUE(clock.stepped());
  EXPECT_EQ(clock.steps(), 1U);
  wall = 10'100ms;
  EXPECT_EQ(to_ms(clock.now()), 10'100);
  EXPECT_FALSE(clock.stepped()) << "set right";
}

TEST(JournalClockTest, AScaledClockMovesBetweenTwoThousandthsOfASecond) {
  std::chrono::microseconds boot{7};
  JournalClock clock = JournalClock::scaled(600, instant_from_ms(0), [&] { return boot; });
  EXPECT_EQ(to_ms(clock.now()), 0);
  boot += std::chrono::microseconds{10};
  EXPECT_EQ(to_ms(clock.now()), 6) << "10.2 ms of the clock's own, less the 4.2 that it began at";
  for (int i = 0; i < 99; ++i) boot += std::chrono::microseconds{10}, clock.now();
  EXPECT_EQ(to_ms(clock.now()), 600) << "what is left of a millisecond is not lost";
}

TEST(JournalClockTest, RealTimeIsRoundedUpAndTheSameAtSpeedOne) {
  const Millis boot{0};
  const JournalClock fast = JournalClock::scaled(60, instant_from_ms(0), [&] { return boot; });
  EXPECT_EQ(fast.real(1ms), 1ms);
  EXPECT_EQ(fast.real(60ms), 1ms);
  EXPECT_EQ(fast.real(61ms), 2ms);
  const JournalClock ordinary([] { return Millis{0}; }, [] { return Millis{0}; });
  EXPECT_EQ(ordinary.speed(), 1U);
  EXPECT_EQ(ordinary.real(1234ms), 1234ms);
}

TEST(JournalClockTest, FollowsTheWallClockAndNeverGoesBack) {
  Millis wall{1'000'000};
  Millis boot{0};
  JournalClock clock([&] { return wall; }, [&] { return boot; });
  wall += 100ms;
  boot += 100ms;
  EXPECT_EQ(to_ms(clock.now()), 1'000'100);
  wall -= 50ms;
  boot += 1ms;
  EXPECT_EQ(to_ms(clock.now()), 1'000'100);
  EXPECT_EQ(clock.steps(), 0u);
}

TEST(JournalClockTest, AfterAJumpOfTheWallClockTimeRunsOnWithTheBootClock) {
  for (const Millis jump : {Millis{3'600'000}, Millis{-3'600'000}}) {
    Millis wall{100'000'000};
    Millis boot{0};
    JournalClock clock([&] { return wall; }, [&] { return boot; });
    wall += jump;
    boot += 10ms;
    EXPECT_EQ(to_ms(clock.now()), 100'000'010);
    wall += 5s;
    boot += 5s;
    EXPECT_EQ(to_ms(clock.now()), 100'005'010);
    EXPECT_EQ(clock.steps(), 1u);
    EXPECT_TRUE(clock.stepped());
  }
}

TEST(JournalClockTest, TheWallClockIsFollowedAgainWhenItIsRightAgain) {
  Millis wall{100'000'000};
  Millis boot{0};
  JournalClock clock([&] { return wall; }, [&] { return boot; });
  wall += 24h;
  clock.now();
  EXPECT_TRUE(clock.stepped());
  wall -= 24h - 1s;
  boot += 100ms;
  EXPECT_EQ(to_ms(clock.now()), 100'001'000) << "corrected by what is tolerated";
  EXPECT_FALSE(clock.stepped());
  EXPECT_EQ(clock.steps(), 1u);
  wall -= 1h;
  clock.now();
  EXPECT_EQ(clock.steps(), 2u) << "each step is counted once";
}

TEST(JournalClockTest, AWallClockBehindTheJournalAtTheStartIsAStepAndTimeRunsOnAllTheSame) {
  Millis wall{100'000'000};
  Millis boot{0};
  JournalClock clock([&] { return wall; }, [&] { return boot; });
  clock.not_before(instant_from_ms(103'600'000));
  EXPECT_EQ(to_ms(clock.now()), 103'600'000);
  EXPECT_TRUE(clock.stepped());
  EXPECT_EQ(clock.steps(), 1u);
  wall += 5s;
  boot += 5s;
  EXPECT_EQ(to_ms(clock.now()), 103'605'000);
}

TEST(JournalClockTest, ManySmallStepsInOneDirectionAreOneLargeOne) {
  Millis wall{100'000'000};
  Millis boot{0};
  JournalClock clock([&] { return wall; }, [&] { return boot; });
  for (int step = 0; step < 3; ++step) {
    wall -= 900ms;
    boot += 1ms;
    wall += 1ms;
    clock.now();
  }
  EXPECT_EQ(clock.steps(), 1u);
  const Instant before = clock.now();
  wall += 1s;
  boot += 1s;
  EXPECT_EQ(clock.now() - before, 1s);
}

TEST(JournalClockTest, APauseBetweenTheLooksAtTheTwoClocksIsNoStep) {
  Millis wall{100'000'000};
  Millis boot{0};
  Millis pause{};
  JournalClock clock(
      [&] {
        wall += pause;
        boot += pause;
        pause = 0ms;
        return wall;
      },
      [&] { return boot; });
  pause = 5s;
  EXPECT_EQ(to_ms(clock.now()), 100'005'000);
  EXPECT_EQ(clock.steps(), 0u);
}

}  // namespace
}  // namespace heti::tests

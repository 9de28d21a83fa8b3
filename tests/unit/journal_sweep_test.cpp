// A session of 1,000 commands through the real sequencer, in which every call that the journal makes to the file system
// fails once: opening, commits, marks of life, checkpoints, closing. After each, the process stops, by a kill or with
// the machine's power, and the journal opens and holds every acknowledged command, in order, once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "service/core/batch.hpp"
#include "service/journal/journal.hpp"
#include "service/journal/unique_fd.hpp"
#include "service/sequencer/recovery.hpp"
#include "service/sequencer/sequencer.hpp"
#include "tests/simulation/crash_disk.hpp"
#include "tests/unit/journal_branching_vfs.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {
namespace {

namespace cmd = core::command;
using Call = BranchingVfs::Call;
using Kind = BranchingVfs::Kind;

constexpr int commands = 1000;
constexpr int commands_after_a_fault = 3;  // If it shows in no append, so many more are acknowledged, then all stops.
constexpr unsigned patience_seconds = 60;  // of a child

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The main thread runs it. In a child that was split off on the journal's thread there is no main thread any more: what
// is posted then runs at once.
class MainLoop final : public sequencer::Loop {
 public:
  void post(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (!orphan_) {
      lock.unlock();
      wakes_.notify_all();
      return;
    }
    if (running_) return;
    running_ = true;
    run_tasks(lock);
    running_ = false;
  }
  // The sequencer asks for it to offer a batch again, where a child stops before, and for ticks when it has nothing to
  // do, where the session is at its end.
  void wake_after(Millis, std::function<void()>) override {}

  template <class Done>
  void run_until(const Done& done) {
    std::unique_lock lock(mutex_);
    for (;;) {
      run_tasks(lock);
      if (done()) return;
      idle_ = true;
      wakes_.notify_all();
      wakes_.wait(lock, [this] { return !tasks_.empty(); });
      idle_ = false;
    }
  }

  // From the journal's thread: waits until the main thread waits for it, and keeps it there.
  void hold() {
    std::unique_lock lock(mutex_);
    wakes_.wait(lock, [this] { return idle_ && tasks_.empty(); });
    lock.release();
  }
  void let_go(bool orphan) {
    orphan_ = orphan;
    mutex_.unlock();
  }

 private:
  void run_tasks(std::unique_lock<std::mutex>& lock) {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::function<void()>> tasks_;
  bool idle_ = false;
  bool orphan_ = false;
  bool running_ = false;
};

class Session {
 public:
  Session() {
    options_ = {.directory = directory_.path(), .vfs = BranchingVfs::name};
    simulation::options_for_one_writer(options_, 40);
  }

  // Every command acknowledged, or `stop` ran in a child.
  void run() {
    main_ = std::this_thread::get_id();
    BranchingVfs::begin(disk_.vfs(),
                        {.wanted = [this](std::uint64_t n) { return wanted(n); },
                         .before_fork = [this] { before_fork(); },
                         .after_fork = [this](bool child) { after_fork(child); },
                         .judged = [this](auto... what) { judged(what...); },
                         .failed_sync = [this] { disk_.fail_next(simulation::Fault::sync, SQLITE_IOERR, 1); }});
    auto opened = open_sqlite(options_);
    if (child_ && !opened) judge();
    ASSERT_TRUE(opened) << opened.error();
    journal_ = std::move(*opened);
    history_ = journal_->history();
    has_threads_ = true;
    auto recovered = sequencer::recover(*journal_);
    if (child_ && (alone_ || !recovered)) judge();
    ASSERT_TRUE(recovered) << recovered.error();
    sequencer_ = std::make_unique<sequencer::Sequencer>(
        sequencer::Options{.on_trouble = [this](AppendResult result) { on_trouble(result); }}, *journal_, loop_, clock_,
        std::move(recovered->state), std::vector<sequencer::Projection*>{});
    submit_next();
    loop_.run_until([this] { return acknowledged_ == commands; });
    if (child_) judge();
    // What the writer does after the last answer is over when it has looked at one batch more.
    const auto fenced = append(*journal_, Batch{});
    if (child_) judge();
    EXPECT_EQ(fenced, AppendResult::fenced);
    sequencer_.reset();
    journal_.reset();
    if (child_) judge();
    BranchingVfs::rest();
  }

  std::uint64_t children() const { return children_; }
  int acknowledged() const { return acknowledged_; }

 private:
  // --- commands ---

  core::Command command(int number) const {
    const PublicId visitor{.high = 1, .low = 2};
    const PublicId chat{.high = 3, .low = 4};
    if (number == 1) {
      core::Settings settings;
      settings.queues.push_back({.name = "support", .display_name = "Support"});
      return cmd::ApplySettings{.settings = settings, .replaces_version = 0};
    }
    if (number == 2) {
      return cmd::SetCalendar{.queue = core::QueueId{1},
                              .effective_from = start_,
                              .open = {{.open = start_, .close = start_ + std::chrono::hours{800}}},
                              .tzdata_version = "t"};
    }
    if (number == 3) {
      return cmd::Start{.visitor = visitor,
                        .conversation = chat,
                        .queue = core::QueueId{1},
                        .connection = core::ConnectionId{.node = 1, .incarnation = 1, .number = 1},
                        .facts = {},
                        .bot_first = false};
    }
    return cmd::Post{.sender = core::Sender::of_visitor(visitor),
                     .conversation = chat,
                     .author = core::Author::visitor,
                     .stream = "w1",
                     .n = static_cast<std::uint64_t>(number - 3),
                     .text = text(number)};
  }
  static std::string text(int number) { return "command " + std::to_string(number) + std::string(40, '.'); }

  void submit_next() {
    const int number = acknowledged_ + 1;
    boot_ += Millis{20};
    if (number % 50 == 0) {  // Later than the last batch, so that it is written.
      journal_->keep_alive(start_ + boot_);
    }
    const auto submitted = sequencer_->submit(command(number), [this, number](const core::Answer& answer, const auto&) {
      if (std::holds_alternative<core::Refused>(answer)) stop("command " + std::to_string(number) + " was refused");
      acknowledged_ = number;
      if (child_ && acknowledged_ >= std::min(acknowledged_at_fault_ + commands_after_a_fault, commands)) judge();
      if (number < commands) submit_next();
    });
    if (submitted != sequencer::Submit::accepted) stop("a command was not taken");
  }

  void on_trouble(AppendResult) {
    if (child_) judge();
    stop("an append failed without a fault");
  }

  // --- splitting ---

  std::vector<Kind> wanted(std::uint64_t n) const {
    if (n % dose_ != 0) return {};
    if (all_kinds_) return {Kind::error, Kind::full, Kind::half};
    return {static_cast<Kind>(n / dose_ % BranchingVfs::kinds)};
  }
  void before_fork() {
    ++children_;
    held_ = std::this_thread::get_id() != main_;
    if (held_) loop_.hold();
    side_before_ = slurp(side_path());
  }
  void after_fork(bool child) {
    child_ = child;
    if (child) {
      acknowledged_at_fault_ = acknowledged_;
      alone_ = has_threads_ && !held_;
      ::alarm(patience_seconds);
    } else {
      // The one file that the two share; the child may have written further.
      spill_in_place(side_path(), side_before_);
    }
    if (held_) loop_.let_go(child);
  }
  void judged(std::uint64_t n, Call call, Kind kind, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    ADD_FAILURE() << "call " << n << " (" << BranchingVfs::call_names[static_cast<std::size_t>(call)] << ", kind "
                  << static_cast<int>(kind) << ") after " << acknowledged_ << " commands: status " << status;
    if (++broken_ == 10) stop("ten faults did harm; the rest is not tried");
  }
  std::filesystem::path side_path() const { return directory_.path() / "default.tail"; }
  static void spill_in_place(const std::filesystem::path& path, const std::string& bytes) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return;  // It was not there yet.
    EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(bytes.size())), 0);
    EXPECT_TRUE(write_all(fd.get(), bytes, 0));
  }

  [[noreturn]] void stop(const std::string& why) const {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::_Exit(2);
  }

  // --- in a child: the process stops here, another one opens the journal ---

  static std::string text_in(const std::vector<core::Event>& events) {
    std::string all;
    for (const core::Event& event : events) {
      if (const auto* posted = std::get_if<core::event::MessagePosted>(&event.body)) all += posted->text;
    }
    return all;
  }

  [[noreturn]] void judge() {
    std::error_code error;
    std::filesystem::remove(directory_.path() / "journal.lock", error);  // The parent's lock; ours would have ended.
    if (children_ % 2 == 0) {
      disk_.kill();
    } else {
      simulation::Random random(children_);
      disk_.crash(random);
    }
    options_.on_warning = {};
    auto opened = open_sqlite(options_);
    if (!opened) stop(opened.error());
    Journal& journal = **opened;
    if (const auto notice = journal.open_notice()) stop(*notice);
    if (acknowledged_ > 0 && journal.history() != history_) stop("another history");
    std::string wrong;
    int found = 0;
    const auto read = journal.read(Position{0}, [&](const Batch& batch, const Hash&) {
      const auto events = core::decode_batch(batch.payload);
      if (!events) wrong = events.error();
      ++found;
      if (found > 3 && (!events || text_in(*events) != text(found))) {
        wrong = "batch " + std::to_string(found) + " is not command " + std::to_string(found);
      }
      return wrong.empty();
    });
    if (!read) stop(read.error());
    if (!wrong.empty()) stop(wrong);
    if (found < acknowledged_ || found > acknowledged_ + 1) {
      stop(std::to_string(found) + " commands are there, " + std::to_string(acknowledged_) + " were acknowledged");
    }
    std::_Exit(0);
  }

  const std::uint64_t dose_ = std::max<std::uint64_t>(1, number_from_environment("TEST_DOSE", 1));
  const bool all_kinds_ = number_from_environment("TEST_DOSE_FULL", 0) != 0;
  const Instant start_ = instant_from_ms(1'780'293'600'000);
  TempDirectory directory_;
  simulation::CrashDisk disk_{7};
  Options options_;
  Millis boot_{0};
  sequencer::JournalClock clock_{[this] { return start_.time_since_epoch() + boot_; }, [this] { return boot_; }};
  MainLoop loop_;
  PublicId history_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::thread::id main_;
  int acknowledged_ = 0;
  std::uint64_t children_ = 0;
  int broken_ = 0;
  std::string side_before_;
  bool held_ = false;
  bool child_ = false;
  bool has_threads_ = false;  // The journal is open.
  bool alone_ = false;  // A child that was split off on the main thread then: the journal's threads are not in it.
  int acknowledged_at_fault_ = 0;
};

TEST(JournalSweepTest, WhicheverCallOfASessionOfAThousandCommandsFailsEveryAcknowledgedCommandIsThere) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow a process that splits while it has threads";
#endif
  const auto began = std::chrono::steady_clock::now();
  Session session;
  session.run();
  EXPECT_EQ(session.acknowledged(), commands);
  EXPECT_GT(BranchingVfs::calls(), 4000u);
  std::printf("%llu calls:", static_cast<unsigned long long>(BranchingVfs::calls()));
  for (std::size_t i = 0; i < BranchingVfs::call_names.size(); ++i) {
    std::printf(" %s %llu", BranchingVfs::call_names[i].data(),
                static_cast<unsigned long long>(BranchingVfs::calls_by_name()[i]));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("; %llu faults in %.1f s\n", static_cast<unsigned long long>(session.children()), took.count());
}

}  // namespace
}  // namespace heti::journal::test

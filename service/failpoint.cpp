#include "service/failpoint.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "service/base/planted.hpp"

// The linker puts ours in the place of the journal's own (--wrap, service/CMakeLists.txt), so that the code that opens
// a journal is the same in both programs and knows of no failpoint.
std::expected<std::unique_ptr<heti::journal::Journal>, std::string> real_open_sqlite(
    heti::journal::Options options) asm("__real__ZN4heti7journal11open_sqliteB5cxx11ENS0_7OptionsE");
std::expected<std::unique_ptr<heti::journal::Journal>, std::string> wrapped_open_sqlite(
    heti::journal::Options options) asm("__wrap__ZN4heti7journal11open_sqliteB5cxx11ENS0_7OptionsE");

namespace heti {
namespace {

using journal::Batch;
using journal::Hash;
using journal::Position;

constexpr std::chrono::milliseconds held_for{100};

// As kill -9 from outside: nothing is flushed, nobody is told.
void die() { ::kill(::getpid(), SIGKILL); }

// Hands everything on, but the chosen commit never happens.
class JournalWithoutACommit final : public journal::Journal {
 public:
  JournalWithoutACommit(std::unique_ptr<Journal> inner, std::uint64_t commit)
      : inner_(std::move(inner)), commit_(commit) {}

  PublicId history() const override { return inner_->history(); }
  journal::Tail tail() const override { return inner_->tail(); }
  void append(Batch batch, std::function<void(journal::AppendResult)> done) override {
    if (++appends_ < commit_) return inner_->append(std::move(batch), std::move(done));
    std::thread([] {
      std::this_thread::sleep_for(held_for);
      die();
    }).detach();
  }
  std::expected<void, std::string> read(Position after,
                                        const std::function<bool(const Batch&, const Hash&)>& each) const override {
    return inner_->read(after, each);
  }
  void keep_alive(Instant now) override { inner_->keep_alive(now); }
  Instant alive_until() const override { return inner_->alive_until(); }
  std::expected<void, std::string> save_snapshot(journal::Snapshot snapshot) override {
    return inner_->save_snapshot(std::move(snapshot));
  }
  std::expected<std::vector<journal::Snapshot>, std::string> snapshots() const override { return inner_->snapshots(); }
  journal::Stats stats() const override { return inner_->stats(); }
  void give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) override {
    inner_->give_up_end(std::move(shown), std::move(done));
  }
  std::optional<std::string> open_notice() const override { return inner_->open_notice(); }

 private:
  const std::unique_ptr<Journal> inner_;
  const std::uint64_t commit_;
  std::uint64_t appends_ = 0;  // The sequencer's thread only.
};

// Read and taken out of the environment before main: the settings refuse names that they do not know.
std::string taken_from_environment(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

[[noreturn]] void refuse(const std::string& sentence) {
  std::fprintf(stderr, "heti_planted: %s\n", sentence.c_str());
  std::_Exit(2);
}

Failpoint ordered_failpoint() {
  const std::string text = taken_from_environment("HETI_FAILPOINT");
  if (text.empty()) return {};
  const auto failpoint = failpoint_of(text);
  if (!failpoint) refuse("HETI_FAILPOINT: " + failpoint.error());
  return *failpoint;
}

bool plant_what_was_ordered() {
  const std::string text = taken_from_environment("HETI_PLANT");
  if (text.empty()) return false;
  const auto found = std::find(planted_names.begin(), planted_names.end(), text);
  if (found == planted_names.end()) refuse("HETI_PLANT: " + text + " is no bug of service/base/planted.hpp");
  plant(static_cast<Planted>(found - planted_names.begin()));
  return true;
}

const Failpoint ordered = ordered_failpoint();
[[maybe_unused]] const bool is_planted = plant_what_was_ordered();

}  // namespace

std::expected<Failpoint, std::string> failpoint_of(std::string_view text) {
  Failpoint failpoint;
  const std::size_t colon = text.find(':');
  const std::string_view moment = text.substr(0, colon);
  if (moment == "after_commit") failpoint.moment = Failpoint::Moment::after_commit;
  if (moment == "before_commit") failpoint.moment = Failpoint::Moment::before_commit;
  const std::string_view number = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto read = std::from_chars(number.data(), number.data() + number.size(), failpoint.commit);
  const bool whole = read.ec == std::errc{} && read.ptr == number.data() + number.size() && failpoint.commit > 0;
  if (failpoint.moment == Failpoint::Moment::none || !whole) {
    return std::unexpected(std::string(text) + " is no failpoint; write after_commit:N or before_commit:N, N from 1");
  }
  return failpoint;
}

std::expected<std::unique_ptr<journal::Journal>, std::string> open_with_failpoint(journal::Options options,
                                                                                  Failpoint failpoint) {
  if (failpoint.moment == Failpoint::Moment::after_commit) {
    // The journal's thread alone commits.
    options.after_commit = [commit = failpoint.commit, commits = std::uint64_t{0}]() mutable {
      if (++commits == commit) die();
    };
  }
  auto journal = real_open_sqlite(std::move(options));
  if (!journal || failpoint.moment != Failpoint::Moment::before_commit) return journal;
  return std::make_unique<JournalWithoutACommit>(std::move(*journal), failpoint.commit);
}

}  // namespace heti

std::expected<std::unique_ptr<heti::journal::Journal>, std::string> wrapped_open_sqlite(
    heti::journal::Options options) {
  return heti::open_with_failpoint(std::move(options), heti::ordered);
}

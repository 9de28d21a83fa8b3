#include "tests/simulation/runner.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "service/base/check.hpp"
#include "tests/simulation/words.hpp"
#include "tests/simulation/world.hpp"

// What a build for coverage brings along; null in every other build.
extern "C" void __gcov_dump() __attribute__((weak));

namespace heti::simulation {
namespace {

// The end of a child process. _exit skips the exit handlers, which would write out what the parent had buffered, and
// with them the one that writes the counters of coverage.
[[noreturn]] void leave() {
  if (__gcov_dump != nullptr) __gcov_dump();
  ::_exit(0);
}

// Ends the process when the run has used so much CPU time, or when it waits for what never comes: far longer by the
// clock on the wall, because the machine may have other things to do. 0: for ever.
void be_patient(unsigned seconds) {
  const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = static_cast<time_t>(seconds), .tv_usec = 0}};
  CHECK(::setitimer(ITIMER_PROF, &timer, nullptr) == 0);
  ::alarm(20 * seconds);
}

// Memory where there is any to be had: the snapshots and the side file are synced for real.
std::filesystem::path scratch(const std::string& name) {
  const std::filesystem::path shared = "/dev/shm";
  const auto base = std::filesystem::is_directory(shared) ? shared : std::filesystem::temp_directory_path();
  return base / ("heti-simulation-" + name);
}

WorldOptions world_options(const RunOptions& options) {
  return {.directory = scratch(std::to_string(::getpid())),
          .memory = options.memory,
          .verbose = false,
          .model = options.model,
          .log = -1};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void write_whole(int fd, const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(3);
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

// What one run tells the parent, before its text.
struct Report {
  std::uint64_t job = 0;
  std::uint64_t text_size = 0;
  Tally tally;
};

struct Shared {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> busy_with[16]{};  // job + 1, by worker
  std::atomic<bool> enough{false};
};

struct Worker {
  pid_t pid = -1;
  int pipe = -1;
  int errors = -1;  // what it said on its standard error
  std::string unread;
};

[[noreturn]] void work(const std::vector<Job>& jobs, const RunOptions& options, Shared& shared, std::size_t self,
                       int pipe) {
  if (options.in_worker) options.in_worker();
  for (;;) {
    const std::uint64_t index = shared.next.fetch_add(1);
    if (index >= jobs.size() || shared.enough) break;
    shared.busy_with[self] = index + 1;
    be_patient(options.patience_s);
    Outcome outcome;
    {
      World world({.seed = jobs[index].seed, .shape = jobs[index].shape, .actions = {}}, world_options(options));
      outcome = world.run_people();
    }
    be_patient(0);
    const std::string text = joined(outcome.violations);
    const Report report{.job = index, .text_size = text.size(), .tally = outcome.tally};
    shared.busy_with[self] = 0;
    write_whole(pipe, &report, sizeof report);
    write_whole(pipe, text.data(), text.size());
  }
  leave();
}

std::string last_words(int fd) {
  char text[400];
  const off_t end = ::lseek(fd, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, end - static_cast<off_t>(sizeof text));
  const ssize_t got = ::pread(fd, text, sizeof text, from);
  std::string words(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (words.ends_with('\n')) words.pop_back();
  return words;
}

std::string whole(int fd) {
  std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t got = ::pread(fd, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (got <= 0) break;
    at += static_cast<std::size_t>(got);
  }
  return text;
}

std::string death(int status, const std::string& words) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGALRM || signal == SIGPROF) return "hangs: the run does not come to an end";
  std::string what = "died: " + (words.empty() ? "without a word" : words);
  if (WIFSIGNALED(status)) what += numbered(" (signal ", WTERMSIG(status)) + ")";
  return what;
}

void start(Worker& worker, const std::vector<Job>& jobs, const RunOptions& options, Shared& shared, std::size_t self) {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  worker.errors = ::memfd_create("errors", MFD_CLOEXEC);
  std::fflush(nullptr);
  worker.pid = ::fork();
  CHECK(worker.pid >= 0);
  if (worker.pid == 0) {
    ::close(ends[0]);
    ::dup2(worker.errors, STDERR_FILENO);
    work(jobs, options, shared, self, ends[1]);
  }
  ::close(ends[1]);
  worker.pipe = ends[0];
}

}  // namespace

std::string rule_of(const std::string& what) {
  std::string rule;
  for (const char c : what.substr(0, what.find('\n'))) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && rule.ends_with('#')) continue;
    rule += digit && !rule.ends_with("invariant ") ? '#' : c;
  }
  return rule.substr(0, 70);
}

Runs run_all(const std::vector<Job>& jobs, const RunOptions& options) {
  Runs runs;
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  auto& shared = *new (memory) Shared;
  std::vector<Worker> workers(std::max(1u, options.workers));
  for (std::size_t i = 0; i < workers.size(); ++i) start(workers[i], jobs, options, shared, i);

  const auto fail = [&](std::uint64_t job, std::string what) {
    if (runs.failures.size() < options.failures_max) runs.failures.push_back({jobs[job], std::move(what)});
    if (runs.failures.size() >= options.failures_max) shared.enough = true;
  };
  for (;;) {
    std::vector<pollfd> waiting;
    for (const Worker& worker : workers) {
      if (worker.pipe >= 0) waiting.push_back({.fd = worker.pipe, .events = POLLIN, .revents = 0});
    }
    if (waiting.empty()) break;
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      Worker& worker = workers[i];
      const auto ready = [&](const pollfd& p) { return p.fd == worker.pipe && p.revents != 0; };
      if (worker.pipe < 0 || std::none_of(waiting.begin(), waiting.end(), ready)) continue;
      char buffer[65536];
      const ssize_t got = ::read(worker.pipe, buffer, sizeof buffer);
      if (got > 0) {
        worker.unread.append(buffer, static_cast<std::size_t>(got));
        Report report;
        while (worker.unread.size() >= sizeof report) {
          std::memcpy(static_cast<void*>(&report), worker.unread.data(), sizeof report);
          if (worker.unread.size() < sizeof report + report.text_size) break;
          std::string text = worker.unread.substr(sizeof report, report.text_size);
          worker.unread.erase(0, sizeof report + report.text_size);
          runs.tally.add(report.tally);
          if (!text.empty()) fail(report.job, std::move(text));
        }
        continue;
      }
      ::close(std::exchange(worker.pipe, -1));
      int status = 0;
      ::waitpid(worker.pid, &status, 0);
      std::error_code ignored;
      std::filesystem::remove_all(scratch(std::to_string(worker.pid)), ignored);
      const std::string words = last_words(worker.errors);
      ::close(worker.errors);
      worker.unread.clear();
      const std::uint64_t job = shared.busy_with[i].exchange(0);
      if (job == 0) continue;
      ++runs.tally.violations;
      fail(job - 1, death(status, words));
      if (!shared.enough) start(worker, jobs, options, shared, i);
    }
  }
  ::munmap(memory, sizeof(Shared));
  return runs;
}

Single run_one(const Script& script, const RunOptions& options, bool by_people) {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  const int errors = ::memfd_create("errors", MFD_CLOEXEC);
  const int log = ::memfd_create("actions", MFD_CLOEXEC);
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    ::close(ends[0]);
    ::dup2(errors, STDERR_FILENO);
    if (options.in_worker) options.in_worker();
    be_patient(options.patience_s);
    Outcome outcome;
    {
      WorldOptions with_log = world_options(options);
      with_log.log = log;
      World world(script, with_log);
      outcome = by_people ? world.run_people() : world.run_script();
    }
    const std::string text = joined(outcome.violations) + '\0' + to_text(outcome.script);
    write_whole(ends[1], text.data(), text.size());
    leave();
  }
  ::close(ends[1]);
  std::string text;
  char buffer[65536];
  ssize_t got = 0;
  while ((got = ::read(ends[0], buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  std::error_code ignored;
  std::filesystem::remove_all(scratch(std::to_string(pid)), ignored);
  const std::string words = last_words(errors);
  ::close(errors);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    Single dead{.script = script, .what = death(status, words)};
    auto begun = script_from(to_text(Script{.seed = script.seed, .shape = script.shape, .actions = {}}) + whole(log));
    if (begun) dead.script = std::move(*begun);
    ::close(log);
    return dead;
  }
  ::close(log);
  const std::size_t split = text.find('\0');
  auto carried_out = script_from(text.substr(split + 1));
  CHECK(carried_out.has_value());
  return {.script = std::move(*carried_out), .what = text.substr(0, split)};
}

}  // namespace heti::simulation

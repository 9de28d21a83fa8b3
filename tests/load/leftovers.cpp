#include "tests/load/leftovers.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace heti::load {

namespace {

struct Entry {
  std::string directory;
  pid_t pid = -1;
};

std::mutex mutex;
std::map<std::size_t, Entry>& entries() {
  // Never destroyed: an exit in the middle clears it after static objects have gone.
  static auto* const all = new std::map<std::size_t, Entry>;
  return *all;
}
std::size_t next_number = 0;

void clear(const Entry& entry) {
  if (entry.pid > 0) {
    kill(entry.pid, SIGTERM);
    int status = 0;
    for (int i = 0; i < 250 && waitpid(entry.pid, &status, WNOHANG) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (i < 249) continue;
      kill(entry.pid, SIGKILL);
      waitpid(entry.pid, &status, 0);
    }
  }
  std::error_code error;
  std::filesystem::remove_all(entry.directory, error);
  if (error) std::fprintf(stderr, "%s could not be removed: %s\n", entry.directory.c_str(), error.message().c_str());
}

void clear_all() {
  const std::lock_guard lock(mutex);
  for (const auto& [number, entry] : entries()) clear(entry);
  entries().clear();
}

sigset_t interruptions() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

}  // namespace

void clear_leftovers_when_interrupted() {
  const sigset_t set = interruptions();
  // Every later thread inherits this; children get all signals back when they are spawned.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A server that ends before it has read its input must not end the tool.
  signal(SIGPIPE, SIG_IGN);
  std::atexit(clear_all);
  std::thread([set] {
    int number = 0;
    sigwait(&set, &number);
    std::fprintf(stderr, "interrupted: stopping what was started\n");
    // The lock is kept: nobody else may begin to clear, or end the process first.
    const std::lock_guard lock(mutex);
    for (const auto& [key, entry] : entries()) clear(entry);
    _exit(128 + number);
  }).detach();
}

Leftover::Leftover(std::string directory) {
  const std::lock_guard lock(mutex);
  number_ = next_number++;
  entries()[number_].directory = std::move(directory);
}

Leftover::~Leftover() {
  const std::lock_guard lock(mutex);
  clear(entries().at(number_));
  entries().erase(number_);
}

void Leftover::set_process(pid_t pid) {
  const std::lock_guard lock(mutex);
  entries().at(number_).pid = pid;
}

}  // namespace heti::load

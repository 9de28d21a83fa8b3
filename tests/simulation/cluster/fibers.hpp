#pragma once
// Threads of the simulated processes: fibers on one real thread, in virtual time. Which of those that can run runs next
// is the seed's choice, and a fiber may lose its turn wherever it takes a mutex. In place of base's threads
// (HETI_THREADS_HEADER).
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/random.hpp"

namespace heti::simulation {

using Micros = std::chrono::microseconds;

class Fiber;
// Of a process: its fibers live, stand still and die together. 0: the world's own.
using Group = std::uint32_t;

class Fibers {
 public:
  explicit Fibers(std::uint64_t seed);
  ~Fibers();
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  static Fibers& here();  // the one that there is

  Micros now() const { return now_; }
  // Runs `event` outside all fibers.
  void at(Micros when, std::function<void()> event);
  void after(Micros delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }
  // Until nothing happens before `end`; then it is `end`.
  void run_until(Micros end, const std::function<bool()>& enough);

  std::shared_ptr<Fiber> start(Group group, std::function<void()> body);
  Group new_group() { return ++groups_; }
  // As SIGKILL: none of them runs again, and nothing of theirs is destroyed.
  void kill(Group group);
  void freeze(Group group);
  void thaw(Group group);

  // Of the fiber that runs; none outside.
  std::shared_ptr<Fiber> current() const { return current_; }
  Group group() const;
  // Within a fiber: gives up its turn until it is woken, or until then. A wake before counts.
  void park(std::optional<Micros> until);
  void wake(const std::shared_ptr<Fiber>& fiber);
  void sleep(Micros time);
  void maybe_yield();

  std::uint64_t switches() const { return switches_; }

 private:
  struct Due {
    Micros at;
    std::uint64_t order;
    std::function<void()> event;
    bool operator<(const Due& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };
  void run(const std::shared_ptr<Fiber>& fiber);
  void make_ready(const std::shared_ptr<Fiber>& fiber);
  static void entry();

  Random random_;
  Micros now_{};
  std::uint64_t orders_ = 0;
  std::uint64_t switches_ = 0;
  Group groups_ = 0;
  std::priority_queue<Due> due_;
  std::vector<std::shared_ptr<Fiber>> ready_;
  std::vector<std::weak_ptr<Fiber>> all_;
  std::map<Group, bool> frozen_;
  std::shared_ptr<Fiber> current_;
};

}  // namespace heti::simulation

namespace heti {

struct SteadyClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
  static time_point now() { return time_point(simulation::Fibers::here().now()); }
};

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void lock();
  void unlock();

 private:
  bool locked_ = false;
  std::vector<std::shared_ptr<simulation::Fiber>> waiting_;
};

class Condition {
 public:
  void notify_one() { notify_all(); }  // who wakes without need looks and waits again
  void notify_all();

  template <class Predicate>
  void wait(std::unique_lock<Mutex>& lock, Predicate done) {
    while (!done()) wait_once(lock, std::nullopt);
  }
  template <class Duration, class Predicate>
  bool wait_until(std::unique_lock<Mutex>& lock, std::chrono::time_point<SteadyClock, Duration> end, Predicate done) {
    while (!done()) {
      if (SteadyClock::now() >= end) return false;
      wait_once(lock, std::chrono::ceil<simulation::Micros>(end.time_since_epoch()));
    }
    return true;
  }
  template <class Rep, class Period, class Predicate>
  bool wait_for(std::unique_lock<Mutex>& lock, std::chrono::duration<Rep, Period> time, Predicate done) {
    return wait_until(lock, SteadyClock::now() + std::chrono::ceil<simulation::Micros>(time), std::move(done));
  }

 private:
  void wait_once(std::unique_lock<Mutex>& lock, std::optional<simulation::Micros> until);
  std::vector<std::shared_ptr<simulation::Fiber>> waiting_;
};

class Thread {
 public:
  Thread() = default;
  explicit Thread(std::function<void()> body);
  Thread(Thread&&) = default;
  Thread& operator=(Thread&&) = default;
  ~Thread();
  bool joinable() const { return fiber_ != nullptr; }
  void join();

 private:
  std::shared_ptr<simulation::Fiber> fiber_;
};

}  // namespace heti

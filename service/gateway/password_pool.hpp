#pragma once
// A few threads for work that blocks: password hashing and the secrets store. Bounded, so that a flood of logins costs
// two threads and a short queue, and the rest is told to come back.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "service/gateway/metrics.hpp"

namespace heti::gateway {

class PasswordPool {
 public:
  PasswordPool(std::size_t threads, std::size_t queue_max, Counter& waiting_gauge);
  ~PasswordPool();  // Runs what is queued, then joins.
  PasswordPool(const PasswordPool&) = delete;
  PasswordPool& operator=(const PasswordPool&) = delete;

  // False if the queue is full. The job must not throw.
  [[nodiscard]] bool try_run(std::function<void()> job);
  // Goes in however full it is: for the few jobs that must not be lost (the end of a session, the refresh).
  void run(std::function<void()> job);

 private:
  void work();

  const std::size_t queue_max_;
  Counter& waiting_gauge_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace heti::gateway

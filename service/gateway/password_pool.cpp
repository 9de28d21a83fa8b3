#include "service/gateway/password_pool.hpp"

#include <utility>

#include "service/base/thread_name.hpp"

namespace heti::gateway {

PasswordPool::PasswordPool(std::size_t threads, std::size_t queue_max, Counter& waiting_gauge)
    : queue_max_(queue_max), waiting_gauge_(waiting_gauge) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(&PasswordPool::work, this);
}

PasswordPool::~PasswordPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool PasswordPool::try_run(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= queue_max_ || stopping_) return false;
    jobs_.push_back(std::move(job));
    waiting_gauge_ = jobs_.size();
  }
  wake_.notify_one();
  return true;
}

void PasswordPool::run(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    waiting_gauge_ = jobs_.size();
  }
  wake_.notify_one();
}

void PasswordPool::work() {
  name_thread("passwords");
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      waiting_gauge_ = jobs_.size();
    }
    job();
  }
}

}  // namespace heti::gateway

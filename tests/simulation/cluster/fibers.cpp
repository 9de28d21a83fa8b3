#include "tests/simulation/cluster/fibers.hpp"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>

#include "service/base/check.hpp"

namespace heti::simulation {
namespace {

constexpr std::size_t stack_size = 256 * 1024;
constexpr std::uint64_t yields_of_64 = 6;

Fibers* only = nullptr;

}  // namespace

class Fiber {
 public:
  Fiber(Group group, std::function<void()> body, void (*entry)()) : group_(group), body_(std::move(body)) {
    stack_ = ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(stack_ != MAP_FAILED);
    CHECK(::getcontext(&context_) == 0);
    context_.uc_stack.ss_sp = stack_;
    context_.uc_stack.ss_size = stack_size;
    context_.uc_link = nullptr;
    ::makecontext(&context_, entry, 0);
  }
  ~Fiber() { ::munmap(stack_, stack_size); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  const Group group_;
  std::function<void()> body_;
  ucontext_t context_{};
  ucontext_t caller_{};
  void* stack_ = nullptr;
  bool ready_ = false;
  bool parked_ = false;
  bool woken_ = false;  // while it ran, or before it parked
  bool done_ = false;
  bool dead_ = false;
  std::uint64_t parks_ = 0;
  std::vector<std::shared_ptr<Fiber>> joining_;
};

Fibers::Fibers(std::uint64_t seed) : random_(seed) {
  CHECK(only == nullptr);
  only = this;
}

Fibers::~Fibers() { only = nullptr; }

Fibers& Fibers::here() {
  CHECK(only != nullptr);
  return *only;
}

Group Fibers::group() const { return current_ ? current_->group_ : 0; }

void Fibers::at(Micros when, std::function<void()> event) {
  due_.push({std::max(when, now_), ++orders_, std::move(event)});
}

std::shared_ptr<Fiber> Fibers::start(Group group, std::function<void()> body) {
  auto fiber = std::make_shared<Fiber>(group, std::move(body), &Fibers::entry);
  all_.push_back(fiber);
  make_ready(fiber);
  return fiber;
}

void Fibers::entry() {
  Fibers& fibers = here();
  Fiber* self = fibers.current_.get();
  self->body_();
  self->done_ = true;
  for (const auto& fiber : self->joining_) fibers.wake(fiber);
  self->joining_.clear();
  ::swapcontext(&self->context_, &self->caller_);
  CHECK(false);
}

void Fibers::make_ready(const std::shared_ptr<Fiber>& fiber) {
  if (fiber->dead_ || fiber->done_ || std::exchange(fiber->ready_, true)) return;
  ready_.push_back(fiber);
}

void Fibers::wake(const std::shared_ptr<Fiber>& fiber) {
  if (!fiber || fiber->dead_) return;
  fiber->woken_ = true;
  if (fiber->parked_) make_ready(fiber);
}

void Fibers::park(std::optional<Micros> until) {
  const auto self = current_;
  CHECK(self != nullptr);
  if (std::exchange(self->woken_, false)) {
    maybe_yield();
    return;
  }
  self->parked_ = true;
  const std::uint64_t number = ++self->parks_;
  if (until) {
    at(*until, [this, weak = std::weak_ptr(self), number] {
      const auto fiber = weak.lock();
      if (fiber && fiber->parked_ && fiber->parks_ == number) make_ready(fiber);
    });
  }
  ::swapcontext(&self->context_, &self->caller_);
  self->parked_ = false;
  self->woken_ = false;
}

void Fibers::sleep(Micros time) {
  const Micros end = now_ + time;
  while (now_ < end) park(end);
}

void Fibers::maybe_yield() {
  if (!current_ || random_.below(64) >= yields_of_64) return;
  const auto self = current_;
  make_ready(self);
  ::swapcontext(&self->context_, &self->caller_);
}

void Fibers::run(const std::shared_ptr<Fiber>& fiber) {
  ++switches_;
  fiber->ready_ = false;
  current_ = fiber;
  ::swapcontext(&fiber->caller_, &fiber->context_);
  current_ = nullptr;
  if (fiber->done_) std::erase_if(all_, [&](const auto& weak) { return weak.lock() == fiber; });
}

void Fibers::run_until(Micros end, const std::function<bool()>& enough) {
  while (!enough()) {
    std::vector<std::size_t> can;
    for (std::size_t i = 0; i < ready_.size(); ++i) {
      if (!frozen_.contains(ready_[i]->group_)) can.push_back(i);
    }
    if (!can.empty()) {
      const std::size_t chosen = can[random_.below(can.size())];
      const auto fiber = ready_[chosen];
      ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(chosen));
      if (!fiber->dead_) run(fiber);
      continue;
    }
    if (due_.empty() || due_.top().at > end) break;
    now_ = due_.top().at;
    const auto event = std::move(const_cast<Due&>(due_.top()).event);
    due_.pop();
    event();
  }
  if (!enough()) now_ = std::max(now_, end);
}

// Their stacks stay as long as somebody holds them: what they own may be referred to.
void Fibers::kill(Group group) {
  CHECK(!current_ || current_->group_ != group);
  for (const auto& weak : all_) {
    const auto fiber = weak.lock();
    if (fiber && fiber->group_ == group) fiber->dead_ = true;
  }
  std::erase_if(ready_, [](const auto& fiber) { return fiber->dead_; });
  frozen_.erase(group);
}

void Fibers::freeze(Group group) { frozen_[group] = true; }
void Fibers::thaw(Group group) { frozen_.erase(group); }

}  // namespace heti::simulation

namespace heti {

using simulation::Fibers;

void Mutex::lock() {
  Fibers& fibers = Fibers::here();
  fibers.maybe_yield();
  while (locked_) {
    CHECK(fibers.current() != nullptr);
    waiting_.push_back(fibers.current());
    fibers.park(std::nullopt);
  }
  locked_ = true;
}

void Mutex::unlock() {
  locked_ = false;
  for (const auto& fiber : std::exchange(waiting_, {})) Fibers::here().wake(fiber);
}

void Condition::notify_all() {
  for (const auto& fiber : std::exchange(waiting_, {})) Fibers::here().wake(fiber);
}

void Condition::wait_once(std::unique_lock<Mutex>& lock, std::optional<simulation::Micros> until) {
  const auto self = Fibers::here().current();
  waiting_.push_back(self);
  lock.unlock();
  Fibers::here().park(until);
  std::erase(waiting_, self);
  lock.lock();
}

Thread::Thread(std::function<void()> body) {
  Fibers& fibers = Fibers::here();
  fiber_ = fibers.start(fibers.group(), std::move(body));
}

Thread::~Thread() { CHECK(fiber_ == nullptr); }

void Thread::join() {
  Fibers& fibers = Fibers::here();
  while (!fiber_->done_) {
    fiber_->joining_.push_back(fibers.current());
    fibers.park(std::nullopt);
  }
  fiber_ = nullptr;
}

}  // namespace heti

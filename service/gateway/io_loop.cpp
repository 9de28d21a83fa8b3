#include "service/gateway/io_loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <mutex>
#include <utility>

#include "service/base/check.hpp"
#include "service/base/heap.hpp"
#include "service/gateway/connection.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti::gateway {

namespace {
constexpr Millis tick_length{250};
constexpr std::uint64_t ticks_per_second = 4;
constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr std::size_t many_connections = 500;
}  // namespace

std::int64_t steady_ms() {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Instant wall_now() {
  static std::mutex mutex;
  static sequencer::JournalClock clock;
  const std::lock_guard lock(mutex);
  return clock.now();
}

IoLoop::IoLoop(std::size_t index)
    : index_(index),
      context_(1),
      watched_(context_, readiness_.native_handle()),
      tick_timer_(context_),
      wake_timer_(context_),
      read_buffer_(read_buffer_bytes) {
  watch();
  arm_tick();
}

IoLoop::~IoLoop() {
  CHECK(connections_.empty());
  watched_.release();
}

void IoLoop::watch() {
  watched_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    look_who_is_ready();
    watch();
  });
}

void IoLoop::look_who_is_ready() {
  for (const Readiness::Ready& ready : readiness_.poll()) ready.connection->on_ready(ready);
  just_removed_.clear();
}

void IoLoop::run() {
  thread_ = std::this_thread::get_id();
  // Not ended by a moment without work: sockets come and go.
  const auto work = boost::asio::make_work_guard(context_);
  context_.run();
}

void IoLoop::stop() { context_.stop(); }

void IoLoop::post(std::function<void()> task) { boost::asio::post(context_, std::move(task)); }

void IoLoop::wake_after(Millis delay, std::function<void()> task) {
  // A handler that was already queued when its timer was set anew must not run: it is known by its number.
  const std::uint64_t number = ++wake_number_;
  wake_timer_.expires_after(delay);
  wake_timer_.async_wait([this, number, task = std::move(task)](const boost::system::error_code& error) {
    if (!error && number == wake_number_) task();
  });
}

void IoLoop::add(std::shared_ptr<Connection> connection) {
  connection->slot_ = connections_.size();
  connections_.push_back(std::move(connection));
}

void IoLoop::remove(Connection& connection) {
  const std::size_t slot = connection.slot_;
  CHECK(slot < connections_.size() && connections_[slot].get() == &connection);
  connections_[slot].swap(connections_.back());
  connections_[slot]->slot_ = slot;
  just_removed_.push_back(std::move(connections_.back()));
  connections_.pop_back();
}

void IoLoop::send_soon(Connection& connection) {
  if (connection.send_is_scheduled_) return;
  connection.send_is_scheduled_ = true;
  to_send_.push_back(connection.shared_from_this());
  schedule_flush();
}

void IoLoop::schedule_flush() {
  if (flush_scheduled_) return;
  flush_scheduled_ = true;
  boost::asio::post(context_, [this] { flush(); });
}

void IoLoop::flush() {
  flush_scheduled_ = false;
  if (before_sends_) before_sends_();
  // A send may fail and end a connection, which may make others have something to send: they take the next round.
  std::vector<std::shared_ptr<Connection>> now;
  now.swap(to_send_);
  for (const auto& connection : now) {
    connection->send_is_scheduled_ = false;
    connection->send_now();
  }
  if (to_send_.empty()) {
    now.clear();
    to_send_.swap(now);  // Keeps the memory.
  }
  if (outboxes_.bytes() > 0 && after_sends_) after_sends_();
  just_removed_.clear();
}

void IoLoop::shed_down_to(std::size_t bytes) {
  std::vector<std::shared_ptr<Connection>> fullest;
  for (const auto& connection : connections_) {
    if (!connection->outbox().empty()) fullest.push_back(connection);
  }
  std::sort(fullest.begin(), fullest.end(),
            [](const auto& a, const auto& b) { return a->outbox().pending() > b->outbox().pending(); });
  for (const auto& connection : fullest) {
    if (outboxes_.bytes() <= bytes) return;
    connection->shed();
  }
}

void IoLoop::arm_tick() {
  tick_timer_.expires_after(tick_length);
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void IoLoop::tick() {
  if (on_lag_) {
    on_lag_(std::chrono::duration<double>(std::chrono::steady_clock::now() - tick_timer_.expiry()).count());
  }
  arm_tick();
  const std::int64_t now = steady_ms();
  for (const auto& task : tick_tasks_) task(now);
  if (++ticks_ % ticks_per_second != 0) return;
  // One pass a second instead of a timer per connection: an idle socket has none. Backwards, because a connection that
  // ends puts the last one, which has had its turn, into its place.
  for (std::size_t i = connections_.size(); i > 0; --i) {
    if (i > connections_.size()) continue;
    const std::shared_ptr<Connection> connection = connections_[i - 1];
    connection->on_second(now);
  }
  just_removed_.clear();
  give_back_after_many_left();
}

void IoLoop::give_back_after_many_left() {
  const std::size_t here = connections_.size();
  most_here_ = std::max(most_here_, here);
  if (most_here_ - here < many_connections || here > most_here_ / 2) return;
  most_here_ = here;
  give_back_freed_memory();
}

void IoLoop::drop_all() {
  while (!connections_.empty()) {
    const std::shared_ptr<Connection> connection = connections_.back();
    connection->abort();
  }
  just_removed_.clear();
  to_send_.clear();
  tick_tasks_.clear();
  on_lag_ = nullptr;
  before_sends_ = nullptr;
  after_sends_ = nullptr;
}

}  // namespace heti::gateway

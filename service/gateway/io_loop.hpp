#pragma once
// One thread with one io_context. A connection lives its whole life on one loop. The first loop also carries the
// sequencer: sequencer::Loop is its face for that. Between loops go posts, never locks.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "service/base/time.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::gateway {

class Connection;

// Milliseconds of the monotonic clock: for deadlines and rates, never shown to anybody.
std::int64_t steady_ms();
// The wall clock: for tokens, sessions and the Date header. Journal time is the sequencer's.
Instant wall_now();

class IoLoop final : public sequencer::Loop, public std::enable_shared_from_this<IoLoop> {
 public:
  explicit IoLoop(std::size_t index);
  ~IoLoop() override;

  std::size_t index() const { return index_; }
  boost::asio::io_context& context() { return context_; }
  void run();   // until stop(); the calling thread becomes the loop's
  void stop();  // from any thread
  bool is_here() const { return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed); }

  void post(std::function<void()> task) override;
  void wake_after(Millis delay, std::function<void()> task) override;

  // ---- On the loop only.

  void add(std::shared_ptr<Connection> connection);
  void remove(Connection& connection);
  std::size_t connection_count() const { return connections_.size(); }
  // Has something to send: goes out when the work at hand is done, so that one send carries all of it.
  void send_soon(Connection& connection);
  // At the end of the work at hand, before the sends. At most one; it stays.
  void set_before_sends(std::function<void()> task) { before_sends_ = std::move(task); }
  void run_before_sends_soon() { schedule_flush(); }
  // Called every 250 ms with steady_ms().
  void every_tick(std::function<void(std::int64_t)> task) { tick_tasks_.push_back(std::move(task)); }
  // Where sockets are read into; belongs to whoever runs.
  std::span<char> read_buffer() { return read_buffer_; }
  // Cuts all connections; for the end.
  void drop_all();

 private:
  void arm_tick();
  void tick();
  void schedule_flush();
  void flush();

  const std::size_t index_;
  boost::asio::io_context context_;
  std::atomic<std::thread::id> thread_{};
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer wake_timer_;
  std::uint64_t wake_number_ = 0;
  std::uint64_t ticks_ = 0;
  std::vector<std::function<void(std::int64_t)>> tick_tasks_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> to_send_;
  std::function<void()> before_sends_;
  bool flush_scheduled_ = false;
  std::vector<char> read_buffer_;
};

}  // namespace heti::gateway

#pragma once
// One thread with one io_context. A connection lives its whole life on one loop. The first loop also carries the
// sequencer: sequencer::Loop is its face for that. Between loops go posts, never locks.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "service/base/time.hpp"
#include "service/gateway/outbox.hpp"
#include "service/gateway/readiness.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::gateway {

class Connection;

// Milliseconds of the monotonic clock: for deadlines and rates, never shown to anybody.
std::int64_t steady_ms();
// The wall clock: for tokens, sessions and the Date header. A clock that leaps while we run is not followed, or it
// would end every agent's session. Any thread. Journal time is the sequencer's.
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
  Readiness& readiness() { return readiness_; }
  // What the connections of this loop still have to send.
  OutboxLedger& outboxes() { return outboxes_; }
  const OutboxLedger& outboxes() const { return outboxes_; }  // from any thread
  // Lets go of the connections that have the most to send, until no more than `bytes` wait on this loop.
  void shed_down_to(std::size_t bytes);
  // Has something to send: goes out when the work at hand is done, so that one send carries all of it.
  void send_soon(Connection& connection);
  // At the end of the work at hand, before the sends. At most one; it stays.
  void set_before_sends(std::function<void()> task) { before_sends_ = std::move(task); }
  void run_before_sends_soon() { schedule_flush(); }
  // After the sends, when something is left that the kernel did not take. At most one; it stays.
  void set_after_sends(std::function<void()> task) { after_sends_ = std::move(task); }
  // Called every 250 ms with steady_ms().
  void every_tick(std::function<void(std::int64_t)> task) { tick_tasks_.push_back(std::move(task)); }
  // Told every 250 ms how late that was, in seconds: what a piece of work waits here before its turn comes. At most
  // one; it stays. It costs no wake-up of its own.
  void on_lag(std::function<void(double seconds)> handler) { on_lag_ = std::move(handler); }
  // Where sockets are read into; belongs to whoever runs.
  std::span<char> read_buffer() { return read_buffer_; }
  // Cuts all connections; for the end.
  void drop_all();

 private:
  void watch();
  void look_who_is_ready();
  void arm_tick();
  void tick();
  // What a crowd that has gone leaves behind is the kernel's again.
  void give_back_after_many_left();
  void schedule_flush();
  void flush();

  const std::size_t index_;
  OutboxLedger outboxes_;  // before the context, whose handlers keep connections
  Readiness readiness_;
  boost::asio::io_context context_;
  boost::asio::posix::stream_descriptor watched_;  // the list of readiness_
  std::atomic<std::thread::id> thread_{};
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer wake_timer_;
  std::uint64_t wake_number_ = 0;
  std::uint64_t ticks_ = 0;
  std::size_t most_here_ = 0;  // connections, since memory was given back last
  std::vector<std::function<void(std::int64_t)>> tick_tasks_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> to_send_;
  // Gone while the ready ones are gone through: some of those may be among them.
  std::vector<std::shared_ptr<Connection>> just_removed_;
  std::function<void(double)> on_lag_;
  std::function<void()> before_sends_;
  std::function<void()> after_sends_;
  bool flush_scheduled_ = false;
  std::vector<char> read_buffer_;
};

}  // namespace heti::gateway

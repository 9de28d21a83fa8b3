#pragma once
// From the home loop, where the sequencer runs, to the loops where the sockets live. With one loop everything is done
// on the spot. With more, what one lot brings is collected in order, answers before pushes, and posted once to each
// loop: hand-overs are per batch, never per message.
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "service/gateway/hub.hpp"
#include "service/gateway/io_loop.hpp"

namespace heti::gateway {

class Relay {
 public:
  // Loop 0 is home. Loops and hubs correspond by index and outlive the relay's use.
  Relay(std::vector<std::shared_ptr<IoLoop>> loops, std::vector<std::unique_ptr<Hub>> hubs);

  std::size_t size() const { return loops_.size(); }
  IoLoop& home() { return *loops_.front(); }
  IoLoop& loop(std::size_t index) { return *loops_[index]; }
  Hub& hub(std::size_t index) { return *hubs_[index]; }

  // ---- On the home loop: in order.
  template <class Task>
  void to_all(Task&& task) {
    if (loops_.size() == 1) return task(*hubs_.front());
    collect({all, std::forward<Task>(task)});
  }
  template <class Task>
  void to(std::size_t loop, Task&& task) {
    if (loops_.size() == 1) return task(*hubs_.front());
    collect({loop, std::forward<Task>(task)});
  }
  // Posts what was collected; runs by itself at the end of the work at hand.
  void flush();

  // ---- From any loop: out of order with the above, for what is ephemeral.
  void spread(std::size_t from, const std::function<void(Hub&)>& task);

 private:
  struct Item {
    std::size_t loop;  // or all
    std::function<void(Hub&)> task;
  };
  static constexpr std::size_t all = static_cast<std::size_t>(-1);
  void collect(Item item);

  const std::vector<std::shared_ptr<IoLoop>> loops_;
  const std::vector<std::unique_ptr<Hub>> hubs_;
  std::shared_ptr<std::vector<Item>> collected_;
};

}  // namespace heti::gateway

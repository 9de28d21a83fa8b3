#include "service/gateway/relay.hpp"

#include <utility>

#include "service/base/check.hpp"

namespace heti::gateway {

Relay::Relay(std::vector<std::shared_ptr<IoLoop>> loops, std::vector<std::unique_ptr<Hub>> hubs)
    : loops_(std::move(loops)), hubs_(std::move(hubs)) {
  CHECK(!loops_.empty() && loops_.size() == hubs_.size());
  if (loops_.size() > 1) home().set_before_sends([this] { flush(); });
}

void Relay::collect(Item item) {
  if (!collected_) {
    collected_ = std::make_shared<std::vector<Item>>();
    home().run_before_sends_soon();
  }
  collected_->push_back(std::move(item));
}

void Relay::flush() {
  if (!collected_) return;
  const std::shared_ptr<const std::vector<Item>> items = std::exchange(collected_, nullptr);
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    Hub* const hub = hubs_[i].get();
    const auto run = [items, hub, i] {
      for (const Item& item : *items) {
        if (item.loop == all || item.loop == i) item.task(*hub);
      }
    };
    if (i == 0) {
      run();
    } else {
      loops_[i]->post(run);
    }
  }
}

void Relay::spread(std::size_t from, const std::function<void(Hub&)>& task) {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    Hub* const hub = hubs_[i].get();
    if (i == from) {
      task(*hub);
    } else {
      loops_[i]->post([task, hub] { task(*hub); });
    }
  }
}

}  // namespace heti::gateway

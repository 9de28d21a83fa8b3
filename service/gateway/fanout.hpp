#pragma once
// Durable events become frames for those who may see them: each text is encoded once and shared by all its receivers.
// Lines of a conversation and changes of its state leave with the batch, to those whom they concern (chat_lists.hpp);
// what only moves a clock, a preview, a colleague's chat or free slots or a queue position is gathered for 250 ms,
// longer if it costs more than a twentieth of the loop. Home loop only.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "service/core/event.hpp"
#include "service/core/state.hpp"
#include "service/core/view.hpp"
#include "service/gateway/chat_lists.hpp"
#include "service/gateway/consoles.hpp"
#include "service/gateway/directory.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/relay.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::gateway {

class Fanout final : public sequencer::Projection {
 public:
  Fanout(Relay& relay, GatewayMetrics& metrics);

  // Before the first batch: who exists.
  void start(const core::State& state, Instant now);
  // The widget's words from here on, all of them; before start() or at any time after.
  void set_wording(Wording wording);
  // How to come by a durable state between batches; called when gathered things are due and no batch brings one.
  void set_ask_for_state(std::function<void()> ask) { ask_for_state_ = std::move(ask); }

  void on_durable(const sequencer::Durable& batch) override;

  // Sends what is gathered, if it is due: all of it, for no batch is at hand.
  void send_due(const core::State& state, Instant now);
  void on_tick(std::int64_t now_ms);

  // Answers that have just left: the events of their own lot come after them, and count on top.
  void note_opened(const core::ConversationView& view);
  void note_console(core::AgentId agent, const core::ConsoleView& view, const core::State& state);

  // A console of this agent was not told everything while it did not keep up: it is told all of its list, its queues
  // and its colleagues once more.
  void tell_overview_again(core::AgentId agent) { behind_.insert(agent); }

 private:
  struct Known {
    PublicId public_id;
    std::uint64_t sent_state = 0;  // fingerprint of the last `state` frame
  };
  struct IdHash {
    std::size_t operator()(core::ConversationId id) const { return static_cast<std::size_t>(id.value()); }
  };
  using ConversationSet = std::unordered_set<core::ConversationId, IdHash>;
  // What one batch touched.
  struct Touched {
    std::vector<core::ConversationId> conversations;  // in order, each once
    ConversationSet seen;
    std::vector<core::ConversationId> finals;
    std::set<core::AgentId> agents;
    std::set<core::AgentId> disconnected;
    bool directory = false;
    bool settings = false;
    bool resumed = false;
    std::set<core::QueueId> opened_or_closed;
  };

  void look_at(const core::Event& event, const core::State& state, Touched& touched);
  void touch(core::ConversationId id, const core::State& state, Touched& touched);
  void touch_queue_of(core::ConversationId id, const core::State& state);
  void push_entry(const core::State& state, const core::Event& event);
  void push_overview(const core::State& state, core::AgentId agent, Instant now);
  void push_state(const core::State& state, const core::Conversation& conversation);
  void push_queue(const core::State& state, core::QueueId id, Instant now, bool visitors_too);
  void push_final(core::ConversationId id, const core::State& state);
  // Colleagues, queues, and how the lines have moved up.
  void push_gathered_lines(const core::State& state, Instant now);
  void push_colleagues(const core::State& state, const std::set<core::AgentId>& agents,
                       const std::set<core::QueueId>& queues);
  bool nothing_gathered() const;
  void send_gathered(const core::State& state, Instant now, std::size_t chats_max);
  void publish_directory(std::shared_ptr<const Directory> directory);
  Known& known(const core::Conversation& conversation);

  Relay& relay_;
  GatewayMetrics& metrics_;
  std::function<void()> ask_for_state_;
  Wording wording_;
  std::shared_ptr<const Directory> directory_;  // the last one published
  std::unordered_map<core::ConversationId, Known, IdHash> known_;
  std::unordered_map<core::ConversationId, std::uint64_t, IdHash> opened_in_lot_;
  Consoles consoles_;
  ChatLists chats_;
  std::set<core::QueueId> gathered_queues_;
  std::set<core::AgentId> gathered_colleagues_;
  std::set<core::QueueId> gathered_transfer_queues_;  // whose hours or staff changed
  std::set<core::AgentId> behind_;
  std::int64_t next_round_ms_ = 0;
  std::chrono::steady_clock::duration round_took_{};
  bool asked_ = false;
};

}  // namespace heti::gateway

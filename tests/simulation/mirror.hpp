#pragma once
// The console of a supervisor who is always watching all queues: what every durable event shows, kept as a list of
// sightings for the model, and as the picture that each client's own view is held against. After a crash it catches up,
// so that it misses nothing.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "service/core/event.hpp"
#include "service/core/view.hpp"
#include "tests/simulation/sightings.hpp"

namespace heti::simulation {

// Visitors and conversations have public ids that say their number: readable in a failure.
[[nodiscard]] PublicId visitor_id(std::uint32_t visitor);
[[nodiscard]] PublicId conversation_id(std::uint32_t visitor, std::uint32_t how_many);
[[nodiscard]] std::uint32_t visitor_of(const PublicId& visitor);

class Mirror {
 public:
  struct Chat {
    std::uint64_t number = 0;
    PublicId id;
    std::uint32_t visitor = 0;
    std::uint32_t queue = 0;
    core::ConversationState state{};
    std::uint32_t holder = 0;      // 0: nobody; also during wrap-up
    std::uint32_t offered_to = 0;  // 0: nobody
    bool bot_first = false;
    bool answered = false;       // the present contact
    Instant waits_since;         // the oldest unanswered word, or the start of the contact
    Instant gone_since = never;  // the visitor has no connection
    std::vector<core::Entry> entries;
    std::set<std::uint64_t> connections;
    std::set<std::uint32_t> held_by;  // everybody who ever held it
    std::uint32_t closings = 0;
    std::uint32_t requeues = 0;
    std::uint32_t rating = 0;
    std::map<std::string, std::uint64_t> last_n;  // of each sender's stream
    std::set<std::string> notes;
  };
  struct Agent {
    core::AgentStatus status = core::AgentStatus::offline;
    std::set<core::AgentStatus> statuses_since_answers{core::AgentStatus::offline};
    std::set<std::uint64_t> connections;
    std::set<std::uint64_t> chats;  // numbers, held or in wrap-up
    std::set<std::uint64_t> offers;
  };

  // Wishes that say what an event alone does not: who closes, and that a wrap-up or the closing of a queue (its number
  // in the place of the chat's) was ended by a person. Told when they are sent, and again when the answer is there,
  // shortly before the events that it speaks of.
  enum class Wish : std::uint8_t { close, finish, end_closing };
  void wished(Wish wish, std::uint64_t chat, std::uint32_t agent);
  void answered(Wish wish, std::uint64_t chat, std::uint32_t agent, bool done);
  void answers_are_over();  // of what is durable by now
  void will_open(std::uint32_t queue, std::vector<Interval> open, Schedule schedule);
  void process_died() { wishes_.clear(); }

  // One durable batch; `state` has evolved past it. `told`: its answers are there; else the process died before it
  // could give them.
  void see(const std::vector<core::Event>& events, const core::State& state, bool told);

  const std::vector<Sighting>& sightings() const { return sightings_; }
  std::vector<std::string> take_complaints() { return std::exchange(complaints_, {}); }
  const Chat* chat(std::uint64_t number) const;
  const Chat* chat_of(std::uint32_t visitor) const;  // the latest
  const Chat* chat_with(const PublicId& id) const;
  const Agent& agent(std::uint32_t number) const;
  const std::map<std::uint64_t, Chat>& chats() const { return chats_; }
  const core::Settings& settings() const { return settings_; }
  std::uint64_t settings_version() const { return settings_version_; }
  const Schedule* hours(std::uint32_t queue) const;
  std::uint32_t queue_number(const std::string& name) const;     // 0: unknown
  const core::QueueSettings* queue(std::uint32_t number) const;  // null: removed or unknown
  std::uint32_t agents() const { return static_cast<std::uint32_t>(agent_names_.size()); }
  const std::vector<std::uint64_t>& counts() const { return counts_; }  // of events, by their index
  bool ever_connected(std::uint64_t connection) const { return ever_connected_.contains(connection); }
  bool connected(std::uint64_t connection) const { return connected_.contains(connection); }

 private:
  void show(const core::Event& event);
  void on(const core::event::SettingsApplied& e);
  void on(const core::event::CalendarSet& e);
  void on(const core::event::QueueClosingEnded& e);
  void on(const core::event::ServiceResumed& e);
  void on(const core::event::AgentConnected& e);
  void on(const core::event::AgentDisconnected& e);
  void on(const core::event::AgentStatusChanged& e);
  void on(const core::event::ConversationStarted& e);
  void on(const core::event::OfflineMessageOpened& e);
  void on(const core::event::VisitorConnected& e);
  void on(const core::event::VisitorDisconnected& e);
  void on(const core::event::MessagePosted& e);
  void on(const core::event::ContactQueued& e);
  void on(const core::event::ContactInitiated& e);
  void on(const core::event::ChatOffered& e);
  void on(const core::event::OfferEnded& e);
  void on(const core::event::ChatAssigned& e);
  void on(const core::event::ChatRequeued& e);
  void on(const core::event::ContactEnded& e);
  void on(const core::event::ChatClosed& e);
  void on(const core::event::WrapUpEnded& e);
  void on(const core::event::ConversationFinal& e);
  void on(const core::event::RatingGiven& e);
  void on(const auto&) {}

  // The deed of a message, said before what it causes even where the journal has it after.
  void post(const core::event::MessagePosted& e);
  const core::event::MessagePosted* post_ahead(core::ConversationId conversation) const;
  const core::event::ChatClosed* close_ahead(core::ConversationId conversation) const;
  void deed_of_close(const core::event::ChatClosed& e);
  std::optional<std::uint32_t> who_wished(Wish wish, std::uint64_t chat, std::uint32_t agent);
  bool ends_again_in_batch(std::uint64_t chat, std::uint32_t agent) const;
  void check_entry(const core::State& state, const core::Event& event);
  template <class T>
  void saw(T what) {
    sightings_.push_back({.at = at_, .what = std::move(what)});
  }
  void complain(std::string what) { complaints_.push_back(std::move(what)); }
  Chat& at(core::ConversationId id) { return chats_[id.value()]; }

  std::vector<Sighting> sightings_;
  std::optional<std::size_t> last_down_;
  std::vector<std::string> complaints_;
  std::map<std::uint64_t, Chat> chats_;
  std::map<std::uint32_t, std::uint64_t> latest_;
  std::map<PublicId, std::uint64_t> by_id_;
  std::map<std::uint32_t, Agent> agents_;
  std::vector<std::string> queue_names_;
  std::vector<std::string> agent_names_;
  core::Settings settings_;
  std::uint64_t settings_version_ = 0;
  std::map<std::uint32_t, Schedule> hours_;
  struct Opening {
    std::uint32_t queue = 0;
    std::vector<Interval> open;
    Schedule schedule;
  };
  std::deque<Opening> openings_;
  struct Wished {
    Wish wish{};
    std::uint64_t chat = 0;
    std::uint32_t agent = 0;
    bool done = false;
  };
  std::deque<Wished> wishes_;
  std::set<std::uint64_t> ever_connected_;
  std::set<std::uint64_t> connected_;
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(std::variant_size_v<core::EventBody>, 0);

  // While a batch is shown.
  const std::vector<core::Event>* batch_ = nullptr;
  std::size_t index_ = 0;
  bool told_ = true;
  Instant at_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> posted_ahead_;  // (chat, seq)
  std::set<std::uint64_t> closed_ahead_;
};

}  // namespace heti::simulation

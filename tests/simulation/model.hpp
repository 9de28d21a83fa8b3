#pragma once
// A second, naive implementation of what Heti measures and promises. It reads nothing but what the simulated people did
// and what screens showed, and counts milliseconds one by one. People's deeds move it; of what screens showed it asks
// whether that was allowed at that instant; at the end of each instant it asks what should have happened and did not.
#include <cstdint>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/figures.hpp"
#include "tests/simulation/memory.hpp"
#include "tests/simulation/odometer.hpp"
#include "tests/simulation/sightings.hpp"

namespace heti::simulation {

class Model {
 public:
  // In the order of the journal.
  void see(const Sighting& sighting);

  // Counts on to `end`. One sentence for each rule that was broken, in order of time; the first hundred.
  std::vector<std::string> complaints_at_end(Instant end);

  const std::vector<Figure>& figures() const { return figures_; }
  QueueFigures queue_figures(std::uint32_t queue) const;

 private:
  struct Due {  // a wall timer: runs after everything that was done at its instant
    enum class Kind : std::uint8_t { closing, grace, wrapup, gone, offer, final, look } kind{};
    Instant at;
    std::uint64_t id = 0;  // queue, agent or conversation
    bool operator>(const Due& other) const { return at > other.at; }
  };
  struct Bell {  // what to look at when an odometer has come so far
    enum class Kind : std::uint8_t { first_response, reply, look } kind{};
    std::uint64_t chat = 0;
    std::uint64_t serial = 0;
  };

  // model.cpp: time, settings, hours, our own outages.
  void advance(Instant to);
  void end_instant();
  void run_due(const Due& due);
  void ring(const Bell& bell);
  void turn_queue(std::uint32_t queue);
  void expect_by(Due::Kind kind, Instant at, std::uint64_t id);
  void bell_at(std::uint32_t queue, std::int64_t reading, Bell bell);
  void check_touched();
  void note_staffing();
  void touch(Chat& chat) { touched_chats_.insert(chat.number); }
  void touch(std::uint32_t agent) { touched_clerks_.insert(agent); }
  void complain(std::string_view what);
  void complain(const Chat& chat, std::string_view what);
  void complain(std::uint32_t agent, std::string_view what);
  Chat* chat(std::uint64_t number);
  Desk& desk(std::uint32_t queue) { return desks_.at(queue - 1); }
  Clerk& clerk(std::uint32_t agent) { return clerks_.at(agent - 1); }
  const Clerk& clerk(std::uint32_t agent) const { return clerks_.at(agent - 1); }
  void on(const seen::Settings& e);
  void on(const seen::Hours& e);
  void on(const seen::ClosingEnded& e);
  void on(const seen::Down& e);

  // model_people.cpp: connections, presence, slots.
  void on(const seen::VisitorConnected& e);
  void on(const seen::VisitorDisconnected& e);
  void on(const seen::AgentConnected& e);
  void on(const seen::AgentDisconnected& e);
  void on(const seen::StatusSet& e);
  void on(const seen::StatusShown& e);
  void on(const seen::WrapUpFinished& e);
  void on(const seen::SlotFree& e);
  void become(std::uint32_t agent, core::AgentStatus status);
  void lose(std::uint32_t agent, Instant patient_from);
  void visitor_left(Chat& chat, Instant patient_from);
  void check_clerk(std::uint32_t agent);

  // model_contacts.cpp: conversations, contacts, promises.
  void on(const seen::Started& e);
  void on(const seen::HandedOver& e);
  void on(const seen::VisitorPosted& e);
  void on(const seen::AgentPosted& e);
  void on(const seen::MachinePosted& e);
  void on(const seen::VisitorClosed& e);
  void on(const seen::AgentClosed& e);
  void on(const seen::Initiated& e);
  void on(const seen::Reopened& e);
  void on(const seen::OfflineMessage& e);
  void on(const seen::Closed& e);
  void on(const seen::Final& e);
  void on(const seen::Rated&) {}
  bool takes_contacts(std::uint32_t queue);
  void number_of_post(Chat& chat, std::uint64_t seq);
  void demand(Chat& chat, core::Stage stage);
  void go_offline(Chat& chat);
  void begin_contact(Chat& chat, core::Stage stage);
  Promise promise(const Chat& chat, Millis threshold, Bell::Kind kind);
  Millis elapsed(const Chat& chat, std::int64_t since) const;
  void judge(Chat& chat, core::Sla sla, core::Verdict verdict);
  void judge_on_return(Chat& chat);
  void check_cause(Chat& chat, const seen::Closed& e);
  void end_contact(Chat& chat, const seen::Closed& e);
  void end_chat(Chat& chat);
  void check_chat(Chat& chat);
  Figure& figure(const Chat& chat, Measure measure);

  // model_line.cpp: who waits for whom.
  void on(const seen::Offered& e);
  void on(const seen::OfferGone& e);
  void on(const seen::Assigned& e);
  void on(const seen::Left& e);
  void on(const seen::Transferred& e);
  void enter_line(Chat& chat, std::uint32_t line);
  void watch_stay(Chat& chat);
  void look_for_help(Chat& chat);
  void hold(Chat& chat, std::uint32_t agent);
  void bar(Chat& chat, std::uint32_t agent);
  bool eligible(std::uint32_t agent, const Chat& chat) const;
  bool others_staff(const Chat& chat) const;
  std::uint32_t agent_of_last_time(const Chat& chat) const;
  bool surely_waits_for(const Chat& chat, std::uint32_t agent) const;
  void check_may_take(const Chat& chat, std::uint32_t agent);
  void check_choice(const Chat& chat, std::uint32_t agent);
  void check_order(const Chat& chat, std::uint32_t agent);
  void check_nobody_waits_in_vain();

  Odometers odometers_;
  Instant now_;
  Instant said_at_;  // journal time of the present sighting: later than now_ only while we were down
  bool started_ = false;
  bool stirred_ = false;  // Something happened at this instant.
  std::vector<Desk> desks_;
  std::vector<Clerk> clerks_;
  std::map<std::uint64_t, Chat> chats_;
  std::set<std::uint64_t> waiting_;  // in a line, with or without an offer
  std::set<std::uint64_t> touched_chats_;
  std::set<std::uint32_t> touched_clerks_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> dues_;
  std::vector<Bell> bells_;
  std::uint64_t serial_ = 0;
  std::vector<Figure> figures_;
  std::vector<std::string> complaints_;
};

}  // namespace heti::simulation

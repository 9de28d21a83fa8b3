#pragma once
// Tells what people do and what screens show, in sentences, for the tests of the model. What the service does by itself
// when a time has passed is told by the story, too, unless it is told to keep quiet.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/model.hpp"
#include "tests/simulation/sightings.hpp"

namespace heti::simulation {

using namespace std::chrono_literals;

// One queue "support", five agents "a" to "e" with 3 slots.
core::Settings one_queue();
Schedule always();
Schedule office(const std::string& timezone);  // Monday to Friday 08:00-16:00
Schedule closed_always();

class Story {
 public:
  // Settings and hours of all queues (always open) are seen a minute before `begin`.
  explicit Story(core::Settings settings = one_queue(), Instant begin = instant_from_ms(1'780'293'600'000));

  Instant begin() const { return begin_; }
  Instant now() const { return now_; }
  // What was promised for earlier instants is told first.
  Story& at(Instant t);
  Story& at(Millis since_begin) { return at(begin_ + since_begin); }
  template <class T>
  Story& see(T what) {
    sightings_.push_back({.at = now_, .what = std::move(what)});
    return *this;
  }
  // The service says nothing by itself any more.
  Story& quiet() {
    promised_.clear();
    quiet_ = true;
    return *this;
  }

  Story& hours(Schedule schedule, std::uint32_t queue = 1);
  Story& settings(core::Settings settings);
  Story& starts(std::uint64_t chat, std::uint32_t queue = 1, Millis credit = 0ms, std::vector<std::string> skills = {},
                bool bot_first = false);
  Story& writes(std::uint64_t chat);
  Story& asks(std::uint64_t chat) { return starts(chat).writes(chat); }
  Story& leaves(std::uint64_t chat);
  Story& returns(std::uint64_t chat);
  Story& closes(std::uint64_t chat);

  Story& ready(std::uint32_t agent);
  Story& status(std::uint32_t agent, core::AgentStatus status, core::StatusReason reason = core::StatusReason::chosen);
  Story& drops(std::uint32_t agent);
  Story& reconnects(std::uint32_t agent);
  Story& offered(std::uint64_t chat, std::uint32_t agent);
  Story& accepts(std::uint64_t chat, std::uint32_t agent);
  Story& declines(std::uint64_t chat, std::uint32_t agent);
  Story& expires(std::uint64_t chat, std::uint32_t agent);
  Story& takes(std::uint64_t chat, std::uint32_t agent);  // a claim, or assigned at once
  Story& answers(std::uint64_t chat, std::uint32_t agent);
  Story& agent_closes(std::uint64_t chat, std::uint32_t agent, bool spam = false);
  Story& done(std::uint64_t chat, std::uint32_t agent);
  Story& transfers(std::uint64_t chat, std::optional<std::uint32_t> to_queue = {},
                   std::optional<std::uint32_t> to_agent = {});
  Story& closed_by_system(std::uint64_t chat, core::CloseReason reason);

  const std::vector<Sighting>& sightings() const { return sightings_; }
  std::uint32_t holder(std::uint64_t chat) const { return holder_.contains(chat) ? holder_.at(chat) : 0; }

  // The story up to `end`, seen by a model. `complaints` are those it has by then.
  Model model(Instant end, std::vector<std::string>* complaints = nullptr);
  std::vector<std::string> complaints(Millis end);
  // What the model measured of that kind, told without the instant.
  std::vector<std::string> figures(Millis end, Measure measure);

 private:
  void later(Millis delay, const std::string& tag, std::function<void()> tell);
  void over(std::uint64_t chat);
  void end(std::uint64_t chat, core::ClosedBy by, core::CloseReason reason);

  core::Settings settings_;
  Instant begin_;
  Instant now_;
  bool quiet_ = false;
  std::vector<Sighting> sightings_;
  std::multimap<Instant, std::pair<std::string, std::function<void()>>> promised_;
  std::map<std::uint64_t, std::uint64_t> seq_;
  std::map<std::uint64_t, std::uint64_t> visitor_connection_;
  std::map<std::uint32_t, std::uint64_t> agent_connection_;
  std::map<std::uint64_t, std::uint32_t> holder_;
  std::map<std::uint64_t, std::uint32_t> offer_;
  std::map<std::uint64_t, bool> answered_;
  std::map<std::uint64_t, bool> over_;
  std::uint64_t connections_ = 0;
};

}  // namespace heti::simulation

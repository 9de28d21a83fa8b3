#include "tests/demo_day/line.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "tests/demo_day/steps.hpp"

namespace heti::demo_day {
namespace {

namespace seen = simulation::seen;
using core::AgentStatus;
using core::OfferEnd;
using core::StatusReason;

struct Slot {
  bool ended = false;
  Instant due = never;  // of the wrap-up
};
struct Clerk {
  core::AgentSettings settings;
  AgentStatus status = AgentStatus::offline;
  std::map<std::string, Slot> slots{};  // by chat
  std::set<std::string> offers{};
  std::uint32_t missed = 0;  // offers in a row
  Instant last_assigned{};

  bool online() const { return status == AgentStatus::online; }
  std::size_t busy() const { return slots.size() + offers.size(); }
};
struct Bar {
  Instant soft_at;
  Instant until;
};
struct Waiting {
  std::uint64_t number = 0;
  Instant key;
  bool waits = false;
  std::uint32_t holder = 0;
  std::uint32_t asked = 0;  // an agent; 0: nobody
  Instant due = never;
  std::uint32_t last_agent = 0;
  std::map<std::uint32_t, Bar> bars;
};
const char* word(OfferEnd how) {
  switch (how) {
    case OfferEnd::accepted: return "accepted";
    case OfferEnd::declined: return "declined";
    case OfferEnd::expired: return "expired";
    case OfferEnd::rescinded:
    case OfferEnd::service: break;
  }
  return "rescinded";
}

class Teller {
 public:
  Teller(const Day& day, const core::Settings& settings)
      : day_(day), settings_(settings), queue_(settings.queues.front()), steps_(steps_of(day, settings)) {
    for (const core::AgentSettings& agent : settings.agents) clerks_.push_back({.settings = agent});
  }

  Told tell() {
    std::size_t next = 0;
    while (next < steps_.size() || next_timer() != never) {
      now_ = std::min(next < steps_.size() ? steps_[next].at : never, next_timer());
      run_timers();
      for (; next < steps_.size() && steps_[next].at == now_; ++next) run(steps_[next]);
      route();
      told_.unsure += static_cast<std::uint64_t>(std::ranges::count_if(gave_up_, [&](auto n) { return n < freed_; }));
      freed_ = 0;
      gave_up_.clear();
      told_.last = now_;
    }
    for (const auto& [id, chat] : day_.chats) {
      for (const auto& [due, agent] : chat.asked) {
        if (asked_.contains({id, due})) continue;
        // Offered and given up under one stamp: the screens say that the offer came first.
        if (std::ranges::any_of(chat.lines, [&](const auto& line) {
              return line.second.kind == "closed" && line.second.at == due - queue_.offer_timeout;
            })) {
          ++told_.offers["rescinded"];
          if (told_.unsure > 0) --told_.unsure;
          continue;
        }
        complain(agent + " was shown an offer of " + id + " until " + std::to_string(to_ms(due)) +
                 ", against the rules");
      }
    }
    return std::move(told_);
  }

 private:
  void complain(std::string what) {
    told_.complaints.push_back("at " + std::to_string(to_ms(now_)).append(" ").append(what));
  }
  template <class T>
  void see(T what) {
    told_.sightings.push_back({.at = now_, .what = std::move(what)});
  }
  Clerk& clerk(std::uint32_t agent) { return clerks_.at(agent - 1); }
  void run(const Step& step) {
    switch (step.kind) {
      case Step::Kind::arrival:
        see(seen::AgentConnected{.agent = step.agent, .connection = 1});
        if (clerk(step.agent).status == AgentStatus::offline)
          show(step.agent, AgentStatus::away, StatusReason::connected);
        return;
      case Step::Kind::lost:
        see(seen::AgentDisconnected{.agent = step.agent, .connection = 1});
        show(step.agent, AgentStatus::lost, StatusReason::disconnected);
        return take_back_offers(step.agent);
      case Step::Kind::grace_over: return release(step.agent);
      case Step::Kind::gone:
        return see(seen::VisitorDisconnected{.conversation = chats_[step.chat].number, .connection = 1});
      case Step::Kind::line: return run(step, *step.line);
      case Step::Kind::deed: return run(*step.deed, step.agent);
    }
  }

  void show(std::uint32_t agent, AgentStatus status, StatusReason reason) {
    clerk(agent).status = status;
    see(seen::StatusShown{.agent = agent, .status = status, .reason = reason});
  }

  void run(const Deed& deed, std::uint32_t agent) {
    if (deed.what == "status") {
      const AgentStatus status = deed.status == "online" ? AgentStatus::online : AgentStatus::away;
      if (clerk(agent).status == status) return;
      see(seen::StatusSet{.agent = agent, .status = status});
      show(agent, status, StatusReason::chosen);
      if (status == AgentStatus::online) {
        clerk(agent).missed = 0;
        ++freed_;
      } else {
        gave_up_.push_back(0);
        take_back_offers(agent);
      }
    } else if (deed.what == "decline") {
      if (chats_[deed.conversation].asked != agent) return complain("an offer is declined that there is not");
      clerk(agent).missed = 0;
      end_offer(deed.conversation, OfferEnd::declined);
    } else {
      const auto slot = clerk(agent).slots.find(deed.conversation);
      if (slot == clerk(agent).slots.end()) return;  // It was over already.
      see(seen::WrapUpFinished{.conversation = chats_[deed.conversation].number, .agent = agent});
      free_slot(deed.conversation, agent);
    }
  }

  void run(const Step& step, const Line& line) {
    const std::string& id = step.chat;
    Waiting& chat = chats_[id];
    if (line.kind == "message" && line.role == "visitor") {
      if (chat.number == 0) begin(chat);
      return see(seen::VisitorPosted{.conversation = chat.number, .seq = step.seq});
    }
    if (line.kind == "message" && line.role == "agent") {
      if (chat.holder == 0) return complain(id + " is answered and nobody has it");
      return see(seen::AgentPosted{.conversation = chat.number, .agent = chat.holder, .seq = step.seq});
    }
    if (line.kind == "assigned") return assign(id, chat, by_display_name(settings_, line.agent));
    if (line.kind == "left") {
      if (step.handed_on) leave(id, chat, true);
      return;  // A lost agent's chats leave together.
    }
    if (line.kind == "closed") close(id, chat, line);
  }

  void begin(Waiting& chat) {
    chat.number = ++numbers_;
    chat.key = now_;
    chat.waits = true;
    see(seen::Started{.visitor = chat.number, .conversation = chat.number, .queue = 1, .skills = {}});
    see(seen::VisitorConnected{.conversation = chat.number, .connection = 1});
  }

  void assign(const std::string& id, Waiting& chat, std::uint32_t agent) {
    if (chat.asked != agent) {
      complain(id + " is taken by agent " + std::to_string(agent) + ", asked was agent " + std::to_string(chat.asked));
    }
    if (chat.asked != 0) end_offer(id, OfferEnd::accepted);
    see(seen::Assigned{.conversation = chat.number, .agent = agent});
    clerk(agent).missed = 0;
    clerk(agent).slots[id] = {};
    clerk(agent).last_assigned = now_;
    chat.waits = false;
    chat.holder = chat.last_agent = agent;
    chat.bars.clear();
  }

  void leave(const std::string& id, Waiting& chat, bool handed_on) {
    const std::uint32_t agent = chat.holder;
    if (agent == 0) return complain(id + " leaves an agent and nobody has it");
    if (handed_on) see(seen::Transferred{.conversation = chat.number, .agent = agent, .to_queue = {}, .to_agent = {}});
    see(seen::Left{.conversation = chat.number, .agent = agent});
    clerk(agent).slots.erase(id);
    ++freed_;
    chat.holder = 0;
    chat.waits = true;
    if (handed_on) chat.bars[agent] = {.soft_at = now_ + queue_.reoffer, .until = now_ + queue_.bar};
  }

  void close(const std::string& id, Waiting& chat, const Line& line) {
    const bool left = line.reason == "abandoned";
    const auto by = line.by == "visitor" ? core::ClosedBy::visitor
                    : line.by == "agent" ? core::ClosedBy::agent
                                         : core::ClosedBy::system;
    const auto reason = left                            ? core::CloseReason::abandoned
                        : line.reason == "queue_closed" ? core::CloseReason::queue_closed
                        : line.reason == "timeout"      ? core::CloseReason::timeout
                        : line.reason == "spam"         ? core::CloseReason::spam
                                                        : core::CloseReason::closed;
    if (by == core::ClosedBy::visitor && !left) see(seen::VisitorClosed{.conversation = chat.number});
    if (by == core::ClosedBy::agent) {
      see(seen::AgentClosed{.conversation = chat.number, .agent = chat.holder, .spam = line.reason == "spam"});
    }
    if (chat.waits && chat.asked == 0) gave_up_.push_back(before(chat));
    if (chat.asked != 0) end_offer(id, OfferEnd::rescinded);
    see(seen::Closed{.conversation = chat.number, .by = by, .reason = reason});
    if (chat.holder != 0) clerk(chat.holder).slots[id] = {.ended = true, .due = now_ + queue_.wrapup};
    chat.waits = false;
    chat.holder = 0;
    chat.bars.clear();
  }

  void release(std::uint32_t agent) {
    Clerk& lost = clerk(agent);
    show(agent, AgentStatus::offline, StatusReason::grace_over);
    const std::map<std::string, Slot> slots = lost.slots;
    for (const auto& [id, slot] : slots) {
      if (slot.ended) {
        free_slot(id, agent);
      } else {
        leave(id, chats_[id], false);
      }
    }
  }

  void free_slot(const std::string& id, std::uint32_t agent) {
    clerk(agent).slots.erase(id);
    ++freed_;
    see(seen::SlotFree{.conversation = chats_[id].number, .agent = agent});
  }

  // ---- Offers

  void end_offer(const std::string& id, OfferEnd how) {
    Waiting& chat = chats_[id];
    see(seen::OfferGone{.conversation = chat.number, .agent = chat.asked, .how = how});
    ++told_.offers[word(how)];
    clerk(chat.asked).offers.erase(id);
    if (how != OfferEnd::accepted) ++freed_;
    if (how == OfferEnd::declined || how == OfferEnd::expired) {
      chat.bars[chat.asked] = {.soft_at = now_ + queue_.reoffer, .until = now_ + queue_.bar};
    }
    chat.asked = 0;
    chat.due = never;
  }

  // Who waits unasked and came earlier.
  std::uint64_t before(const Waiting& chat) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(chats_, [&](const auto& other) {
      return other.second.waits && other.second.asked == 0 && other.second.key < chat.key;
    }));
  }

  void take_back_offers(std::uint32_t agent) {
    const std::set<std::string> offers = clerk(agent).offers;
    for (const std::string& id : offers) end_offer(id, OfferEnd::rescinded);
  }

  Instant next_timer() const {
    Instant next = never;
    const auto look = [&](Instant at) {
      if (at > now_) next = std::min(next, at);
    };
    for (const Clerk& known : clerks_) {
      for (const auto& [id, slot] : known.slots) look(slot.due);
    }
    for (const auto& [id, chat] : chats_) {
      if (!chat.waits) continue;
      look(chat.due);
      for (const auto& [agent, bar] : chat.bars) {
        look(bar.soft_at);
        look(bar.until);
      }
    }
    return next;
  }

  void run_timers() {
    for (auto& [id, chat] : chats_) {
      if (chat.due != now_) continue;
      const std::uint32_t agent = chat.asked;
      end_offer(id, OfferEnd::expired);
      if (++clerk(agent).missed < 2) continue;
      show(agent, AgentStatus::away, StatusReason::offers_missed);
      take_back_offers(agent);
    }
    for (std::uint32_t agent = 1; agent <= clerks_.size(); ++agent) {
      const std::map<std::string, Slot> slots = clerk(agent).slots;
      for (const auto& [id, slot] : slots) {
        if (slot.due == now_) free_slot(id, agent);
      }
    }
  }

  // What the screens showed comes first: several deeds may bear one stamp, and their order is the service's. Whoever
  // waits longest of the others is offered to whom the rules name: that lasted for less than a batch, so nobody saw it.
  void route() {
    std::vector<std::tuple<Instant, std::uint64_t, std::string>> line;
    for (const auto& [id, chat] : chats_) {
      if (chat.waits && chat.asked == 0) line.emplace_back(chat.key, chat.number, id);
    }
    std::sort(line.begin(), line.end());
    const Instant due = now_ + queue_.offer_timeout;
    for (const auto& [key, number, id] : line) {
      const auto shown = day_.chats.at(id).asked.find(due);
      if (shown != day_.chats.at(id).asked.end()) offer(id, by_login(settings_, shown->second), due);
    }
    for (const auto& [key, number, id] : line) {
      if (chats_[id].asked != 0) continue;
      const std::uint32_t chosen = choose(chats_[id]);
      if (chosen == 0) continue;
      ++told_.unseen;
      offer(id, chosen, due);
    }
  }

  void offer(const std::string& id, std::uint32_t agent, Instant due) {
    Waiting& chat = chats_[id];
    chat.asked = agent;
    chat.due = due;
    asked_.insert({id, due});
    clerk(agent).offers.insert(id);
    see(seen::Offered{.conversation = chat.number, .agent = agent});
  }

  std::uint32_t choose(const Waiting& chat) {
    std::uint32_t best = 0;
    bool others = false;
    std::uint32_t again = 0;  // barred, but nobody else is there
    for (std::uint32_t agent = 1; agent <= clerks_.size(); ++agent) {
      const Clerk& known = clerk(agent);
      if (!known.online()) continue;
      const auto bar = chat.bars.find(agent);
      const bool barred = bar != chat.bars.end() && bar->second.until > now_;
      others = others || !barred;
      if (known.busy() >= known.settings.capacity) continue;
      if (barred && bar->second.soft_at > now_) continue;
      std::uint32_t& place = barred ? again : best;
      if (place == 0 || comes_before(chat, agent, place)) place = agent;
    }
    return best != 0 ? best : others ? 0 : again;
  }

  // The agent of last time; else the least busy, the longest idle, the first.
  bool comes_before(const Waiting& chat, std::uint32_t agent, std::uint32_t other) {
    if (chat.last_agent == agent || chat.last_agent == other) return chat.last_agent == agent;
    const Clerk& a = clerk(agent);
    const Clerk& b = clerk(other);
    const auto load = a.busy() * b.settings.capacity;
    const auto other_load = b.busy() * a.settings.capacity;
    return std::tie(load, a.last_assigned, agent) < std::tie(other_load, b.last_assigned, other);
  }

  const Day& day_;
  const core::Settings& settings_;
  const core::QueueSettings& queue_;
  const std::vector<Step> steps_;
  std::vector<Clerk> clerks_;
  std::map<std::string, Waiting> chats_;
  std::set<std::pair<std::string, Instant>> asked_;
  std::uint64_t numbers_ = 0;
  std::uint64_t freed_ = 0;             // slots, within this instant
  std::vector<std::uint64_t> gave_up_;  // visitors who waited, by how many stood before them; and agents who went
  Instant now_{};
  Told told_;
};

}  // namespace

Told tell(const Day& day, const core::Settings& settings) { return Teller(day, settings).tell(); }

}  // namespace heti::demo_day

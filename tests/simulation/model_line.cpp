// Who waits for whom: lines, offers, bars, and whether an agent was chosen as the rules say.
#include <algorithm>
#include <tuple>

#include "tests/simulation/model.hpp"

namespace heti::simulation {
namespace {

// A bar that ends at this very instant may or may not have ended before something else of the instant.
bool barred_at(const Chat& chat, std::uint32_t agent, Instant at) {
  const auto bar = chat.barred.find(agent);
  return bar != chat.barred.end() && bar->second.until >= at;
}

std::string load_of(const Clerk& clerk) {
  return " (" + std::to_string(clerk.busy()) + " of " + std::to_string(clerk.settings.capacity) +
         " slots, last assigned at " + std::to_string(to_ms(clerk.last_assigned)) + ")";
}

}  // namespace

void Model::enter_line(Chat& of, std::uint32_t line) {
  Stay& stay = of.contact->stay;
  if (stay.line != line) stay.joined = never;
  stay.line = line;
  stay.entered = now_;
  stay.held_until = never;
  of.state = ChatState::waiting;
  of.holder = 0;
  waiting_.insert(of.number);
  const Millis sticky_hold = desk(line).settings.sticky_hold;
  if (sticky_hold > Millis{0} && of.last_agent != 0) {
    stay.held_until = now_ + sticky_hold;
    expect_by(Due::Kind::look, stay.held_until, of.number);
  }
  watch_stay(of);
}

// The rules of the line and of the home queue as they are now.
void Model::watch_stay(Chat& of) {
  Stay& stay = of.contact->stay;
  stay.help = desk(stay.line).help;
  stay.help_after = desk(stay.line).settings.overflow_after;
  of.contact->max_wait = desk(of.home).settings.max_wait;
  const std::int64_t reading = odometers_.reading(of.home);
  const Bell look{.kind = Bell::Kind::look, .chat = of.number, .serial = 0};
  const std::int64_t help_at = stay.reading + stay.help_after.count();
  const std::int64_t give_up_at = of.contact->first.reading + of.contact->max_wait.count() + 1;
  if (stay.help && help_at > reading) bell_at(of.home, help_at, look);
  if (of.contact->max_wait > Millis{0} && give_up_at > reading) bell_at(of.home, give_up_at, look);
  look_for_help(of);
}

void Model::look_for_help(Chat& of) {
  Stay& stay = of.contact->stay;
  if (of.state != ChatState::waiting || !stay.help || stay.joined != never) return;
  if (elapsed(of, stay.reading) >= stay.help_after) stay.joined = now_;
}

void Model::hold(Chat& of, std::uint32_t agent) {
  Clerk& holder = clerk(agent);
  touch(agent);
  Slot slot;
  slot.chat = of.number;
  slot.accepted = now_;
  holder.slots.push_back(slot);
  holder.last_assigned = now_;
  of.state = ChatState::held;
  of.holder = of.last_agent = agent;
  of.last_contact = now_;
  of.barred.clear();
  waiting_.erase(of.number);
  // Who is taken in by the line itself at the instant of coming back has not needed the helpers.
  Stay& stay = of.contact->stay;
  if (stay.joined == now_ && stay.entered == now_ && holder.queues.contains(stay.line)) stay.joined = never;
}

void Model::bar(Chat& of, std::uint32_t agent) {
  const core::QueueSettings& settings = desk(of.home).settings;
  const Bar bar{.soft_at = now_ + settings.reoffer, .until = now_ + settings.bar};
  of.barred[agent] = bar;
  expect_by(Due::Kind::look, bar.soft_at, of.number);
  expect_by(Due::Kind::look, bar.until, of.number);
}

bool Model::eligible(std::uint32_t agent, const Chat& of) const {
  const Clerk& known = clerk(agent);
  const Stay& stay = of.contact->stay;
  const bool helps = stay.joined != never && known.queues.contains(*stay.help);
  if (!helps && !known.queues.contains(stay.line)) return false;
  return std::includes(known.skills.begin(), known.skills.end(), of.skills.begin(), of.skills.end());
}

bool Model::others_staff(const Chat& of) const {
  for (std::uint32_t agent = 1; agent <= clerks_.size(); ++agent) {
    if (clerk(agent).online() && !barred_at(of, agent, now_) && eligible(agent, of)) return true;
  }
  return false;
}

// 0 unless the visitor's last agent could take the chat, a free slot apart.
std::uint32_t Model::agent_of_last_time(const Chat& of) const {
  const std::uint32_t agent = of.last_agent;
  if (agent == 0 || of.contact->first.started - of.last_contact > desks_.at(of.home - 1).settings.reopen_window)
    return 0;
  return clerk(agent).online() && eligible(agent, of) && !barred_at(of, agent, now_) ? agent : 0;
}

void Model::check_may_take(const Chat& of, std::uint32_t agent) {
  const Clerk& taker = clerk(agent);
  const std::string to = "goes to agent " + std::to_string(agent);
  if (!taker.online()) complain(of, to + " with status " + std::to_string(static_cast<int>(taker.status)));
  if (!taker.free_slot()) {
    complain(of, to + " with " + std::to_string(taker.busy()) + " of " + std::to_string(taker.settings.capacity) +
                     " slots taken");
  }
  if (!eligible(agent, of)) complain(of, to + " who does not serve that line or lacks a skill");
}

// Not barred; the agent of last time before all others; then the least busy, longest idle, lowest number.
void Model::check_choice(const Chat& of, std::uint32_t agent) {
  const auto barred = of.barred.find(agent);
  if (barred != of.barred.end() && barred->second.until > now_) {
    const std::string to = "goes to agent " + std::to_string(agent) + " who is barred until " +
                           std::to_string(to_ms(barred->second.until));
    if (barred->second.soft_at > now_) {
      complain(of, to);
    } else if (others_staff(of)) {
      complain(of, to + " though others staff the line");
    }
  }
  const std::uint32_t last = agent_of_last_time(of);
  if (last == agent) return;
  if (last != 0 && clerk(last).free_slot()) {
    complain(of,
             "goes to agent " + std::to_string(agent) + " and not to agent " + std::to_string(last) + " of last time");
  }
  if (last != 0 && !clerk(last).free_slot() && of.contact->stay.held_until != never &&
      of.contact->stay.held_until > now_) {
    complain(of, "goes to agent " + std::to_string(agent) + " while it is kept for agent " + std::to_string(last));
  }
  if (of.last_agent == agent && barred != of.barred.end() && barred->second.until == now_) return;
  const Clerk& taker = clerk(agent);
  for (std::uint32_t other = 1; other <= clerks_.size(); ++other) {
    const Clerk& rival = clerk(other);
    if (other == agent || !rival.online() || !rival.free_slot() || of.barred.contains(other)) continue;
    const auto load = taker.busy() * rival.settings.capacity;
    const auto rival_load = rival.busy() * taker.settings.capacity;
    if (std::tie(load, taker.last_assigned, agent) < std::tie(rival_load, rival.last_assigned, other)) continue;
    const bool just_joined = of.contact->stay.joined == now_ && !rival.queues.contains(of.contact->stay.line);
    if (!eligible(other, of) || just_joined) continue;
    complain(of, "goes to agent " + std::to_string(agent) + load_of(taker) + " though agent " + std::to_string(other) +
                     " comes first" + load_of(rival));
    return;
  }
}

// Could be served by that agent for some time now, this instant aside.
bool Model::surely_waits_for(const Chat& of, std::uint32_t agent) const {
  const Stay& stay = of.contact->stay;
  if (of.offer || desks_.at(stay.line - 1).pulls() || barred_at(of, agent, now_) || !eligible(agent, of)) return false;
  if (!clerk(agent).queues.contains(stay.line) && stay.joined == now_) return false;
  if (stay.held_until == never || stay.held_until < now_) return true;
  const std::uint32_t last = agent_of_last_time(of);
  return last == 0 || last == agent || clerk(last).free_slot();
}

void Model::check_order(const Chat& of, std::uint32_t agent) {
  for (const std::uint64_t number : waiting_) {
    const Chat& before = chats_.at(number);
    if (std::tie(before.contact->key, before.rank) >= std::tie(of.contact->key, of.rank)) continue;
    if (!surely_waits_for(before, agent)) continue;
    complain(of, "goes to agent " + std::to_string(agent) + " before C" + std::to_string(number) + " whose key is " +
                     std::to_string((of.contact->key - before.contact->key).count()) + " ms smaller");
    return;
  }
}

void Model::on(const seen::Offered& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  touch(e.agent);
  if (of->state != ChatState::waiting || of->offer) return complain(*of, "is offered though it does not wait");
  check_may_take(*of, e.agent);
  const core::QueueSettings& line = desk(of->contact->stay.line).settings;
  const bool chosen_by_colleague = of->today.transferred == now_ && of->today.to_agent == e.agent;
  if (!chosen_by_colleague) {
    if (line.mode != core::RoutingMode::push_accept) complain(*of, "is offered in a queue that makes no offers");
    check_choice(*of, e.agent);
    check_order(*of, e.agent);
  } else {
    of->today.handed = now_;
  }
  of->offer = Offer{.agent = e.agent, .due = now_ + line.offer_timeout};
  clerk(e.agent).offers.insert(of->number);
  expect_by(Due::Kind::offer, of->offer->due, of->number);
}

void Model::on(const seen::OfferGone& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  touch(e.agent);
  if (!of->offer || of->offer->agent != e.agent) return complain(*of, "ends an offer that there is not");
  Clerk& asked = clerk(e.agent);
  const Instant due = of->offer->due;
  const bool by_outage = of->offer->void_by_outage;
  asked.offers.erase(of->number);
  of->offer.reset();
  switch (e.how) {
    case core::OfferEnd::accepted:
      of->today.accepted = now_;
      of->today.accepted_by = e.agent;
      asked.expiries = 0;
      return;
    case core::OfferEnd::declined: asked.expiries = 0; return bar(*of, e.agent);
    case core::OfferEnd::expired:
      if (due != now_) complain(*of, "has its offer expire, due at " + std::to_string(to_ms(due)));
      ++asked.expiries;
      return bar(*of, e.agent);
    case core::OfferEnd::rescinded:
      if (!asked.online()) return;
      of->today.rescinded = now_;
      of->today.rescinded_from = e.agent;
      return;
    case core::OfferEnd::service:
      if (!by_outage) complain(*of, "has its offer withdrawn though we were not down");
      return;
  }
}

void Model::on(const seen::Assigned& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  if (of->state == ChatState::held && of->holder == e.agent && of->contact->outbound && of->last_contact == now_) {
    return;  // The agent began it.
  }
  if (of->state != ChatState::waiting) return complain(*of, "is assigned though it does not wait");
  const core::RoutingMode mode = desk(of->contact->stay.line).settings.mode;
  const bool chosen_by_colleague = of->today.transferred == now_ && of->today.to_agent == e.agent;
  if (chosen_by_colleague) of->today.handed = now_;
  if (of->offer) {
    if (of->offer->agent != e.agent) complain(*of, "is taken by agent " + std::to_string(e.agent) + " from another");
    clerk(of->offer->agent).offers.erase(of->number);
    clerk(e.agent).expiries = 0;
    of->offer.reset();
  } else if (of->today.accepted == now_ && of->today.accepted_by == e.agent) {
    of->today.accepted = never;
  } else {
    check_may_take(*of, e.agent);
    if (mode == core::RoutingMode::push_accept) complain(*of, "is assigned without an offer");
    if (mode == core::RoutingMode::push_auto && !chosen_by_colleague) {
      check_choice(*of, e.agent);
      check_order(*of, e.agent);
    }
  }
  Figure& wait = figure(*of, Measure::wait);
  wait.stage = of->contact->stay.stage;
  wait.agent = e.agent;
  wait.time = elapsed(*of, of->contact->stay.reading);
  hold(*of, e.agent);
}

void Model::on(const seen::Transferred& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  if (of->state != ChatState::held || of->holder != e.agent) complain(*of, "is transferred by who does not hold it");
  of->today.transferred = now_;
  of->today.to_queue = e.to_queue;
  of->today.to_agent = e.to_agent;
  if (e.to_queue && !takes_contacts(*e.to_queue)) complain(*of, "is transferred to a queue that takes no contacts");
}

void Model::on(const seen::Left& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  touch(e.agent);
  Clerk& from = clerk(e.agent);
  const auto slot = std::find_if(from.slots.begin(), from.slots.end(),
                                 [&](const Slot& s) { return s.chat == e.conversation && !s.ended; });
  if (of->state != ChatState::held || slot == from.slots.end()) {
    return complain(*of, "leaves agent " + std::to_string(e.agent) + " who does not hold it");
  }
  const bool transferred = of->today.transferred == now_;
  const bool released = from.status == core::AgentStatus::offline && from.offline_at == now_;
  if (!transferred && !released) complain(*of, "leaves agent " + std::to_string(e.agent) + " without a cause");
  Stay& stay = of->contact->stay;
  stay.stage = transferred ? core::Stage::transfer : core::Stage::requeue;
  stay.since = transferred || !released ? now_ : from.released_since;
  stay.reading = odometers_.reading(of->home);
  if (!transferred && released) stay.reading = from.released_readings.at(of->home - 1);
  Figure& requeue = figure(*of, Measure::requeue);
  requeue.stage = stay.stage;
  requeue.agent = e.agent;
  requeue.since = stay.since;
  requeue.time = std::max(Millis{0}, stay.since - slot->accepted);
  from.slots.erase(slot);
  of->today.left = now_;
  enter_line(*of, transferred && of->today.to_queue ? *of->today.to_queue : stay.line);
  if (transferred) bar(*of, e.agent);
}

// The instant is over and somebody waits whom an agent with a free slot could serve.
void Model::check_nobody_waits_in_vain() {
  if (std::none_of(desks_.begin(), desks_.end(), [](const Desk& d) { return d.free_agent; })) return;
  for (const std::uint64_t number : waiting_) {
    Chat& waits = chats_.at(number);
    const Stay& stay = waits.contact->stay;
    if (waits.offer || desk(stay.line).pulls()) continue;
    const bool help_is_free = stay.joined != never && desk(*stay.help).free_agent;
    if (!desk(stay.line).free_agent && !help_is_free) continue;
    // At the end of the instant a bar or a hold that ends with it has ended.
    const auto bar_of = [&](std::uint32_t agent) -> const Bar* {
      const auto found = waits.barred.find(agent);
      return found == waits.barred.end() || found->second.until <= now_ ? nullptr : &found->second;
    };
    const std::uint32_t last = agent_of_last_time(waits);
    const bool kept = stay.held_until != never && stay.held_until > now_;
    if (kept && last != 0 && !clerk(last).free_slot()) continue;
    bool others = false;
    std::uint32_t could = 0;
    std::uint32_t could_again = 0;
    for (std::uint32_t agent = 1; agent <= clerks_.size(); ++agent) {
      if (!clerk(agent).online() || !eligible(agent, waits)) continue;
      const Bar* barred = bar_of(agent);
      others = others || barred == nullptr;
      if (!clerk(agent).free_slot()) continue;
      if (barred == nullptr) could = agent;
      if (barred != nullptr && barred->soft_at <= now_) could_again = agent;
    }
    if (could == 0 && !others) could = could_again;
    if (could != 0 && !waits.in_vain)
      complain(waits, "waits though agent " + std::to_string(could) + " has a free slot");
    waits.in_vain = could != 0;
  }
}

}  // namespace heti::simulation

#include "tests/simulation/people.hpp"

#include <algorithm>
#include <array>

#include "tests/simulation/world.hpp"

namespace heti::simulation {
namespace {

using core::ConversationState;
using namespace std::chrono_literals;

Action make(Verb verb, std::uint32_t who, std::uint32_t whom = 0, std::int64_t a = 0, std::int64_t b = 0) {
  return {.at = {}, .verb = verb, .who = who, .whom = whom, .a = a, .b = b};
}

// How many of a thousand visitors of a day come in each hour: a rush before noon and one after lunch.
constexpr std::array<std::uint32_t, 24> daily_curve{2,  2,  1,   1,  2,  5,  15, 40, 90, 130, 140, 100,
                                                    50, 80, 110, 90, 60, 35, 20, 10, 7,  5,   3,   2};

}  // namespace

People::People(World& world, std::uint64_t seed)
    : world_(world), setup_(world.setup()), random_(seed ^ 0x70656f706c65ull) {
  for (const auto& queue : setup_.settings.queues) {
    for (const Interval& open : compiled(queue.schedule, setup_.start, setup_.length)) {
      for (const Instant t : {open.open, open.close}) {
        if (t > setup_.start && t < setup_.start + setup_.length) boundaries_.push_back(t - setup_.start);
      }
    }
  }
  plan_arrivals();
  plan_shifts();
  plan_trouble();
}

Millis People::now() const { return world_.machine().now(); }

Millis People::in(std::int64_t ms) {
  const std::int64_t times[] = {ms / 10, ms / 4, ms / 2, ms, ms, ms * 3 / 2, ms * 3};
  const std::int64_t around = times[random_.below(7)];
  return now() + Millis{1 + random_.between(around / 2, around * 3 / 2)};
}

Millis People::edge(Instant deadline, std::int64_t otherwise) {
  if (!random_.chance(setup_.edges) || !world_.machine().up()) return in(otherwise);
  const Millis at = world_.machine().boot_time_of(deadline) + Millis{random_.between(-1, 1)};
  return at > now() ? at : in(otherwise);
}

void People::wish(Millis at, Action action, When when, std::uint64_t chat, std::uint32_t agent) {
  if (at >= setup_.length) return;
  wishes_.push({.at = at, .order = ++orders_, .action = action, .when = when, .chat = chat, .agent = agent});
}

bool People::sensible(const Wish& wish) const {
  if (wish.when == When::always) return true;
  const Mirror::Chat* chat = world_.mirror().chat(wish.chat);
  if (chat == nullptr) return false;
  switch (wish.when) {
    case When::always: return true;
    case When::waiting: return chat->state == ConversationState::queued || chat->state == ConversationState::offered;
    case When::offered: return chat->offered_to == wish.agent;
    case When::held: return chat->state == ConversationState::assigned && chat->holder == wish.agent;
    case When::wrapup: return chat->state == ConversationState::wrapup && chat->holder == wish.agent;
    case When::over: return chat->state == ConversationState::wrapup || chat->state == ConversationState::closed;
    case When::offline: return chat->state == ConversationState::offline_message;
    case When::live: return chat->state != ConversationState::closed && chat->state != ConversationState::final;
  }
  return false;
}

std::optional<Millis> People::next() const {
  if (wishes_.empty()) return trouble_at_;
  return std::min(wishes_.top().at, trouble_at_);
}

std::optional<Action> People::act() {
  while (!wishes_.empty() && wishes_.top().at <= now()) {
    const Wish wish = wishes_.top();
    wishes_.pop();
    // Now and then somebody acts on an old screen.
    if (sensible(wish) || random_.chance(30)) return wish.action;
  }
  if (trouble_at_ <= now()) return trouble();
  return std::nullopt;
}

Millis People::arrival_time() {
  if (setup_.length < 20h) {
    if (!boundaries_.empty() && random_.chance(setup_.edges)) {
      return random_.of(boundaries_) + Millis{random_.between(-1, 1)};
    }
    return Millis{random_.between(1500, setup_.length.count() * 17 / 20)};
  }
  std::uint64_t drawn = random_.below(1000);
  std::int64_t hour = 0;
  while (hour < 23 && drawn >= daily_curve[static_cast<std::size_t>(hour)]) {
    drawn -= daily_curve[static_cast<std::size_t>(hour++)];
  }
  return Millis{hour * 3'600'000 + random_.between(0, 3'599'999)};
}

void People::plan_arrivals() {
  Millis last = arrival_time();
  for (std::uint32_t visitor = 1; visitor <= setup_.visitors; ++visitor) {
    const bool together = random_.chance(setup_.visitors > 1000 ? 20 : 200);
    const Millis at = together ? last : arrival_time();
    last = at;
    const auto queue = static_cast<std::uint32_t>(1 + random_.below(setup_.settings.queues.size()));
    const auto page = static_cast<std::int64_t>(random_.chance(500) ? random_.below(5) : 0);
    const Verb verb = random_.chance(80) ? Verb::visitor_starts_with_bot : Verb::visitor_starts;
    wish(at, make(verb, visitor, queue, 1, page));
  }
}

void People::plan_shift(std::uint32_t agent, Millis from, Millis to) {
  wish(from, make(Verb::agent_connects, agent, 0, 1));
  wish(from + Millis{random_.between(200, 20'000)}, make(Verb::agent_ready, agent));
  wish(to, make(random_.chance(800) ? Verb::agent_finishing : Verb::agent_offline, agent));
  wish(to + 1h, make(Verb::agent_drops, agent, 0, 1));
}

void People::plan_shifts() {
  const auto agents = static_cast<std::uint32_t>(setup_.settings.agents.size());
  for (std::uint32_t agent = 1; agent <= agents; ++agent) {
    if (setup_.length >= 20h) {
      const std::int64_t begin = agent % 10 == 0 ? random_.between(0, 20) : random_.between(6, 12);
      const Millis from{begin * 3'600'000 + random_.between(0, 3'000'000)};
      plan_shift(agent, from, from + Millis{random_.between(6, 9) * 3'600'000});
      const Millis lunch = from + Millis{random_.between(3, 5) * 3'600'000};
      wish(lunch, make(Verb::agent_away, agent));
      wish(lunch + 30min, make(Verb::agent_ready, agent));
    } else if (random_.chance(900)) {
      plan_shift(agent, Millis{random_.between(500, 90'000)}, setup_.length + 1min);
    }
  }
}

void People::see(const core::Event& event) {
  const Mirror& mirror = world_.mirror();
  const auto chat_at = [&](core::ConversationId id) { return mirror.chat(id.value()); };
  if (const auto* e = std::get_if<core::event::ConversationStarted>(&event.body)) {
    const Mirror::Chat& chat = *chat_at(e->conversation);
    words_[chat.number] = static_cast<std::uint32_t>(random_.below(5));
    wish(in(1500), make(Verb::visitor_writes, chat.visitor, 0, 1));
    if (!e->bot_first) return;
    wish(in(1000), make(Verb::bot_writes, chat.visitor));
    wish(in(6000), make(Verb::bot_hands_over, chat.visitor));
  } else if (const auto* posted = std::get_if<core::event::MessagePosted>(&event.body)) {
    if (posted->author == core::Author::visitor) on_visitor_words(*chat_at(posted->conversation), event.at);
    if (posted->author == core::Author::agent) on_agent_words(*chat_at(posted->conversation), posted->agent.value());
  } else if (const auto* queued = std::get_if<core::event::ContactQueued>(&event.body)) {
    on_queued(*chat_at(queued->conversation));
  } else if (const auto* requeued = std::get_if<core::event::ChatRequeued>(&event.body)) {
    on_queued(*chat_at(requeued->conversation));
  } else if (const auto* offered = std::get_if<core::event::ChatOffered>(&event.body)) {
    on_offer(*chat_at(offered->conversation), offered->agent.value(), offered->due);
  } else if (const auto* assigned = std::get_if<core::event::ChatAssigned>(&event.body)) {
    on_held(*chat_at(assigned->conversation), assigned->agent.value());
  } else if (const auto* initiated = std::get_if<core::event::ContactInitiated>(&event.body)) {
    on_held(*chat_at(initiated->conversation), initiated->agent.value());
    wish(in(8000), make(Verb::visitor_returns, chat_at(initiated->conversation)->visitor, 0, 1));
  } else if (const auto* closed = std::get_if<core::event::ChatClosed>(&event.body)) {
    on_closed(*chat_at(closed->conversation), *closed, event.at);
  } else if (const auto* gone = std::get_if<core::event::VisitorDisconnected>(&event.body)) {
    on_gone(*chat_at(gone->conversation), event.at);
  } else if (const auto* status = std::get_if<core::event::AgentStatusChanged>(&event.body)) {
    on_status(status->agent.value(), status->to, event.at);
  }
}

void People::on_queued(const Mirror::Chat& chat) {
  const auto* settings = world_.mirror().queue(chat.queue);
  if (settings == nullptr) return;
  // The visitor's patience, often just as long as a promise.
  if (random_.chance(350)) {
    const Verb verb = random_.chance(400) ? Verb::visitor_closes : Verb::visitor_leaves;
    const Instant deadline =
        chat.waits_since + (random_.chance(500) ? settings->first_response.threshold : settings->short_abandon);
    wish(edge(deadline, 45'000), make(verb, chat.visitor, 0, 1), When::waiting, chat.number);
  }
  // Without pushing, whoever is quickest claims; with it, whoever claims is refused.
  const bool pull = settings->mode == core::RoutingMode::pull;
  if (!pull && !random_.chance(30)) return;
  for (std::uint64_t i = 0, claims = 1 + random_.below(3); i < claims; ++i) {
    wish(in(4000), make(Verb::agent_accepts, any_agent(), chat.visitor), When::waiting, chat.number);
  }
  if (pull) wish(in(20'000), make(Verb::agent_accepts, any_agent(), chat.visitor), When::waiting, chat.number);
}

void People::on_offer(const Mirror::Chat& chat, std::uint32_t agent, Instant due) {
  if (random_.chance(setup_.ignores)) return;
  const Verb verb = random_.chance(setup_.declines) ? Verb::agent_declines : Verb::agent_accepts;
  wish(edge(due, 2500), make(verb, agent, chat.visitor), When::offered, chat.number, agent);
}

void People::on_held(const Mirror::Chat& chat, std::uint32_t agent) {
  const auto* settings = world_.mirror().queue(chat.queue);
  const auto held = [&](Millis at, Verb verb, std::int64_t a = 0) {
    wish(at, make(verb, agent, chat.visitor, a), When::held, chat.number, agent);
  };
  const std::uint64_t drawn = random_.below(1000);
  if (drawn < 30) return held(in(5000), Verb::agent_transfers);
  if (drawn < 70) return held(in(5000), Verb::agent_transfers_to_queue, any_queue());
  if (drawn < 110) return held(in(5000), Verb::agent_transfers_to_agent, any_agent());
  if (drawn < 135) return held(in(4000), Verb::agent_closes);
  if (drawn < 150) return held(in(4000), Verb::agent_closes_spam);
  if (random_.chance(60)) wish(in(3000), make(Verb::agent_notes, agent, chat.visitor));
  if (!random_.chance(setup_.answers) || settings == nullptr) return;
  const Instant deadline = chat.waits_since + settings->first_response.threshold;
  held(edge(deadline, 6000), Verb::agent_answers);
  if (random_.chance(200)) held(in(9000), Verb::agent_answers);
}

void People::on_visitor_words(const Mirror::Chat& chat, Instant at) {
  std::uint32_t& left = words_[chat.number];
  if (left > 0) --left;
  if (left > 0 && random_.chance(400)) wish(in(2500), make(Verb::visitor_writes, chat.visitor, 0, 1));
  if (chat.state == ConversationState::offline_message) {
    const std::uint32_t agent = any_agent();
    const Verb verb = random_.chance(500) ? Verb::agent_answers : Verb::agent_closes;
    wish(in(30'000), make(verb, agent, chat.visitor), When::offline, chat.number);
    return;
  }
  const auto* settings = world_.mirror().queue(chat.queue);
  if (chat.state != ConversationState::assigned || settings == nullptr || !random_.chance(setup_.answers)) return;
  const Instant since = chat.waits_since == Instant{} ? at : chat.waits_since;
  wish(edge(since + settings->reply.threshold, 8000), make(Verb::agent_answers, chat.holder, chat.visitor), When::held,
       chat.number, chat.holder);
}

void People::on_agent_words(const Mirror::Chat& chat, std::uint32_t agent) {
  if (words_[chat.number] > 0 && random_.chance(850)) {
    wish(in(7000), make(Verb::visitor_writes, chat.visitor, 0, random_.chance(100) ? 2 : 1));
    if (random_.chance(120)) wish(in(6000), make(Verb::visitor_leaves, chat.visitor, 0, 1));
    return;
  }
  if (random_.chance(120)) {
    wish(in(6000), make(Verb::visitor_closes, chat.visitor));
  } else if (random_.chance(150)) {
    wish(in(6000), make(Verb::visitor_leaves, chat.visitor, 0, 1));
  } else {
    wish(in(6000), make(Verb::agent_closes, agent, chat.visitor), When::held, chat.number, agent);
  }
}

void People::on_closed(const Mirror::Chat& chat, const core::event::ChatClosed& e, Instant at) {
  if (e.wrapup && random_.chance(500)) {
    wish(edge(e.wrapup_due, 5000), make(Verb::agent_finishes, chat.holder, chat.visitor), When::wrapup, chat.number,
         chat.holder);
  }
  if (random_.chance(350)) {
    wish(in(5000), make(Verb::visitor_rates, chat.visitor, 0, 0, random_.between(1, 5)));
  }
  const auto* settings = world_.mirror().queue(chat.queue);
  if (settings != nullptr && random_.chance(setup_.visitors > 1000 ? 100 : 300)) {
    words_[chat.number] += 2;
    wish(edge(at + settings->reopen_window, 15'000), make(Verb::visitor_writes, chat.visitor, 0, 1));
  } else if (random_.chance(400)) {
    wish(in(10'000), make(Verb::visitor_leaves, chat.visitor, 0, 1));
  } else if (random_.chance(200)) {
    wish(in(90'000), make(Verb::visitor_starts, chat.visitor, any_queue(), 1, 0));
  }
}

void People::on_gone(const Mirror::Chat& chat, Instant at) {
  const auto* settings = world_.mirror().queue(chat.queue);
  if (settings == nullptr || chat.gone_since == never || !random_.chance(650)) return;
  const Millis grace = chat.answered && random_.chance(500) ? settings->idle_close : settings->visitor_grace;
  wish(edge(at + grace, 6000), make(Verb::visitor_returns, chat.visitor, 0, 1), When::live, chat.number);
}

void People::on_status(std::uint32_t agent, core::AgentStatus status, Instant at) {
  if (agent > setup_.settings.agents.size()) return;
  if (status == core::AgentStatus::away && random_.chance(setup_.visitors > 1000 ? 300 : 850)) {
    wish(in(12'000), make(Verb::agent_ready, agent));
  } else if (status == core::AgentStatus::lost && random_.chance(700)) {
    Millis grace{};
    for (const auto& queue : world_.mirror().settings().queues) grace = std::max(grace, queue.agent_grace);
    wish(edge(at + grace, 4000), make(Verb::agent_connects, agent, 0, 1));
  } else if (status == core::AgentStatus::offline && setup_.length < 20h && random_.chance(800)) {
    const Millis back = in(15'000);
    wish(back, make(Verb::agent_connects, agent, 0, 1));
    wish(back + Millis{random_.between(1, 3000)}, make(Verb::agent_ready, agent));
  }
}

void People::service_started() {
  for (const auto& [number, console] : world_.consoles()) {
    const core::AgentStatus status = world_.mirror().agent(number).status;
    if (status == core::AgentStatus::offline && random_.chance(600)) continue;
    if (random_.chance(850)) wish(in(2500), make(Verb::agent_connects, number, 0, 1));
    if (random_.chance(100)) wish(in(3000), make(Verb::agent_connects, number, 0, 2));
  }
  for (const auto& [number, visitor] : world_.visitors()) {
    const Mirror::Chat* chat = world_.mirror().chat_of(number);
    if (chat == nullptr) {
      if (visitor.queue == 0 || (setup_.visitors > 1000 && !random_.chance(20))) continue;
      wish(in(4000), make(Verb::visitor_starts, number, visitor.queue, 1, 0));
      continue;
    }
    if (chat->state == ConversationState::final || !random_.chance(800)) continue;
    if (chat->state == ConversationState::closed && !random_.chance(setup_.visitors > 1000 ? 10 : 200)) continue;
    wish(in(4000), make(Verb::visitor_returns, number, 0, 1));
  }
}

}  // namespace heti::simulation

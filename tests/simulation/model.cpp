// Time: what is due, what rings, what turns; and the rules of the workspace.
#include "tests/simulation/model.hpp"

#include <algorithm>

namespace heti::simulation {
namespace {

constexpr std::size_t complaints_max = 100;

// The number of `name` in `known`; one more than there are when it is new.
template <class Known>
std::size_t place_of(const std::vector<Known>& known, const std::string& name) {
  const auto same = [&](const Known& k) { return k.settings.name == name; };
  return static_cast<std::size_t>(std::find_if(known.begin(), known.end(), same) - known.begin());
}

}  // namespace

void Model::see(const Sighting& sighting) {
  const auto* down = std::get_if<seen::Down>(&sighting.what);
  const Instant at = down != nullptr ? down->from : sighting.at;
  said_at_ = sighting.at;
  if (!started_) {
    started_ = true;
    now_ = at;
    odometers_.start(at);
  }
  if (at < now_) complain(std::string("is too late for a sighting of ").append(std::to_string(to_ms(at))));
  advance(at);
  stirred_ = true;
  std::visit([this](const auto& e) { on(e); }, sighting.what);
}

std::vector<std::string> Model::complaints_at_end(Instant end) {
  advance(end);
  check_touched();
  check_nobody_waits_in_vain();
  return complaints_;
}

QueueFigures Model::queue_figures(std::uint32_t queue) const {
  QueueFigures figures;
  figures.queue = queue;
  if (queue == 0 || queue > odometers_.queues()) return figures;
  for (const auto& [moment, millis] : odometers_.moments(queue)) {
    figures.open += millis;
    if (moment.staffed >= moment.minimum) {
      figures.staffed += millis;
    } else {
      figures.understaffed += millis;
      figures.shortfall += millis * (moment.minimum - moment.staffed);
    }
    if (moment.staffed == 0) figures.unstaffed += millis;
    if (moment.staffed > 0 && !moment.free_slot) figures.saturated += millis;
  }
  return figures;
}

void Model::advance(Instant to) {
  while (now_ < to) {
    end_instant();
    const Instant stop = dues_.empty() ? to : std::min(to, dues_.top().at);
    const Odometers::Stop met = odometers_.step(stop);
    now_ = odometers_.now();
    for (const std::uint32_t queue : met.turned) turn_queue(queue);
    for (const std::uint64_t bell : met.bells) ring(bells_.at(bell));
  }
}

// Everything of this instant has been said: now wall timers are due, and what the instant owed must have happened.
void Model::end_instant() {
  while (!dues_.empty() && dues_.top().at <= now_) {
    const Due due = dues_.top();
    dues_.pop();
    run_due(due);
  }
  if (!stirred_) return;
  check_touched();
  check_nobody_waits_in_vain();
  stirred_ = false;
}

void Model::check_touched() {
  for (const std::uint64_t number : touched_chats_) check_chat(chats_.at(number));
  for (const std::uint32_t agent : touched_clerks_) check_clerk(agent);
  if (!touched_clerks_.empty()) note_staffing();
  touched_chats_.clear();
  touched_clerks_.clear();
}

void Model::run_due(const Due& due) {
  const auto overdue = [&](std::string_view what) { complain(chats_.at(due.id), what); };
  switch (due.kind) {
    case Due::Kind::closing: {
      Desk& closing = desks_.at(due.id - 1);
      if (closing.closing_until != due.at) return;
      closing.closing_until = never;
      if (closing.settings.after_hours == core::AfterHours::queue) return;
      for (const std::uint64_t number : waiting_) {
        const Chat& left = chats_.at(number);
        if (left.contact->stay.line == due.id) complain(left, "still waits when the closing of its queue ends");
      }
      return;
    }
    case Due::Kind::grace: {
      const auto agent = static_cast<std::uint32_t>(due.id);
      const Clerk& lost = clerk(agent);
      if (lost.status != core::AgentStatus::lost || lost.grace_due != due.at) return;
      complain(agent, "is lost and their grace is over, but they are not OFFLINE");
      return;
    }
    case Due::Kind::wrapup: {
      const auto agent = static_cast<std::uint32_t>(due.id);
      for (const Slot& slot : clerk(agent).slots) {
        if (slot.due == due.at) complain(agent, "keeps the slot of C" + std::to_string(slot.chat) + " after wrap-up");
      }
      return;
    }
    case Due::Kind::gone:
      if (chats_.at(due.id).gone_due == due.at) overdue("is not closed though the visitor has been away too long");
      return;
    case Due::Kind::offer: {
      const std::optional<Offer>& offer = chats_.at(due.id).offer;
      if (offer && offer->due == due.at) overdue("is still offered after the time to accept");
      return;
    }
    case Due::Kind::final: {
      Chat& over = chats_.at(due.id);
      if (over.state != ChatState::over || over.final_due != due.at) return;
      over.state = ChatState::final;
      Figure& resolution = figure(over, Measure::resolution);
      resolution.time = Millis{over.closed_reading - over.first_reading.value_or(over.closed_reading)};
      return;
    }
    case Due::Kind::look: stirred_ = true; return;
  }
}

void Model::ring(const Bell& bell) {
  stirred_ = true;
  Chat& rung = chats_.at(bell.chat);
  if (!rung.contact) return;
  switch (bell.kind) {
    case Bell::Kind::first_response: {
      const Promise& first = rung.contact->first;
      if (first.serial != bell.serial || first.judged) return;
      // While the visitor is away within the grace, the verdict is held.
      if (!rung.gone_at) judge(rung, core::Sla::first_response, core::Verdict::bad);
      return;
    }
    case Bell::Kind::reply: {
      const std::optional<Promise>& turn = rung.contact->turn;
      if (turn && turn->serial == bell.serial && !turn->judged) judge(rung, core::Sla::reply, core::Verdict::bad);
      return;
    }
    case Bell::Kind::look:
      touch(rung);
      look_for_help(rung);
      return;
  }
}

void Model::turn_queue(std::uint32_t queue) {
  stirred_ = true;
  Desk& turned = desk(queue);
  turned.closing_until = odometers_.is_open(queue) ? never : now_ + turned.settings.closing;
  if (turned.closing_until != never) expect_by(Due::Kind::closing, turned.closing_until, queue);
}

void Model::expect_by(Due::Kind kind, Instant at, std::uint64_t id) { dues_.push({.kind = kind, .at = at, .id = id}); }

void Model::bell_at(std::uint32_t queue, std::int64_t reading, Bell bell) {
  odometers_.ring_at(queue, reading, bells_.size());
  bells_.push_back(bell);
}

void Model::note_staffing() {
  for (std::uint32_t queue = 1; queue <= desks_.size(); ++queue) {
    Moment moment{.minimum = desk(queue).settings.min_agents, .staffed = 0, .free_slot = false};
    for (const Clerk& member : clerks_) {
      if (!member.online() || !member.queues.contains(queue)) continue;
      ++moment.staffed;
      moment.free_slot = moment.free_slot || member.free_slot();
    }
    desk(queue).free_agent = moment.free_slot;
    odometers_.set_moment(queue, moment);
  }
}

void Model::complain(std::string_view what) {
  if (complaints_.size() >= complaints_max) return;
  std::string& sentence = complaints_.emplace_back("at ");
  sentence.append(std::to_string(to_ms(now_))).append(" ").append(what);
}
void Model::complain(const Chat& about, std::string_view what) {
  std::string sentence{'C'};
  complain(sentence.append(std::to_string(about.number)).append(" ").append(what));
}
void Model::complain(std::uint32_t agent, std::string_view what) {
  std::string sentence{"agent "};
  complain(sentence.append(std::to_string(agent)).append(" ").append(what));
}

Chat* Model::chat(std::uint64_t number) {
  const auto found = chats_.find(number);
  if (found == chats_.end()) {
    complain("nobody has started C" + std::to_string(number));
    return nullptr;
  }
  touch(found->second);
  return &found->second;
}

void Model::on(const seen::Settings& e) {
  for (Desk& known : desks_) known.removed = true;
  for (Clerk& known : clerks_) known.removed = true;
  for (const core::QueueSettings& settings : e.settings.queues) {
    const std::size_t place = place_of(desks_, settings.name);
    if (place == desks_.size()) {
      desks_.emplace_back();
      odometers_.add_queue();
    }
    desks_[place].settings = settings;
    desks_[place].removed = false;
  }
  for (Desk& known : desks_) {
    if (known.removed) known.closing_until = never;
    const std::size_t help = place_of(desks_, known.settings.overflow);
    known.help.reset();
    if (help < desks_.size()) known.help = static_cast<std::uint32_t>(help + 1);
  }
  for (const core::AgentSettings& settings : e.settings.agents) {
    const std::size_t place = place_of(clerks_, settings.name);
    if (place == clerks_.size()) clerks_.emplace_back();
    Clerk& known = clerks_[place];
    known.settings = settings;
    known.removed = false;
    known.skills = {settings.skills.begin(), settings.skills.end()};
    known.queues.clear();
    for (const std::string& name : settings.queues) {
      const std::size_t queue = place_of(desks_, name);
      if (queue < desks_.size() && !desks_[queue].removed) known.queues.insert(static_cast<std::uint32_t>(queue + 1));
    }
  }
  for (std::uint32_t agent = 1; agent <= clerks_.size(); ++agent) touch(agent);
  touched_chats_.insert(waiting_.begin(), waiting_.end());
  for (const std::uint64_t number : waiting_) watch_stay(chats_.at(number));
}

void Model::on(const seen::Hours& e) {
  if (odometers_.set_hours(e.queue, e.schedule)) turn_queue(e.queue);
  for (const std::uint64_t number : waiting_) {
    Chat& waits = chats_.at(number);
    if (waits.home == e.queue) watch_stay(waits);
  }
}

void Model::on(const seen::ClosingEnded& e) {
  Desk& closing = desk(e.queue);
  if (closing.closing_until == never) return complain("ends the closing of a queue that is not closing");
  closing.closing_until = now_;
  expect_by(Due::Kind::closing, now_, e.queue);
  for (const std::uint64_t number : waiting_) {
    Chat& waits = chats_.at(number);
    if (waits.contact->stay.line != e.queue) continue;
    waits.today.sent_home = now_;
    touch(waits);
  }
}

// All connections ended at this instant, the last at which we were alive. Our absence is no time of grace for anybody;
// promises run through it.
void Model::on(const seen::Down&) {
  const Millis outage = said_at_ - now_;
  const auto move = [&](Instant& due, Due::Kind kind, std::uint64_t id) {
    if (due == never) return;
    due += outage;
    expect_by(kind, due, id);
  };
  for (std::uint32_t agent = 1; agent <= clerks_.size(); ++agent) {
    Clerk& known = clerk(agent);
    for (Slot& slot : known.slots) move(slot.due, Due::Kind::wrapup, agent);
    known.connections.clear();
    move(known.grace_due, Due::Kind::grace, agent);
    if (known.status != core::AgentStatus::offline && known.status != core::AgentStatus::lost) lose(agent, said_at_);
    known.shown = known.status;  // Nobody was there to look.
  }
  for (auto& [number, known] : chats_) {
    move(known.gone_due, Due::Kind::gone, number);
    if (known.offer) {
      known.offer->void_by_outage = true;
      touch(known);
    }
    if (known.contact) move(known.contact->stay.held_until, Due::Kind::look, number);
    for (auto& [agent, bar] : known.barred) {
      bar.soft_at += outage;
      move(bar.until, Due::Kind::look, number);
      expect_by(Due::Kind::look, bar.soft_at, number);
    }
    if (known.connections.empty()) continue;
    known.connections.clear();
    visitor_left(known, said_at_);
  }
}

}  // namespace heti::simulation

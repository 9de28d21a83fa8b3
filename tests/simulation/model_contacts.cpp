// Conversations: when a contact begins and ends, and what becomes of the promises to the visitor.
#include <utility>

#include "tests/simulation/model.hpp"

namespace heti::simulation {

using core::ClosedBy;
using core::CloseReason;
using core::EndReason;
using core::Outcome;
using core::Sla;
using core::Verdict;

Figure& Model::figure(const Chat& of, Measure measure) {
  Figure found;
  found.conversation = of.number;
  found.measure = measure;
  found.at = now_;
  figures_.push_back(found);
  return figures_.back();
}

bool Model::takes_contacts(std::uint32_t queue) {
  if (desk(queue).removed) return false;
  return odometers_.is_open(queue) || desk(queue).settings.after_hours == core::AfterHours::queue;
}

Millis Model::elapsed(const Chat& of, std::int64_t since) const { return Millis{odometers_.reading(of.home) - since}; }

void Model::on(const seen::Started& e) {
  if (chats_.contains(e.conversation)) return;  // The visitor's present conversation, once more.
  Chat& fresh = chats_[e.conversation];
  fresh.number = e.conversation;
  fresh.rank = chats_.size();
  fresh.home = e.queue;
  fresh.bot_first = e.bot_first;
  fresh.credit = e.credit;
  fresh.skills = {e.skills.begin(), e.skills.end()};
  fresh.last_contact = now_;
  touch(fresh);
  if (takes_contacts(e.queue)) return;
  if (desk(e.queue).settings.after_hours == core::AfterHours::refuse)
    complain(fresh, "starts though the queue refuses");
  go_offline(fresh);
}

void Model::on(const seen::HandedOver& e) {
  Chat* known = chat(e.conversation);
  if (known == nullptr) return;
  if (known->state != ChatState::fresh) return complain(*known, "is handed over a second time");
  demand(*known, core::Stage::first);
}

void Model::on(const seen::VisitorPosted& e) {
  Chat* known = chat(e.conversation);
  if (known == nullptr) return;
  number_of_post(*known, e.seq);
  if (known->state == ChatState::final) return complain(*known, "is final and takes a message");
  if (known->state == ChatState::over) return demand(*known, core::Stage::reopen);
  if (known->state == ChatState::fresh && !known->bot_first) return demand(*known, core::Stage::first);
  if (!known->contact || !known->contact->answered || known->contact->turn) return;
  known->contact->turn = promise(*known, desk(known->home).settings.reply.threshold, Bell::Kind::reply);
}

void Model::number_of_post(Chat& of, std::uint64_t seq) {
  if (seq <= of.last_seq) {
    complain(of, "numbers a message " + std::to_string(seq) + " after " + std::to_string(of.last_seq));
  }
  of.last_seq = seq;
}

// The visitor wants a human.
void Model::demand(Chat& of, core::Stage stage) {
  if (takes_contacts(of.home)) return begin_contact(of, stage);
  if (desk(of.home).settings.after_hours == core::AfterHours::refuse) complain(of, "writes though the queue refuses");
  go_offline(of);
}

void Model::go_offline(Chat& of) {
  of.state = ChatState::offline;
  of.gone_due = of.final_due = never;
  of.today.offline = now_;
}

void Model::begin_contact(Chat& of, core::Stage stage) {
  if (stage == core::Stage::reopen) of.today.reopened = now_;
  of.contact = Contact{};
  of.contact->key = now_ - of.credit;
  of.contact->first = promise(of, desk(of.home).settings.first_response.threshold, Bell::Kind::first_response);
  of.contact->stay.stage = stage;
  of.contact->stay.since = now_;
  of.contact->stay.reading = odometers_.reading(of.home);
  of.final_due = never;
  of.barred.clear();
  if (!of.first_reading) of.first_reading = odometers_.reading(of.home);
  Figure& begun = figure(of, Measure::begun);
  begun.stage = stage;
  begun.since = of.contact->key;
  enter_line(of, of.home);
  if (of.gone_at) visitor_left(of, now_);  // Nobody can leave before there is something to leave.
}

void Model::on(const seen::Initiated& e) {
  const auto [found, is_new] = chats_.try_emplace(e.conversation);
  Chat& of = found->second;
  if (is_new) {
    of.number = e.conversation;
    of.rank = chats_.size();
    of.home = e.queue;
  }
  touch(of);
  if (of.state == ChatState::waiting || of.state == ChatState::held || of.state == ChatState::final) {
    return complain(of, "is begun by agent " + std::to_string(e.agent) + " in the middle");
  }
  of.contact = Contact{};
  of.contact->outbound = of.contact->answered = true;
  of.contact->key = now_;
  of.contact->first.started = now_;
  of.contact->first.reading = odometers_.reading(of.home);
  of.contact->first.judged = true;
  of.contact->stay.stage = core::Stage::outbound;
  of.contact->stay.line = of.home;
  of.final_due = never;
  Figure& begun = figure(of, Measure::begun);
  begun.stage = core::Stage::outbound;
  begun.since = now_;
  const std::set<std::string> skills = std::exchange(of.skills, {});  // Who begins a chat may lack them.
  check_may_take(of, e.agent);
  of.skills = skills;
  hold(of, e.agent);
  if (of.gone_at) visitor_left(of, now_);
}

Promise Model::promise(const Chat& of, Millis threshold, Bell::Kind kind) {
  Promise given;
  given.serial = ++serial_;
  given.started = now_;
  given.reading = odometers_.reading(of.home);
  given.threshold = threshold;
  bell_at(of.home, given.reading + threshold.count() + 1, {.kind = kind, .chat = of.number, .serial = given.serial});
  return given;
}

void Model::judge(Chat& of, Sla sla, Verdict verdict) {
  Promise& judged = sla == Sla::first_response ? of.contact->first : *of.contact->turn;
  judged.judged = true;
  Figure& given = figure(of, Measure::verdict);
  given.sla = sla;
  given.verdict = verdict;
  given.since = judged.started;
  given.time = elapsed(of, judged.reading);
}

// A verdict that was held while the visitor was away.
void Model::judge_on_return(Chat& of) {
  if (!of.contact || of.contact->first.judged) return;
  const Promise& first = of.contact->first;
  if (elapsed(of, first.reading) > first.threshold) judge(of, Sla::first_response, Verdict::bad);
}

void Model::on(const seen::AgentPosted& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  number_of_post(*of, e.seq);
  if (of->state == ChatState::offline) return;
  if (of->state != ChatState::held) return complain(*of, "is answered by an agent though nobody holds it");
  Contact& contact = *of->contact;
  const auto answer = [&](Promise& promise, Sla sla, Measure measure) {
    const Millis time = elapsed(*of, promise.reading);
    if (!promise.judged) judge(*of, sla, time <= promise.threshold ? Verdict::good : Verdict::bad);
    figure(*of, measure).time = time;
  };
  if (!contact.answered) {
    answer(contact.first, Sla::first_response, Measure::first_response);
    contact.answered = true;
    if (!of->gone_at) return;
    of->gone_due = now_ + desk(of->home).settings.idle_close;
    expect_by(Due::Kind::gone, of->gone_due, of->number);
  } else if (contact.turn) {
    answer(*contact.turn, Sla::reply, Measure::reply);
    contact.turn.reset();
  }
}

void Model::on(const seen::MachinePosted& e) {
  if (Chat* of = chat(e.conversation)) number_of_post(*of, e.seq);
}

void Model::on(const seen::VisitorClosed& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr || of->state == ChatState::over || of->state == ChatState::final) return;
  of->today.visitor_closed = now_;
}

void Model::on(const seen::AgentClosed& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr || of->state == ChatState::over || of->state == ChatState::final) return;
  of->today.agent_closed = now_;
  of->today.spam = e.spam;
}

void Model::on(const seen::Reopened& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  of->today.reopened_shown = now_;
  if (of->today.reopened != now_) complain(*of, "is shown reopened though the visitor has not written");
}

void Model::on(const seen::OfflineMessage& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  of->today.offline_shown = now_;
  if (of->today.offline != now_) complain(*of, "is shown as a message left after hours, but it is none");
}

void Model::on(const seen::Closed& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  if (of->state == ChatState::over || of->state == ChatState::final) return complain(*of, "is closed a second time");
  check_cause(*of, e);
  if (of->offer) {
    complain(*of, "is closed while offered to agent " + std::to_string(of->offer->agent));
    clerk(of->offer->agent).offers.erase(of->number);
    of->offer.reset();
  }
  if (of->contact) end_contact(*of, e);
  end_chat(*of);
}

void Model::check_cause(Chat& of, const seen::Closed& e) {
  switch (e.by) {
    case ClosedBy::visitor:
      if (e.reason == CloseReason::abandoned ? of.gone_due == now_ : of.today.visitor_closed == now_) return;
      return complain(of, e.reason == CloseReason::abandoned
                              ? "is abandoned though no grace ends now, but at " + std::to_string(to_ms(of.gone_due))
                              : std::string("is closed for a visitor who did not ask"));
    case ClosedBy::agent:
      if (of.today.agent_closed != now_) return complain(of, "is closed for an agent who did not ask");
      if (of.today.spam != (e.reason == CloseReason::spam)) complain(of, "is or is not spam against the agent's word");
      return;
    case ClosedBy::system: break;
  }
  if (of.state != ChatState::waiting) return complain(of, "is closed by the system though it does not wait");
  if (e.reason == CloseReason::timeout) {
    const Contact& contact = *of.contact;
    const bool over = contact.max_wait > Millis{0} && elapsed(of, contact.first.reading) > contact.max_wait;
    if (contact.answered || !over)
      complain(of,
               "is given up after " + std::to_string(elapsed(of, contact.first.reading).count()) + " ms of waiting");
    return;
  }
  const std::uint32_t line = of.contact->stay.line;
  const Instant until = desk(line).closing_until;
  const bool ends_now = until == now_ && desk(line).settings.after_hours != core::AfterHours::queue;
  const bool too_late = of.today.left == now_ && !takes_contacts(line) && (until == never || until == now_);
  const bool sent_home = of.today.sent_home == now_;
  if (!ends_now && !too_late && !sent_home && !desk(line).removed)
    complain(of, "is closed though no closing time ends now");
}

void Model::end_contact(Chat& of, const seen::Closed& e) {
  Contact& contact = *of.contact;
  const bool spam = e.reason == CloseReason::spam;
  const bool left = e.reason == CloseReason::abandoned;
  Outcome outcome = spam ? Outcome::spam : contact.outbound ? Outcome::outbound : Outcome::answered;
  EndReason reason = EndReason::none;
  // Those who left without a word left when they disconnected.
  const Millis waited = left ? Millis{of.gone_reading - contact.first.reading} : elapsed(of, contact.first.reading);
  if (contact.answered) {
    if (contact.turn && !contact.turn->judged)
      judge(of, Sla::reply, Verdict::excluded);
    else if (contact.turn && !spam)
      reason = EndReason::unanswered_turn;
  } else {
    Verdict verdict = Verdict::excluded;
    if (!spam) {
      outcome = e.by == ClosedBy::visitor ? Outcome::abandoned : Outcome::missed;
      if (e.by == ClosedBy::agent) reason = EndReason::agent_closed;
      if (e.by == ClosedBy::system) {
        reason = e.reason == CloseReason::timeout ? EndReason::timeout : EndReason::queue_closed;
      }
      if (e.by == ClosedBy::visitor) {
        reason =
            waited < desk(of.home).settings.short_abandon ? EndReason::abandoned_short : EndReason::abandoned_within;
        if (waited > contact.first.threshold) reason = EndReason::abandoned_after;
      }
      const bool in_time = reason == EndReason::abandoned_short || reason == EndReason::abandoned_within;
      verdict = in_time ? Verdict::excluded : Verdict::bad;
    }
    if (!contact.first.judged) judge(of, Sla::first_response, verdict);
  }
  Figure& ended = figure(of, Measure::ended);
  ended.outcome = outcome;
  ended.reason = reason;
  ended.time = waited;
}

void Model::end_chat(Chat& of) {
  if (of.state == ChatState::held) {
    touch(of.holder);
    for (Slot& slot : clerk(of.holder).slots) {
      if (slot.chat != of.number || slot.ended) continue;
      slot.ended = now_;
      slot.due = now_ + desk(of.home).settings.wrapup;
      expect_by(Due::Kind::wrapup, slot.due, of.holder);
    }
  }
  waiting_.erase(of.number);
  of.state = ChatState::over;
  of.holder = 0;
  of.contact.reset();
  of.barred.clear();
  of.gone_due = never;
  of.last_contact = of.today.closed = now_;
  of.closed_reading = odometers_.reading(of.home);
  of.final_due = now_ + desk(of.home).settings.reopen_window;
  expect_by(Due::Kind::final, of.final_due, of.number);
}

void Model::on(const seen::Final& e) {
  Chat* of = chat(e.conversation);
  if (of == nullptr) return;
  const bool due = of->state == ChatState::over && of->final_due == now_;
  if (!due && of->state != ChatState::final) complain(*of, "is final though its reopen window does not end now");
}

// What was done at this instant must have shown its effect.
void Model::check_chat(Chat& of) {
  const Today& today = of.today;
  const bool closed = today.closed == now_;
  if (today.visitor_closed == now_ && !closed) complain(of, "was closed by the visitor and lives on");
  if (today.agent_closed == now_ && !closed) complain(of, "was closed by the agent and lives on");
  if (today.sent_home == now_ && !closed) complain(of, "waits on though the closing of its line was ended");
  if (today.reopened == now_ && today.reopened_shown != now_) complain(of, "was reopened and nobody was told");
  if (today.offline == now_ && today.offline_shown != now_)
    complain(of, "is a message after hours and nobody was told");
  if (today.transferred == now_ && today.left != now_) complain(of, "was transferred and stays");
  if (today.accepted == now_ && of.state != ChatState::held && !closed)
    complain(of, "was accepted and nobody holds it");
  if (today.rescinded == now_ && !closed && clerk(today.rescinded_from).online()) {
    complain(of, "is taken back from agent " + std::to_string(today.rescinded_from) + " without a cause");
  }
  if (of.offer && of.offer->void_by_outage) complain(of, "is still offered though we were down");
  if (of.state != ChatState::waiting) return;
  const Contact& contact = *of.contact;
  const Desk& line = desk(contact.stay.line);
  if (line.removed) complain(of, "waits in a line that is gone");
  if (today.left == now_ && !takes_contacts(contact.stay.line) && line.closing_until == never) {
    complain(of, "waits again though the queue has closed for the day");
  }
  if (today.transferred == now_ && today.to_agent && today.handed != now_)
    complain(of, "was transferred to an agent and waits");
  const Millis waited = elapsed(of, contact.first.reading);
  if (!contact.answered && contact.max_wait > Millis{0} && waited > contact.max_wait) {
    complain(of, "still waits after " + std::to_string(waited.count()) + " ms");
  }
}

}  // namespace heti::simulation

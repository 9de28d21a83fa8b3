#include "service/explain_clocks.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <set>

#include "service/core/evolve.hpp"
#include "service/explain_words.hpp"

namespace heti::explaining {
namespace {

namespace event = core::event;
using archive::Fact;
using core::ConversationState;

// Folds the facts one by one. The order of the events of one decision is the core's: a verdict stands before what
// brought it about is concluded (message, verdict, first response; verdict, end of contact, close).
class Teller {
 public:
  Teller(const Story& story, Instant now, bool with_text) : story_(story), now_(now), with_text_(with_text) {
    life_.conversation = story.public_id;
    life_.archived = story.archived;
    life_.tail = story.tail;
  }

  Life tell() {
    for (const Fact& fact : story_.facts) {
      at_ = fact.event.at;
      now_ = std::max(now_, at_);
      has_line_ = matters(fact);
      if (has_line_) add_line(fact);
      std::visit([this](const auto& e) { fold(e); }, fact.event.body);
      if (fact.conversation == story_.conversation) before_ = {fact.event.body, life_.lines.size() - 1};
    }
    finish();
    return std::move(life_);
  }

 private:
  // The conversation's own event before the present one.
  struct Before {
    core::EventBody body;
    LineNumber line = 0;
  };

  // What the core calls a contact, while it lives.
  struct Live {
    bool answered = false;
    std::optional<std::size_t> first_response;  // places in clocks
    std::optional<std::size_t> turn;
    std::optional<std::size_t> wait;
    Instant t_enq;
  };

  ContactLife& contact() { return life_.contacts.back(); }
  Clock& clock(std::size_t place) { return contact().clocks[place]; }
  const core::BusinessTime& hours() { return hours_[words_.home]; }
  const core::QueueSettings& settings() { return rules_.queues.at(words_.home).settings; }
  LineNumber line() const { return life_.lines.size() - 1; }
  bool at_once(LineNumber other) const {
    return life_.lines[other].position == life_.lines.back().position && life_.lines[other].at == at_;
  }

  // ---- Lines.

  bool matters(const Fact& fact) const {
    if (fact.conversation == story_.conversation) return true;
    if (!begun_) return false;
    const bool alive = live_ || life_.state == ConversationState::fresh;
    const auto of_queue = [&](core::QueueId id) { return alive && (id == words_.home || id == line_of_); };
    if (const auto* e = std::get_if<event::QueueOpened>(&fact.event.body)) return of_queue(e->queue);
    if (const auto* e = std::get_if<event::QueueClosed>(&fact.event.body)) return of_queue(e->queue);
    if (const auto* e = std::get_if<event::QueueClosingEnded>(&fact.event.body)) return of_queue(e->queue);
    if (const auto* e = std::get_if<event::CalendarSet>(&fact.event.body)) return alive && e->queue == words_.home;
    if (const auto* e = std::get_if<event::AgentStatusChanged>(&fact.event.body)) return e->agent == holder_;
    if (std::holds_alternative<event::SettingsApplied>(fact.event.body)) return alive;
    return std::holds_alternative<event::ServiceResumed>(fact.event.body) && (alive || holder_);
  }

  void add_line(const Fact& fact) {
    if (const auto* e = std::get_if<event::ConversationStarted>(&fact.event.body)) begin(*e);
    life_.lines.push_back({.position = fact.position,
                           .index = fact.index,
                           .at = at_,
                           .name = core::name_of(fact.event.body),
                           .says = says(words_, fact.event),
                           .local = local_time(at_, words_.zone),
                           .text = with_text_ ? text_of(story_, fact) : std::nullopt});
  }

  void begin(const event::ConversationStarted& e) {
    begun_ = true;
    life_.visitor = e.visitor;
    words_.home = line_of_ = e.queue;
    know_zone();
  }
  void know_zone() {
    const auto home = rules_.queues.find(words_.home);
    if (home != rules_.queues.end()) words_.zone = zone_named(home->second.settings.schedule.timezone);
  }

  // ---- What matters to several.

  void fold(const event::SettingsApplied& e) {
    core::evolve(rules_, {.at = at_, .body = e});  // Who has which id is the core's own function.
    know_zone();
  }
  void fold(const event::CalendarSet& e) { hours_[e.queue].replace_from(std::max(e.effective_from, at_), e.open); }
  void fold(const event::QueueOpened& e) { note_change(e.queue, opened_); }
  void fold(const event::QueueClosed& e) { note_change(e.queue, closed_); }
  void note_change(core::QueueId queue, std::map<Instant, LineNumber>& changes) {
    if (has_line_ && queue == words_.home) changes[at_] = line();
  }
  void fold(const event::ServiceResumed&) {
    if (!begun_ || connections_.empty()) return;
    connections_.clear();
    visitor_left();
  }
  void fold(const event::QueueClosingEnded&) {}
  void fold(const event::AgentConnected&) {}
  void fold(const event::AgentDisconnected&) {}
  void fold(const event::AgentStatusChanged&) {}

  // ---- The visitor.

  void fold(const event::ConversationStarted&) { life_.state = ConversationState::fresh; }
  void fold(const event::OfflineMessageOpened&) {
    life_.state = ConversationState::offline_message;
    holder_.reset();
  }
  void fold(const event::VisitorConnected& e) {
    connections_.insert(e.connection);
    end_hold(line());
    gone_since_.reset();
  }
  void fold(const event::VisitorDisconnected& e) {
    connections_.erase(e.connection);
    if (connections_.empty()) visitor_left();
  }
  void visitor_left() {
    end_hold(std::nullopt);
    gone_since_ = at_;
    begin_hold();
  }
  // The verdict on the first response waits for the visitor's return, or the end of the grace.
  void begin_hold() {
    if (!live_ || !live_->first_response) return;
    Clock& first = clock(*live_->first_response);
    if (first.stopped || first.judgement) return;
    first.pauses.push_back({.why = Pause::Why::held, .from = at_, .to = {}, .began = line(), .ended = {}});
  }
  void end_hold(std::optional<LineNumber> ended) {
    if (!live_ || !live_->first_response) return;
    for (Pause& pause : clock(*live_->first_response).pauses) {
      if (pause.why != Pause::Why::held || pause.to) continue;
      pause.to = at_;
      pause.ended = ended;
    }
  }

  // ---- Contacts and their lines.

  void start_contact(core::ContactId id, core::Stage stage) {
    life_.contacts.push_back({.id = id,
                              .stage = stage,
                              .begun_by = line(),
                              .clocks = {},
                              .ended_by = {},
                              .outcome = {},
                              .reason = {},
                              .waited = {},
                              .told = {}});
    live_ = Live{.answered = false, .first_response = {}, .turn = {}, .wait = {}, .t_enq = at_};
  }
  std::size_t start(ClockKind kind, Instant since, std::optional<Millis> target) {
    Clock clock;
    clock.kind = kind;
    clock.started = since;
    clock.started_by = line();
    clock.target = target;
    contact().clocks.push_back(std::move(clock));
    return contact().clocks.size() - 1;
  }
  void start_wait(core::Stage stage, Instant since) {
    live_->wait = start(ClockKind::wait, since, std::nullopt);
    clock(*live_->wait).stage = stage;
    clock(*live_->wait).line = words_.queue(line_of_);
    life_.state = ConversationState::queued;
    holder_.reset();
  }
  void stop(std::optional<std::size_t>& place, Instant at, LineNumber by, std::string how, std::optional<Millis> told) {
    if (!place) return;
    Clock& stopped = clock(*place);
    stopped.stopped = at;
    stopped.stopped_by = by;
    stopped.stopped_how = std::move(how);
    stopped.told = told;
    place.reset();
  }

  void fold(const event::ContactQueued& e) {
    line_of_ = words_.home;
    start_contact(e.contact, e.stage);
    live_->first_response = start(ClockKind::first_response, at_, settings().first_response.threshold);
    start_wait(e.stage, at_);
    if (gone_since_) visitor_left();
  }
  void fold(const event::ContactInitiated& e) {
    line_of_ = words_.home;
    start_contact(e.contact, core::Stage::outbound);
    live_->answered = true;
    life_.state = ConversationState::assigned;
    holder_ = e.agent;
    engagement_ = e.engagement;
  }
  void fold(const event::RoutingWidened&) {}
  void fold(const event::ChatOffered& e) {
    life_.state = ConversationState::offered;
    holder_ = e.agent;
    clock(*live_->wait)
        .offers.push_back({.line = line(), .agent = words_.agent(e.agent), .rule = e.rule, .ended = {}, .result = {}});
  }
  void fold(const event::OfferEnded& e) {
    life_.state = ConversationState::queued;
    holder_.reset();
    OfferMade& offer = clock(*live_->wait).offers.back();
    offer.ended = line();
    offer.result = e.result;
  }
  void fold(const event::BarEnded&) {}
  void fold(const event::ChatAssigned& e) {
    stop(live_->wait, at_, line(), fmt::format("{} has it: {}", words_.agent(e.agent), rule_in_words(e.rule)), e.wait);
    life_.state = ConversationState::assigned;
    holder_ = e.agent;
    engagement_ = e.engagement;
  }
  void fold(const event::ChatRequeued& e) {
    line_of_ = e.queue.value_or(line_of_);
    start_wait(e.stage, e.since);
  }

  // ---- What is said, and the promises.

  void fold(const event::MessagePosted& e) {
    if (e.author == core::Author::agent) writer_ = words_.agent(e.agent);
    if (e.author != core::Author::visitor || !live_ || !live_->answered || live_->turn) return;
    live_->turn = start(ClockKind::reply, at_, settings().reply.threshold);
  }
  void fold(const event::FirstResponseGiven& e) {
    end_hold(std::nullopt);
    stop(live_->first_response, at_, line(), who_wrote(), e.time);
    live_->answered = true;
  }
  void fold(const event::ReplyGiven& e) { stop(live_->turn, at_, line(), who_wrote(), e.time); }

  std::string who_wrote() const { return writer_ + " wrote"; }

  void fold(const event::VerdictGiven& e) {
    const auto& place = e.sla == core::Sla::first_response ? live_->first_response : live_->turn;
    if (!place) return;
    end_hold(std::nullopt);
    Clock& judged = clock(*place);
    judged.judgement = Judgement{.verdict = e.verdict,
                                 .line = line(),
                                 .elapsed = hours().elapsed(judged.started, at_),
                                 .told = e.elapsed,
                                 .why = {}};
    judged.judgement->why = why_now(e.verdict);
  }
  // What just happened brought the verdict about; if nothing did, it was time.
  std::string why_now(core::Verdict verdict) const {
    if (before_ && at_once(before_->line)) {
      const auto* posted = std::get_if<event::MessagePosted>(&before_->body);
      if (posted != nullptr && posted->author == core::Author::agent) {
        return fmt::format("{} answered with message {}", words_.agent(posted->agent), posted->seq);
      }
      if (std::holds_alternative<event::VisitorConnected>(before_->body)) {
        return "held while the visitor was away; they came back, and it was late by then";
      }
    }
    return verdict == core::Verdict::bad ? "nobody had answered when it was due" : "";
  }

  void fold(const event::ContactEnded& e) {
    contact().ended_by = line();
    contact().outcome = e.outcome;
    contact().reason = e.reason;
    contact().told = e.waited;
    if (!before_ || !at_once(before_->line) || !std::holds_alternative<event::VerdictGiven>(before_->body)) return;
    const auto& given = std::get<event::VerdictGiven>(before_->body);
    const auto& place = given.sla == core::Sla::first_response ? live_->first_response : live_->turn;
    if (!place || !clock(*place).judgement) return;
    Clock& judged = clock(*place);
    // Broken in the very millisecond in which it was due: that is why, whatever else happened then.
    if (given.verdict == core::Verdict::bad && given.elapsed == *judged.target + Millis{1}) return;
    judged.judgement->why = "the contact ended: " + outcome_in_words(e.outcome, e.reason);
  }

  // Follows the end of a contact at once, and tells whether it counts from the leaving.
  void fold(const event::ChatClosed& e) {
    life_.state = e.wrapup ? ConversationState::wrapup : ConversationState::closed;
    if (!e.wrapup) holder_.reset();
    if (!live_) return;
    const bool left = e.reason == core::CloseReason::abandoned && gone_since_;
    const Instant left_at = left ? *gone_since_ : at_;
    contact().waited = hours().elapsed(live_->t_enq, left_at);
    end_hold(std::nullopt);
    const std::string how = left ? "the visitor left, and was not back in time" : "the contact ended";
    const LineNumber by = contact().ended_by.value_or(line());
    stop(live_->first_response, left_at, by, how, contact().told);
    stop(live_->turn, at_, by, "the contact ended", std::nullopt);
    stop(live_->wait, left_at, by, how, std::nullopt);
    live_.reset();
  }
  void fold(const event::WrapUpEnded& e) {
    if (life_.state != ConversationState::wrapup || e.engagement != engagement_) return;
    life_.state = ConversationState::closed;
    holder_.reset();
  }
  void fold(const event::ConversationFinal&) { life_.state = ConversationState::final; }
  void fold(const event::RatingGiven&) {}
  void fold(const event::VisitorFactsChanged&) {}
  void fold(const event::CommandDecided&) {}
  void fold(const event::FeatureLevelRaised&) {}

  // ---- The end: what needs all the calendars, and how it stands now.

  void finish() {
    if (rules_.queues.contains(words_.home)) {
      life_.queue = words_.queue(words_.home);
      life_.zone = words_.zone == nullptr ? "UTC" : settings().schedule.timezone;
      life_.first_response = settings().first_response.threshold;
      life_.reply = settings().reply.threshold;
    }
    life_.as_of = now_;
    life_.local_as_of = local_time(now_, words_.zone);
    for (ContactLife& each : life_.contacts) {
      for (Clock& clock : each.clocks) {
        const Instant end = clock.stopped.value_or(now_);
        clock.elapsed = hours().elapsed(clock.started, end);
        if (clock.target) clock.breaks_at = hours().deadline(clock.started, *clock.target + Millis{1});
        add_closed(clock, end);
      }
    }
    life_.stands = words_.stands(life_.state, line_of_, holder_);
  }

  void add_closed(Clock& clock, Instant end) {
    const auto line_at = [](const std::map<Instant, LineNumber>& changes, Instant at) {
      const auto found = changes.find(at);
      return found == changes.end() ? std::nullopt : std::optional(found->second);
    };
    Instant shut = clock.started;
    const auto add = [&](Instant from, Instant to) {
      clock.pauses.push_back({.why = Pause::Why::closed,
                              .from = from,
                              .to = to == never ? std::nullopt : std::optional(to),
                              .began = line_at(closed_, from),
                              .ended = line_at(opened_, to)});
    };
    for (const Interval& open : hours().intervals()) {
      if (open.close <= shut) continue;
      if (open.open >= end) break;
      if (open.open > shut) add(shut, open.open);
      shut = open.close;
    }
    if (shut < end) add(shut, clock.stopped ? end : hours().is_open(end) ? end : hours().next_change(end));
    std::ranges::stable_sort(clock.pauses, {}, &Pause::from);
  }

  const Story& story_;
  Instant now_;
  const bool with_text_;
  Life life_;
  Instant at_;
  core::State rules_;  // Only settings are folded in.
  Words words_{.rules = rules_};
  std::map<core::QueueId, core::BusinessTime> hours_;  // whole: nothing is forgotten
  std::map<Instant, LineNumber> opened_;               // the home queue, while it mattered
  std::map<Instant, LineNumber> closed_;
  bool begun_ = false;
  core::QueueId line_of_{};
  std::optional<Live> live_;
  std::optional<core::AgentId> holder_;  // has it, also in wrap-up, or is offered it
  core::EngagementId engagement_;
  std::set<core::ConnectionId> connections_;
  std::optional<Instant> gone_since_;
  std::optional<Before> before_;
  bool has_line_ = false;  // the present fact
  std::string writer_;     // the agent of the last message; a first response or a reply follows it at once
};

}  // namespace

Life life_of(const Story& story, Instant now, bool with_text) { return Teller(story, now, with_text).tell(); }

}  // namespace heti::explaining

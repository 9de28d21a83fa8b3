#include "service/explain_words.hpp"

#include <date/tz.h>
#include <spdlog/fmt/fmt.h>

#include "service/archive/facts.hpp"
#include "service/calendar/zone.hpp"

namespace heti::explaining {
namespace {

namespace event = core::event;
using std::chrono::floor;
using std::chrono::seconds;

seconds offset_at(const date::time_zone* zone, Instant at) {
  return zone == nullptr ? seconds{0} : zone->get_info(at).offset;
}

std::string time_of_day(Instant at, const date::time_zone* zone) {
  if (at == never) return "never";
  const Instant there = at + offset_at(zone, at);
  const std::chrono::hh_mm_ss time{there - floor<std::chrono::days>(there)};
  return fmt::format("{:02}:{:02}:{:02}.{:03}", time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string_view in_words(core::StatusReason reason) {
  switch (reason) {
    case core::StatusReason::chosen: return "they said so";
    case core::StatusReason::connected: return "logged in";
    case core::StatusReason::disconnected: return "the last connection is gone";
    case core::StatusReason::reconnected: return "back within the grace";
    case core::StatusReason::grace_over: return "not back within the grace";
    case core::StatusReason::offers_missed: return "two offers in a row expired";
    case core::StatusReason::service: return "the service was down";
    case core::StatusReason::removed: return "taken out of the settings";
    case core::StatusReason::last_chat_closed: return "the last chat is closed";
    case core::StatusReason::supervisor: return "a supervisor said so";
  }
  return "?";
}

std::string_view in_words(core::AgentStatus status) {
  switch (status) {
    case core::AgentStatus::offline: return "offline";
    case core::AgentStatus::away: return "away";
    case core::AgentStatus::online: return "online";
    case core::AgentStatus::finishing: return "finishing";
    case core::AgentStatus::lost: return "lost";
  }
  return "?";
}

std::string_view in_words(core::ClosedBy by) {
  switch (by) {
    case core::ClosedBy::visitor: return "the visitor";
    case core::ClosedBy::agent: return "an agent";
    case core::ClosedBy::system: return "Heti";
  }
  return "?";
}

std::string_view in_words(core::CloseReason reason) {
  switch (reason) {
    case core::CloseReason::closed: return "";
    case core::CloseReason::abandoned: return ": gone and not back in time";
    case core::CloseReason::queue_closed: return ": the queue had closed";
    case core::CloseReason::spam: return " as spam";
    case core::CloseReason::timeout: return ": waited too long";
  }
  return "?";
}

std::string_view in_words(core::Sla sla) { return sla == core::Sla::first_response ? "first response" : "reply"; }

std::string text_size(const event::MessagePosted& e) {
  const std::uint64_t length = archive::length_of(e);
  return fmt::format("{} character{}", length, length == 1 ? "" : "s");
}

struct Says {
  const Words& w;
  Instant at;

  std::string operator()(const event::SettingsApplied& e) const {
    return fmt::format("settings version {} come into force", e.version);
  }
  std::string operator()(const event::CalendarSet& e) const {
    return fmt::format("opening hours of {} are laid down anew from {} (time-zone data {})", w.queue(e.queue),
                       local_time(e.effective_from, w.zone), e.tzdata_version);
  }
  std::string operator()(const event::ServiceResumed& e) const {
    return fmt::format("the service goes down, until {} ({}); promises to visitors run on",
                       local_time(e.resumed_at, w.zone), duration(e.resumed_at - at));
  }
  std::string operator()(const event::QueueOpened& e) const { return w.queue(e.queue) + " opens"; }
  std::string operator()(const event::QueueClosed& e) const {
    return w.queue(e.queue) + " closes; who waits is still served for a while";
  }
  std::string operator()(const event::QueueClosingEnded& e) const {
    return w.queue(e.queue) + " ends its closing: nobody is served from the line any more";
  }
  std::string operator()(const event::AgentConnected& e) const { return w.agent(e.agent) + " connects"; }
  std::string operator()(const event::AgentDisconnected& e) const { return w.agent(e.agent) + " disconnects"; }
  std::string operator()(const event::AgentStatusChanged& e) const {
    return fmt::format("{} turns {} (was {}): {}", w.agent(e.agent), in_words(e.to), in_words(e.from),
                       in_words(e.reason));
  }
  std::string operator()(const event::ConversationStarted& e) const {
    std::string out = fmt::format("begins in queue {}", w.queue(e.queue));
    if (e.bot_first) out += ", with a bot";
    if (!e.priority.empty()) out += fmt::format(", priority {} ({} of credit)", e.priority, duration(e.credit));
    for (std::size_t i = 0; i < e.skills.size(); ++i) out += (i == 0 ? ", asks for skills " : ", ") + e.skills[i];
    return out;
  }
  std::string operator()(const event::OfflineMessageOpened&) const {
    return "the queue is closed: what is written now is a message for later, outside every clock";
  }
  std::string operator()(const event::VisitorConnected&) const { return "the visitor connects"; }
  std::string operator()(const event::VisitorDisconnected&) const { return "a connection of the visitor ends"; }
  std::string operator()(const event::VisitorFactsChanged&) const { return "the visitor says who they are"; }
  std::string operator()(const event::CommandDecided&) const { return "asked on another node"; }
  std::string operator()(const event::FeatureLevelRaised& e) const {
    return fmt::format("all nodes read what builds of level {} write", e.level);
  }
  std::string operator()(const event::MessagePosted& e) const {
    switch (e.author) {
      case core::Author::visitor: return fmt::format("the visitor writes message {}, {}", e.seq, text_size(e));
      case core::Author::agent: return fmt::format("{} writes message {}, {}", w.agent(e.agent), e.seq, text_size(e));
      case core::Author::note: return fmt::format("{} leaves a note, {}", w.agent(e.agent), text_size(e));
      case core::Author::bot: return fmt::format("the bot writes message {}, {}", e.seq, text_size(e));
      case core::Author::automatic: return fmt::format("automatic message {}, {}", e.seq, text_size(e));
      case core::Author::system: return fmt::format("notice {}, {}", e.seq, text_size(e));
    }
    return "?";
  }
  std::string operator()(const event::ContactQueued& e) const {
    std::string out = fmt::format("a human is asked for (contact {}, {}); waits in the line of {}", e.contact.value(),
                                  name_of(e.stage), w.queue(w.home));
    if (e.key != at) out += fmt::format(", as if it had come {} earlier", duration(at - e.key));
    return out;
  }
  std::string operator()(const event::ContactInitiated& e) const {
    return fmt::format("{} begins the chat (contact {}): nobody waits, so no first response is promised",
                       w.agent(e.agent), e.contact.value());
  }
  std::string operator()(const event::RoutingWidened& e) const {
    switch (e.why) {
      case core::Widened::overflow: return fmt::format("agents of {} may take it too", w.queue(e.queue));
      case core::Widened::sticky_hold: return "is kept no longer for the agent of last time";
    }
    return "?";
  }
  std::string operator()(const event::ChatOffered& e) const {
    return fmt::format("offered to {} until {}: {}", w.agent(e.agent), w.time_of_day(e.due), rule_in_words(e.rule));
  }
  std::string operator()(const event::OfferEnded& e) const {
    std::string out = fmt::format("offer to {} {}", w.agent(e.agent), end_of_offer(e.result));
    if (e.result == core::OfferEnd::declined || e.result == core::OfferEnd::expired) out += barred();
    return out;
  }
  std::string operator()(const event::ChatAssigned& e) const {
    return fmt::format("{} has it after waiting {} ({}): {}", w.agent(e.agent), duration(e.wait), name_of(e.stage),
                       rule_in_words(e.rule));
  }
  std::string operator()(const event::ChatRequeued& e) const {
    std::string out;
    if (e.stage == core::Stage::transfer) {
      out = fmt::format("{} hands it over", w.agent(e.agent));
      out += e.queue ? fmt::format(" to the line of {}", w.queue(*e.queue)) : " to somebody else of the line";
      out += barred();
    } else {
      out = fmt::format("{} is not there any more; back in the line, with its old place", w.agent(e.agent));
    }
    if (e.since != at) out += fmt::format("; this wait counts from {}", w.time_of_day(e.since));
    return out;
  }
  std::string operator()(const event::FirstResponseGiven& e) const {
    return fmt::format("first response after {} of opening time", duration(e.time));
  }
  std::string operator()(const event::ReplyGiven& e) const {
    return fmt::format("reply after {} of opening time", duration(e.time));
  }
  std::string operator()(const event::VerdictGiven& e) const {
    return fmt::format("verdict on the {}: {} at {}", in_words(e.sla), verdict_in_words(e.verdict),
                       duration(e.elapsed));
  }
  std::string operator()(const event::ContactEnded& e) const {
    return fmt::format("contact {} ends: {}, after {} of opening time", e.contact.value(),
                       outcome_in_words(e.outcome, e.reason), duration(e.waited));
  }
  std::string operator()(const event::ChatClosed& e) const {
    std::string out = fmt::format("closed by {}{}", in_words(e.by), in_words(e.reason));
    if (e.wrapup) out += fmt::format("; wrap-up until {} at the latest", w.time_of_day(e.wrapup_due));
    return out;
  }
  std::string operator()(const event::WrapUpEnded& e) const {
    return fmt::format("{} is done with it: {} in all, {} of them wrap-up", w.agent(e.agent), duration(e.handle),
                       duration(e.wrapup));
  }
  std::string operator()(const event::ConversationFinal& e) const {
    return fmt::format("final: it can be reopened no more; resolved in {} of opening time", duration(e.resolution));
  }
  std::string operator()(const event::RatingGiven& e) const { return fmt::format("rated {} of 5", e.score); }
  std::string operator()(const event::BarEnded& e) const {
    return fmt::format("{} may be offered it again{}", w.agent(e.agent),
                       e.softened ? ", if nobody else staffs the queue" : "");
  }

  // By the home queue's settings, as the core bars.
  std::string barred() const {
    const auto queue = w.rules.queues.find(w.home);
    if (queue == w.rules.queues.end()) return {};
    const core::QueueSettings& settings = queue->second.settings;
    return fmt::format("; not asked again for {}, or {} if nobody else staffs the queue", duration(settings.bar),
                       duration(settings.reoffer));
  }
};

// The length of the UTF-8 character at the start of `text`; 0 if there is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (size == 0 || byte(0) > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::string Words::agent(core::AgentId id) const {
  const auto found = rules.agents.find(id);
  if (found == rules.agents.end()) return fmt::format("agent {}", id.value());
  const core::AgentSettings& settings = found->second.settings;
  return settings.display_name.empty() ? settings.name : settings.display_name;
}

std::string Words::queue(core::QueueId id) const {
  const auto found = rules.queues.find(id);
  return found == rules.queues.end() ? fmt::format("queue {}", id.value()) : found->second.settings.name;
}

std::string Words::time_of_day(Instant at) const { return heti::explaining::time_of_day(at, zone); }

std::string Words::stands(core::ConversationState state, core::QueueId line, std::optional<core::AgentId> who) const {
  const std::string name = who ? agent(*who) : "nobody";
  switch (state) {
    case core::ConversationState::fresh: return "begun; nothing is asked yet";
    case core::ConversationState::queued: return fmt::format("waits in the line of {}", queue(line));
    case core::ConversationState::offered:
      return fmt::format("waits in the line of {}, offered to {}", queue(line), name);
    case core::ConversationState::assigned: return fmt::format("{} has it", name);
    case core::ConversationState::wrapup: return fmt::format("closed; {} is in wrap-up", name);
    case core::ConversationState::closed: return "closed; words of the visitor open it again";
    case core::ConversationState::final: return "final; nothing changes any more";
    case core::ConversationState::offline_message: return "a message for later";
  }
  return "?";
}

std::string local_time(Instant at, const date::time_zone* zone) {
  if (at == never) return "never";
  const seconds offset = offset_at(zone, at);
  const std::chrono::year_month_day date{floor<std::chrono::days>(at + offset)};
  const auto minutes = std::chrono::abs(floor<std::chrono::minutes>(offset));
  return fmt::format("{:04}-{:02}-{:02} {} {}{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time_of_day(at, zone),
                     offset < seconds{0} ? '-' : '+', minutes.count() / 60, minutes.count() % 60);
}

std::string says(const Words& words, const core::Event& fact) {
  return std::visit(Says{.w = words, .at = fact.at}, fact.body);
}

std::string duration(Millis time) {
  if (time < Millis{0}) return fmt::format("-{}", duration(-time));
  const std::int64_t ms = time.count();
  const std::int64_t s = ms / 1000;
  if (s < 60) return fmt::format("{}.{:03} s", s, ms % 1000);
  if (s < 3600) return fmt::format("{} min {:02}.{:03} s", s / 60, s % 60, ms % 1000);
  if (s < 86400) return fmt::format("{} h {:02} min {:02} s", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{} d {:02} h {:02} min", s / 86400, s / 3600 % 24, s / 60 % 60);
}

std::string_view rule_in_words(core::RoutedBy rule) {
  switch (rule) {
    case core::RoutedBy::only_one: return "the only free agent";
    case core::RoutedBy::least_busy: return "least busy of the free agents";
    case core::RoutedBy::longest_idle: return "of the least busy, longest without a new chat";
    case core::RoutedBy::lowest_id: return "as busy and as long idle as another; first in the list";
    case core::RoutedBy::sticky: return "the agent of last time";
    case core::RoutedBy::claimed: return "took it from the line";
    case core::RoutedBy::barred_but_only_one: return "asked again, because nobody else staffs the queue";
    case core::RoutedBy::transferred: return "chosen by a colleague who handed it over";
    case core::RoutedBy::initiated: return "began the chat";
  }
  return "?";
}

std::string_view verdict_in_words(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::good: return "kept";
    case core::Verdict::bad: return "BROKEN";
    case core::Verdict::excluded: return "not counted";
  }
  return "?";
}

std::string_view name_of(core::Stage stage) {
  switch (stage) {
    case core::Stage::first: return "first";
    case core::Stage::reopen: return "reopened";
    case core::Stage::transfer: return "transfer";
    case core::Stage::requeue: return "agent lost";
    case core::Stage::outbound: return "begun by an agent";
  }
  return "?";
}

std::string outcome_in_words(core::Outcome outcome, core::EndReason reason) {
  const auto why = [reason]() -> std::string_view {
    switch (reason) {
      case core::EndReason::none: return "";
      case core::EndReason::abandoned_short: return ", so soon that it does not count";
      case core::EndReason::abandoned_within: return ", before the first response was due";
      case core::EndReason::abandoned_after: return ", after the first response was due";
      case core::EndReason::queue_closed: return ": the queue closed before anybody answered";
      case core::EndReason::timeout: return ": waited too long";
      case core::EndReason::agent_closed: return ": an agent closed it without a word";
      case core::EndReason::error: return ": an error of ours";
      case core::EndReason::unanswered_turn: return ", but the visitor's last words were left without a reply in time";
    }
    return "?";
  };
  switch (outcome) {
    case core::Outcome::answered: return fmt::format("answered{}", why());
    case core::Outcome::abandoned: return fmt::format("the visitor left unanswered{}", why());
    case core::Outcome::missed: return fmt::format("missed{}", why());
    case core::Outcome::spam: return fmt::format("spam{}", why());
    case core::Outcome::outbound: return fmt::format("begun by an agent{}", why());
  }
  return "?";
}

std::string_view end_of_offer(core::OfferEnd result) {
  switch (result) {
    case core::OfferEnd::accepted: return "accepted";
    case core::OfferEnd::declined: return "declined";
    case core::OfferEnd::expired: return "expired";
    case core::OfferEnd::rescinded: return "withdrawn";
    case core::OfferEnd::service: return "withdrawn: the service was down";
  }
  return "?";
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool control = size == 1 ? first < 0x20 || first == 0x7f
                                   : size == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (first == '\n') {
      out += "\\n";
    } else if (size == 0 || control) {
      out += fmt::format("\\x{:02x}", size == 2 ? static_cast<unsigned char>(text[1]) : first);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

const date::time_zone* zone_named(std::string_view name) { return calendar::find_zone(name); }

}  // namespace heti::explaining

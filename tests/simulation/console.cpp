// Agents, the bot and the operator: what an action makes them send.
#include "tests/simulation/words.hpp"
#include "tests/simulation/world.hpp"

namespace heti::simulation {

using core::AgentId;
using core::AgentStatus;
using core::Author;
using core::Sender;
namespace cmd = core::command;

void World::set_status(const Action& action, AgentStatus status, bool by_other) {
  cmd::SetStatus command{.agent = AgentId{action.who}, .status = status, .by = {}};
  if (by_other) command.by = AgentId{action.whom};
  submit(
      command,
      [this, status, who = action.who](const core::Answer* answer) {
        if (answer == nullptr || !std::holds_alternative<core::Done>(*answer)) return;
        expect([this, status, who]() -> std::string {
          const Mirror::Agent& agent = mirror_.agent(who);
          const auto was = [&](AgentStatus s) { return agent.status == s || agent.statuses_since_answers.contains(s); };
          if (was(status) || (status == AgentStatus::finishing && was(AgentStatus::offline))) return "";
          return numbered("durable: a status was acknowledged that A", who) + " never had";
        });
      },
      &consoles_[by_other ? action.whom : action.who].loses_answer);
}

void World::agent(const Action& action) {
  Console& console = consoles_[action.who];
  console.number = action.who;
  const AgentId agent{action.who};
  switch (action.verb) {
    case Verb::agent_connects: return connect(console, action.a);
    case Verb::agent_drops: return drop(console, action.a);
    case Verb::agent_ready: return set_status(action, AgentStatus::online, false);
    case Verb::agent_away: return set_status(action, AgentStatus::away, false);
    case Verb::agent_finishing: return set_status(action, AgentStatus::finishing, false);
    case Verb::agent_offline: return set_status(action, AgentStatus::offline, false);
    case Verb::agent_sent_away: return set_status(action, AgentStatus::away, true);
    case Verb::agent_sent_home: return set_status(action, AgentStatus::finishing, true);
    case Verb::agent_sent_off: return set_status(action, AgentStatus::offline, true);
    case Verb::answer_lost_agent: console.loses_answer = true; return;
    default: break;
  }
  if (action.verb == Verb::agent_initiates) {
    Visitor& visitor = visitors_[action.whom];
    visitor.number = action.whom;
    if (visitor.queue == 0) visitor.queue = static_cast<std::uint32_t>(action.a);
    submit(
        cmd::Initiate{.agent = agent,
                      .visitor = visitor_id(action.whom),
                      .conversation = conversation_id(action.whom, 500 + ++visitor.starts),
                      .queue = core::QueueId{static_cast<std::uint32_t>(action.a)}},
        [this](const core::Answer* answer) {
          const auto* view = answer == nullptr ? nullptr : std::get_if<core::ConversationView>(answer);
          if (view != nullptr) check_view(*view);
        },
        &console.loses_answer);
    return;
  }
  const Mirror::Chat* chat = mirror_.chat_of(action.whom);
  if (chat == nullptr) return;
  const PublicId conversation = chat->id;
  const std::uint64_t number = chat->number;
  const auto done = [this](auto check, const char* what) {
    return [this, check, what](const core::Answer* answer) {
      if (answer == nullptr || !std::holds_alternative<core::Done>(*answer)) return;
      expect([check, what]() -> std::string {
        return check() ? std::string() : joined("durable: acknowledged, not done: ", what);
      });
    };
  };
  switch (action.verb) {
    case Verb::agent_accepts:
      submit(cmd::Accept{.agent = agent, .conversation = conversation},
             done([this, number, who = action.who] { return mirror_.chat(number)->held_by.contains(who); }, "accept"),
             &console.loses_answer);
      return;
    case Verb::agent_declines:
      submit(cmd::Decline{.agent = agent, .conversation = conversation}, {}, &console.loses_answer);
      return;
    case Verb::agent_answers:
    case Verb::agent_notes:
    case Verb::agent_repeats:
    case Verb::agent_lies:
    case Verb::agent_skips: {
      Outbox& outbox = console.outboxes[conversation];
      outbox.stream.assign(1, 'w');
      const bool speaks = action.verb == Verb::agent_answers || action.verb == Verb::agent_notes;
      if (!speaks) {
        if (console.online()) misbehave(Sender::of_agent(agent), conversation, outbox, action.verb);
        return;
      }
      write(Sender::of_agent(agent), conversation, outbox, action.verb == Verb::agent_notes);
      if (console.online()) send_pending(Sender::of_agent(agent), conversation, outbox);
      return;
    }
    case Verb::agent_closes:
    case Verb::agent_closes_spam: {
      const bool spam = action.verb == Verb::agent_closes_spam;
      mirror_.wished(Mirror::Wish::close, number, action.who);
      const bool taken = submit(
          cmd::Close{.sender = Sender::of_agent(agent), .conversation = conversation, .spam = spam},
          [this, number, who = action.who](const core::Answer* answer) {
            const bool is_so = answer == nullptr || std::holds_alternative<core::Done>(*answer);
            mirror_.answered(Mirror::Wish::close, number, who, is_so);
          },
          &console.loses_answer);
      if (!taken) mirror_.answered(Mirror::Wish::close, number, action.who, false);
      return;
    }
    case Verb::agent_finishes: {
      mirror_.wished(Mirror::Wish::finish, number, action.who);
      const bool taken = submit(
          cmd::FinishWrapUp{.agent = agent, .conversation = conversation},
          [this, number, who = action.who](const core::Answer* answer) {
            const bool is_so = answer == nullptr || std::holds_alternative<core::Done>(*answer);
            mirror_.answered(Mirror::Wish::finish, number, who, is_so);
          },
          &console.loses_answer);
      if (!taken) mirror_.answered(Mirror::Wish::finish, number, action.who, false);
      return;
    }
    case Verb::agent_transfers:
    case Verb::agent_transfers_to_queue:
    case Verb::agent_transfers_to_agent: {
      cmd::Transfer command{.agent = agent, .conversation = conversation, .to_queue = {}, .to_agent = {}};
      const auto to = static_cast<std::uint32_t>(action.a);
      if (action.verb == Verb::agent_transfers_to_queue) command.to_queue = core::QueueId{to};
      if (action.verb == Verb::agent_transfers_to_agent) command.to_agent = AgentId{to};
      submit(command, done([this, number] { return mirror_.chat(number)->requeues > 0; }, "transfer"),
             &console.loses_answer);
      return;
    }
    default: return;
  }
}

void World::machine_words(const Action& action) {
  const Mirror::Chat* chat = mirror_.chat_of(action.who);
  if (chat == nullptr) return;
  if (action.verb == Verb::bot_hands_over) {
    submit(cmd::HandOver{.conversation = chat->id}, {});
    return;
  }
  const Author author = action.verb == Verb::bot_writes ? Author::bot : Author::system;
  submit(cmd::Post{.sender = {},
                   .conversation = chat->id,
                   .author = author,
                   .stream = "",
                   .n = 0,
                   .text = numbered("machine says ", ++texts_)},
         {});
}

void World::operate(const Action& action) {
  if (!machine_.up() || machine_.stopping()) return;
  switch (action.verb) {
    case Verb::settings_change:
      if (mirror_.settings_version() == 0) return;
      submit(cmd::ApplySettings{.settings =
                                    changed(mirror_.settings(), setup_.settings, static_cast<std::uint64_t>(action.a)),
                                .replaces_version = mirror_.settings_version()},
             {});
      return;
    case Verb::queue_closes:
    case Verb::queue_opens:
      if (const Schedule* hours = mirror_.hours(action.who); hours != nullptr && mirror_.queue(action.who) != nullptr) {
        const bool open = action.verb == Verb::queue_opens;
        set_calendar(action.who, today(*hours, machine_.journal_now(), action.a, open));
      }
      return;
    case Verb::queue_ends_closing: {
      mirror_.wished(Mirror::Wish::end_closing, action.who, 0);
      const bool taken = submit(cmd::EndClosing{.queue = core::QueueId{action.who}},
                                [this, who = action.who](const core::Answer* answer) {
                                  const bool is_so = answer == nullptr || std::holds_alternative<core::Done>(*answer);
                                  mirror_.answered(Mirror::Wish::end_closing, who, 0, is_so);
                                });
      if (!taken) mirror_.answered(Mirror::Wish::end_closing, action.who, 0, false);
      return;
    }
    case Verb::snapshot: machine_.snapshot(); return;
    default: return;
  }
}

void World::set_calendar(std::uint32_t queue, Schedule schedule) {
  auto open = compiled(schedule, setup_.start, setup_.length);
  cmd::SetCalendar command{
      .queue = core::QueueId{queue}, .effective_from = machine_.journal_now(), .open = open, .tzdata_version = "test"};
  if (submit(std::move(command), {}, nullptr, true)) mirror_.will_open(queue, std::move(open), std::move(schedule));
}

}  // namespace heti::simulation

// Visitors and agents: what an action makes a client send, and what it does with the answer.
#include <algorithm>

#include "tests/simulation/words.hpp"
#include "tests/simulation/world.hpp"

namespace heti::simulation {

using core::Author;
using core::Refusal;
using core::Sender;
namespace cmd = core::command;

core::ConnectionId World::new_connection() {
  return {.node = 1, .incarnation = machine_.incarnation(), .number = ++connections_};
}

bool World::submit(core::Command command, Handler handler, bool* loses_answer, bool reserved) {
  if (!machine_.up() || machine_.stopping()) return false;
  ++tally_.commands;
  const bool lost = loses_answer != nullptr && std::exchange(*loses_answer, false);
  auto on_answer = [this, handler = std::move(handler), lost](const core::Answer& answer, const core::State&) {
    if (std::holds_alternative<core::Refused>(answer)) ++tally_.refused;
    if (handler) handler(lost ? nullptr : &answer);
  };
  const auto result = machine_.sequencer().submit(std::move(command), std::move(on_answer), reserved);
  return result == sequencer::Submit::accepted;
}

void World::visitor(const Action& action) {
  Visitor& visitor = visitors_[action.who];
  visitor.number = action.who;
  const PublicId id = visitor_id(action.who);
  Tab& tab = visitor.tabs[action.a];
  switch (action.verb) {
    case Verb::visitor_starts:
    case Verb::visitor_starts_with_bot: return start(visitor, action);
    case Verb::visitor_leaves: return leave(visitor, action.a);
    case Verb::visitor_returns: return come_back(visitor, action.a);
    case Verb::answer_lost: visitor.loses_answer = true; return;
    default: break;
  }
  if (!visitor.conversation) return;
  const PublicId conversation = *visitor.conversation;
  switch (action.verb) {
    case Verb::visitor_writes:
    case Verb::visitor_repeats:
    case Verb::visitor_lies:
    case Verb::visitor_skips: {
      Outbox& outbox = tab.outboxes[conversation];
      outbox.stream = numbered("t", action.a);
      if (action.verb != Verb::visitor_writes) {
        if (tab.connection) misbehave(Sender::of_visitor(id), conversation, outbox, action.verb);
        return;
      }
      write(Sender::of_visitor(id), conversation, outbox, false);
      if (tab.connection) send_pending(Sender::of_visitor(id), conversation, outbox);
      return;
    }
    case Verb::visitor_reads:
      submit(
          cmd::Open{.sender = Sender::of_visitor(id),
                    .conversation = conversation,
                    .after = static_cast<std::uint64_t>(std::max<std::int64_t>(action.b, 0))},
          [this](const core::Answer* answer) {
            if (answer == nullptr) return;
            if (const auto* view = std::get_if<core::ConversationView>(answer)) check_view(*view);
          },
          &visitor.loses_answer);
      return;
    case Verb::visitor_closes:
      submit(
          cmd::Close{.sender = Sender::of_visitor(id), .conversation = conversation, .spam = false},
          [this, conversation](const core::Answer* answer) {
            if (answer == nullptr || !std::holds_alternative<core::Done>(*answer)) return;
            expect([this, conversation]() -> std::string {
              const auto* chat = mirror_.chat_with(conversation);
              return chat != nullptr && chat->closings > 0 ? "" : "durable: a close was acknowledged, not done";
            });
          },
          &visitor.loses_answer);
      return;
    case Verb::visitor_rates: {
      const auto score = static_cast<std::uint32_t>(action.b);
      submit(
          cmd::Rate{.visitor = id, .conversation = conversation, .score = score, .comment = "so so"},
          [this, conversation, score](const core::Answer* answer) {
            if (answer == nullptr || !std::holds_alternative<core::Done>(*answer)) return;
            expect([this, conversation, score]() -> std::string {
              const auto* chat = mirror_.chat_with(conversation);
              return chat != nullptr && chat->rating == score ? "" : "durable: a rating was acknowledged, not kept";
            });
          },
          &visitor.loses_answer);
      return;
    }
    default: return;
  }
}

void World::start(Visitor& visitor, const Action& action) {
  if (!machine_.up() || machine_.stopping()) return;
  leave(visitor, action.a);
  const PublicId id = visitor_id(visitor.number);
  const core::QueueId queue{action.whom};
  const core::ConnectionId connection = new_connection();
  visitor.queue = action.whom;
  visitor.tabs[action.a].connection = connection;
  const auto keep = [this, &visitor, connection](const core::ConversationView& view) {
    visitor.conversation = view.conversation;
    check_view(view);
    expect([this, connection]() -> std::string {
      return mirror_.ever_connected(connection.number) ? "" : "durable: a visitor's connection is not in the journal";
    });
  };
  submit(cmd::VisitorHello{.visitor = id, .queue = queue, .connection = connection}, {});
  submit(
      cmd::Start{.visitor = id,
                 .conversation = conversation_id(visitor.number, ++visitor.starts),
                 .queue = queue,
                 .connection = connection,
                 .facts = {.name = numbered("Visitor ", visitor.number),
                           .email = "",
                           .page_url = page_url(action.b),
                           .page_title = ""},
                 .bot_first = action.verb == Verb::visitor_starts_with_bot},
      [keep](const core::Answer* answer) {
        if (answer == nullptr) return;
        if (const auto* view = std::get_if<core::ConversationView>(answer)) keep(*view);
      },
      &visitor.loses_answer);
}

// The new connection says hello before the service has noticed that the old one is gone.
void World::come_back(Visitor& visitor, std::int64_t name) {
  if (!machine_.up() || machine_.stopping() || visitor.queue == 0) return;
  Tab& tab = visitor.tabs[name];
  const auto old = tab.connection;
  const core::ConnectionId connection = new_connection();
  const PublicId id = visitor_id(visitor.number);
  const bool taken = submit(
      cmd::VisitorHello{.visitor = id, .queue = core::QueueId{visitor.queue}, .connection = connection},
      [this, &visitor, &tab, id, connection](const core::Answer* answer) {
        if (answer == nullptr) return;
        const auto* welcome = std::get_if<core::WelcomeView>(answer);
        if (welcome == nullptr || !welcome->conversation) return;
        visitor.conversation = welcome->conversation->conversation;
        check_view(*welcome->conversation);
        expect([this, connection]() -> std::string {
          return mirror_.ever_connected(connection.number) ? ""
                                                           : "durable: a visitor's connection is not in the journal";
        });
        const auto outbox = tab.outboxes.find(*visitor.conversation);
        if (outbox == tab.outboxes.end() || tab.connection != connection) return;
        send_pending(Sender::of_visitor(id), outbox->first, outbox->second);
      },
      &visitor.loses_answer);
  if (!taken) return;
  for (auto& [conversation, outbox] : tab.outboxes) outbox.connection_lost();
  tab.connection = connection;
  if (old) submit(cmd::VisitorGone{.visitor = id, .connection = *old}, {}, nullptr, true);
}

void World::leave(Visitor& visitor, std::int64_t name) {
  Tab& tab = visitor.tabs[name];
  if (!tab.connection) return;
  const core::ConnectionId connection = *std::exchange(tab.connection, std::nullopt);
  for (auto& [conversation, outbox] : tab.outboxes) outbox.connection_lost();
  ++tally_.connections_lost;
  submit(
      cmd::VisitorGone{.visitor = visitor_id(visitor.number), .connection = connection},
      [this, connection](const core::Answer* answer) {
        if (answer == nullptr) return;
        expect([this, connection]() -> std::string {
          return mirror_.connected(connection.number) ? "durable: a lost connection of a visitor is still there" : "";
        });
      },
      nullptr, true);
}

void World::write(Sender sender, const PublicId&, Outbox& outbox, bool note) {
  if (outbox.pending.size() >= 8) return;  // A person would notice.
  std::string text = (sender.visitor ? "visitor" : "agent");
  text += numbered(" says ", ++texts_);
  if (texts_ % 16 == 0) text.resize(300, '.');
  outbox.pending.push_back(
      {.n = outbox.next_n(), .text = std::move(text), .note = note, .submitted = false, .under_way = 0});
}

void World::send_pending(Sender sender, const PublicId& conversation, Outbox& outbox) {
  bool* loses = sender.visitor ? &visitors_[visitor_of(*sender.visitor)].loses_answer
                               : &consoles_[sender.agent->value()].loses_answer;
  for (Outbox::Text& text : outbox.pending) {
    if (text.submitted) continue;
    const Author author = sender.visitor ? Author::visitor : text.note ? Author::note : Author::agent;
    const std::uint64_t n = text.n;
    text.submitted = submit(
        cmd::Post{.sender = sender,
                  .conversation = conversation,
                  .author = author,
                  .stream = outbox.stream,
                  .n = n,
                  .text = text.text},
        [this, &outbox, conversation, n](const core::Answer* answer) { answered(outbox, conversation, n, answer); },
        loses);
    if (!text.submitted) return;
    ++text.under_way;
  }
}

void World::answered(Outbox& outbox, const PublicId& conversation, std::uint64_t n, const core::Answer* answer) {
  const auto text = std::find_if(outbox.pending.begin(), outbox.pending.end(), [&](const auto& t) { return t.n == n; });
  if (text != outbox.pending.end()) text->under_way = std::max(0, text->under_way - 1);
  if (answer == nullptr) {  // It will be sent again under the same number.
    if (text != outbox.pending.end()) text->submitted = false;
    ++tally_.resent;
    return;
  }
  if (const auto* posted = std::get_if<core::Posted>(answer)) {
    if (posted->n != n) return violation(numbered("durable: message ", n) + " was answered with another number");
    const auto known = outbox.acked.find(n);
    if (known != outbox.acked.end()) {
      if (posted->seq != 0 && posted->seq != known->second.seq) {
        violation("invariant 5: a repeated message has another place now");
      }
      return;
    }
    if (text == outbox.pending.end()) return violation("durable: a message was acknowledged that nobody sent");
    ++tally_.acked;
    const Outbox::Acked acked{.n = n, .seq = posted->seq, .text = text->text, .note = text->note};
    outbox.acked.emplace(n, acked);
    outbox.pending.erase(text);
    expect([this, conversation, acked, &outbox]() -> std::string {
      check_ack(conversation, outbox, acked);
      return "";
    });
    return;
  }
  const auto* refused = std::get_if<core::Refused>(answer);
  if (refused == nullptr) return violation("a post was answered with something else");
  if (refused->code == Refusal::conflict) return violation("durable: another text is kept under a number of ours");
  if (refused->code == Refusal::not_found) return outbox.pending.clear();
  if (refused->code != Refusal::resend_from) {
    if (text != outbox.pending.end() && text->under_way == 0) outbox.pending.erase(text);
    return;
  }
  if (refused->resend_from <= outbox.last_acked()) {
    return violation(numbered("durable: message ", refused->resend_from) + " was acknowledged and is asked for");
  }
  // What was refused before is not in the journal, so its numbers are free.
  std::uint64_t next = std::max(refused->resend_from, outbox.last_acked() + 1);
  for (Outbox::Text& waiting : outbox.pending) {
    waiting.n = std::min(waiting.n, next);
    next = waiting.n + 1;
    waiting.submitted = false;
  }
}

void World::misbehave(Sender sender, const PublicId& conversation, Outbox& outbox, Verb verb) {
  const bool repeats = verb == Verb::visitor_repeats || verb == Verb::agent_repeats;
  const bool lies = verb == Verb::visitor_lies || verb == Verb::agent_lies;
  if ((repeats || lies) && outbox.acked.empty()) return;
  const std::uint64_t n = repeats || lies ? outbox.last_acked() : outbox.next_n() + 1;
  std::string text = repeats ? outbox.acked.at(n).text : numbered("something else ", ++texts_);
  const bool note = (repeats || lies) && outbox.acked.at(n).note;
  const Author author = sender.visitor ? Author::visitor : note ? Author::note : Author::agent;
  submit(cmd::Post{.sender = sender,
                   .conversation = conversation,
                   .author = author,
                   .stream = outbox.stream,
                   .n = n,
                   .text = std::move(text)},
         [this, &outbox, n, repeats, lies](const core::Answer* answer) {
           if (answer == nullptr) return;
           const auto* posted = std::get_if<core::Posted>(answer);
           const auto* refused = std::get_if<core::Refused>(answer);
           if (refused != nullptr && refused->code == Refusal::not_found) return;
           if (repeats && (posted == nullptr || posted->n != n || posted->seq != outbox.acked.at(n).seq)) {
             violation("invariant 5: a repeated message is not answered as the first time");
           }
           if (lies && (refused == nullptr || refused->code != Refusal::conflict)) {
             violation("invariant 5: another text under a number that is taken was not refused as a conflict");
           }
           if (!repeats && !lies &&
               (refused == nullptr || refused->code != Refusal::resend_from || refused->resend_from >= n ||
                refused->resend_from <= outbox.last_acked())) {
             violation("invariant 5: a number too far was not sent back");
           }
         });
}

void World::connect(Console& console, std::int64_t name) {
  if (!machine_.up() || machine_.stopping()) return;
  const core::AgentId agent{console.number};
  auto& connection = console.connections[name];
  const auto old = connection;
  connection = new_connection();
  for (auto& [conversation, outbox] : console.outboxes) outbox.connection_lost();
  const std::uint64_t number = connection->number;
  submit(
      cmd::AgentHello{.agent = agent, .connection = *connection},
      [this, &console, agent, &connection, number](const core::Answer* answer) {
        const auto* view = answer == nullptr ? nullptr : std::get_if<core::ConsoleView>(answer);
        if (view == nullptr) {  // Not one of us any more.
          if (connection && connection->number == number) connection.reset();
          return;
        }
        expect([this, number]() -> std::string {
          return mirror_.ever_connected(number) ? "" : "durable: an agent's connection is not in the journal";
        });
        for (const core::ChatView& chat : view->chats) {
          expect([this, id = chat.id.value()]() -> std::string {
            return mirror_.chat(id) != nullptr ? "" : "a console lists a conversation that does not exist";
          });
        }
        for (auto& [conversation, outbox] : console.outboxes) {
          send_pending(Sender::of_agent(agent), conversation, outbox);
        }
      },
      &console.loses_answer);
  if (old) submit(cmd::AgentGone{.agent = agent, .connection = *old}, {}, nullptr, true);
}

void World::drop(Console& console, std::int64_t name) {
  auto& connection = console.connections[name];
  if (!connection) return;
  const core::ConnectionId gone = *std::exchange(connection, std::nullopt);
  ++tally_.connections_lost;
  if (!console.online()) {
    for (auto& [conversation, outbox] : console.outboxes) outbox.connection_lost();
  }
  submit(
      cmd::AgentGone{.agent = core::AgentId{console.number}, .connection = gone},
      [this, gone](const core::Answer* answer) {
        if (answer == nullptr) return;
        expect([this, gone]() -> std::string {
          return mirror_.connected(gone.number) ? "durable: a lost connection of an agent is still there" : "";
        });
      },
      nullptr, true);
}

void World::drop_everybody() {
  for (auto& [number, visitor] : visitors_) {
    for (auto& [name, tab] : visitor.tabs) leave(visitor, name);
  }
  for (auto& [number, console] : consoles_) {
    for (auto& [name, connection] : console.connections) drop(console, name);
  }
}

}  // namespace heti::simulation

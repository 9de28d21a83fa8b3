#include "tests/simulation/cluster/clients.hpp"

#include <algorithm>

namespace heti::simulation::cluster {
namespace {

using namespace std::chrono_literals;
namespace cmd = core::command;

constexpr core::QueueId queue{1};
constexpr core::AgentId agent{1};
constexpr std::uint64_t unacked_max = 6;

}  // namespace

Clients::Clients(Town& town, std::uint64_t seed, std::uint32_t visitors) : town_(town), random_(seed) {
  for (std::uint32_t i = 0; i <= visitors; ++i) {
    Client client;
    client.agent = i == visitors;
    client.number = i;
    client.visitor = {.high = 7, .low = i + 1};
    client.conversation = {.high = 8, .low = i + 1};
    if (!client.agent) client.streams[client.conversation] = {};
    clients_.push_back(std::move(client));
  }
}

std::string Clients::stream_of(const Client& client) {
  return (client.agent ? "agent" : "visitor") + std::to_string(client.number);
}

std::string Clients::text_of(const Client& client, const PublicId& conversation, std::uint64_t n) {
  return stream_of(client) + " in " + std::to_string(conversation.low) + " says " + std::to_string(n);
}

void Clients::begin() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Fibers::here().after(Micros{random_.between(0, 300'000)}, [this, i] { act(i); });
  }
}

void Clients::act(std::size_t index) {
  Client& client = clients_[index];
  Fibers::here().after(Micros{random_.between(50'000, 500'000)}, [this, index] { act(index); });
  if (client.at == nullptr) return come(client);
  if (!client.greeted) return;
  if (!hushed_ && random_.chance(15)) return leave(client);
  if (client.agent) take_chat(index);
  for (auto& [conversation, stream] : client.streams) {
    if (client.agent && !client.held[conversation]) continue;
    if (!hushed_ && stream.said - stream.acked < unacked_max && random_.chance(700)) ++stream.said;
    if (stream.sent < stream.said) speak(index, conversation);
  }
}

void Clients::come(Client& client) {
  Process* process = town_.door(random_);
  if (process == nullptr) return;
  client.at = process;
  client.greeted = false;
  client.connection = {};
  const std::uint64_t visit = ++client.visit;
  process->ask([this, index = static_cast<std::size_t>(&client - clients_.data()), visit](Process& there) {
    greet(index, there, visit);
  });
}

// On the loop of the process.
void Clients::greet(std::size_t index, Process& process, std::uint64_t visit) {
  Client& client = clients_[index];
  if (client.visit != visit || client.at != &process) return;
  if (!process.serves()) {
    client.at = nullptr;
    return;
  }
  const PublicId history = process.journal().history();
  if (client.history != PublicId{} && client.history != history) {
    // What was said counts for nothing here: all of it is offered again.
    for (auto& [conversation, stream] : client.streams) {
      again += stream.acked;
      stream.acked = 0;
      stream.places.clear();
    }
    client.held.clear();
  }
  client.history = history;
  town_.say(stream_of(client) + " comes to " + process.options().name + ", history " + to_string(history).substr(0, 4));
  client.connection = process.new_connection();
  for (auto& [conversation, stream] : client.streams) stream.sent = stream.acked;
  const auto greeted = [this, index, visit](const core::Answer& answer, const core::State&) {
    Client& self = clients_[index];
    if (self.visit != visit) return;
    if (std::holds_alternative<core::Refused>(answer)) {
      self.at = nullptr;  // Comes again.
      return;
    }
    self.greeted = true;
  };
  auto& sequencer = process.sequencer();
  bool taken = true;
  if (client.agent) {
    taken = sequencer.submit(cmd::AgentHello{.agent = agent, .connection = client.connection}, nullptr) ==
            sequencer::Submit::accepted;
    taken = taken && sequencer.submit(cmd::SetStatus{.agent = agent, .status = core::AgentStatus::online}, greeted) ==
                         sequencer::Submit::accepted;
  } else {
    taken = sequencer.submit(cmd::Start{.visitor = client.visitor,
                                        .conversation = client.conversation,
                                        .queue = queue,
                                        .connection = client.connection,
                                        .facts = {},
                                        .bot_first = false},
                             greeted) == sequencer::Submit::accepted;
  }
  if (!taken) client.at = nullptr;
}

// In order: the service hears of it.
void Clients::leave(Client& client) {
  Process* const process = std::exchange(client.at, nullptr);
  ++client.visit;
  client.greeted = false;
  process->ask([agent_leaves = client.agent, visitor = client.visitor, connection = client.connection](Process& there) {
    if (agent_leaves) {
      (void)there.sequencer().submit(cmd::AgentGone{.agent = agent, .connection = connection}, nullptr, true);
    } else {
      (void)there.sequencer().submit(cmd::VisitorGone{.visitor = visitor, .connection = connection}, nullptr, true);
    }
  });
}

void Clients::process_gone(const Process& process) {
  for (Client& client : clients_) {
    if (client.at != &process) continue;
    client.at = nullptr;
    client.greeted = false;
    ++client.visit;
  }
}

void Clients::hand_over(const Process& process) {
  for (Client& client : clients_) {
    if (client.at == &process) leave(client);
  }
}

// On the loop of the process: connections that have lived on say hello again.
void Clients::announce(Process& process) {
  for (Client& client : clients_) {
    if (client.at != &process || client.connection == core::ConnectionId{}) continue;
    if (client.agent) {
      (void)process.sequencer().submit(cmd::AgentHello{.agent = agent, .connection = client.connection}, nullptr, true);
    } else {
      (void)process.sequencer().submit(
          cmd::VisitorHello{.visitor = client.visitor, .queue = queue, .connection = client.connection}, nullptr, true);
    }
  }
}

void Clients::take_chat(std::size_t index) {
  Client& client = clients_[index];
  const PublicId conversation = clients_[random_.below(clients_.size() - 1)].conversation;
  if (client.held[conversation]) return;
  client.at->ask([this, index, visit = client.visit, conversation](Process& there) {
    if (clients_[index].visit != visit) return;
    (void)there.sequencer().submit(cmd::Accept{.agent = agent, .conversation = conversation},
                                   [this, index, visit, conversation](const core::Answer& answer, const core::State&) {
                                     Client& self = clients_[index];
                                     if (self.visit != visit || std::holds_alternative<core::Refused>(answer)) return;
                                     self.held[conversation] = true;
                                     self.streams.try_emplace(conversation);
                                   });
  });
}

void Clients::speak(std::size_t index, const PublicId& conversation) {
  Client& client = clients_[index];
  client.at->ask([this, index, visit = client.visit, conversation](Process& there) {
    Client& self = clients_[index];
    if (self.visit != visit) return;
    Stream& stream = self.streams[conversation];
    while (stream.sent < stream.said) {
      const std::uint64_t n = stream.sent + 1;
      const auto taken = there.sequencer().submit(
          cmd::Post{.sender = self.agent ? core::Sender::of_agent(agent) : core::Sender::of_visitor(self.visitor),
                    .conversation = conversation,
                    .author = self.agent ? core::Author::agent : core::Author::visitor,
                    .stream = stream_of(self),
                    .n = n,
                    .text = text_of(self, conversation, n)},
          [this, index, visit, conversation, n](const core::Answer& answer, const core::State&) {
            answered(index, visit, conversation, n, answer);
          });
      if (taken != sequencer::Submit::accepted) return leave(self);
      stream.sent = n;
    }
  });
}

void Clients::answered(std::size_t index, std::uint64_t visit, const PublicId& conversation, std::uint64_t n,
                       const core::Answer& answer) {
  Client& client = clients_[index];
  if (client.visit != visit) return;
  Stream& stream = client.streams[conversation];
  if (const auto* posted = std::get_if<core::Posted>(&answer)) {
    ++acks;
    if (posted->n > stream.said) town_.violation("an acknowledgement of what was not said");
    stream.acked = std::max(stream.acked, posted->n);
    const auto [found, is_new] = stream.places.try_emplace(posted->n, posted->seq);
    if (posted->seq != 0 && found->second != 0 && found->second != posted->seq) {
      town_.violation(text_of(client, conversation, n) + ": acknowledged at two places");
    }
    if (posted->seq != 0) found->second = posted->seq;
    return;
  }
  const auto* refused = std::get_if<core::Refused>(&answer);
  if (refused == nullptr) return town_.violation("a post was answered by something else");
  if (refused->code == core::Refusal::resend_from) {
    if (refused->resend_from <= stream.acked) {
      town_.lost(text_of(client, conversation, refused->resend_from), client.history);
      again += stream.acked + 1 - refused->resend_from;
      stream.acked = refused->resend_from - 1;
      stream.places.erase(stream.places.lower_bound(refused->resend_from), stream.places.end());
    }
    stream.sent = std::min(stream.sent, refused->resend_from - 1);
    return;
  }
  if (refused->code == core::Refusal::conflict) {
    return town_.violation(text_of(client, conversation, n) + ": the number has another text");
  }
  if (client.agent) {
    // Not this agent's chat any more: says it when it is again.
    client.held[conversation] = false;
    stream.sent = std::min(stream.sent, n - 1);
    return;
  }
  leave(client);
}

std::string Clients::unwell() const {
  for (const Client& client : clients_) {
    if (client.at == nullptr || !client.greeted) return stream_of(client) + " finds no node";
    if (client.agent) continue;  // May speak only in chats that it has.
    for (const auto& [conversation, stream] : client.streams) {
      if (stream.acked < stream.said) {
        return stream_of(client) + " waits for " + std::to_string(stream.acked + 1) + " of " +
               std::to_string(stream.said);
      }
    }
  }
  return "";
}

}  // namespace heti::simulation::cluster

// What one message goes through in memory, as often as asked: the frame is read, becomes a command, is decided, is
// encoded for the journal, and its entry and its acknowledgement become frames. For tests/speed/instructions.sh, which
// counts the instructions; no clock is read here.
//   message_cost MESSAGES
#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "protocol/codec.hpp"
#include "service/base/check.hpp"
#include "service/core/batch.hpp"
#include "service/core/decide.hpp"
#include "service/core/evolve.hpp"
#include "service/gateway/reply.hpp"
#include "service/gateway/to_core.hpp"
#include "service/gateway/to_wire.hpp"

namespace {

using namespace heti;
namespace cmd = core::command;

constexpr std::uint64_t chats = 100;
const Instant start = instant_from_ms(1'780'293'600'000);

PublicId random_id(std::uint64_t n) {
  std::mt19937_64 random(n);
  return {.high = random(), .low = random()};
}

core::Answer must(core::State& state, const core::Command& command) {
  core::Decision decision = core::decide(state, start, command);
  CHECK(decision.finished && !std::holds_alternative<core::Refused>(decision.answer));
  return std::move(decision.answer);
}

core::State desk() {
  core::Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support"});
  settings.agents.push_back({.name = "aino", .display_name = "Aino", .queues = {"support"}});
  settings.agents[0].capacity = chats;
  core::State state;
  must(state, cmd::ApplySettings{.settings = settings, .replaces_version = 0});
  must(state, cmd::SetCalendar{.queue = core::QueueId{1},
                               .effective_from = start,
                               .open = {{.open = start, .close = start + std::chrono::days{300}}},
                               .tzdata_version = "speed"});
  must(state, cmd::AgentHello{.agent = core::AgentId{1}, .connection = {.node = 1, .incarnation = 1, .number = 1}});
  must(state, cmd::SetStatus{.agent = core::AgentId{1}, .status = core::AgentStatus::online});
  return state;
}

std::string post(const PublicId& conversation, std::uint64_t n) {
  return R"({"t":"post","conversation":")" + to_string(conversation) + R"(","stream":"k3v9x0q2m7ab","n":)" +
         std::to_string(n) + R"(,"text":"Where is my parcel? It should have been here yesterday."})";
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t messages = 0;
  if (argc != 2 || std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), messages).ec != std::errc{}) {
    std::fputs("usage: message_cost MESSAGES\n", stderr);
    return 2;
  }
  core::State state = desk();
  std::vector<gateway::Self> visitors(chats);
  std::vector<PublicId> conversations;
  for (std::uint64_t v = 0; v < chats; ++v) {
    gateway::Self& self = visitors[v];
    conversations.push_back(random_id(2 * v + 1));
    self.role = protocol::Role::visitor;
    self.visitor = random_id(2 * v);
    self.connection = {.node = 1, .incarnation = 1, .number = 100 + v};
    must(state, cmd::Start{.visitor = self.visitor,
                           .conversation = conversations.back(),
                           .queue = core::QueueId{1},
                           .connection = self.connection,
                           .facts = {},
                           .bot_first = false});
    const auto first = protocol::decode(protocol::Role::visitor, post(conversations.back(), 1));
    must(state, gateway::to_core(self, std::get<protocol::Post>(*first)));
    must(state, cmd::Accept{.agent = core::AgentId{1}, .conversation = conversations.back()});
  }
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < messages; ++i) {
    const std::uint64_t v = i % chats;
    const PublicId& conversation = conversations[v];
    const auto frame = protocol::decode(protocol::Role::visitor, post(conversation, 2 + i / chats));
    CHECK(frame.has_value());
    const auto& wish = std::get<protocol::Post>(*frame);
    const core::Decision decision = core::decide(state, start, gateway::to_core(visitors[v], wish));
    bytes += core::encode_batch(decision.events).size();
    const protocol::PostKey key{.conversation = wish.conversation, .stream = wish.stream, .n = wish.n};
    const gateway::Reply reply = gateway::reply_to(key, decision.answer, protocol::Role::visitor, Instant{});
    CHECK(reply.acked.has_value());
    bytes += protocol::encode(*reply.acked).size();
    for (const core::Event& event : decision.events) {
      const auto entry = core::entry_of(state, event);
      if (!entry) continue;
      bytes +=
          protocol::encode(protocol::EntryAdded{.conversation = conversation, .entry = gateway::to_wire(entry->second)})
              .size();
    }
  }
  std::printf("%llu messages, %zu bytes\n", static_cast<unsigned long long>(messages), bytes);
  return 0;
}

// Bytes are wishes: every command with every sender, in any order and at any time, through decide() and evolve(). After
// each, all invariants hold; at the end the events alone, written and read again, give the same state to the byte.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "service/core/batch.hpp"
#include "service/core/decide.hpp"
#include "service/core/evolve.hpp"
#include "service/core/invariants.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace heti;
using namespace heti::core;
namespace cmd = heti::core::command;
using fuzz::Draw;

constexpr int commands_max = 200;
const Instant start = instant_from_ms(1'780'293'600'000);

PublicId id_of(std::uint64_t n) { return {.high = 0x4865746900000000ull, .low = n}; }
PublicId a_visitor(Draw& draw) { return id_of(1 + draw.below(5)); }
PublicId a_conversation(Draw& draw) { return id_of(1001 + draw.below(8)); }
AgentId an_agent(Draw& draw) { return AgentId{1 + draw.below(4)}; }  // one more than there are
QueueId a_queue(Draw& draw) { return QueueId{1 + draw.below(3)}; }
ConnectionId a_connection(Draw& draw) { return {.node = 1, .incarnation = 1 + draw.below(3), .number = draw.below(6)}; }
Sender a_sender(Draw& draw) {
  switch (draw.below(5)) {
    case 0:
    case 1: return Sender::of_visitor(a_visitor(draw));
    case 2:
    case 3: return Sender::of_agent(an_agent(draw));
    default: return {};
  }
}
Millis some_time(Draw& draw) {
  static constexpr std::array<std::int64_t, 8> scale{0, 1, 100, 1000, 10'000, 60'000, 600'000, 86'400'000};
  return Millis{scale[draw.below(8)] * draw.below(16)};
}

// As the config would let through: names that exist, bounds that hold.
Settings some_settings(Draw& draw) {
  Settings settings;
  settings.priorities = {{.name = "vip", .credit = some_time(draw)}};
  for (const char* name : {"support", "sales"}) {
    QueueSettings queue{.name = name, .display_name = name};
    queue.mode = static_cast<RoutingMode>(draw.below(3));
    queue.after_hours = static_cast<AfterHours>(draw.below(3));
    queue.min_agents = draw.below(3);
    if (draw.one_in(2)) queue.overflow = std::string(name) == "support" ? "sales" : "support";
    if (draw.one_in(3)) queue.wrapup = Millis{0};
    if (draw.one_in(3)) queue.sticky_hold = 30s;
    if (draw.one_in(3)) queue.max_wait = 300s;
    if (draw.one_in(2)) queue.pages = {{.prefix = "/vip", .priority = "vip", .skills = {"fi"}}};
    settings.queues.push_back(std::move(queue));
  }
  if (draw.one_in(8)) settings.queues.pop_back();
  if (settings.queues.size() == 1) settings.queues.front().overflow.clear();
  for (const char* name : {"aino", "eero", "ville"}) {
    AgentSettings agent{.name = name, .display_name = name, .queues = {}};
    for (const QueueSettings& queue : settings.queues) {
      if (!draw.one_in(3)) agent.queues.push_back(queue.name);
    }
    agent.capacity = 1 + draw.below(3);
    agent.supervisor = draw.one_in(3);
    if (draw.one_in(2)) agent.skills = {"fi"};
    settings.agents.push_back(std::move(agent));
    if (draw.one_in(8)) break;
  }
  return settings;
}

std::vector<Interval> some_hours(Draw& draw, Instant now) {
  std::vector<Interval> open;
  Instant at = now - Millis{1000};
  for (std::uint32_t i = draw.below(3); i > 0; --i) {
    const Instant from = at + Millis{1} + some_time(draw);
    at = from + Millis{1} + some_time(draw);
    open.push_back({.open = from, .close = at});
  }
  return open;
}

Command some_command(Draw& draw, const State& state, Instant now) {
  switch (draw.below(24)) {
    case 0: return cmd::Tick{};
    case 1:
      return cmd::ApplySettings{.settings = some_settings(draw),
                                .replaces_version = state.settings_version - draw.below(2)};
    case 2:
      return cmd::SetCalendar{.queue = a_queue(draw),
                              .effective_from = now + some_time(draw),
                              .open = some_hours(draw, now),
                              .tzdata_version = "fuzz"};
    case 3: return cmd::ResumeService{.alive_until = state.now, .node = 1, .incarnation = 1 + draw.below(3)};
    case 4:
      if (draw.one_in(20)) return cmd::RaiseFeatureLevel{.level = draw.below(60)};
      return cmd::EndClosing{.queue = a_queue(draw)};
    case 5:
    case 6: return cmd::AgentHello{.agent = an_agent(draw), .connection = a_connection(draw)};
    case 7: return cmd::AgentGone{.agent = an_agent(draw), .connection = a_connection(draw)};
    case 8: return cmd::SetStatus{.agent = an_agent(draw), .status = AgentStatus::online};
    case 9: {
      cmd::SetStatus wish{.agent = an_agent(draw), .status = static_cast<AgentStatus>(draw.below(5))};
      if (draw.one_in(3)) wish.by = an_agent(draw);
      return wish;
    }
    case 10:
      return cmd::VisitorHello{.visitor = a_visitor(draw), .queue = a_queue(draw), .connection = a_connection(draw)};
    case 11: return cmd::VisitorGone{.visitor = a_visitor(draw), .connection = a_connection(draw)};
    case 12: {
      cmd::Start wish{.visitor = a_visitor(draw),
                      .conversation = a_conversation(draw),
                      .queue = a_queue(draw),
                      .connection = std::nullopt,
                      .facts = {},
                      .bot_first = draw.one_in(4)};
      if (draw.one_in(2)) wish.connection = a_connection(draw);
      if (draw.one_in(3)) wish.facts = {.name = "Ville", .email = "", .page_url = "/vip/1", .page_title = "t"};
      return wish;
    }
    case 13: return cmd::Open{.sender = a_sender(draw), .conversation = a_conversation(draw), .after = draw.below(20)};
    case 14:
    case 15:
    case 16: {
      cmd::Post wish{.sender = a_sender(draw),
                     .conversation = a_conversation(draw),
                     .author = {},
                     .stream = "",
                     .n = 0,
                     .text = draw.one_in(4) ? "other" : "hello"};
      if (draw.one_in(6)) {
        wish.author = static_cast<Author>(draw.below(6));
      } else {
        wish.author = wish.sender.visitor ? Author::visitor : wish.sender.agent ? Author::agent : Author::bot;
      }
      if (wish.sender.visitor || wish.sender.agent) {
        wish.stream = draw.one_in(3) ? "b" : "a";
        wish.n = 1 + draw.below(8);
      }
      return wish;
    }
    case 17: return cmd::HandOver{.conversation = a_conversation(draw)};
    case 18: return cmd::Accept{.agent = an_agent(draw), .conversation = a_conversation(draw)};
    case 19: return cmd::Decline{.agent = an_agent(draw), .conversation = a_conversation(draw)};
    case 20: return cmd::Close{.sender = a_sender(draw), .conversation = a_conversation(draw), .spam = draw.one_in(4)};
    case 21: return cmd::FinishWrapUp{.agent = an_agent(draw), .conversation = a_conversation(draw)};
    case 22: {
      cmd::Transfer wish{.agent = an_agent(draw), .conversation = a_conversation(draw)};
      if (draw.one_in(2)) wish.to_queue = a_queue(draw);
      if (draw.one_in(2)) wish.to_agent = an_agent(draw);
      return wish;
    }
    default:
      if (draw.one_in(2)) {
        return cmd::Initiate{.agent = an_agent(draw),
                             .visitor = a_visitor(draw),
                             .conversation = a_conversation(draw),
                             .queue = a_queue(draw)};
      }
      return cmd::Rate{
          .visitor = a_visitor(draw), .conversation = a_conversation(draw), .score = 1 + draw.below(5), .comment = "c"};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draw draw(data, size);
  State live;
  State replayed;
  InvariantWatch watch;
  Instant now = start;
  const auto apply = [&](const Command& command) {
    for (bool finished = false; !finished;) {
      const Decision decision = decide(live, now, command);
      finished = decision.finished;
      for (const std::string& broken : broken_invariants(live, true)) fuzz::promise(false, broken);
      for (const std::string& broken : watch.after(live, decision.events)) fuzz::promise(false, broken);
      const auto read = decode_batch(encode_batch(decision.events));
      fuzz::promise(read.has_value(), "a batch that was written can be read");
      for (const Event& event : *read) evolve(replayed, event);
    }
  };
  apply(cmd::ApplySettings{.settings = some_settings(draw), .replaces_version = 0});
  apply(cmd::SetCalendar{.queue = QueueId{1},
                         .effective_from = now,
                         .open = {{.open = now, .close = now + 24h * 500}},
                         .tzdata_version = "fuzz"});
  for (int i = 0; i < commands_max && !draw.empty(); ++i) {
    now += some_time(draw);
    apply(some_command(draw, live, now));
  }
  fuzz::promise(state_bytes(replayed) == state_bytes(live), "the events alone give the same state");
  const auto reread = state_from_bytes(state_bytes(live));
  fuzz::promise(reread && state_bytes(*reread) == state_bytes(live) && next_deadline(*reread) == next_deadline(live),
                "a snapshot of the state is the state");
  return 0;
}

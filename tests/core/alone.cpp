// A whole chat with the core library alone.
#include <cstdio>

#include "service/core/decide.hpp"

using namespace heti;
using namespace heti::core;

int main() {
  State state;
  const Instant t = instant_from_ms(1'780'293'600'000);
  Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support"});
  decide(state, t, command::ApplySettings{.settings = settings, .replaces_version = 0});
  decide(state, t,
         command::SetCalendar{.queue = QueueId{1},
                              .effective_from = t,
                              .open = {{.open = t, .close = t + std::chrono::hours{8}}},
                              .tzdata_version = "none"});
  decide(state, t,
         command::Start{.visitor = {1, 1},
                        .conversation = {2, 2},
                        .queue = QueueId{1},
                        .connection = std::nullopt,
                        .facts = {},
                        .bot_first = false});
  decide(state, t,
         command::Post{.sender = Sender::of_visitor({1, 1}),
                       .conversation = {2, 2},
                       .author = Author::visitor,
                       .stream = "a",
                       .n = 1,
                       .text = "hello"});
  const Decision later = decide(state, t + std::chrono::minutes{2}, command::Tick{});
  const bool breached = later.events.size() == 1 && name_of(later.events[0].body) == "verdict.given";
  std::printf("%s\n", breached ? "the core stands alone" : "no verdict");
  return breached ? 0 : 1;
}

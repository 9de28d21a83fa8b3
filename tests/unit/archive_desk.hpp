#pragma once
// Days for the archive's tests: a desk with two queues, and what happens at it.
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/archive_test_tools.hpp"

namespace heti::archive::test {

// A desk with a second queue ("sales", agent maija) and verbs that the core's desk has no need of.
class BusyDesk : public Desk {
 public:
  static constexpr QueueId sales{2};
  BusyDesk()
      : Desk([](Settings& all) {
          all.queues.push_back({.name = "sales", .display_name = "Sales"});
          all.agents.push_back({.name = "maija",
                                .display_name = "Maija",
                                .queues = {"sales", "support"},
                                .capacity = 5,
                                .supervisor = true});
          all.agents[0].display_name = "Aino A.";
        }) {
    core.get<Done>(start, cmd::SetCalendar{.queue = sales,
                                           .effective_from = start,
                                           .open = {{.open = start, .close = start + std::chrono::days{500}}},
                                           .tzdata_version = "test"});
  }

  void starts(std::uint64_t v, Millis t, QueueId in, VisitorFacts facts) {
    core.get<ConversationView>(start + t, cmd::Start{.visitor = public_id(v),
                                                     .conversation = public_id(1000 + v),
                                                     .queue = in,
                                                     .connection = std::nullopt,
                                                     .facts = std::move(facts),
                                                     .bot_first = false});
  }
  void notes(const std::string& name, std::uint64_t v, Millis t, const std::string& text) {
    core.get<Posted>(start + t, cmd::Post{.sender = Sender::of_agent(agent(name)),
                                          .conversation = public_id(1000 + v),
                                          .author = Author::note,
                                          .stream = {},
                                          .n = 0,
                                          .text = text});
  }
  void transfers(const std::string& name, std::uint64_t v, Millis t) {
    core.get<Done>(start + t, cmd::Transfer{.agent = agent(name), .conversation = public_id(1000 + v)});
  }
  void rates(std::uint64_t v, Millis t, std::uint32_t score, const std::string& comment) {
    core.get<Done>(
        start + t,
        cmd::Rate{.visitor = public_id(v), .conversation = public_id(1000 + v), .score = score, .comment = comment});
  }
  void applies(Millis t) {
    core.get<Done>(start + t,
                   cmd::ApplySettings{.settings = settings, .replaces_version = core.state().settings_version});
  }
  // A whole short chat: asked at t, answered by `name`, closed ten seconds later.
  void serves(const std::string& name, std::uint64_t v, Millis t) {
    const std::string question = "question of " + std::to_string(v);
    if (core.state().find(public_id(1000 + v)) == nullptr) {
      says(v, t, question);
    } else {
      posts(v, t, "s", ++numbers[v], question);
    }
    const std::string asked = offered_to(v);
    ASSERT_EQ(asked, name);
    accepts(name, v, t + 1s);
    answers(name, v, t + 2s, "answer to " + std::to_string(v));
    closes(name, v, t + 10s);
    core.get<Done>(start + t + 11s, cmd::FinishWrapUp{.agent = agent(name), .conversation = public_id(1000 + v)});
  }
};

inline constexpr std::uint64_t everything = ~std::uint64_t{0};

// Short chats, and one long one that runs through all of them, until the journal has this many batches.
inline void fill(BusyDesk& desk, std::uint64_t batches) {
  desk.ready("aino", 0s);
  desk.ready("maija", 0s);
  Millis t = 1s;
  for (std::uint64_t v = 2; desk.core.journal().tail().position.value() < batches; ++v, t += 20s) {
    desk.says(1, t, "long story, part " + std::to_string(v));
    desk.tick(t + 500ms);
    if (const std::string name = desk.offered_to(1); !name.empty()) desk.accepts(name, 1, t + 1s);
    desk.says(v, t + 2s, "question " + std::to_string(v));
    const std::string name = desk.offered_to(v);
    ASSERT_FALSE(name.empty());
    desk.accepts(name, v, t + 3s);
    desk.notes(name, v, t + 4s, "note " + std::to_string(v));
    desk.answers(name, v, t + 5s, "answer " + std::to_string(v));
    desk.closes(name, v, t + 6s);
    desk.core.get<Done>(desk.start + t + 7s,
                        cmd::FinishWrapUp{.agent = desk.agent(name), .conversation = public_id(1000 + v)});
    if (v % 3 == 0) desk.rates(v, t + 8s, 1 + static_cast<std::uint32_t>(v % 5), "comment " + std::to_string(v));
  }
}

// What an archive holds which never stopped.
inline std::vector<std::int64_t> counts_of(const journal::Journal& journal) {
  const TempDirectory directory;
  {
    const auto archive = open_or_fail(directory.path(), journal);
    EXPECT_TRUE(ask_closed(*archive, {}).has_value());
  }
  return counts(directory.path());
}

// A day in which everything happens that leaves a line.
inline void live_a_day(BusyDesk& desk) {
  desk.ready("aino", 0s);
  desk.starts(
      1, 1s, BusyDesk::queue,
      {.name = "Väinö \"W\" O'Hara", .email = "v@example.org", .page_url = "https://shop/a?b=1", .page_title = "Shop"});
  desk.says(1, 2s, "first; DROP TABLE entries;-- \xF0\x9F\x98\x80");
  desk.accepts("aino", 1, 3s);
  desk.answers("aino", 1, 4s, std::string(16'000, 'x'));
  desk.notes("aino", 1, 5s, "she sounds angry");
  desk.posts(1, 6s, "othertab", 1, "a line\nand another");
  desk.ready("eero", 7s);
  desk.transfers("aino", 1, 8s);
  desk.tick(9s);
  desk.accepts("eero", 1, 10s);
  desk.settings.agents[0].display_name = "Aino B.";
  desk.settings.agents[1].display_name = "Eero the Elder";
  desk.settings.agents.insert(
      desk.settings.agents.begin(),
      {.name = "zoe", .display_name = "Zoe", .queues = {"sales"}, .capacity = 1, .supervisor = false});
  desk.applies(11s);
  desk.answers("eero", 1, 12s, "hei");
  desk.closes("eero", 1, 13s);
  desk.rates(1, 14s, 4, "kind but slow");
  desk.says(1, 15s, "and another thing");  // opens it again
  desk.tick(16s);
  desk.ready("maija", 17s);
  desk.starts(2, 18s, BusyDesk::sales, {});
  desk.posts(2, 19s, "s", 1, "how much?");
  desk.leaves(1, 20s);
  desk.tick(20min);
}

}  // namespace heti::archive::test

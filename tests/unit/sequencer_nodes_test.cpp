// Several nodes with one journal: one leads, the others follow it. Between them lies a lane that may lose and repeat.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "service/core/remote.hpp"
#include "service/sequencer/recovery.hpp"
#include "service/sequencer/sequencer.hpp"
#include "tests/core/driver.hpp"

namespace heti::tests {
namespace {

using namespace sequencer;
using namespace std::chrono_literals;
namespace cmd = core::command;

constexpr Instant start = instant_from_ms(1'780'293'600'000);

// Runs what was posted when told to.
class QueueLoop : public Loop {
 public:
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void wake_after(Millis, std::function<void()> task) override { timer_ = std::move(task); }
  bool run() {
    bool any = false;
    for (; !tasks_.empty(); any = true) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
    return any;
  }

 private:
  std::deque<std::function<void()>> tasks_;
  std::function<void()> timer_;
};

class Recorder : public Projection {
 public:
  void on_durable(const Durable& batch) override {
    positions.push_back(batch.position.value());
    led += batch.led ? 1 : 0;
    bytes = core::state_bytes(batch.state);
  }
  std::vector<std::uint64_t> positions;
  std::size_t led = 0;
  std::string bytes;
};

struct Node {
  Node(std::uint32_t number, journal::Journal& journal, JournalClock& clock)
      : number_(number), sequencer(Options{}, journal, loop, clock, std::move(recover(journal)->state), {&recorder}) {
    sequencer.follow({.node = number, .incarnation = 1, .send = [this](const std::vector<Sent>& sent) {
                        lane.insert(lane.end(), sent.begin(), sent.end());
                      }});
  }

  // An answer as a word: the text's number, or what it was.
  void ask(core::Command command) {
    const std::size_t index = told.size();
    told.emplace_back();
    const auto taken =
        sequencer.submit(std::move(command), [this, index](const core::Answer& answer, const core::State&) {
          EXPECT_EQ(told[index], "") << "answered twice";
          told[index] = std::holds_alternative<core::Refused>(answer) ? "refused" : std::to_string(answer.index());
          if (const auto* posted = std::get_if<core::Posted>(&answer))
            told[index] = "seq " + std::to_string(posted->seq);
        });
    EXPECT_EQ(taken, Submit::accepted);
  }

  const std::uint32_t number_;
  QueueLoop loop;
  Recorder recorder;
  std::vector<Sent> lane;  // what it sent and nobody took
  std::vector<std::string> told;
  Sequencer sequencer;
};

class NodesTest : public testing::Test {
 protected:
  explicit NodesTest(std::size_t nodes = 3) {
    for (std::uint32_t i = 0; i < nodes; ++i) nodes_.push_back(std::make_unique<Node>(i + 1, *journal_, clock_));
  }
  Node& node(std::size_t i) { return *nodes_[i]; }

  void lead(std::size_t i) {
    leader_ = i;
    core::Command first = cmd::ResumeService{.alive_until = start, .node = node(i).number_, .incarnation = 1};
    if (journal_->tail().position.value() == 0) {
      core::Settings settings;
      settings.queues.push_back({.name = "support", .display_name = "Support", .after_hours = core::AfterHours::queue});
      settings.agents.push_back({.name = "aino", .display_name = "Aino", .queues = {"support"}, .capacity = 3});
      first = cmd::ApplySettings{.settings = settings, .replaces_version = 0};
    }
    const auto led = node(i).sequencer.lead(std::move(first), nullptr);
    ASSERT_TRUE(led.has_value()) << led.error();
  }

  // The lanes to the leader; of each command `arrives` says how often it comes.
  void carry(const std::function<int()>& arrives = [] { return 1; }) {
    for (auto& each : nodes_) {
      for (const Sent& sent : std::exchange(each->lane, {})) {
        for (int i = arrives(); i > 0; --i) node(leader_).sequencer.submit_of_node(sent);
      }
    }
  }
  // The journal to those who follow.
  void publish(std::size_t to) {
    const auto read = journal_->read(followed_[to], [&](const journal::Batch& batch, const journal::Hash& hash) {
      const auto taken = node(to).sequencer.take_in(batch, hash);
      EXPECT_TRUE(taken.has_value()) << taken.error();
      followed_[to] = batch.position;
      return true;
    });
    EXPECT_TRUE(read.has_value());
  }
  void settle() {
    for (bool any = true; any;) {
      any = false;
      for (auto& each : nodes_) any = each->loop.run() || any;
      carry();
      any = node(leader_).loop.run() || any;
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (i != leader_) publish(i);
      }
    }
  }

  static core::Command start_of(std::uint64_t visitor) {
    return cmd::Start{.visitor = public_id(visitor),
                      .conversation = public_id(1000 + visitor),
                      .queue = core::QueueId{1},
                      .connection = std::nullopt,
                      .facts = {},
                      .bot_first = false};
  }
  static core::Command post_of(std::uint64_t visitor, std::uint64_t n) {
    return cmd::Post{.sender = core::Sender::of_visitor(public_id(visitor)),
                     .conversation = public_id(1000 + visitor),
                     .author = core::Author::visitor,
                     .stream = "s",
                     .n = n,
                     .text = "text " + std::to_string(n)};
  }

  Millis boot_{0};
  JournalClock clock_{[this] { return start.time_since_epoch() + boot_; }, [this] { return boot_; }};
  std::unique_ptr<journal::Journal> journal_ = journal::make_memory();
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<std::size_t, journal::Position> followed_;
  std::size_t leader_ = 0;
};

TEST_F(NodesTest, WhatIsAskedOnANodeThatFollowsIsAnsweredThereAndKnownEverywhere) {
  lead(0);
  node(1).ask(start_of(5));
  node(1).ask(post_of(5, 1));
  node(2).ask(post_of(5, 7));
  settle();
  EXPECT_EQ(node(1).told, (std::vector<std::string>{"3", "seq 1"}));
  EXPECT_EQ(node(2).told, std::vector<std::string>{"refused"});
  EXPECT_EQ(node(0).recorder.positions, node(1).recorder.positions);
  EXPECT_EQ(node(0).recorder.bytes, node(2).recorder.bytes);
  EXPECT_EQ(node(0).recorder.led, node(0).recorder.positions.size());
  EXPECT_EQ(node(1).recorder.led, 0u);
}

TEST_F(NodesTest, WhoWantsOnlyADurableStateHasOneWithoutTheOwner) {
  lead(0);
  settle();
  node(1).ask(cmd::Tick{});
  node(1).loop.run();
  EXPECT_EQ(node(1).told, std::vector<std::string>{"0"});
  EXPECT_TRUE(node(1).lane.empty());
}

TEST_F(NodesTest, WhatWasLostOnTheWayIsSentAgainInOrder) {
  lead(0);
  node(1).ask(start_of(5));
  for (std::uint64_t n = 1; n <= 5; ++n) node(1).ask(post_of(5, n));
  node(1).loop.run();
  node(1).lane.erase(node(1).lane.begin());  // The first is lost, so none of the others is next.
  settle();
  EXPECT_EQ(node(1).told.front(), "");
  node(1).sequencer.send_again();  // It just asked: not yet.
  EXPECT_TRUE(node(1).lane.empty());
  node(1).sequencer.send_again();
  EXPECT_EQ(node(1).lane.size(), 6u);
  settle();
  EXPECT_EQ(node(1).told.back(), "seq 5");
  node(1).sequencer.send_again();
  node(1).sequencer.send_again();
  EXPECT_TRUE(node(1).lane.empty());
}

TEST_F(NodesTest, ANewOwnerDecidesWhatTheOldOneDidNotAndNothingTwice) {
  lead(0);
  node(1).ask(start_of(5));
  for (std::uint64_t n = 1; n <= 4; ++n) node(1).ask(post_of(5, n));
  node(1).loop.run();
  std::vector<Sent> late(node(1).lane.begin() + 3, node(1).lane.end());
  node(1).lane.resize(3);
  carry();
  node(0).loop.run();  // Start and two posts are decided; node 1 has not heard of it.
  lead(1);
  settle();
  EXPECT_EQ(node(1).told, (std::vector<std::string>{"3", "seq 1", "seq 2", "seq 3", "seq 4"}));
  EXPECT_EQ(node(1).sequencer.state().find(public_id(1005))->last_seq, 4u);
  // What is still under way to the old owner comes to the new one, too late.
  for (const Sent& sent : late) node(1).sequencer.submit_of_node(sent);
  settle();
  EXPECT_EQ(node(1).sequencer.state().find(public_id(1005))->last_seq, 4u);
}

TEST_F(NodesTest, AnUnreachableOwnerRefusesNewCommandsAndKeepsThoseAsked) {
  lead(0);
  node(1).ask(start_of(5));
  node(1).loop.run();
  node(1).sequencer.set_reachable(false);
  EXPECT_EQ(node(1).sequencer.submit(start_of(6), nullptr), Submit::try_later);
  node(1).sequencer.set_reachable(true);
  settle();
  EXPECT_EQ(node(1).told, std::vector<std::string>{"3"});
}

TEST_F(NodesTest, ABatchThatDoesNotComeNextIsNamed) {
  lead(0);
  node(0).loop.run();
  node(0).ask(start_of(5));
  node(0).loop.run();
  ASSERT_EQ(journal_->tail().position.value(), 2u);
  const auto read = journal_->read(journal::Position{1}, [&](const journal::Batch& batch, const journal::Hash& hash) {
    const auto taken = node(1).sequencer.take_in(batch, hash);
    EXPECT_EQ(taken.error(), "position 2 does not follow position 0");
    return true;
  });
  EXPECT_TRUE(read.has_value());
}

TEST_F(NodesTest, ANodeThatEndsWaitsForItsLastAnswers) {
  lead(0);
  settle();
  bool stopped = false;
  node(1).ask(start_of(5));
  node(1).sequencer.stop([&] { stopped = true; });
  node(1).loop.run();
  EXPECT_FALSE(stopped);
  settle();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(node(1).told, std::vector<std::string>{"3"});
}

// A lane that loses a third and doubles a third; owners that change at any moment, some of them before anybody heard
// what they decided. Every post of every client is answered once, and stands once, in its order.
TEST_F(NodesTest, ThroughLossesRepeatsAndChangesOfOwnerEveryPostStandsOnce) {
  std::mt19937_64 random(20260601);
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  lead(0);
  settle();
  std::array<std::uint64_t, 3> posted{};
  for (std::uint64_t visitor = 0; visitor < 3; ++visitor) node(visitor).ask(start_of(visitor));
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t visitor = pick(3);
    node(visitor).ask(post_of(visitor, ++posted[visitor]));
    node(visitor).loop.run();
    if (pick(3) == 0) {
      carry([&] { return static_cast<int>(pick(3)); });
      node(leader_).loop.run();
    }
    if (pick(4) == 0) {
      const std::size_t to = pick(3);
      if (to != leader_) publish(to);
    }
    if (pick(9) == 0) node(pick(3)).sequencer.send_again();
  }
  // Owners change among nodes that follow: the one before is gone for good.
  lead(1);
  for (int round = 0; round < 3000; ++round) {
    carry([&] { return static_cast<int>(pick(3)); });
    node(1).loop.run();
    publish(2);
    node(2).loop.run();
    if (pick(3) == 0) node(2).sequencer.send_again();
  }
  settle();
  for (const std::size_t visitor : {1u, 2u}) {
    ASSERT_EQ(node(visitor).told.size(), posted[visitor] + 1);
    for (std::uint64_t n = 1; n <= posted[visitor]; ++n) {
      EXPECT_EQ(node(visitor).told[n], "seq " + std::to_string(n)) << "visitor " << visitor;
    }
    EXPECT_EQ(node(1).sequencer.state().find(public_id(1000 + visitor))->last_seq, posted[visitor]);
  }
  EXPECT_EQ(node(1).recorder.bytes, node(2).recorder.bytes);
}

}  // namespace
}  // namespace heti::tests

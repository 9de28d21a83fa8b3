// Claims of the service against the model: the honest journal passes, each forged one is found.
#include "tests/simulation/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/model_story.hpp"

namespace heti::simulation {
namespace {

namespace event = core::event;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr core::ConversationId conversation{77};
constexpr core::ContactId contact{5};
constexpr core::AgentId agent{1};

// Asked at 0 s, accepted at 5 s, answered at 70 s and so too late, one good reply, closed at 100 s, ten seconds of
// wrap-up.
Story late_answer() {
  Story story;
  story.at(0s).ready(1).asks(1).offered(1, 1).at(5s).accepts(1, 1).at(70s).answers(1, 1).at(80s).writes(1);
  story.at(90s).answers(1, 1).at(100s).agent_closes(1, 1).at(110s).done(1, 1).quiet();
  return story;
}

class CompareTest : public testing::Test {
 protected:
  void claim(Millis at, core::EventBody body) { journal_.push_back({.at = begin_ + at, .body = std::move(body)}); }

  void verdict(Millis at, core::Sla sla, core::Verdict verdict, Millis since, Millis elapsed) {
    claim(at, event::VerdictGiven{.conversation = conversation,
                                  .contact = contact,
                                  .sla = sla,
                                  .verdict = verdict,
                                  .clock_started = begin_ + since,
                                  .elapsed = elapsed});
  }

  // The journal of late_answer(), by hand.
  void SetUp() override {
    claim(0s, event::ConversationStarted{.conversation = conversation,
                                         .public_id = {.high = 1, .low = 2},
                                         .visitor = {},
                                         .queue = core::QueueId{1},
                                         .facts = {},
                                         .bot_first = false,
                                         .priority = {},
                                         .credit = {},
                                         .skills = {}});
    claim(0s,
          event::ContactQueued{
              .conversation = conversation, .contact = contact, .stage = core::Stage::first, .seq = 0, .key = begin_});
    claim(5s, event::ChatAssigned{.conversation = conversation,
                                  .seq = 2,
                                  .engagement = {},
                                  .agent = agent,
                                  .stage = core::Stage::first,
                                  .wait = 5s,
                                  .rule = {}});
    verdict(60'001ms, core::Sla::first_response, core::Verdict::bad, 0s, 60'001ms);
    claim(70s, event::FirstResponseGiven{.conversation = conversation, .contact = contact, .time = 70s});
    verdict(90s, core::Sla::reply, core::Verdict::good, 80s, 10s);
    claim(90s, event::ReplyGiven{.conversation = conversation, .contact = contact, .time = 10s});
    claim(100s, event::ContactEnded{.conversation = conversation,
                                    .contact = contact,
                                    .outcome = core::Outcome::answered,
                                    .reason = core::EndReason::none,
                                    .waited = 100s});
    claim(110s, event::WrapUpEnded{.agent = agent,
                                   .engagement = {},
                                   .conversation = conversation,
                                   .handle = 105s,
                                   .wrapup = 10s,
                                   .focus = 105s});
    claim(24h + 100s, event::ConversationFinal{.conversation = conversation, .resolution = 100s});
  }

  std::vector<std::string> judged(Story story = late_answer()) {
    return disagreements(story.sightings(), journal_, begin_ + 25h, {staffing_});
  }

  template <class T>
  T& claimed() {
    for (core::Event& event : journal_) {
      if (auto* body = std::get_if<T>(&event.body)) return *body;
    }
    std::abort();
  }
  template <class T>
  void unsaid() {
    std::erase_if(journal_, [](const core::Event& event) { return std::holds_alternative<T>(event.body); });
  }

  const Instant begin_ = Story().begin();
  std::vector<core::Event> journal_;
  // From a minute before the beginning; the agent is there all the time.
  QueueFigures staffing_{.queue = 1,
                         .open = 25 * 3'600'000 + 60'000,
                         .staffed = 25 * 3'600'000,
                         .unstaffed = 60'000,
                         .understaffed = 60'000,
                         .saturated = 0,
                         .shortfall = 60'000};
};

TEST_F(CompareTest, AnHonestJournalHasNoDisagreement) { EXPECT_THAT(judged(), testing::IsEmpty()); }

TEST_F(CompareTest, AVerdictAtTheReplyInsteadOfTheDeadlineIsFound) {
  journal_[3].at = begin_ + 70s;
  std::get<event::VerdictGiven>(journal_[3].body).elapsed = 70s;
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("bad after 70000 ms")));
}

TEST_F(CompareTest, AVerdictAtTheRightTimeButTheOtherWayIsFound) {
  claimed<event::VerdictGiven>().verdict = core::Verdict::good;
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("claims verdict of first response: good")));
}

TEST_F(CompareTest, EachFigureOffByAMillisecondIsFound) {
  claimed<event::ChatAssigned>().wait += 1ms;
  claimed<event::FirstResponseGiven>().time -= 1ms;
  claimed<event::ReplyGiven>().time += 1ms;
  claimed<event::ContactEnded>().waited += 1ms;
  claimed<event::WrapUpEnded>().wrapup += 1ms;
  claimed<event::ConversationFinal>().resolution += 1ms;
  claimed<event::ContactQueued>().key += 1ms;
  EXPECT_EQ(judged().size(), 7u);
}

TEST_F(CompareTest, HandleTimeAndElapsedTimeOffByAMillisecondAreFound) {
  claimed<event::WrapUpEnded>().handle -= 1ms;
  claimed<event::VerdictGiven>().elapsed += 1ms;
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("verdict of first response"), HasSubstr("handled 104999 ms")));
}

TEST_F(CompareTest, EachIntegralOffByAMillisecondIsFound) {
  for (auto QueueFigures::*member : {&QueueFigures::open, &QueueFigures::staffed, &QueueFigures::unstaffed,
                                     &QueueFigures::understaffed, &QueueFigures::saturated, &QueueFigures::shortfall}) {
    const QueueFigures honest = staffing_;
    ++(staffing_.*member);
    EXPECT_THAT(judged(), ElementsAre(HasSubstr("queue 1: the service claims")));
    staffing_ = honest;
  }
}

TEST_F(CompareTest, WhatIsNotSaidIsFound) {
  unsaid<event::VerdictGiven>();
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("the service never said so"), HasSubstr("the service never said so")));
}

TEST_F(CompareTest, WhatIsSaidTwiceIsFound) {
  journal_.insert(journal_.begin() + 4, journal_[3]);
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("the model knows nothing of it")));
}

TEST_F(CompareTest, AConversationThatNobodyBeganIsFound) {
  auto other = claimed<event::ConversationStarted>();
  other.conversation = core::ConversationId{78};
  claim(25h, other);
  claim(25h, event::ContactQueued{.conversation = other.conversation,
                                  .contact = core::ContactId{6},
                                  .stage = core::Stage::first,
                                  .seq = 0,
                                  .key = begin_});
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("C0: the service claims contact begun")));
}

TEST_F(CompareTest, AnOutcomeOfTheWrongClassIsFound) {
  claimed<event::ContactEnded>().reason = core::EndReason::unanswered_turn;
  EXPECT_THAT(judged(), ElementsAre(HasSubstr("claims contact ended: answered unanswered_turn")));
}

TEST_F(CompareTest, ABrokenRuleIsToldThoughAllFiguresAgree) {
  Story story = late_answer();
  story.at(25h).asks(2);
  claim(25h, event::ConversationStarted{.conversation = core::ConversationId{78},
                                        .public_id = {},
                                        .visitor = {},
                                        .queue = core::QueueId{1},
                                        .facts = {},
                                        .bot_first = false,
                                        .priority = {},
                                        .credit = {},
                                        .skills = {}});
  claim(25h, event::ContactQueued{.conversation = core::ConversationId{78},
                                  .contact = core::ContactId{6},
                                  .stage = core::Stage::first,
                                  .seq = 0,
                                  .key = begin_ + 25h});
  EXPECT_THAT(judged(story), ElementsAre(HasSubstr("waits though agent 1 has a free slot")));
}

}  // namespace
}  // namespace heti::simulation

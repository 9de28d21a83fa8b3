// What is counted when it has become durable.
#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

using core::AgentStatus;

double ended(const Samples& samples, const char* outcome) {
  return samples("heti_contacts_ended_total", {{"queue", "support"}, {"outcome", outcome}});
}
double verdicts(const Samples& samples, const char* sla, const char* verdict) {
  return samples("heti_sla_verdicts_total", {{"queue", "support"}, {"sla", sla}, {"verdict", verdict}});
}
double bucket(const Samples& samples, const std::string& histogram, const char* le, LabelMap labels = {}) {
  labels.emplace("le", le);
  return samples(histogram + "_bucket", labels);
}

TEST(MonitorCountsTest, EveryKnownLabelSetIsThereAsZeroFromTheStart) {
  const World world;
  const Samples samples = world.scrape(monday);
  const std::map<std::string, std::size_t> series{{"heti_contacts_total", 2},
                                                  {"heti_contacts_ended_total", 9},
                                                  {"heti_sla_verdicts_total", 6},
                                                  {"heti_offers_total", 4},
                                                  {"heti_transfers_total", 1},
                                                  {"heti_requeues_total", 1},
                                                  {"heti_unanswered_turns_total", 1},
                                                  {"heti_reopened_total", 1},
                                                  {"heti_offline_messages_total", 1},
                                                  {"heti_messages_total", 5},
                                                  {"heti_survey_invitations_total", 3},
                                                  {"heti_survey_responses_total", 23},
                                                  {"heti_first_contact_verdicts_total", 2},
                                                  {"heti_wait_seconds_count", 4},
                                                  {"heti_first_response_seconds_count", 1},
                                                  {"heti_reply_seconds_count", 1},
                                                  {"heti_abandon_seconds_count", 1},
                                                  {"heti_handle_seconds_count", 1},
                                                  {"heti_wrapup_seconds_count", 1},
                                                  {"heti_resolution_seconds_count", 1}};
  for (const auto& [name, count] : series) {
    const std::vector<double> values = samples.all(name, {{"queue", "support"}, {"workspace", "default"}});
    EXPECT_EQ(values, std::vector<double>(count, 0.0)) << name;
  }
  EXPECT_EQ(
      samples.values_of("heti_contacts_ended_total", "outcome"),
      (std::set<std::string>{"answered", "abandoned_short", "abandoned_within", "abandoned_after",
                             "missed_queue_closed", "missed_timeout", "missed_agent_closed", "missed_error", "spam"}));
  EXPECT_EQ(samples.values_of("heti_messages_total", "author"),
            (std::set<std::string>{"visitor", "agent", "bot", "auto", "note"}));
  EXPECT_EQ(samples.values_of("heti_offers_total", "result"),
            (std::set<std::string>{"accepted", "declined", "expired", "rescinded"}));
}

TEST(MonitorCountsTest, AGoodChatIsCountedFromFirstWordToRating) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 10s, 1);
  world.accepts(monday + 16s, aino, 1);
  world.answers(monday + 30s, aino, 1);
  world.says(monday + 40s, 1);
  world.answers(monday + 52s, aino, 1);
  world.ends(monday + 100s, aino, 1);
  world.is_done(monday + 125s, aino, 1);
  world.rates(monday + 130s, 1, 5);
  const Samples s = world.scrape(monday + 130s);
  EXPECT_EQ(s("heti_contacts_total", {{"stage", "first"}}), 1);
  EXPECT_EQ(ended(s, "answered"), 1);
  EXPECT_EQ(verdicts(s, "first_response", "good"), 1);
  EXPECT_EQ(verdicts(s, "reply", "good"), 1);
  EXPECT_EQ(verdicts(s, "first_response", "bad"), 0);
  EXPECT_EQ(s("heti_offers_total", {{"result", "accepted"}}), 1);
  EXPECT_EQ(s("heti_messages_total", {{"author", "visitor"}}), 2);
  EXPECT_EQ(s("heti_messages_total", {{"author", "agent"}}), 2);
  EXPECT_EQ(s("heti_survey_invitations_total", {{"survey", "csat"}}), 1);
  EXPECT_EQ(s("heti_survey_responses_total", {{"survey", "csat"}, {"score", "5"}}), 1);
  EXPECT_EQ(s("heti_wait_seconds_sum", {{"stage", "first"}}), 6);
  EXPECT_EQ(s("heti_first_response_seconds_sum"), 20);
  EXPECT_EQ(s("heti_reply_seconds_sum"), 12);
  EXPECT_EQ(s("heti_handle_seconds_sum"), 109);
  EXPECT_EQ(s("heti_wrapup_seconds_sum"), 25);
  EXPECT_EQ(s("heti_resolution_seconds_count"), 0) << "the visitor may still come back";

  world.tick(monday + 25h);
  const Samples later = world.scrape(monday + 25h);
  EXPECT_EQ(later("heti_resolution_seconds_count"), 1);
  EXPECT_EQ(later("heti_resolution_seconds_sum"), 90);
}

TEST(MonitorCountsTest, TheVerdictIsCountedAtTheDeadlineNotAtTheAnswer) {
  World world;
  world.writes(monday, 1);
  world.tick(monday + 60s);
  EXPECT_EQ(verdicts(world.scrape(monday + 60s), "first_response", "bad"), 0);
  world.tick(monday + 60'001ms);
  EXPECT_EQ(verdicts(world.scrape(monday + 60'001ms), "first_response", "bad"), 1);
  world.comes(monday + 70s, aino);
  world.accepts(monday + 71s, aino, 1);
  world.answers(monday + 72s, aino, 1);
  const Samples s = world.scrape(monday + 72s);
  EXPECT_EQ(verdicts(s, "first_response", "bad"), 1);
  EXPECT_EQ(verdicts(s, "first_response", "good"), 0);
  EXPECT_EQ(s("heti_first_response_seconds_count"), 1) << "late answers are samples too";
}

TEST(MonitorCountsTest, AHeldVerdictIsCountedOnReturn) {
  World world;
  world.writes(monday, 1);
  world.leaves(monday + 50s, 1);
  world.tick(monday + 70s);
  EXPECT_EQ(verdicts(world.scrape(monday + 70s), "first_response", "bad"), 0);
  world.returns(monday + 80s, 1);
  EXPECT_EQ(verdicts(world.scrape(monday + 80s), "first_response", "bad"), 1);
}

TEST(MonitorCountsTest, EveryWayOfLeavingHasItsOutcome) {
  World world;
  world.writes(monday, 1);
  world.closes(monday + 9s, 1);
  world.writes(monday + 10s, 2);
  world.closes(monday + 40s, 2);
  world.writes(monday + 40s, 3);
  world.leaves(monday + 105s, 3);  // judged at 60 s; gone for good at the end of the grace
  world.tick(monday + 166s);
  const Samples s = world.scrape(monday + 166s);
  EXPECT_EQ(ended(s, "abandoned_short"), 1);
  EXPECT_EQ(ended(s, "abandoned_within"), 1);
  EXPECT_EQ(ended(s, "abandoned_after"), 1);
  EXPECT_EQ(s("heti_abandon_seconds_sum"), 9 + 30 + 65);
  EXPECT_EQ(verdicts(s, "first_response", "excluded"), 2);
  EXPECT_EQ(verdicts(s, "first_response", "bad"), 1);
  EXPECT_EQ(s("heti_first_response_seconds_count"), 0) << "the abandoned have no answer";

  world.comes(monday + 200s, aino);
  world.writes(monday + 201s, 4);
  world.accepts(monday + 202s, aino, 4);
  world.ends(monday + 203s, aino, 4);
  world.writes(monday + 204s, 5);
  world.accepts(monday + 205s, aino, 5);
  world.ends(monday + 206s, aino, 5, true);
  world.sets(monday + 210s, aino, AgentStatus::away);
  world.writes(monday + 8h - 1s, 6);
  world.tick(monday + 8h + 31min);
  const Samples evening = world.scrape(monday + 8h + 31min);
  EXPECT_EQ(ended(evening, "missed_agent_closed"), 1);
  EXPECT_EQ(ended(evening, "spam"), 1);
  EXPECT_EQ(ended(evening, "missed_queue_closed"), 1);
}

TEST(MonitorCountsTest, AnOverdueTurnAtTheEndIsUnansweredButNotASpammers) {
  World world;
  world.comes(monday, aino);
  for (const std::uint64_t visitor : {1, 2}) {
    const Instant start = monday + 10s * visitor;
    world.writes(start, visitor);
    world.accepts(start + 1s, aino, visitor);
    world.answers(start + 2s, aino, visitor);
    world.says(start + 3s, visitor);
  }
  world.tick(monday + 200s);
  world.ends(monday + 201s, aino, 1);
  world.ends(monday + 201s, aino, 2, true);
  const Samples s = world.scrape(monday + 201s);
  EXPECT_EQ(verdicts(s, "reply", "bad"), 2);
  EXPECT_EQ(s("heti_unanswered_turns_total"), 1);
  EXPECT_EQ(ended(s, "answered"), 1);
  EXPECT_EQ(ended(s, "spam"), 1);
}

TEST(MonitorCountsTest, OffersThatCameToNothingAreToldApart) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.tick(monday + 22s);  // expired
  world.tick(monday + 33s);  // barred, but the only one: offered again
  world.get<core::Done>(monday + 34s, cmd::Decline{.agent = aino, .conversation = public_id(1)});
  world.tick(monday + 45s);
  world.sets(monday + 46s, aino, AgentStatus::away);
  const Samples s = world.scrape(monday + 46s);
  EXPECT_EQ(s("heti_offers_total", {{"result", "expired"}}), 1);
  EXPECT_EQ(s("heti_offers_total", {{"result", "declined"}}), 1);
  EXPECT_EQ(s("heti_offers_total", {{"result", "rescinded"}}), 1);
  EXPECT_EQ(s("heti_offers_total", {{"result", "accepted"}}), 0);
}

TEST(MonitorCountsTest, TransfersAndLostAgentsEndAnEngagementEach) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.get<core::Done>(monday + 12s, cmd::Transfer{.agent = aino, .conversation = public_id(1)});
  world.comes(monday + 13s, eero);
  world.accepts(monday + 15s, eero, 1);
  world.loses(monday + 22s, eero);
  world.tick(monday + 60s);  // the agent's grace is over at 52 s
  const Samples s = world.scrape(monday + 60s);
  EXPECT_EQ(s("heti_transfers_total"), 1);
  EXPECT_EQ(s("heti_requeues_total"), 1);
  EXPECT_EQ(s("heti_contacts_total", {{"stage", "first"}}), 1) << "the contact is still the same";
  EXPECT_EQ(s("heti_wait_seconds_sum", {{"stage", "transfer"}}), 3);
  EXPECT_EQ(s("heti_handle_seconds_count"), 2);
  EXPECT_EQ(s("heti_handle_seconds_sum"), 10 + 7) << "to the transfer, and to the moment the agent was lost";
}

TEST(MonitorCountsTest, AReopenedConversationIsANewContact) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.answers(monday + 3s, aino, 1);
  world.ends(monday + 4s, aino, 1);
  world.says(monday + 300s, 1);
  const Samples s = world.scrape(monday + 300s);
  EXPECT_EQ(s("heti_contacts_total", {{"stage", "first"}}), 1);
  EXPECT_EQ(s("heti_contacts_total", {{"stage", "reopen"}}), 1);
  EXPECT_EQ(s("heti_reopened_total"), 1);
  EXPECT_EQ(s("heti_survey_invitations_total", {{"survey", "csat"}}), 1);
  world.accepts(monday + 302s, aino, 1);
  world.ends(monday + 303s, aino, 1);
  EXPECT_EQ(world.scrape(monday + 303s)("heti_survey_invitations_total", {{"survey", "csat"}}), 1)
      << "nobody has answered this time, so that there is nothing to rate";
}

TEST(MonitorCountsTest, AMessageIsLeftAfterHoursOnlyWhenSomethingIsWritten) {
  World world;
  world.start(monday - 30min, 1);
  EXPECT_EQ(world.scrape(monday - 30min)("heti_offline_messages_total"), 0);
  world.says(monday - 29min, 1);
  world.says(monday - 28min, 1);
  world.start(monday - 27min, 2);
  const Samples s = world.scrape(monday - 27min);
  EXPECT_EQ(s("heti_offline_messages_total"), 1);
  EXPECT_EQ(s("heti_contacts_total", {{"stage", "first"}}), 0);
  world.restarts(monday - 20min, monday - 19min);
  world.says(monday - 18min, 1);
  world.says(monday - 18min, 2);
  EXPECT_EQ(world.scrape(monday - 18min)("heti_offline_messages_total"), 1) << "the second one, since the restart";
  world.ends(monday + 1h, aino, 1);
  world.tick(monday + 26h);
  EXPECT_EQ(world.scrape(monday + 26h)("heti_resolution_seconds_count"), 0) << "it was never a contact";
}

TEST(MonitorCountsTest, TargetsAreBucketBoundsOfEveryQueue) {
  core::QueueSettings settings{.name = "support", .display_name = "Support"};
  settings.first_response.threshold = 25s;
  settings.reply.threshold = 77'500ms;
  World world(settings);
  const std::set<std::string> bounds{"1",    "5",  "10",  "15",  "20",  "25",  "30",   "45",  "60",
                                     "77.5", "90", "120", "180", "300", "600", "1800", "+Inf"};
  for (const char* name : {"heti_wait_seconds_bucket", "heti_first_response_seconds_bucket",
                           "heti_reply_seconds_bucket", "heti_abandon_seconds_bucket"}) {
    EXPECT_EQ(world.scrape(monday).values_of(name, "le"), bounds) << name;
  }
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.answers(monday + 26s, aino, 1);
  const Samples exact = world.scrape(monday + 26s);
  EXPECT_EQ(bucket(exact, "heti_first_response_seconds", "20"), 0);
  EXPECT_EQ(bucket(exact, "heti_first_response_seconds", "25"), 1) << "in time is in the bucket of the target";
  EXPECT_EQ(exact("heti_slo_threshold_seconds", {{"sla", "first_response"}}), 25);
  EXPECT_EQ(exact("heti_slo_target_ratio", {{"sla", "first_response"}}), 0.8);
  EXPECT_EQ(exact("heti_slo_target_ratio", {{"sla", "reply"}}), 0.9);

  world.settings().queues.push_back({.name = "sales", .display_name = "Sales", .first_response = {33s, 900}});
  world.apply_settings(monday + 60s);
  const Samples two = world.scrape(monday + 60s);
  EXPECT_TRUE(two.values_of("heti_first_response_seconds_bucket", "le").contains("33"));
  EXPECT_EQ(two.all("heti_first_response_seconds_bucket", {{"le", "33"}}).size(), 2u) << "sums over queues stay right";
  EXPECT_EQ(two("heti_contacts_total", {{"queue", "sales"}, {"stage", "first"}}), 0);
  EXPECT_EQ(two("heti_contacts_total", {{"queue", "support"}, {"stage", "first"}}), 1);
  world.answers(monday + 70s, aino, 1);
  world.writes(monday + 71s, 2);
  world.accepts(monday + 72s, aino, 2);
  world.answers(monday + 73s, aino, 2);
  EXPECT_EQ(bucket(world.scrape(monday + 73s), "heti_first_response_seconds", "33", {{"queue", "support"}}), 1);
}

TEST(MonitorCountsTest, ARemovedQueueIsNoLongerShownButItsCountersStay) {
  World world;
  world.settings().queues.push_back({.name = "sales", .display_name = "Sales"});
  world.apply_settings(monday);
  EXPECT_EQ(world.scrape(monday).all("heti_queue_open").size(), 2u);
  world.settings().queues.pop_back();
  world.apply_settings(monday + 1s);
  const Samples s = world.scrape(monday + 1s);
  EXPECT_EQ(s.all("heti_queue_open").size(), 1u);
  EXPECT_EQ(s.all("heti_reopened_total").size(), 2u);
}

TEST(MonitorCountsTest, HistoryIsNotCountedAgainAfterARestart) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.writes(monday + 3s, 2);  // offered when we go down
  world.restarts(monday + 10s, monday + 20s);
  const Samples s = world.scrape(monday + 20s);
  EXPECT_EQ(s("heti_contacts_total", {{"stage", "first"}}), 0);
  EXPECT_EQ(s("heti_messages_total", {{"author", "visitor"}}), 0);
  EXPECT_EQ(s("heti_offers_total", {{"result", "rescinded"}}), 1) << "withdrawn because we were down";
  EXPECT_EQ(s("heti_offers_total", {{"result", "accepted"}}), 0);

  world.logs_in(monday + 21s, aino);
  world.answers(monday + 25s, aino, 1);
  world.ends(monday + 30s, aino, 1);
  world.is_done(monday + 35s, aino, 1);
  const Samples after = world.scrape(monday + 35s);
  EXPECT_EQ(ended(after, "answered"), 1);
  EXPECT_EQ(after("heti_handle_seconds_sum"), 33) << "from the accept before the restart";
}

TEST(MonitorCountsTest, AnEngagementFromBeforeARestartKeepsItsStart) {
  World world;
  world.comes(monday, aino);
  world.writes(monday + 1s, 1);
  world.accepts(monday + 2s, aino, 1);
  world.restarts(monday + 10s, monday + 20s);
  world.logs_in(monday + 21s, aino);
  world.get<core::Done>(monday + 30s, cmd::Transfer{.agent = aino, .conversation = public_id(1)});
  EXPECT_EQ(world.scrape(monday + 30s)("heti_handle_seconds_sum"), 28);
}

TEST(MonitorCountsTest, AWrapUpMayOutliveItsConversation) {
  core::QueueSettings settings{.name = "support", .display_name = "Support"};
  settings.reopen_window = 5s;
  World world(settings);
  const auto talk = [&](Instant when, std::uint64_t visitor) {
    world.writes(when, visitor);
    world.accepts(when + 1s, aino, visitor);
    world.answers(when + 2s, aino, visitor);
    world.ends(when + 3s, aino, visitor);
  };
  world.comes(monday, aino);
  talk(monday + 1s, 1);
  world.tick(monday + 20s);  // final; the wrap-up runs until 64 s
  EXPECT_EQ(world.scrape(monday + 20s)("heti_resolution_seconds_count"), 1);
  EXPECT_EQ(world.scrape(monday + 20s)("heti_conversations", {{"state", "wrapup"}}), 0);
  world.tick(monday + 70s);
  EXPECT_EQ(world.scrape(monday + 70s)("heti_wrapup_seconds_sum"), 60);

  talk(monday + 100s, 2);
  world.tick(monday + 120s);
  world.restarts(monday + 121s, monday + 122s);
  world.tick(monday + 300s);
  EXPECT_EQ(world.scrape(monday + 300s)("heti_wrapup_seconds_count"), 0) << "its queue is not known any more";
}

}  // namespace
}  // namespace heti::tests

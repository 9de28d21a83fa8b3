#include "service/calendar/zones.hpp"
#include "tests/core/driver.hpp"
#include "tests/core/hours_from_json.hpp"
#include "tests/core/vector_ops.hpp"

namespace heti::tests {
namespace {

// The queue's business time, as it stands after the calendar commands of a vector.
core::BusinessTime hours_of(const json::object& vector, Instant earliest) {
  static const Schedules schedules;
  const Instant from = earliest - std::chrono::days{10};
  const Instant to = earliest + std::chrono::days{800};
  Driver core;
  core::Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support"});
  core.get<core::Done>(from, core::command::ApplySettings{.settings = settings, .replaces_version = 0});
  for (HoursVersion& version : schedules.versions(&vector.at("schedule"), from, to)) {
    core.get<core::Done>(from, core::command::SetCalendar{.queue = core::QueueId{1},
                                                          .effective_from = version.effective_from,
                                                          .open = std::move(version.open),
                                                          .tzdata_version = "test"});
  }
  core.expect_replay_gives_the_same_bytes();
  return core.state().queues.at(core::QueueId{1}).hours;
}

Instant instant_or_never(const json::value& value) { return value.is_null() ? never : instant(value); }

}  // namespace

void run_hours(const json::object&, const json::object& vector) {
  const std::string op(vector.at("op").as_string());
  if (op == "parse_error") {
    const auto parsed = config::parse_schedule(hours_from_json(vector.at("config").as_object()), calendar::zone_exists);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(config::to_string(parsed.error().front().code), vector.at("expected_code").as_string());
  } else if (op == "elapsed") {
    const Instant from = instant(vector.at("from"));
    const Instant to = instant(vector.at("to"));
    EXPECT_EQ(hours_of(vector, std::min(from, to)).elapsed(from, to).count(),
              vector.at("expected_ms").to_number<std::int64_t>());
  } else if (op == "deadline") {
    const Instant from = instant(vector.at("from"));
    const Millis amount{vector.at("add_ms").to_number<std::int64_t>()};
    EXPECT_EQ(hours_of(vector, from).deadline(from, amount), instant_or_never(vector.at("expected")));
  } else if (op == "is_open") {
    const Instant at = instant(vector.at("at"));
    EXPECT_EQ(hours_of(vector, at).is_open(at), vector.at("expected").as_bool());
  } else {
    const Instant at = instant(vector.at("at"));
    EXPECT_EQ(hours_of(vector, at).next_change(at), instant_or_never(vector.at("expected")));
  }
}

}  // namespace heti::tests

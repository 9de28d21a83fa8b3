// Opening hours from text: the parse_error vectors, each code at its edges, and the warnings.
#include "config/hours.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace heti::config {
namespace {

namespace json = boost::json;

constexpr Instant now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};  // A Sunday.

// It knows EET, so that refusing abbreviations is the parser's own doing.
bool zone_exists(std::string_view name) { return name == "Europe/Helsinki" || name == "UTC" || name == "EET"; }

OpenText open_text(const json::value& value) {
  OpenText out{value.is_string(), {}};
  if (out.closed) return out;
  for (const json::value& item : value.as_array()) out.intervals.emplace_back(item.as_string());
  return out;
}

HoursText text_of(const json::object& config) {
  HoursText out;
  out.timezone = std::string(config.at("timezone").as_string());
  for (const auto& [key, value] : config.at("weekly").as_object()) {
    out.days.push_back({std::string(key), open_text(value), 0});
  }
  const json::value* exceptions = config.if_contains("exceptions");
  for (const json::value& item : exceptions != nullptr ? exceptions->as_array() : json::array{}) {
    ExceptionText exception;
    for (const auto& [key, value] : item.as_object()) {
      if (key == "date") exception.date = std::string(value.as_string());
      if (key == "from") exception.from = std::string(value.as_string());
      if (key == "to") exception.to = std::string(value.as_string());
      if (key == "note") exception.note = std::string(value.as_string());
      if (key == "hours") exception.hours = open_text(value);
    }
    out.exceptions.push_back(std::move(exception));
  }
  return out;
}

std::string codes(const std::expected<Schedule, std::vector<HoursProblem>>& result) {
  if (result) return "none";
  std::string out;
  for (const HoursProblem& problem : result.error()) {
    out += (out.empty() ? "" : " ") + std::string(to_string(problem.code)).substr(6);
    EXPECT_FALSE(problem.place.empty() || problem.found.empty() || problem.expected.empty());
  }
  return out;
}

HoursText week(std::vector<DayText> days) { return {"Europe/Helsinki", 1, std::move(days), {}}; }
std::string codes_of(std::vector<DayText> days) { return codes(parse_schedule(week(std::move(days)), zone_exists)); }
std::string codes_of_monday(std::vector<std::string> intervals) {
  return codes_of({{"mon", {false, std::move(intervals)}, 1}});
}
std::string codes_of_exceptions(std::vector<ExceptionText> exceptions) {
  return codes(parse_schedule({"UTC", 1, {}, std::move(exceptions)}, zone_exists));
}
ExceptionText on(std::string date) { return {std::move(date), {}, {}, {true, {}}, "", 7}; }
ExceptionText between(std::string from, std::string to) {
  return {{}, std::move(from), std::move(to), {true, {}}, "", 8};
}

TEST(ConfigHoursTest, EveryParseErrorVectorGivesItsCode) {
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path();
  std::ifstream file(root / "vectors" / "opening_hours.json");
  const json::value vectors = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  int seen = 0;
  for (const json::value& item : vectors.as_object().at("vectors").as_array()) {
    const json::object& vector = item.as_object();
    if (vector.at("op").as_string() != "parse_error") continue;
    ++seen;
    const auto result = parse_schedule(text_of(vector.at("config").as_object()), zone_exists);
    EXPECT_EQ("HOURS_" + codes(result), std::string(vector.at("expected_code").as_string()))
        << vector.at("id") << " " << vector.at("note");
  }
  std::printf("opening_hours.json: %d vectors of parse_error\n", seen);
  EXPECT_GT(seen, 0);
}

TEST(ConfigHoursTest, EveryScheduleOfTheVectorsIsAccepted) {
  const auto root = std::filesystem::path(__FILE__).parent_path().parent_path();
  std::ifstream file(root / "vectors" / "opening_hours.json");
  const json::value vectors = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  const json::object& schedules = vectors.as_object().at("schedules").as_object();
  EXPECT_FALSE(schedules.empty());
  for (const auto& [name, config] : schedules) {
    const auto result = parse_schedule(text_of(config.as_object()), [](std::string_view) { return true; });
    EXPECT_EQ(codes(result), "none") << name;
  }
}

TEST(ConfigHoursTest, WeekBecomesMinutesOfEachDay) {
  const auto schedule = parse_schedule(week({{"mon-wed", {false, {"13:00-17:30", "09:00-12:00"}}, 1},
                                             {"fri", {false, {"22:00-06:00"}}, 2},
                                             {"sat", {false, {"06:00-24:00"}}, 3},
                                             {"sun", {true, {}}, 4}}),
                                       zone_exists);
  ASSERT_TRUE(schedule);
  const std::vector<LocalInterval> split{{9 * 60, 12 * 60}, {13 * 60, 17 * 60 + 30}};
  const std::vector<LocalInterval> none;
  EXPECT_EQ(schedule->weekly, (std::array<std::vector<LocalInterval>, 7>{
                                  split, split, split, none, {{22 * 60, 6 * 60}}, {{6 * 60, 24 * 60}}, none}));
}

TEST(ConfigHoursTest, TimesEndAt2400AndOpenBeforeIt) {
  EXPECT_EQ(codes_of_monday({"00:00-24:00"}), "none");
  EXPECT_EQ(codes_of_monday({"23:59-24:00"}), "none");
  EXPECT_EQ(codes_of_monday({"23:59-00:00"}), "none");
  EXPECT_EQ(codes_of_monday({"24:00-06:00"}), "TIME_RANGE");
  EXPECT_EQ(codes_of_monday({"00:00-24:01"}), "TIME_RANGE");
  EXPECT_EQ(codes_of_monday({"25:00-26:00"}), "TIME_RANGE");
  EXPECT_EQ(codes_of_monday({"00:00-00:00"}), "EMPTY_INTERVAL");
}

TEST(ConfigHoursTest, TextsThatAreNoIntervalAreToldApart) {
  for (const std::string text : {"", "08:00", "08:00 - 16:00", "08:00–16:00", "08:00-12:00-16:00", "open"}) {
    EXPECT_EQ(codes_of_monday({text}), "INTERVAL_SYNTAX") << text;
  }
  for (const std::string text : {"8:00-16:00", "08:00-16", "08.00-16.00", "-16:00", "08:00-4pm", "0x:00-16:00"}) {
    EXPECT_EQ(codes_of_monday({text}), "TIME_SYNTAX") << text;
  }
  EXPECT_EQ(codes_of_monday({}), "INTERVAL_SYNTAX");
}

TEST(ConfigHoursTest, FixIsProposedWhenItIsPlain) {
  for (const std::string text : {"8:00-16:00", "08:00 \u2013 16:00", "8:00-16:00 "}) {
    const auto result = parse_schedule(week({{"mon", {false, {text}}, 1}}), zone_exists);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().at(0).expected.find("such as \"08:00-16:00\""), std::string::npos) << text;
  }
}

TEST(ConfigHoursTest, IntervalsOfADayMayTouchButNotOverlap) {
  EXPECT_EQ(codes_of_monday({"08:00-12:00", "12:00-16:00"}), "none");
  EXPECT_EQ(codes_of_monday({"08:00-12:00", "11:59-16:00"}), "OVERLAP");
  EXPECT_EQ(codes_of_monday({"12:00-06:00", "22:00-23:00"}), "OVERLAP");
  EXPECT_EQ(codes_of_monday({"08:00-16:00", "08:00-16:00"}), "OVERLAP");
}

TEST(ConfigHoursTest, ShiftPastMidnightMayTouchTheNextDayButNotOverlapIt) {
  const auto night_and = [](const std::string& day, const std::string& next) {
    return codes_of({{day, {false, {"22:00-06:00"}}, 1}, {next, {false, {"06:00-10:00"}}, 2}});
  };
  EXPECT_EQ(night_and("mon", "tue"), "none");
  EXPECT_EQ(codes_of({{"mon", {false, {"22:00-06:01"}}, 1}, {"tue", {false, {"06:00-10:00"}}, 2}}), "OVERLAP_NEXT_DAY");
  EXPECT_EQ(codes_of({{"sun", {false, {"22:00-06:01"}}, 1}, {"mon", {false, {"06:00-10:00"}}, 2}}), "OVERLAP_NEXT_DAY");
  EXPECT_EQ(codes_of({{"mon-sun", {false, {"22:00-06:00", "05:00-07:00"}}, 1}}), "OVERLAP_NEXT_DAY");
  EXPECT_EQ(codes_of({{"mon-sun", {false, {"22:00-06:00"}}, 1}}), "none");
}

TEST(ConfigHoursTest, DaysAreNamedInOneWayAndSetOnce) {
  EXPECT_EQ(codes_of({{"Mon", {true, {}}, 1}, {"mon-friday", {true, {}}, 2}, {"", {true, {}}, 3}}),
            "DAY_NAME DAY_NAME DAY_NAME");
  EXPECT_EQ(codes_of({{"mon-mon", {true, {}}, 1}, {"sun-sat", {true, {}}, 2}}), "DAY_RANGE DAY_RANGE");
  EXPECT_EQ(codes_of({{"mon-fri", {true, {}}, 1}, {"fri", {true, {}}, 2}}), "DAY_DUPLICATE");
  EXPECT_EQ(codes_of({{"mon-fri", {true, {}}, 1}, {"sat-sun", {true, {}}, 2}}), "none");
}

TEST(ConfigHoursTest, ExceptionsHaveDatesThatExist) {
  EXPECT_EQ(codes_of_exceptions({on("2028-02-29")}), "none");
  for (const std::string date :
       {"2027-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "24.12.2026", "1969-12-31", ""}) {
    EXPECT_EQ(codes_of_exceptions({on(date)}), "EXCEPTION_DATE") << date;
  }
  ExceptionText mixed = on("2026-12-24");
  mixed.from = "2026-12-24";
  EXPECT_EQ(codes_of_exceptions({mixed}), "EXCEPTION_DATE");
  EXPECT_EQ(codes_of_exceptions({ExceptionText{{}, "2026-12-24", {}, {true, {}}, "", 1}}), "EXCEPTION_DATE");
  EXPECT_EQ(codes_of_exceptions({ExceptionText{}}).substr(0, 15), "INTERVAL_SYNTAX");
}

TEST(ConfigHoursTest, ExceptionRangesRunForwardForAYearAtMost) {
  EXPECT_EQ(codes_of_exceptions({between("2026-12-24", "2026-12-24")}), "none");
  EXPECT_EQ(codes_of_exceptions({between("2026-12-25", "2026-12-24")}), "EXCEPTION_RANGE");
  EXPECT_EQ(codes_of_exceptions({between("2027-01-01", "2028-01-01")}), "none");
  EXPECT_EQ(codes_of_exceptions({between("2027-01-01", "2028-01-02")}), "EXCEPTION_RANGE");
}

TEST(ConfigHoursTest, EachDateHasOneException) {
  EXPECT_EQ(codes_of_exceptions({between("2026-12-23", "2026-12-26"), on("2026-12-27")}), "none");
  EXPECT_EQ(codes_of_exceptions({between("2026-12-23", "2026-12-26"), on("2026-12-26")}), "EXCEPTION_DUPLICATE");
  EXPECT_EQ(codes_of_exceptions({between("2026-12-23", "2026-12-26"), between("2026-12-01", "2026-12-31")}),
            "EXCEPTION_DUPLICATE");
}

TEST(ConfigHoursTest, AllProblemsOfATextAreToldWithTheirPlaces) {
  HoursText text{"EST", 2, {{"mon", {false, {"8:00-16:00", "16:00-16:00"}}, 3}, {"tuesday", {true, {}}, 4}}, {}};
  text.exceptions = {on("2027-02-29")};
  const auto result = parse_schedule(text, zone_exists);
  ASSERT_FALSE(result);
  std::string told;
  for (const auto& p : result.error()) {
    told += std::to_string(p.line) + " " + p.place + ": " + std::string(to_string(p.code)) + " " + p.found + "\n";
  }
  EXPECT_EQ(told,
            "2 timezone: HOURS_TIMEZONE \"EST\"\n"
            "3 hours.mon: HOURS_TIME_SYNTAX \"8:00-16:00\"\n"
            "3 hours.mon: HOURS_EMPTY_INTERVAL \"16:00-16:00\"\n"
            "4 hours.tuesday: HOURS_DAY_NAME \"tuesday\"\n"
            "7 exception[1]: HOURS_EXCEPTION_DATE 2027-02-29\n");
}

std::string warnings_of(const HoursText& text) {
  const auto schedule = parse_schedule(text, zone_exists);
  EXPECT_TRUE(schedule) << codes(schedule);
  if (!schedule) return "";
  std::string out;
  for (const HoursWarning& warning : schedule_warnings(text, *schedule, now)) {
    out += warning.place + ": " + warning.text + "\n";
  }
  return out;
}

const std::vector<DayText> office{{"mon-fri", {false, {"08:00-16:00"}}, 1}, {"sat-sun", {true, {}}, 2}};

TEST(ConfigHoursTest, OrdinaryWeekWithAHolidayToComeGivesNoWarning) {
  EXPECT_EQ(warnings_of({"UTC", 1, office, {on("2026-12-24")}}), "");
  EXPECT_EQ(warnings_of({"UTC", 1, office, {on("2027-11-22")}}), "");
}

TEST(ConfigHoursTest, NoExceptionInTheComingYearIsWarnedOf) {
  const std::string warning = "exception: none for the coming year; are there no holidays?\n";
  EXPECT_EQ(warnings_of({"UTC", 1, office, {}}), warning);
  EXPECT_EQ(warnings_of({"UTC", 1, office, {on("2027-11-23")}}), warning);
}

TEST(ConfigHoursTest, PastExceptionIsWarnedOfOnceItIsPastEverywhere) {
  const auto passed = [](const std::string& date) {
    return warnings_of({"UTC", 1, office, {on(date), on("2026-12-24")}});
  };
  EXPECT_EQ(passed("2026-11-20"), "exception[1]: 2026-11-20 has passed; the exception can go\n");
  EXPECT_EQ(passed("2026-11-21"), "exception[1]: has the same hours as the week; it changes nothing\n");  // A Saturday.
  EXPECT_EQ(passed("2026-11-23"), "");
}

TEST(ConfigHoursTest, ExceptionThatChangesNothingIsWarnedOf) {
  ExceptionText same = on("2026-12-24");
  same.hours = {false, {"08:00-16:00"}};
  EXPECT_EQ(warnings_of({"UTC", 1, office, {same}}),
            "exception[1]: has the same hours as the week; it changes nothing\n");
  EXPECT_EQ(warnings_of({"UTC", 1, office, {between("2026-12-24", "2026-12-27")}}), "");
}

TEST(ConfigHoursTest, LongIntervalIsWarnedOf) {
  const auto monday = [](const std::string& interval) {
    return warnings_of({"UTC", 1, {{"mon", {false, {interval}}, 1}, {"tue-sun", {true, {}}, 1}}, {on("2026-12-28")}});
  };
  EXPECT_EQ(monday("06:00-22:00"), "");
  EXPECT_EQ(monday("06:00-22:01"), "hours.mon: \"06:00-22:01\" is longer than 16 hours\n");
  EXPECT_EQ(monday("16:00-08:00"), "");
  EXPECT_EQ(monday("16:00-08:01"), "hours.mon: \"16:00-08:01\" is longer than 16 hours\n");
}

TEST(ConfigHoursTest, FourteenClosedDaysAreWarnedOf) {
  EXPECT_EQ(warnings_of({"UTC", 1, office, {between("2026-11-22", "2026-12-06")}}),
            "hours: no opening in the next 14 days\n");
  EXPECT_EQ(warnings_of({"UTC", 1, office, {between("2026-11-22", "2026-12-03")}}), "");
}

}  // namespace
}  // namespace heti::config

// Vectors of erlang.json: each op computes all its figures by name, and those that the vector names must be right.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "service/core/erlang.hpp"
#include "service/core/estimates.hpp"
#include "tests/core/vector_ops.hpp"

namespace heti::tests {
namespace {

using namespace heti::core;

using Figures = std::map<std::string, double>;

double number(const json::object& input, const char* key, double otherwise) {
  return input.contains(key) ? input.at(key).to_number<double>() : otherwise;
}
double number(const json::object& input, const char* key) { return input.at(key).to_number<double>(); }
int whole(const json::object& input, const char* key, int otherwise) {
  return input.contains(key) ? input.at(key).to_number<int>() : otherwise;
}
int whole(const json::object& input, const char* key) { return input.at(key).to_number<int>(); }
Millis span(const json::value& seconds) { return Millis{std::llround(seconds.to_number<double>() * 1000)}; }

Demand demand_of(const json::object& input) {
  return {.arrivals_per_second = number(input, "contacts") / number(input, "interval_s"),
          .handle_seconds = number(input, "aht_s")};
}

Figures figures_of_b(const json::object& input) {
  return {{"blocking", erlang_b(whole(input, "n"), number(input, "a"))}};
}

Figures figures_of_c(const json::object& input) {
  const ErlangC c = erlang_c(demand_of(input), whole(input, "agents"), span(input.at("threshold_s")));
  return {{"offered_load", c.offered_load}, {"p_wait", c.p_wait},       {"service_level", c.service_level},
          {"asa_s", c.asa_seconds},         {"occupancy", c.occupancy}, {"mean_queue", c.mean_queue}};
}

Figures figures_of_a(const json::object& input) {
  const double theta = 1 / number(input, "patience_s");
  const ErlangA a = erlang_a(demand_of(input), whole(input, "agents"), theta, span(input.at("threshold_s")));
  return {{"p_wait", a.p_wait},
          {"p_abandon", a.p_abandon},
          {"mean_wait_s", a.mean_wait_seconds},
          {"mean_queue", a.mean_queue},
          {"occupancy", a.occupancy},
          {"answered_within_t", a.answered_within},
          {"service_level", a.service_level}};
}

Figures figures_of_staffing(const json::object& input) {
  const StaffingGoal goal{.service_level = number(input, "target"),
                          .target = span(input.at("threshold_s")),
                          .max_occupancy = number(input, "max_occupancy", 0.85)};
  const auto slots = required_servers(demand_of(input), goal);
  EXPECT_TRUE(slots.has_value());
  const int people = agents_for_slots(slots.value_or(0), whole(input, "capacity", 1));
  return {{"agents", slots.value_or(0)},
          {"chat_agents", people},
          {"agents_gross", gross_agents(people, number(input, "shrinkage", 0))}};
}

Figures figures_of_wait(const json::object& input) {
  const auto wait =
      estimate_wait({.slots = whole(input, "slots"),
                     .free_slots = whole(input, "free_slots", 0),
                     .handle_seconds = number(input, "aht_s"),
                     .handle_samples = wait_samples_min,
                     .theta_per_second = input.contains("patience_s") ? 1 / number(input, "patience_s") : 0},
                    whole(input, "position"));
  EXPECT_TRUE(wait.has_value());
  return {{"seconds", wait.value_or(WaitEstimate{}).mean_seconds},
          {"p80_seconds", wait.value_or(WaitEstimate{}).p80_seconds}};
}

Figures figures_of_breaches(const json::object& input) {
  std::vector<Waiter> waiting;
  for (const json::value& item : input.at("waiting").as_array()) {
    const json::object& waiter = item.as_object();
    waiting.push_back({.position = whole(waiter, "position"), .slack = span(waiter.at("slack_s"))});
  }
  const BreachForecast forecast = predict_breaches(waiting, whole(input, "free_slots", 0),
                                                   DepartureForecast(whole(input, "slots"), number(input, "aht_s")));
  Figures figures{{"predicted_breaches", forecast.predicted_breaches},
                  {"risk/size", static_cast<double>(forecast.risk.size())}};
  for (std::size_t i = 0; i < forecast.risk.size(); ++i) figures["risk/" + std::to_string(i)] = forecast.risk[i];
  return figures;
}

Figures figures_of_rate(const json::object& input) {
  EXPECT_EQ(span(input.at("tau_s")), arrival_memory);
  ArrivalRate rate(span(input.at("open_since_s")));
  for (const json::value& at : input.at("arrivals_s").as_array()) rate.arrive(span(at));
  const auto found = rate.per_second(span(input.at("now_s")));
  EXPECT_TRUE(found.has_value());
  return {{"rate_per_s", found.value_or(0)}};
}

const std::map<std::string, Figures (*)(const json::object& input)> figures_of{
    {"erlang_b", figures_of_b},
    {"erlang_c", figures_of_c},
    {"erlang_a", figures_of_a},
    {"eta", figures_of_wait},
    {"required_agents", figures_of_staffing},
    {"ewma_rate", figures_of_rate},
    {"breach_risk", figures_of_breaches},
};

void expect_figure(const Figures& figures, const std::string& name, const json::value& expected, double tolerance) {
  SCOPED_TRACE(name);
  const auto found = figures.find(name);
  ASSERT_NE(found, figures.end()) << "no figure has this name";
  if (expected.is_string()) {
    EXPECT_EQ(expected.as_string(), "inf");
    EXPECT_EQ(found->second, infinite);
  } else {
    const double value = expected.to_number<double>();
    EXPECT_NEAR(found->second, value, tolerance + tolerance * std::abs(value));
  }
}

}  // namespace

void run_erlang(const json::object&, const json::object& vector) {
  const Figures figures = figures_of.at(std::string(vector.at("op").as_string()))(vector.at("input").as_object());
  const double tolerance = number(vector, "tol", 1e-9);
  for (const auto& [key, expected] : vector.at("expected").as_object()) {
    const std::string name(key);
    if (!expected.is_array()) {
      expect_figure(figures, name, expected, tolerance);
      continue;
    }
    const json::array& list = expected.as_array();
    expect_figure(figures, name + "/size", json::value(list.size()), 0);
    for (std::size_t i = 0; i < list.size(); ++i) {
      expect_figure(figures, name + "/" + std::to_string(i), list[i], tolerance);
    }
  }
}

}  // namespace heti::tests

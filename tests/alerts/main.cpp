// Writes what Prometheus would have scraped of a month, one file of `promtool test rules` a day.
//
//   alert_month --names FILE --rules FILE,FILE --out DIRECTORY [--bad] [--days N] [--write D,D ...] [--around]
//               [--seed S]
//
// --names: the metrics that are kept, one a line. --write: which days are written (all working days and the first
// weekend if left out); --hours: from which hour of them to which. Also written: month.yml, the whole month in steps of
// five minutes, for the rules that look days or a week back; incidents.json, what was planted and what the alerts must
// say of it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>

#include "tests/alerts/month.hpp"

namespace {

using namespace heti;
using namespace heti::alerts;

constexpr std::size_t steps_a_day = 24 * 240;

struct Request {
  std::vector<std::string> rules;
  std::string out;
  bool bad = false;
  std::size_t days = 28;
  std::vector<std::size_t> write;
  bool around = false;
  std::uint64_t seed = 1;
};

// Every alert that fired and when it did first, as the answer of one query: nothing is expected, so that promtool
// prints all there is.
void write_file(const Request& request, const Month& month, const std::string& name, std::size_t from,
                std::size_t count, std::size_t every) {
  std::ofstream out(request.out + "/" + name);
  const std::size_t seconds = 15 * every;
  out << "rule_files:\n";
  for (const std::string& rules : request.rules) out << "  - " << rules << '\n';
  out << "evaluation_interval: " << seconds << "s\ntests:\n  - interval: " << seconds << "s\n    input_series:\n";
  month.series().write(out, from, count, every, month.begins() + Millis{15'000} * static_cast<std::int64_t>(from));
  const std::size_t span = count * 15;
  out << "    promql_expr_test:\n"
      << "      - expr: 'min by (alertname, severity) "
         "(min_over_time(timestamp(ALERTS{alertstate=\"firing\",alertname!=\""
      << "Watchdog\"})[" << span << "s:" << seconds << "s]))'\n"
      << "        eval_time: " << span << "s\n        exp_samples: []\n";
}

void write_incidents(const Request& request, const Month& month) {
  std::ofstream out(request.out + "/incidents.json");
  out << "[\n";
  for (const Incident& incident : month.incidents()) {
    const Instant midnight = month.begins() + std::chrono::hours{24} * static_cast<std::int64_t>(incident.day);
    out << (&incident == &month.incidents().front() ? "" : ",\n") << R"({"name":")" << incident.name << R"(","day":)"
        << incident.day << R"(,"live":)" << (incident.live ? "true" : "false") << R"(,"begins":)"
        << static_cast<double>((incident.begins - midnight).count()) / 1000 << R"(,"alerts":[)";
    for (std::size_t i = 0; i < incident.alerts.size(); ++i) {
      out << (i > 0 ? "," : "") << '"' << incident.alerts[i] << '"';
    }
    out << "]}";
  }
  out << "\n]\n";
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  std::string names_file;
  CLI::App app{"A month of scrapes"};
  app.add_option("--names", names_file)->required();
  app.add_option("--rules", request.rules)->required()->delimiter(',');
  app.add_option("--out", request.out)->required();
  app.add_option("--days", request.days);
  app.add_option("--write", request.write)->delimiter(',');
  app.add_flag("--around", request.around);
  app.add_option("--seed", request.seed);
  app.add_flag("--bad", request.bad);
  CLI11_PARSE(app, argc, argv);

  std::set<std::string> names;
  std::ifstream in(names_file);
  for (std::string name; std::getline(in, name);) names.insert(name);
  Month month(request.seed, request.bad, std::move(names));
  const auto asked = [&](std::size_t day) {
    if (request.write.empty()) return month.works_on(day) || day < 7;
    return std::ranges::find(request.write, day) != request.write.end();
  };
  month.live(request.days, asked, [&](std::size_t day) {
    if (!asked(day)) return;
    std::size_t from = 0;
    std::size_t count = steps_a_day;
    if (request.around && !month.incidents().empty() && month.incidents().back().day == day) {
      const auto midnight = month.begins() + std::chrono::hours{24} * static_cast<std::int64_t>(day);
      from = static_cast<std::size_t>((month.incidents().back().begins - midnight) / Millis{15'000}) - 75 * 4;
      count = 135 * 4;
    }
    write_file(request, month, "day" + std::to_string(day) + "_" + std::to_string(from * 15) + ".yml",
               day * steps_a_day + from, count, 1);
  });
  write_file(request, month, "month.yml", 0, request.days * steps_a_day, coarse);
  write_incidents(request, month);
  std::cout << request.days << " days, " << month.contacts() << " contacts, " << month.series().steps() << " scrapes\n";
  return 0;
}

#include "service/report.hpp"

#include <iostream>

#include "service/explain_open.hpp"
#include "service/heti.hpp"
#include "service/report_counts.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti {
namespace {

std::expected<std::string, std::string> reported(const config::Settings& settings, const ReportRequest& request) {
  explaining::Since since;
  if (!request.today) {
    const auto parsed = explaining::parse_since(request.since);
    if (!parsed) return std::unexpected(parsed.error());
    since = *parsed;
  }
  auto files = explaining::Files::open(settings);
  if (!files) return std::unexpected(files.error());
  const auto now = files->now();
  if (!now) return std::unexpected(now.error());
  const auto report = reporting::make_report(since, files->archive(), files->view(), *now);
  if (!report) return std::unexpected(report.error());
  return request.json ? reporting::to_json(*report) + '\n' : reporting::to_text(*report);
}

}  // namespace

int report(const config::Settings& settings, const ReportRequest& request) {
  if (request.today != request.since.empty()) {
    std::cerr << "heti: give --today, or --since with a date such as 2026-06-01 or hours back such as 8h\n";
    return exit_usage;
  }
  const auto text = reported(settings, request);
  if (!text) {
    std::cerr << "heti: " << text.error() << '\n';
    return exit_failed;
  }
  std::cout << *text;
  return exit_ok;
}

}  // namespace heti

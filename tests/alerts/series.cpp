#include "tests/alerts/series.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace heti::alerts {
namespace {

constexpr const char* gone = "_";

// promtool writes runs as "5x3": 5 and three more of it; "_x4" are four steps without a sample.
void write_run(std::ostream& out, const std::string& value, std::size_t count) {
  if (value == gone) {
    out << "_x" << count << ' ';
  } else {
    out << value << 'x' << count - 1 << ' ';
  }
}

bool is_time(const std::string& series) {
  return series.substr(0, series.find('{')).ends_with("_timestamp_seconds") ||
         series.starts_with("process_start_time_seconds");
}

// 0 means never and stays.
std::string moved(const std::string& value, Instant starts) {
  double seconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (seconds == 0) return value;
  std::ostringstream out;
  out << std::fixed << seconds - static_cast<double>(to_ms(starts)) / 1000;
  return out.str();
}

}  // namespace

void Series::note(const std::string& series, std::string value) {
  auto& changes = changes_[series];
  if (changes.empty() && steps_ > 0) changes.push_back({.step = 0, .value = gone});
  if (changes.empty() || changes.back().value != value) changes.push_back({.step = steps_, .value = std::move(value)});
}

void Series::scraped(const std::string& text) {
  std::set<std::string> seen;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.rfind(' ');
    const std::size_t brace = std::min(line.find('{'), space);
    const std::string name = line.substr(0, brace);
    if (!names_.contains(name)) continue;
    std::string series = name;
    series += "{job=\"heti\",instance=\"one\"";
    series += brace < space ? "," : "}";
    if (brace < space) series.append(line, brace + 1, space - brace - 1);
    note(series, line.substr(space + 1));
    seen.insert(std::move(series));
  }
  note("up{job=\"heti\",instance=\"one\"}", "1");
  for (const std::string& before : present_) {
    if (!seen.contains(before)) note(before, gone);
  }
  present_ = std::move(seen);
  ++steps_;
}

void Series::missed() {
  for (const std::string& before : present_) note(before, gone);
  present_.clear();
  note("up{job=\"heti\",instance=\"one\"}", "0");
  ++steps_;
}

void Series::write(std::ostream& out, std::size_t from, std::size_t count, std::size_t every, Instant starts) const {
  const std::size_t end = std::min(from + count, steps_);
  for (const auto& [series, changes] : changes_) {
    const bool time = is_time(series);
    out << "      - series: '" << series << "'\n        values: '";
    std::string value;
    std::size_t run = 0;
    auto change = changes.begin();
    std::string now = gone;
    for (std::size_t step = from; step < end; step += every) {
      for (; change != changes.end() && change->step <= step; ++change) now = change->value;
      if (run > 0 && now != value) {
        write_run(out, time && value != gone ? moved(value, starts) : value, run);
        run = 0;
      }
      value = now;
      ++run;
    }
    if (run > 0) write_run(out, time && value != gone ? moved(value, starts) : value, run);
    out << "'\n";
  }
}

}  // namespace heti::alerts

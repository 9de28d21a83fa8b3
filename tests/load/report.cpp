#include "tests/load/report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace heti::load {

namespace {

std::string formatted(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  out.push_back('"');
  return out;
}

// "journal writer" as part of a key
std::string key_of(const std::string& name) {
  std::string key;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    key += plain ? c : '_';
  }
  return key;
}

}  // namespace

void Report::number(const std::string& name, double value, const std::string& unit, int digits) {
  std::string shown = formatted(value, digits);
  if (!unit.empty()) shown += ' ' + unit;
  rows_.push_back({name, std::move(shown), formatted(value, 4)});
}

void Report::text(const std::string& name, const std::string& value) { rows_.push_back({name, value, quoted(value)}); }

void Report::percentiles(const std::string& name, const Histogram& histogram) {
  if (histogram.count() == 0) return;
  number(name + "_p50_us", histogram.at_us(0.5), "µs");
  number(name + "_p90_us", histogram.at_us(0.9), "µs");
  number(name + "_p99_us", histogram.at_us(0.99), "µs");
  number(name + "_p999_us", histogram.at_us(0.999), "µs");
  number(name + "_max_us", histogram.at_us(1), "µs");
}

void Report::cpu(const CpuTime& used, double seconds, double count, const std::string& what) {
  number("cpu_us_per_" + what, static_cast<double>(used.total_ns) / 1000 / count, "µs", 2);
  for (const auto& [thread, ran] : used.by_thread_ns) {
    const double each = static_cast<double>(ran) / 1000 / count;
    if (each >= 0.01) number("cpu_us_per_" + what + "_of_" + key_of(thread), each, "µs", 2);
  }
  number("server_cores", static_cast<double>(used.total_ns) / 1e9 / seconds, "of one", 2);
}

void Report::violations(const Violations& violations) {
  number("violations", static_cast<double>(violations.count()), "", 0);
  std::string list = "[";
  for (const std::string& one : violations.first()) {
    if (list.size() > 1) list.push_back(',');
    list.append(quoted(one));
  }
  list.push_back(']');
  rows_.push_back({"first_violations", violations.count() == 0 ? "none" : violations.first().front(), std::move(list)});
}

std::string Report::table() const {
  std::size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, row.name.size());
  std::string table;
  for (const Row& row : rows_) table += row.name + std::string(width + 2 - row.name.size(), ' ') + row.shown + "\n";
  return table;
}

std::string Report::json() const {
  std::string all = "{\n";
  for (const Row& row : rows_) {
    all += "  " + quoted(row.name) + ": " + row.json + (&row == &rows_.back() ? "\n" : ",\n");
  }
  return all + "}\n";
}

std::expected<void, std::string> Report::write(const std::string& path) const {
  std::ofstream file(path);
  file << json();
  file.close();
  if (!file) return std::unexpected(path + ": cannot be written; is the directory there?");
  return {};
}

}  // namespace heti::load

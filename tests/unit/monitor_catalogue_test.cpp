// docs/metrics.md against the program, the dashboards and the rules, both ways: what is written there is exported just
// so, what is exported is written there, and whoever asks for a metric asks for one that is there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "service/monitor/catalogue.hpp"
#include "service/probe/probe.hpp"
#include "tests/unit/monitor_tools.hpp"

namespace heti::tests {
namespace {

const std::string root = HETI_SOURCE_DIR;

std::string file(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (!text.empty()) {
    const std::size_t end = text.find(by, begin);
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    if (end == std::string::npos) break;
    begin = end + by.size();
  }
  return parts;
}

// A label and its values; none where the settings or the machine say them.
using LabelValues = std::map<std::string, std::set<std::string>>;

struct Row {
  std::string type;
  LabelValues labels;
  std::string unit;
  std::string help;
  std::string used_by;
};

struct Document {
  std::map<std::string, Row> metrics;
  std::map<std::string, std::string> buckets;
};

// "`queue`; `sla`: first_response, reply"
LabelValues labels_of(const std::string& cell) {
  LabelValues labels;
  for (const std::string& part : split(cell, ";")) {
    const auto words = split(part, ":");
    std::set<std::string>& values = labels[words.at(0).substr(1, words.at(0).size() - 2)];
    if (words.size() < 2) continue;
    for (const std::string& value : split(words.at(1), ",")) values.insert(value);
  }
  return labels;
}

Document read_document() {
  Document document;
  std::istringstream lines(file(root + "/docs/metrics.md"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    auto cells = split(line.substr(1, line.rfind('|') - 1), "|");
    const std::string name = cells.at(0).substr(1, cells.at(0).size() - 2);
    if (cells.size() == 6) {
      const bool fresh = document.metrics
                             .insert({name, Row{.type = cells[1],
                                                .labels = labels_of(cells[2]),
                                                .unit = cells[3],
                                                .help = cells[4],
                                                .used_by = cells[5]}})
                             .second;
      EXPECT_TRUE(fresh) << name << " is there twice";
    } else if (cells.size() == 2) {
      document.buckets[name] = cells[1];
    } else {
      ADD_FAILURE() << "neither a metric nor its buckets: " << line;
    }
  }
  return document;
}

// What a scrape of a world in which everything has happened once says of each family.
struct Family {
  std::string type;
  std::string help;
  std::map<std::string, std::set<std::string>> labels;
  std::vector<std::string> bounds;  // of a histogram
};

std::string base_of(std::string name, const std::map<std::string, Family>& families) {
  if (families.contains(name)) return name;
  for (const char* part : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(part)) return name.substr(0, name.size() - std::string(part).size());
  }
  return name;
}

std::map<std::string, Family> families_of(const std::string& text) {
  std::map<std::string, Family> families;
  std::istringstream lines(text);
  const std::regex comment("# (HELP|TYPE) ([a-z_]+) (.*)");
  const std::regex sample("([a-z_]+)(\\{(.*)\\})? .*");
  const std::regex label("([a-z_]+)=\"([^\"]*)\"");
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, comment)) {
      Family& family = families[found[2]];
      (found[1] == "HELP" ? family.help : family.type) = found[3];
    } else if (std::regex_match(line, found, sample)) {
      Family& family = families.at(base_of(found[1], families));
      const std::string labels = found[3];
      for (std::sregex_iterator i(labels.begin(), labels.end(), label), end; i != end; ++i) {
        const std::string value = (*i)[2];
        if ((*i)[1] != "le") {
          family.labels[(*i)[1]].insert(value);
        } else if (value != "+Inf" && std::ranges::find(family.bounds, value) == family.bounds.end()) {
          family.bounds.push_back(value);
        }
      }
    }
  }
  return families;
}

std::map<std::string, Family> exported() {
  World world;
  world.monitor().expect_probe(probe::step_names);
  world.comes(monday, aino);
  for (std::uint64_t visitor = 1; visitor <= 20; ++visitor) {
    const Instant begins = monday + visitor * 1min;
    world.writes(begins, visitor);
    world.accepts(begins + 1s, aino, visitor);
    world.answers(begins + 2s, aino, visitor);
    world.ends(begins + 20s, aino, visitor);
    world.is_done(begins + 25s, aino, visitor);
  }
  return families_of(world.text(monday + 30min));
}

// Who asks for which metric: "dashboard live", "alert ChatQueueUnstaffed", "recording rules".
std::map<std::string, std::set<std::string>> askers(const Document& document) {
  std::map<std::string, std::set<std::string>> askers;
  const std::regex name("(^|[^a-z_:])((heti|process)_[a-z_]+)(?![a-z_:])");
  const auto take = [&](const std::string& text, const std::string& who) {
    for (std::sregex_iterator i(text.begin(), text.end(), name), end; i != end; ++i) {
      std::string metric = (*i)[2];
      if (!document.metrics.contains(metric)) {
        for (const char* part : {"_bucket", "_sum", "_count"}) {
          const std::string base = metric.substr(0, metric.rfind(part));
          if (metric.ends_with(part) && document.metrics.contains(base)) metric = base;
        }
      }
      askers[metric].insert(who);
    }
  };
  const std::regex expression("\"(expr|query)\": \"(([^\"\\\\]|\\\\.)*)\"");
  for (const auto& entry : std::filesystem::directory_iterator(root + "/grafana/dashboards")) {
    const std::string text = std::regex_replace(file(entry.path()), std::regex("\\\\\""), "'");
    const std::string who = "dashboard " + entry.path().stem().string().substr(5);
    for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) take((*i)[2], who);
  }
  std::vector<std::string> rules{root + "/grafana/provisioning/alerting/heti.yml"};
  for (const auto& entry : std::filesystem::directory_iterator(root + "/deploy/prometheus/rules")) {
    if (entry.path().extension() == ".yml") rules.push_back(entry.path());
  }
  const std::regex begins("^ *- (alert|record): ([A-Za-z0-9_:]+)|^ *- uid: ");
  const std::regex title("^ *title: ((Chat|Heti)[A-Za-z]+)");
  for (const std::string& rule : rules) {
    std::istringstream lines(file(rule));
    std::string who = "nobody";
    for (std::string line; std::getline(lines, line);) {
      line = line.substr(0, line.find('#'));
      std::smatch found;
      if (std::regex_search(line, found, begins)) {
        who = found[1] == "alert" ? "alert " + found[2].str() : "recording rules";
        if (!found[1].matched) who = "nobody";
      } else if (std::regex_search(line, found, title)) {
        who = "alert " + found[1].str();
      }
      take(line, who);
    }
  }
  for (auto& [metric, who] : askers) who.erase("nobody");
  return askers;
}

std::string listed(const std::set<std::string>& who) {
  std::map<std::string, std::string> by_kind;
  for (const std::string& one : who) {
    const auto space = one.find(' ');
    std::string& list = by_kind[one.substr(0, space)];
    list += (list.empty() ? "" : ", ") + one.substr(space + 1);
  }
  std::string text;
  for (const auto& [kind, list] : by_kind) {
    text += (text.empty() ? "" : "; ") + (kind == "recording" ? "recording rules" : kind + " " + list);
  }
  return text;
}

// The row that the program would write, for whoever adds a metric.
std::string row_of(const std::string& name, const Family& family, const std::string& used_by) {
  std::string labels;
  for (const auto& [label, values] : family.labels) {
    labels += (labels.empty() ? "`" : "; `") + label + "`";
    if (label == "queue" || label == "workspace" || label == "version") continue;
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? ": " : ", ") + value;
    labels += list;
  }
  return "| `" + name + "` | " + family.type + " | " + labels + " | UNIT | " + family.help + " | " + used_by + " |";
}

TEST(MonitorCatalogueTest, TheDocumentSaysWhatIsExportedAndNothingElse) {
  const Document document = read_document();
  const auto families = exported();
  const auto asked_by = askers(document);
  for (const auto& [name, family] : families) {
    const auto found = document.metrics.find(name);
    const auto who = asked_by.find(name);
    const std::string used_by = who == asked_by.end() ? "" : listed(who->second);
    SCOPED_TRACE("docs/metrics.md should have: " + row_of(name, family, used_by));
    if (found == document.metrics.end()) {
      ADD_FAILURE() << name << " is exported";
      continue;
    }
    const Row& row = found->second;
    EXPECT_EQ(row.type, family.type);
    EXPECT_EQ(row.help, family.help);
    EXPECT_EQ(row.used_by, used_by);
    EXPECT_FALSE(row.unit.empty());
    for (const auto& [label, values] : row.labels) {
      ASSERT_TRUE(family.labels.contains(label)) << label;
      EXPECT_TRUE(values.empty() || values == family.labels.at(label)) << label;
    }
    EXPECT_EQ(row.labels.size(), family.labels.size());
    const auto buckets = document.buckets.find(name);
    EXPECT_EQ(buckets != document.buckets.end(), family.type == "histogram");
    if (buckets != document.buckets.end()) {
      EXPECT_EQ(split(buckets->second, ","), family.bounds) << name;
    }
  }
  for (const auto& [name, row] : document.metrics) EXPECT_TRUE(families.contains(name)) << name << " is not exported";
  for (const auto& [name, bounds] : document.buckets) EXPECT_TRUE(families.contains(name)) << name;
  for (const monitor::Metric& metric : monitor::catalogue::all) {
    EXPECT_TRUE(document.metrics.contains(std::string(metric.name))) << metric.name;
  }
}

TEST(MonitorCatalogueTest, DashboardsAndRulesAskForWhatIsThere) {
  const Document document = read_document();
  const auto asked_by = askers(document);
  EXPECT_GT(asked_by.size(), 30u) << "nobody asks for anything: are the dashboards and rules read?";
  std::set<std::string> kinds;
  for (const auto& [name, who] : asked_by) {
    EXPECT_TRUE(document.metrics.contains(name)) << name << ": " << listed(who);
    for (const std::string& one : who) kinds.insert(one.substr(0, one.find(' ')));
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"alert", "dashboard", "recording"}));
}

// Its list is what the generator of the dashboards knows of the catalogue.
TEST(MonitorCatalogueTest, TheDashboardsListIsThatOfTheDocument) {
  const Document document = read_document();
  std::map<std::string, std::string> listed;
  std::istringstream lines(file(root + "/grafana/metrics.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    const auto words = split(line, " ");
    listed[words.at(0)] = words.at(1);
  }
  for (const auto& [name, row] : document.metrics) EXPECT_EQ(listed[name], row.type) << name;
  for (const auto& [name, type] : listed) {
    EXPECT_TRUE(document.metrics.contains(name)) << name;
  }
}

// Each target of the settings is a bound, so that a panel can be read against it.
TEST(MonitorCatalogueTest, EveryTargetIsABucketBound) {
  core::QueueSettings settings{.name = "support", .display_name = "Support"};
  settings.first_response.threshold = 37s;
  settings.reply.threshold = 7min + 250ms;
  World world(settings);
  const Samples s = world.scrape(monday);
  for (const char* name : {"heti_first_response_seconds_bucket", "heti_reply_seconds_bucket",
                           "heti_wait_seconds_bucket", "heti_abandon_seconds_bucket"}) {
    EXPECT_TRUE(s.values_of(name, "le").contains("37")) << name;
    EXPECT_TRUE(s.values_of(name, "le").contains("420.25")) << name;
  }
}

}  // namespace
}  // namespace heti::tests

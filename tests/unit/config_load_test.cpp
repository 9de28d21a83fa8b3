// Loading: the bad files with their messages, the reference file, overrides, and the way out and back in.
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "config/print.hpp"
#include "tests/unit/config_tools.hpp"

namespace heti::config {
namespace {

TEST(ConfigLoadTest, EachBadFileGivesItsMessages) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(root / "tests" / "config" / "bad")) {
    if (entry.path().extension() != ".toml") continue;
    ++files;
    const std::string name = entry.path().filename().string();
    const auto result = load_text(read(entry.path()), name, {}, zone_exists, now);
    fs::path expected = entry.path();
    EXPECT_EQ(problems_of(result), read(expected.replace_extension(".expected"))) << name;
  }
  EXPECT_GE(files, 12);
}

TEST(ConfigLoadTest, FiveErrorsAreToldAtOnceInTheOrderOfTheFile) {
  const auto result = load_text(read(root / "tests/config/bad/five-errors.toml"), "heti.toml", {}, zone_exists, now);
  ASSERT_FALSE(result);
  std::vector<int> at;
  for (const Problem& problem : result.error()) at.push_back(problem.line);
  EXPECT_EQ(at, (std::vector<int>{2, 5, 10, 11, 14}));
}

TEST(ConfigLoadTest, ReferenceFileLoadsWithoutAWarning) {
  const auto result = load(root / "config" / "heti.toml", {}, zone_exists, now);
  ASSERT_TRUE(result) << problems_of(result);
  EXPECT_EQ(lines(result->warnings), "");
  const Settings& settings = result->settings;
  ASSERT_EQ(settings.queues.size(), 1u);
  EXPECT_EQ(settings.queues[0].name, "support");
  EXPECT_EQ(settings.queues[0].schedule.timezone, "Europe/Helsinki");
  for (std::size_t day = 0; day < 7; ++day) {
    const std::vector<LocalInterval> office{{8 * 60, 16 * 60}};
    EXPECT_EQ(settings.queues[0].schedule.weekly[day], day < 5 ? office : std::vector<LocalInterval>{}) << day;
  }
  ASSERT_EQ(settings.agents.size(), 2u);
  EXPECT_EQ(settings.agents[0].name, "aino");
  EXPECT_EQ(settings.agents[0].queues, std::vector<std::string>{"support"});
  EXPECT_EQ(settings.agents[0].capacity, 3u);
  EXPECT_EQ(settings.agents[1].name, "eero");
  EXPECT_EQ(settings.priorities, (std::vector<Priority>{{.name = "vip", .credit = 120s}}));
  EXPECT_EQ(settings.queues[0].pages,
            (std::vector<PageRule>{{.prefix = "https://shop.example/checkout", .priority = "vip", .skills = {}}}));
}

// In the reference each key stands on a line `name = value`, and above it a comment with its meaning and its bounds.
template <class Owner>
void expect_described(const std::string& reference, const std::string& section, const std::vector<Key<Owner>>& keys) {
  const Owner defaults{};
  const std::set<std::string_view> of_the_example{"display_name", "timezone", "queues", "prefix", "priority"};
  for (const auto& key : keys) {
    std::string header = section, name(key.name);
    if (section.empty() && name.find('.') != std::string::npos) {
      header = "[" + name.substr(0, name.find('.')) + "]\n";
      name = name.substr(name.find('.') + 1);
    }
    const auto from = reference.find(header);
    ASSERT_NE(from, std::string::npos) << header;
    const bool example = std::is_same_v<Owner, Settings> ? false : of_the_example.contains(key.name);
    const std::string line = "\n" + name + " = " + (example ? "" : key.print(defaults) + "\n");
    const auto at = reference.find(line, from);
    ASSERT_NE(at, std::string::npos) << section << key.name << ": not stated with its default, " << line;

    std::string comment;
    std::size_t end = at;
    while (end > 0) {
      const auto start = reference.rfind('\n', end - 1) + 1;
      if (!reference.substr(start).starts_with("# ")) break;
      comment = reference.substr(start + 2, end - start - 2) + (comment.empty() ? "" : " ") + comment;
      end = start - 1;
    }
    EXPECT_NE(comment.find(key.meaning), std::string::npos) << key.name << ": " << comment;
    EXPECT_NE(comment.find(key.expected.substr(1)), std::string::npos) << key.name << ": " << comment;
  }
}

TEST(ConfigLoadTest, ReferenceFileDescribesEveryKeyWithItsDefault) {
  const std::string reference = read(root / "config" / "heti.toml");
  expect_described(reference, "", settings_keys());
  expect_described(reference, "[queue.support]\n", queue_keys());
  expect_described(reference, "[[queue.support.page]]\n", page_keys());
  expect_described(reference, "[priority.vip]\n", priority_keys());
  expect_described(reference, "[agent.aino]\n", agent_keys());
}

TEST(ConfigLoadTest, WhatIsLeftOutHasTheTypedDefault) {
  Settings expected;
  QueueSettings& queue = expected.queues.emplace_back();
  queue.name = queue.display_name = "support";
  queue.schedule.timezone = "UTC";
  EXPECT_EQ(loaded(smallest), expected);
}

// Every value differs from its default, so that a key that is not printed, or not read, shows.
const std::string unusual = R"(
workspace = "acme"
threads = 2
[listen]
address = "::1"
port = 18080
[metrics]
address = "127.0.0.2"
port = 0
[journal]
path = "C:\\heti \"data\""
kind = "redis"
address = "redis://127.0.0.1:6379"
password_file = "secret"
replicas = 1
accept_loss = true
keep = 5000
snapshot_every = 100
[web]
root = "/srv/heti/web"
[console]
origins = ["https://desk.example:8443"]
[widget]
origins = ["https://shop.example", "http://[::1]:8080"]
[proxy]
tls = true
trusted = ["10.0.0.2"]
[log]
level = "debug"
[probe]
enabled = false
interval = "7s"
[limits]
frame_bytes_max = 2048
connections_max = 16
connections_per_ip_max = 8
outbox_bytes_max = 16384
outbox_total_bytes_max = 2097152
mailbox_max = 64
visitor_messages_per_second = 1
visitor_messages_burst = 2
agent_messages_per_second = 3
agent_messages_burst = 4
frames_per_second = 11
frames_burst = 12
login_attempts_max = 3
login_window = "90s"
[timeouts]
hello = "1500ms"
handshake = "4s"
ping = "3s"
dead = "6s"
http_idle = "7s"
drain = "0s"
[priority.vip]
credit = "90s"
[priority.last-resort_2]
credit = "0s"
[queue.sales]
display_name = "Myynti ja tilaukset"
timezone = "America/New_York"
min_agents = 2
sla = { first_response = "2h", first_response_goal = 0.9999, reply = "90m", reply_goal = 0.5 }
after_hours = "refuse"
mode = "pull"
short_abandon = "0s"
visitor_grace = "1s"
idle_close = "2s"
agent_grace = "3s"
offer_timeout = "4s"
bar = "5s"
reoffer = "6s"
wrapup = "7s"
reopen_window = "720h"
closing = "8s"
overflow = "third"
overflow_after = "9s"
sticky_hold = "10s"
max_wait = "24h"
wording = { title = "Ääni", greeting = "Say \"hi\"", closed = "Suljettu", placeholder = "\\" }
hours.mon-thu = ["13:00-17:30", "09:00-12:00"]
hours.fri = ["22:00-06:00"]
hours.sun = ["10:00-00:00"]
[[queue.sales.exception]]
date = 2027-12-24
hours = ["00:00-24:00"]
note = "Open house"
[[queue.sales.exception]]
from = 2026-12-24
to = 2026-12-26
hours = "closed"
[[queue.sales.page]]
prefix = "https://shop.example/\"checkout\""
priority = "vip"
skills = ["german", "refunds"]
[[queue.sales.page]]
prefix = "http://shop.example/"
[queue.a-second_1]
timezone = "UTC"
[queue.third]
timezone = "UTC"
[agent.zoe]
display_name = "Zoé"
queues = ["sales", "a-second_1"]
capacity = 10
supervisor = true
skills = ["german", "refunds"]
[agent.aino]
queues = ["sales"]
)";

TEST(ConfigLoadTest, PrintedSettingsLoadToTheSame) {
  const Settings settings = loaded(unusual);
  EXPECT_EQ(loaded(print_config(settings)), settings) << print_config(settings);
  const Settings defaults;
  for (const auto& key : settings_keys()) EXPECT_NE(key.print(settings), key.print(defaults)) << key.name;
  for (const auto& key : queue_keys()) EXPECT_NE(key.print(settings.queues.at(0)), key.print({})) << key.name;
  for (const auto& key : agent_keys()) EXPECT_NE(key.print(settings.agents.at(0)), key.print({})) << key.name;
  for (const auto& key : priority_keys()) EXPECT_NE(key.print(settings.priorities.at(0)), key.print({})) << key.name;
  for (const auto& key : page_keys()) {
    EXPECT_NE(key.print(settings.queues.at(0).pages.at(0)), key.print({})) << key.name;
  }
}

TEST(ConfigLoadTest, SectionsKeepTheOrderOfTheFile) {
  const Settings settings = loaded(unusual);
  ASSERT_EQ(settings.priorities.size(), 2u);
  EXPECT_EQ(settings.priorities[0].name, "vip");
  EXPECT_EQ(settings.priorities[1].name, "last-resort_2");
  ASSERT_EQ(settings.queues.size(), 3u);
  EXPECT_EQ(settings.queues[0].name, "sales");
  EXPECT_EQ(settings.queues[1].name, "a-second_1");
  ASSERT_EQ(settings.queues[0].pages.size(), 2u);
  EXPECT_EQ(settings.queues[0].pages[0].prefix, "https://shop.example/\"checkout\"");
  EXPECT_EQ(settings.queues[0].pages[1].prefix, "http://shop.example/");
  ASSERT_EQ(settings.agents.size(), 2u);
  EXPECT_EQ(settings.agents[0].name, "zoe");
  EXPECT_EQ(settings.agents[1].display_name, "aino");
}

TEST(ConfigLoadTest, ExceptionOfARangeIsOneForEachDate) {
  const Settings settings = loaded(unusual);
  std::vector<std::string> told;
  for (const ScheduleException& exception : settings.queues.at(0).schedule.exceptions) {
    told.push_back(print_date(exception.date) + " " + std::to_string(exception.intervals.size()) + exception.note);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"2026-12-24 0", "2026-12-25 0", "2026-12-26 0", "2027-12-24 1Open house"}));
}

TEST(ConfigLoadTest, EveryKeyCanBeOverriddenByTheVariableOfItsName) {
  const Settings settings = loaded(unusual);
  Environment environment;
  const auto add = [&](const std::string& section, const auto& keys, const auto& owner) {
    for (const auto& key : keys) {
      std::string name = "HETI_" + section + std::string(key.name);
      std::replace(name.begin(), name.end(), '.', '_');
      std::replace(name.begin(), name.end(), '-', '_');
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
      std::string value = key.print(owner);
      if (value.starts_with('"')) {
        value = value.substr(1, value.size() - 2);
        for (auto at = value.find('\\'); at != std::string::npos; at = value.find('\\', at + 1)) value.erase(at, 1);
      }
      if (value.starts_with('[')) {
        std::erase(value, '"');
        value = value.substr(1, value.size() - 2);
      }
      environment[name] = value;
    }
  };
  add("", settings_keys(), settings);
  add("priority.vip.", priority_keys(), settings.priorities.at(0));
  add("queue.a-second_1.", queue_keys(), settings.queues.at(0));
  add("agent.aino.", agent_keys(), settings.agents.at(0));
  environment["HETI_CONFIG"] = "/etc/heti.toml";
  environment["PATH"] = "/bin";
  const Settings overridden = loaded(
      "[priority.vip]\n[queue.a-second_1]\ntimezone = \"UTC\"\n[queue.sales]\ntimezone = \"UTC\"\n"
      "[queue.third]\ntimezone = \"UTC\"\n"
      "[agent.aino]\n[agent.eero]\nqueues = [\"a-second_1\"]",
      environment);
  for (const auto& key : settings_keys()) EXPECT_EQ(key.print(overridden), key.print(settings)) << key.name;
  for (const auto& key : priority_keys()) {
    EXPECT_EQ(key.print(overridden.priorities.at(0)), key.print(settings.priorities.at(0))) << key.name;
  }
  for (const auto& key : queue_keys()) {
    EXPECT_EQ(key.print(overridden.queues.at(0)), key.print(settings.queues.at(0))) << key.name;
  }
  for (const auto& key : agent_keys()) {
    EXPECT_EQ(key.print(overridden.agents.at(0)), key.print(settings.agents.at(0))) << key.name;
  }
}

TEST(ConfigLoadTest, BadVariablesAreNamed) {
  const Environment environment{{"HETI_LISTEN_PORT", "abc"},
                                {"HETI_LISTEN_PROT", "8081"},
                                {"HETI_QUEUE_SALES_MIN_AGENTS", "2"},
                                {"HETI_QUEUE_SUPPORT_HOURS_MON", "closed"},
                                {"HETI_QUEUE_SUPPORT_PAGE_1_PRIORITY", "vip"},
                                {"HETI_QUEUE_SUPPORT_TIMEZONE", "EET"},
                                {"HETI_SERVICE_HOST", "10.0.0.7"},
                                {"HETI_TIMEOUTS_PING", "30s"},
                                {"HETI_XYZZY", ""}};
  EXPECT_EQ(
      problems_of(load_string(smallest, environment)),
      "environment: HETI_LISTEN_PORT: found \"abc\", expected an integer from 0 to 65535\n"
      "environment: HETI_LISTEN_PROT: found an unknown variable, expected HETI_LISTEN_PORT\n"
      "environment: HETI_QUEUE_SALES_MIN_AGENTS: found an unknown variable, expected "
      "HETI_QUEUE_SUPPORT_MIN_AGENTS\n"
      "environment: HETI_QUEUE_SUPPORT_HOURS_MON: found an unknown variable, expected hours and exceptions in "
      "the file\n"
      "environment: HETI_QUEUE_SUPPORT_PAGE_1_PRIORITY: found an unknown variable, expected pages in the file\n"
      "environment: HETI_SERVICE_HOST: found an unknown variable, expected enableServiceLinks: false in the pod, "
      "or the name of a key, such as HETI_LISTEN_PORT\n"
      "environment: HETI_XYZZY: found an unknown variable, expected HETI_ and a key of the file in capitals, such "
      "as HETI_LISTEN_PORT\n"
      "environment: queue.support.timezone: found \"EET\", expected an IANA zone Area/City, such as "
      "\"Europe/Helsinki\", or \"UTC\"; abbreviations do not say where (HOURS_TIMEZONE)\n"
      "environment: timeouts.dead: found \"45s\" (the default), expected at least \"60s\", twice timeouts.ping\n");
}

TEST(ConfigLoadTest, VariableThatTwoQueuesShareIsRefused) {
  EXPECT_EQ(problems_of(load_string("[queue.a-b]\ntimezone = \"UTC\"\n[queue.a_b]\ntimezone = \"UTC\"\n",
                                    {{"HETI_QUEUE_A_B_MIN_AGENTS", "2"}})),
            "environment: HETI_QUEUE_A_B_MIN_AGENTS: found a name of both queue.a-b.min_agents and "
            "queue.a_b.min_agents, expected the values in the file\n");
}

TEST(ConfigLoadTest, FileThatCannotBeReadIsSaidSo) {
  EXPECT_EQ(problems_of(load("/nowhere/heti.toml", {}, zone_exists, now)),
            "/nowhere/heti.toml: found No such file or directory, expected a readable file of at most 1 MiB\n");
  EXPECT_EQ(load(root, {}, zone_exists, now).error().size(), 1u);
}

TEST(ConfigLoadTest, HugeFileIsRefusedUnread) {
  const fs::path path = fs::temp_directory_path() / "heti-config-test-huge.toml";
  std::ofstream(path) << smallest << std::string(file_bytes_max, '#');
  EXPECT_EQ(problems_of(load(path, {}, zone_exists, now)), path.string() + ": found " +
                                                               std::to_string(file_bytes_max + smallest.size()) +
                                                               " bytes, expected a readable file of at most 1 MiB\n");
  fs::remove(path);
}

TEST(ConfigLoadTest, MessageStaysOneLineWhateverTheNames) {
  EXPECT_EQ(problems_of(load_string("\"a\\nb\" = 1\n" + smallest)),
            "heti.toml:1: a?b: found an unknown key, expected a key that heti.toml describes\n");
}

TEST(ConfigLoadTest, TooManySectionsAreRefused) {
  std::string text;
  for (std::size_t i = 0; i <= queues_max; ++i) {
    text += "[queue.q" + std::to_string(i) + "]\ntimezone = \"UTC\"\n";
  }
  for (std::size_t i = 0; i <= agents_max; ++i) text += "[agent.a" + std::to_string(i) + "]\nqueues = [\"q0\"]\n";
  EXPECT_EQ(problems_of(load_string(text)),
            "heti.toml:1: queue: found 51 sections, expected at most 50\n"
            "heti.toml:103: agent: found 2001 sections, expected at most 2000\n");
}

TEST(ConfigLoadTest, NeverIsNotADurationThatIsTooShort) {
  EXPECT_EQ(loaded(smallest + "max_wait = \"0ms\"\n").queues.at(0).max_wait, 0s);
  EXPECT_EQ(loaded(smallest + "max_wait = \"10s\"\n").queues.at(0).max_wait, 10s);
  for (const std::string wrong : {"9999ms", "86400001ms", "-1s"}) {
    EXPECT_EQ(
        problems_of(load_string(smallest + "max_wait = \"" + wrong + "\"\n")),
        "heti.toml:3: queue.support.max_wait: found \"" + wrong + "\", expected 0s or a duration from 10s to 24h\n");
  }
}

// Whatever the text, loading ends with settings or with problems; each cut of the file is such a text.
TEST(ConfigLoadTest, EveryPrefixOfAFileGivesSettingsOrProblems) {
  for (std::size_t size = 0; size <= unusual.size(); ++size) {
    const auto result = load_string(std::string_view(unusual).substr(0, size));
    if (!result) {
      ASSERT_FALSE(result.error().empty()) << size;
    } else {
      ASSERT_FALSE(result->settings.queues.empty()) << size;
    }
  }
}

TEST(ConfigLoadTest, VariablesOfTheProcessAreTheOnesOfHeti) {
  setenv("HETI_LISTEN_PORT", "8081", 1);
  setenv("NOT_HETI_LISTEN_PORT", "8082", 1);
  const Environment environment = environment_of_process();
  unsetenv("HETI_LISTEN_PORT");
  unsetenv("NOT_HETI_LISTEN_PORT");
  EXPECT_EQ(environment.at("HETI_LISTEN_PORT"), "8081");
  for (const auto& variable : environment) EXPECT_TRUE(variable.first.starts_with("HETI_")) << variable.first;
}

}  // namespace
}  // namespace heti::config

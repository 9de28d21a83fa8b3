#include "config/overrides.hpp"

#include <unistd.h>

#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "config/keys.hpp"
#include "config/text.hpp"

namespace heti::config {
namespace {

// A key that a variable can set.
struct Target {
  std::string path;
  Kind kind;
  std::string expected;
  std::function<bool(const Raw&)> set;
};
// By variable; queues named a-b and a_b would share theirs.
using Targets = std::multimap<std::string, Target>;

std::string variable_of(std::string_view path) {
  std::string name = "HETI_";
  for (const char c : path) {
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '.' || c == '-' ? '_' : c;
  }
  return name;
}

template <class Owner>
void add_targets(Targets& targets, const std::string& section, Owner& owner, const std::vector<Key<Owner>>& keys) {
  for (const auto& key : keys) {
    std::string path = section + std::string(key.name);
    std::string name = variable_of(path);
    targets.emplace(std::move(name), Target{std::move(path), key.kind, key.expected,
                                            [&owner, &key](const Raw& raw) { return key.set(owner, raw); }});
  }
}

std::string expected_instead_of(const std::string& name, const Targets& targets) {
  if (name.find("_HOURS") != std::string::npos || name.find("_EXCEPTION") != std::string::npos) {
    return "hours and exceptions in the file";
  }
  if (name.find("_PAGE") != std::string::npos) return "pages in the file";
  // Kubernetes puts these into every container beside a service named heti.
  if (name.starts_with("HETI_PORT") || name.starts_with("HETI_SERVICE_")) {
    return "enableServiceLinks: false in the pod, or the name of a key, such as HETI_LISTEN_PORT";
  }
  std::vector<std::string> known;
  for (const auto& target : targets) known.push_back(target.first);
  return nearest(name, known).value_or("HETI_ and a key of the file in capitals, such as HETI_LISTEN_PORT");
}

}  // namespace

void override_by(const Environment& environment, Settings& settings, Places& places, std::vector<Problem>& problems) {
  Targets targets;
  add_targets(targets, "", settings, settings_keys());
  for (auto& priority : settings.priorities) {
    add_targets(targets, "priority." + priority.name + ".", priority, priority_keys());
  }
  for (auto& queue : settings.queues) add_targets(targets, "queue." + queue.name + ".", queue, queue_keys());
  for (auto& agent : settings.agents) add_targets(targets, "agent." + agent.name + ".", agent, agent_keys());

  const auto report = [&problems](const std::string& name, std::string found, std::string expected) {
    problems.push_back({std::string(environment_name), 0, name, std::move(found), std::move(expected), {}});
  };
  for (const auto& [name, text] : environment) {
    if (!name.starts_with("HETI_") || name == "HETI_CONFIG") continue;
    const auto [first, last] = targets.equal_range(name);
    if (first == last) {
      report(name, "an unknown variable", expected_instead_of(name, targets));
      continue;
    }
    if (const auto second = std::next(first); second != last) {
      report(name, "a name of both " + first->second.path + " and " + second->second.path, "the values in the file");
      continue;
    }
    const Target& target = first->second;
    places.set[target.path] = {std::string(environment_name), 0};
    const Raw raw = raw_from_environment(target.kind, text);
    if (target.set(raw)) continue;
    report(name, shown(raw), target.expected);
    places.wrong.insert(target.path);
  }
}

Environment environment_of_process() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with("HETI_")) continue;
    out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace heti::config

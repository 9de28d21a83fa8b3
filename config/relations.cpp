#include "config/relations.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "config/keys.hpp"
#include "config/text.hpp"

namespace heti::config {
namespace {

// Names with a meaning of their own in metrics and transcripts.
constexpr std::array<std::string_view, 5> queue_names_reserved{"all", "any", "none", "other", "unknown"};
constexpr std::array<std::string_view, 5> priority_names_reserved = queue_names_reserved;
constexpr std::array<std::string_view, 8> agent_names_reserved{"all",  "any", "none",   "unknown",
                                                               "auto", "bot", "system", "visitor"};

// What begins so is the service's own (core::is_reserved).
constexpr std::string_view own_prefix = "heti-";

template <class Named>
const Named* find_named(const std::vector<Named>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [name](const Named& item) { return item.name == name; });
  return found == list.end() ? nullptr : &*found;
}

std::size_t agents_of(const Settings& settings, const std::string& queue) {
  return static_cast<std::size_t>(std::count_if(settings.agents.begin(), settings.agents.end(), [&](const auto& agent) {
    return std::find(agent.queues.begin(), agent.queues.end(), queue) != agent.queues.end();
  }));
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Is there anybody who may take what waits in this queue, and has all these skills?
bool somebody_has(const Settings& settings, const QueueSettings& queue, const std::vector<std::string>& skills) {
  return std::any_of(settings.agents.begin(), settings.agents.end(), [&](const AgentSettings& agent) {
    const bool serves =
        contains(agent.queues, queue.name) || (!queue.overflow.empty() && contains(agent.queues, queue.overflow));
    return serves && std::all_of(skills.begin(), skills.end(),
                                 [&](const std::string& skill) { return contains(agent.skills, skill); });
  });
}

std::string page_path(const QueueSettings& queue, std::size_t index) {
  return "queue." + queue.name + ".page[" + std::to_string(index + 1) + "]";
}

class Relations {
 public:
  Relations(const Settings& settings, const Places& places, std::vector<Problem>& problems)
      : settings_(settings), places_(places), problems_(problems) {}

  void check() {
    check_node();
    check_names("priority", settings_.priorities, priorities_max, priority_names_reserved);
    check_names("queue", settings_.queues, queues_max, queue_names_reserved);
    check_names("agent", settings_.agents, agents_max, agent_names_reserved);
    if (settings_.queues.empty() && !places_.wrong.contains("queue")) {
      report("queue", "nothing", "at least one section [queue.NAME]");
    }
    for (const QueueSettings& queue : settings_.queues) check_queue(queue);
    for (const AgentSettings& agent : settings_.agents) check_agent(agent);
  }

 private:
  // A value that the file does not state is a default: then the key that it quarrels with is the one to point at.
  void report(const std::string& path, std::string found, std::string expected, const std::string& other) {
    const bool stated = places_.set.contains(path);
    const Place place = places_.of(stated || !places_.set.contains(other) ? path : other);
    if (!stated) found += " (the default)";
    problems_.push_back({place.file, place.line, path, std::move(found), std::move(expected), {}});
  }
  void report(const std::string& path, std::string found, std::string expected) {
    const Place place = places_.of(path);
    problems_.push_back({place.file, place.line, path, std::move(found), std::move(expected), {}});
  }

  // `value` of `path` is at least `least`, which comes from the key `other`.
  template <class T, class Print>
  void at_least(const std::string& path, T value, T least, const std::string& other, const std::string& why,
                Print print) {
    if (value >= least || places_.wrong.contains(path) || places_.wrong.contains(other)) return;
    report(path, print(value), "at least " + print(least) + ", " + why, other);
  }

  void check_node() {
    const auto count = [](std::uint32_t value) { return std::to_string(value); };
    const auto duration = [](Millis value) { return in_quotes(print_duration(value)); };
    const Limits& limits = settings_.limits;
    const Timeouts& timeouts = settings_.timeouts;
    at_least("timeouts.dead", timeouts.dead, 2 * timeouts.ping, "timeouts.ping", "twice timeouts.ping", duration);
    at_least("limits.outbox_bytes_max", limits.outbox_bytes_max, 2 * limits.frame_bytes_max, "limits.frame_bytes_max",
             "twice limits.frame_bytes_max", count);
    at_least("limits.outbox_total_bytes_max", limits.outbox_total_bytes_max, 4 * limits.outbox_bytes_max,
             "limits.outbox_bytes_max", "four times limits.outbox_bytes_max", count);
    at_least("limits.visitor_messages_burst", limits.visitor_messages_burst, limits.visitor_messages_per_second,
             "limits.visitor_messages_per_second", "as limits.visitor_messages_per_second", count);
    at_least("limits.agent_messages_burst", limits.agent_messages_burst, limits.agent_messages_per_second,
             "limits.agent_messages_per_second", "as limits.agent_messages_per_second", count);
    at_least("limits.frames_burst", limits.frames_burst, limits.frames_per_second, "limits.frames_per_second",
             "as limits.frames_per_second", count);
    at_least("limits.connections_max", limits.connections_max, limits.connections_per_ip_max,
             "limits.connections_per_ip_max", "as limits.connections_per_ip_max", count);

    const bool in_redis = settings_.journal.kind == JournalKind::redis;
    if (in_redis && settings_.journal.address.empty() && !places_.wrong.contains("journal.address")) {
      report("journal.address", "nothing", "where Redis is, such as \"redis://127.0.0.1:6379\"", "journal.kind");
    }
    if (!in_redis && !settings_.journal.address.empty()) {
      report("journal.kind", in_quotes(to_string(settings_.journal.kind)), "\"redis\", or no journal.address",
             "journal.address");
    }

    const auto any = [](const std::string& address) { return address == "0.0.0.0" || address == "::"; };
    const Listener& listen = settings_.listen;
    const Listener& metrics = settings_.metrics;
    const bool meet = listen.address == metrics.address || any(listen.address) || any(metrics.address);
    if (listen.port == metrics.port && listen.port != 0 && meet) {
      report("metrics.port", std::to_string(metrics.port), "a port that listen.port does not take", "listen.port");
    }
  }

  template <class Named, std::size_t N>
  void check_names(const std::string& section, const std::vector<Named>& list, std::size_t most,
                   const std::array<std::string_view, N>& reserved) {
    if (list.size() > most) {
      report(section, std::to_string(list.size()) + " sections", "at most " + std::to_string(most));
    }
    for (const Named& item : list) {
      if (!is_name(item.name)) {
        report(section + "." + item.name, in_quotes(item.name), "a name of 1 to 32 characters a-z, 0-9, _ and -");
      } else if (std::find(reserved.begin(), reserved.end(), item.name) != reserved.end()) {
        report(section + "." + item.name, "a reserved name",
               "another; " + in_quotes(item.name) + " has a meaning of its own");
      } else if (section != "priority" && item.name.starts_with(own_prefix)) {
        report(section + "." + item.name, "a reserved name",
               "another; names that begin with " + in_quotes(own_prefix) + " are the service's own");
      }
    }
  }

  void check_queue(const QueueSettings& queue) {
    const std::string path = "queue." + queue.name + ".";
    const auto duration = [](Millis value) { return in_quotes(print_duration(value)); };
    at_least(path + "sla.first_response", queue.sla.first_response, queue.short_abandon, path + "short_abandon",
             "as short_abandon", duration);
    const std::size_t agents = agents_of(settings_, queue.name);
    // A queue without any agent is being set up: a warning says so. One with too few can never be staffed.
    if (agents > 0 && queue.min_agents > agents && !places_.wrong.contains(path + "min_agents")) {
      report(path + "min_agents", std::to_string(queue.min_agents),
             "at most " + std::to_string(agents) + ", the number of agents that list this queue", {});
    }
    if (queue.overflow == queue.name) {
      report(path + "overflow", in_quotes(queue.overflow), "another queue than this one");
    } else if (!queue.overflow.empty()) {
      known(path + "overflow", queue.overflow, settings_.queues, "queue");
    }
    check_pages(queue);
  }

  void check_pages(const QueueSettings& queue) {
    if (queue.pages.size() > pages_max) {
      report("queue." + queue.name + ".page", std::to_string(queue.pages.size()) + " sections",
             "at most " + std::to_string(pages_max));
    }
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < queue.pages.size(); ++i) {
      const PageRule& page = queue.pages[i];
      const std::string path = page_path(queue, i) + ".";
      if (page.prefix.empty()) {
        if (!places_.wrong.contains(path + "prefix")) {
          report(path + "prefix", "nothing", page_keys().front().expected);
        }
      } else if (!seen.insert(page.prefix).second) {
        report(path + "prefix", in_quotes(page.prefix) + " a second time", "each prefix once in a queue");
      }
      if (!page.priority.empty()) known(path + "priority", page.priority, settings_.priorities, "priority");
      check_skills(path, page.skills);
    }
  }

  void check_agent(const AgentSettings& agent) {
    const std::string path = "agent." + agent.name + ".";
    std::set<std::string_view> seen;
    for (const std::string& name : agent.queues) {
      if (!seen.insert(name).second) {
        report(path + "queues", in_quotes(name) + " a second time", "each queue once");
      } else {
        known(path + "queues", name, settings_.queues, "queue");
      }
    }
    check_skills(path, agent.skills);
  }

  void check_skills(const std::string& path, const std::vector<std::string>& skills) {
    std::set<std::string_view> seen;
    for (const std::string& skill : skills) {
      if (!seen.insert(skill).second) report(path + "skills", in_quotes(skill) + " a second time", "each skill once");
    }
  }

  // `name` in the key `path` is that of one of `list`, whose sections are called `what`.
  template <class Named>
  void known(const std::string& path, const std::string& name, const std::vector<Named>& list,
             const std::string& what) {
    if (find_named(list, name) != nullptr) return;
    std::vector<std::string> names;
    for (const Named& item : list) names.push_back(item.name);
    const auto meant = nearest(name, names);
    const std::string expected = "the name of a " + what;
    report(path, in_quotes(name),
           meant           ? expected + ", such as " + in_quotes(*meant)
           : names.empty() ? "a section [" + what + "." + name + "]"
                           : expected);
  }

  const Settings& settings_;
  const Places& places_;
  std::vector<Problem>& problems_;
};

}  // namespace

Place Places::of(std::string path) const {
  while (true) {
    if (const auto found = set.find(path); found != set.end()) return found->second;
    const auto dot = path.rfind('.');
    if (dot == std::string::npos) return {file, 0};
    path.resize(dot);
  }
}

void check_relations(const Settings& settings, const Places& places, std::vector<Problem>& problems) {
  Relations(settings, places, problems).check();
}

std::vector<Warning> relation_warnings(const Settings& settings, const Places& places) {
  std::vector<Warning> out;
  const auto warn = [&](const std::string& path, std::string text) {
    const Place place = places.of(path);
    out.push_back({place.file, place.line, path, std::move(text)});
  };
  for (const QueueSettings& queue : settings.queues) {
    const QueueSettings& first = settings.queues.front();
    if (queue.schedule.timezone != first.schedule.timezone) {
      warn("queue." + queue.name + ".timezone",
           in_quotes(queue.schedule.timezone) + " differs from that of queue." + first.name);
    }
    if (agents_of(settings, queue.name) == 0) warn("queue." + queue.name, "no agent lists this queue");
    if (queue.max_wait > Millis{0} && queue.max_wait < queue.sla.first_response) {
      warn("queue." + queue.name + ".max_wait", "ends the wait before sla.first_response is due");
    }
    for (std::size_t i = 0; i < queue.pages.size(); ++i) {
      const PageRule& page = queue.pages[i];
      for (std::size_t before = 0; before < i; ++before) {
        if (!page.prefix.starts_with(queue.pages[before].prefix)) continue;
        warn(page_path(queue, i) + ".prefix",
             "never counts, for " + in_quotes(queue.pages[before].prefix) + " stands before it");
        break;
      }
      if (!page.skills.empty() && !somebody_has(settings, queue, page.skills)) {
        std::string skills;
        for (const std::string& skill : page.skills) skills += (skills.empty() ? "" : ", ") + in_quotes(skill);
        warn(page_path(queue, i) + ".skills",
             "nobody may take these chats: no agent of this queue or its overflow has " + skills);
      }
    }
  }
  for (const Priority& priority : settings.priorities) {
    const bool given = std::any_of(settings.queues.begin(), settings.queues.end(), [&](const QueueSettings& queue) {
      return std::any_of(queue.pages.begin(), queue.pages.end(),
                         [&](const PageRule& page) { return page.priority == priority.name; });
    });
    if (!given) warn("priority." + priority.name, "no page gives this priority");
  }
  for (const AgentSettings& agent : settings.agents) {
    if (agent.queues.empty() && !agent.supervisor) warn("agent." + agent.name, "serves no queue");
  }
  return out;
}

}  // namespace heti::config

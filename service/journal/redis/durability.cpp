#include "service/journal/redis/durability.hpp"

#include <array>
#include <map>

namespace heti::journal::redis {

std::expected<Durability, std::string> examine(Connection& connection, int replicas) {
  constexpr std::array<std::string_view, 5> names{"maxmemory-policy", "appendonly", "appendfsync",
                                                  "no-appendfsync-on-rewrite", "min-replicas-to-write"};
  std::vector<Command> commands{{"ROLE"}};
  for (const auto name : names) commands.push_back({"CONFIG", "GET", name});
  const auto replies = connection.call(commands);
  if (!replies) return std::unexpected(replies.error().sentence);
  const Reply& role = replies->front();
  if (!role.is_error() && role.at(0) != "master") {
    std::string sentence = "Redis at ";
    return std::unexpected(sentence.append(to_string(connection.address()))
                               .append(" is a replica (role ")
                               .append(role.at(0))
                               .append("): name the primary"));
  }
  Durability found;
  std::map<std::string_view, std::string_view> setting;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Reply& reply = (*replies)[i + 1];
    if (reply.list.size() == 2) {
      setting[names[i]] = reply.at(1);
    } else {
      std::string danger = "it does not say its ";
      danger.append(names[i]).append(reply.is_error() ? " (" : "").append(reply.text);
      found.dangers.push_back(danger.append(reply.is_error() ? ")" : "").append(": allow CONFIG GET"));
    }
  }
  const auto is = [&](std::string_view name, std::string_view value) {
    return setting.contains(name) && setting[name] == value;
  };
  if (setting.contains("maxmemory-policy") && !is("maxmemory-policy", "noeviction")) {
    std::string danger = "it throws keys away when its memory is full (maxmemory-policy ";
    found.dangers.push_back(danger.append(setting["maxmemory-policy"]).append("): set maxmemory-policy noeviction"));
  }
  if (is("appendonly", "no")) {
    found.dangers.emplace_back("it has no append-only file (appendonly no): set appendonly yes and appendfsync always");
  } else if (is("appendfsync", "no")) {
    found.dangers.emplace_back("it never syncs its append-only file (appendfsync no): set appendfsync always");
  } else if (is("appendfsync", "everysec")) {
    found.remarks.emplace_back(
        "with appendfsync everysec the end of a busy Redis or a power cut takes what was acknowledged in the last "
        "seconds; appendfsync always does not");
  } else if (is("no-appendfsync-on-rewrite", "yes")) {
    found.dangers.emplace_back(
        "it does not sync while it rewrites its append-only file (no-appendfsync-on-rewrite yes): set it to no");
  }
  if (replicas > 0 && is("min-replicas-to-write", "0")) {
    found.dangers.emplace_back(
        "it takes writes without a replica (min-replicas-to-write 0) though replicas shall confirm them: set "
        "min-replicas-to-write 1");
  }
  found.synced_each_time = is("appendonly", "yes") && is("appendfsync", "always");
  return found;
}

std::string in_one_sentence(const std::vector<std::string>& dangers) {
  std::string all;
  for (const auto& danger : dangers) all.append(all.empty() ? "" : "; ").append(danger);
  return all;
}

std::expected<Durability, std::string> trusted(Connection& connection, int replicas, bool accept_loss) {
  auto found = examine(connection, replicas);
  if (!found || found->dangers.empty() || accept_loss) return found;
  std::string sentence = "Redis at ";
  return std::unexpected(sentence.append(to_string(connection.address()))
                             .append(" would lose acknowledged messages in silence: ")
                             .append(in_one_sentence(found->dangers)));
}

}  // namespace heti::journal::redis

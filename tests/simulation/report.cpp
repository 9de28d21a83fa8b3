#include "tests/simulation/report.hpp"
#include "tests/simulation/words.hpp"

#include <cstdio>
#include <map>

namespace heti::simulation {
namespace {

// Faults by the word of their kind: what was ordered, but of the disk what was really carried out.
std::map<std::string, std::uint64_t> faults_of(const Tally& tally) {
  std::map<std::string, std::uint64_t> faults;
  for (std::size_t i = 0; i < verbs; ++i) {
    const auto verb = static_cast<Verb>(i);
    const std::string_view name = fault_name(verb);
    const bool ordered_only = verb == Verb::disk_fails || verb == Verb::power_fails || verb == Verb::recovery_fails;
    if (!name.empty() && !ordered_only) faults[std::string(name)] += tally.actions[i];
  }
  faults["power failed between I/O steps"] = tally.power_cuts;
  faults["disk error"] = tally.disk_errors;
  faults["write lost with the power"] = tally.lost_writes;
  faults["write torn by the power"] = tally.torn_writes;
  faults["connection lost"] = tally.connections_lost;
  faults["start failed"] = tally.failed_starts;
  faults["command refused"] = tally.refused;
  return faults;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& faults) {
  std::uint64_t all = 0;
  for (const auto& [name, count] : faults) {
    // What follows from another fault is none of its own.
    const bool consequence = name.starts_with("write ") || name == "command refused";
    if (!consequence) all += count;
  }
  return all;
}

unsigned long long wide(std::uint64_t n) { return n; }

}  // namespace

void print_report(const Tally& tally, double seconds) {
  const double hours = static_cast<double>(tally.simulated_ms) / 3'600'000;
  std::printf("seeds %llu, simulated hours %.0f (and 48 h each until all timers have run out), seconds %.0f\n",
              wide(tally.seeds), hours, seconds);
  std::printf("visitors %llu, commands %llu (refused %llu), events %llu, batches %llu\n", wide(tally.visitors),
              wide(tally.commands), wide(tally.refused), wide(tally.events), wide(tally.batches));
  std::printf("posts acknowledged %llu, answers lost and posts sent again %llu\n", wide(tally.acked),
              wide(tally.resent));
  std::printf("starts %llu, from a snapshot %llu, failed %llu; batches found durable only after a start %llu\n",
              wide(tally.restarts), wide(tally.restarts_from_snapshot), wide(tally.failed_starts),
              wide(tally.in_doubt));
  const auto faults = faults_of(tally);
  std::printf("faults %llu:\n", wide(sum(faults)));
  for (const auto& [name, count] : faults) std::printf("  %-34s %llu\n", name.c_str(), wide(count));
  std::printf("actions:\n");
  for (std::size_t i = 0; i < verbs; ++i) {
    const std::string text = to_text(Action{.at = {}, .verb = static_cast<Verb>(i)});
    std::printf("  %-46s %llu\n", text.substr(6).c_str(), wide(tally.actions[i]));
  }
  std::printf("violations %llu\n", wide(tally.violations));
}

std::vector<std::string> too_little(const Tally& tally) {
  std::vector<std::string> missing;
  const auto at_least = [&](std::uint64_t count, std::uint64_t wanted, const std::string& what) {
    if (count < wanted) missing.push_back(what + ": " + std::to_string(count) + " of " + std::to_string(wanted));
  };
  at_least(tally.seeds, 2000, "seeds");
  at_least(tally.simulated_ms / 3'600'000, 1000, "simulated hours");
  at_least(tally.visitors, 100'000, "visitors");
  at_least(tally.events, 1'000'000, "events");
  at_least(tally.restarts_from_snapshot, 500, "starts from a snapshot");
  at_least(tally.in_doubt, 100, "batches in doubt");
  const auto faults = faults_of(tally);
  at_least(sum(faults), 100'000, "faults");
  for (const auto& [name, count] : faults) at_least(count, 100, joined("faults of the kind '", name, "'"));
  for (std::size_t i = 0; i < verbs; ++i) {
    at_least(tally.actions[i], 100,
             joined("'", to_text(Action{.at = {}, .verb = static_cast<Verb>(i)}).substr(6), "'"));
  }
  // One node is alone here: nobody else asks it, and all builds are the same.
  const std::size_t of_several_nodes = core::EventBody{core::event::CommandDecided{}}.index();
  for (std::size_t i = 0; i < tally.events_by_type.size(); ++i) {
    if (i >= of_several_nodes) continue;
    at_least(tally.events_by_type[i], i < 3 ? 30 : 100, numbered("events of type ", i));
  }
  return missing;
}

}  // namespace heti::simulation

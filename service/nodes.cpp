#include "service/nodes.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "service/cluster/messages.hpp"
#include "service/heti.hpp"
#include "service/journal/redis/bus.hpp"
#include "service/node_options.hpp"

namespace heti {
namespace {

// Each node speaks once a second.
constexpr auto listen_for = std::chrono::milliseconds(2500);

}  // namespace

int list_nodes(const config::Settings& settings) {
  if (settings.journal.kind != config::JournalKind::redis) {
    return failed("the journal of these settings is on this node's own disk: there are no others");
  }
  auto connection = redis_connection(settings);
  if (!connection) return failed(connection.error());
  std::mutex mutex;
  std::map<std::string, cluster::Beat> heard;
  std::string trouble;
  {
    const journal::redis::Bus bus({.connection = std::move(*connection),
                                   .channels = {"{" + settings.workspace + "}:nodes"},
                                   .on_message =
                                       [&](std::string_view, const std::string& payload) {
                                         const auto message = cluster::from_message(payload);
                                         const auto* beat = message ? std::get_if<cluster::Beat>(&*message) : nullptr;
                                         if (beat == nullptr) return;
                                         const std::lock_guard lock(mutex);
                                         heard[beat->name] = *beat;
                                       },
                                   .on_connected = {},
                                   .on_warning =
                                       [&](std::string_view sentence) {
                                         const std::lock_guard lock(mutex);
                                         trouble = sentence;
                                       }});
    std::this_thread::sleep_for(listen_for);
  }
  if (!trouble.empty()) return failed(trouble);
  if (heard.empty()) return failed("no node of workspace " + settings.workspace + " was heard");
  std::cout << fmt::format("{:<24} {:<8} {:>12} {:>9} {:<8} {:>12}  {}\n", "NODE", "ROLE", "POSITION", "SETTINGS",
                           "FILE", "CONNECTIONS", "VERSION");
  int leaders = 0;
  std::set<std::uint64_t> files;
  for (const auto& [name, beat] : heard) {
    const bool leads = beat.role == cluster::Role::leads;
    leaders += leads ? 1 : 0;
    files.insert(beat.rules);
    std::cout << fmt::format("{:<24} {:<8} {:>12} {:>9} {:08x} {:>12}  {}\n", name, leads ? "leads" : "follows",
                             beat.position, beat.settings_version, beat.rules >> 32, beat.connections, beat.version);
  }
  if (files.size() > 1) {
    std::cout
        << "The settings files differ in queues, agents or priorities. What the journal has is in force everywhere; "
           "make the files the same, or the next one that is read changes it.\n";
  }
  if (leaders == 1) return exit_ok;
  return failed(leaders == 0 ? "none of them leads" : "more than one says that it leads");
}

}  // namespace heti

#include "service/nodes.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
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
  std::cout << fmt::format("{:<24} {:<8} {:>12} {:>9} {:>12}  {}\n", "NODE", "ROLE", "POSITION", "SETTINGS",
                           "CONNECTIONS", "VERSION");
  int leaders = 0;
  for (const auto& [name, beat] : heard) {
    const bool leads = beat.role == cluster::Role::leads;
    leaders += leads ? 1 : 0;
    std::cout << fmt::format("{:<24} {:<8} {:>12} {:>9} {:>12}  {}\n", name, leads ? "leads" : "follows", beat.position,
                             beat.settings_version, beat.connections, beat.version);
  }
  if (leaders == 1) return exit_ok;
  return failed(leaders == 0 ? "none of them leads" : "more than one says that it leads");
}

}  // namespace heti

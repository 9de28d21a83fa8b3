#pragma once
// The modes of heti_load: what is set up, driven, measured and said.
#include <expected>
#include <memory>
#include <string>

#include "tests/load/crowd.hpp"
#include "tests/load/heti_talk.hpp"
#include "tests/load/options.hpp"
#include "tests/load/report.hpp"
#include "tests/load/server.hpp"

namespace heti::load {

// 0, or 1 if there were violations.
[[nodiscard]] std::expected<int, std::string> run_mode(const Options& options);

// What every mode begins with: the server, running, and where it is.
struct Stage {
  Options options;
  HetiStaff staff;
  std::unique_ptr<Server> server;  // none if it ran before
  pid_t pid = 0;
  sockaddr_in address{};
  std::string host;
  Loop loop;
  Violations violations;
  Report report;

  // Crowds only come and go: nobody is there to answer them.
  explicit Stage(const Options& chosen)
      : options(chosen),
        staff(needs_agents(chosen.mode) ? chosen.pairs : 0, chosen.queues,
              needs_agents(chosen.mode) ? chosen.agents : 0) {}
  bool is_heti() const { return options.peer == "heti"; }
  static bool needs_agents(const std::string& mode) {
    return mode == "closed" || mode == "open" || mode == "life" || mode == "config";
  }
};

// Clients of the stage's peer that only come and go; `depth` is for Heti's: see --depth.
[[nodiscard]] std::expected<std::unique_ptr<Crowd>, std::string> crowd_of(Stage& stage, const HetiDoor& door,
                                                                          std::size_t size, const std::string& depth);

[[nodiscard]] std::expected<void, std::string> steady_mode(Stage& stage);  // closed, open
[[nodiscard]] std::expected<void, std::string> idle_mode(Stage& stage);
[[nodiscard]] std::expected<void, std::string> handshakes_mode(Stage& stage);
[[nodiscard]] std::expected<void, std::string> storm_mode(Stage& stage);
[[nodiscard]] std::expected<void, std::string> life_mode(Stage& stage);
[[nodiscard]] std::expected<void, std::string> disk_mode(Stage& stage);

}  // namespace heti::load

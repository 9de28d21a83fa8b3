#pragma once
// A server that the tool starts for itself: in a directory of its own, on free ports, on a core of its own.
#include <sys/types.h>

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "tests/load/heti_talk.hpp"
#include "tests/load/leftovers.hpp"

namespace heti::load {

// Stopped, and its directory taken away, with this object.
class Server {
 public:
  pid_t pid() const { return pid_; }
  std::uint16_t port() const { return port_; }
  const std::string& directory() const { return directory_; }

 private:
  friend class ServerStarter;
  explicit Server(std::string directory) : directory_(std::move(directory)), leftover_(directory_) {}
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::string directory_;
  Leftover leftover_;
};

// What only Heti needs to know.
struct HetiSettings {
  const HetiStaff* staff = nullptr;
  std::size_t connections_max = 15000;
  int threads = 1;
  std::string journal = "sqlite";
};

// The settings that a load needs: no caps for the one address that it comes from.
std::string heti_config(const HetiSettings& settings, std::uint16_t port, std::uint16_t metrics_port,
                        const std::string& directory);

// `program` is Heti's own; accounts are made first. What it raised, and what it made cheap, is said on stderr.
[[nodiscard]] std::expected<std::unique_ptr<Server>, std::string> start_heti(const std::string& program,
                                                                             const HetiSettings& settings,
                                                                             const std::vector<int>& cores);

// A peer: "raw" (program: raw_relay), "node" (relay.mjs), "nchan" (nginx), "mosquitto".
[[nodiscard]] std::expected<std::unique_ptr<Server>, std::string> start_peer(const std::string& kind,
                                                                             const std::string& program,
                                                                             const std::vector<int>& cores);

}  // namespace heti::load

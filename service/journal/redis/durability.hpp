#pragma once
// What a Redis does with what was acknowledged: asked of it before a journal trusts it.
#include <expected>
#include <string>
#include <vector>

#include "service/journal/redis/connection.hpp"

namespace heti::journal::redis {

struct Durability {
  bool synced_each_time = false;       // appendonly with appendfsync always: an acknowledgement survives a power cut.
  std::vector<std::string> dangers{};  // How it would lose acknowledged batches in silence, each with its remedy.
  std::vector<std::string> remarks{};  // What an operator should know and may want.
};

// An error if Redis cannot be asked, or cannot be written to at all: it is a replica.
[[nodiscard]] std::expected<Durability, std::string> examine(Connection& connection, int replicas);

// The same, and an error if there are dangers that nobody has accepted.
[[nodiscard]] std::expected<Durability, std::string> trusted(Connection& connection, int replicas, bool accept_loss);

[[nodiscard]] std::string in_one_sentence(const std::vector<std::string>& dangers);

}  // namespace heti::journal::redis

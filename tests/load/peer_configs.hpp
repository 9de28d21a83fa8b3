#pragma once
// How each baseline is started, with the files it needs: one worker, nothing that a relay does not need, no caps.
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace heti::load {

[[nodiscard]] std::expected<std::vector<std::string>, std::string> peer_command(const std::string& kind,
                                                                                const std::string& program,
                                                                                const std::string& directory,
                                                                                std::uint16_t port);

}  // namespace heti::load

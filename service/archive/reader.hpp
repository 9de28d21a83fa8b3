#pragma once
// From rows back to what the gateway asks for. Personal text that is not there any more reads as empty.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "service/archive/archive.hpp"
#include "service/archive/database.hpp"

namespace heti::archive {

[[nodiscard]] std::expected<std::optional<Transcript>, std::string> read_transcript(
    Database& database, std::int64_t history, const PublicId& conversation, std::uint64_t before, std::uint32_t limit);

[[nodiscard]] std::expected<std::vector<Record>, std::string> read_closed_chats(Database& database,
                                                                                std::int64_t history,
                                                                                const std::vector<std::string>& queues,
                                                                                std::uint32_t limit);

}  // namespace heti::archive

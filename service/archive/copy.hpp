#pragma once
// A copy of an archive, for another node of the same workspace.
#include <expected>
#include <filesystem>
#include <string>

namespace heti::archive {

// Copies directory/archive.db as it is now into `file`, which must not exist; also while a node writes it.
[[nodiscard]] std::expected<void, std::string> copy(const std::filesystem::path& directory,
                                                    const std::filesystem::path& file);

}  // namespace heti::archive

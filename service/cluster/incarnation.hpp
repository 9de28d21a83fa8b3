#pragma once
// Which start of a node this is: a number that rises with every start, also when the clock was set back meanwhile. The
// other nodes take a start with a lower number for one that is over.
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace heti::cluster {

// At least `at_least`, and more than what `file` says, which says this one from here on. A file that cannot be read as
// a number says nothing. The error names the file that cannot be written.
[[nodiscard]] std::expected<std::uint64_t, std::string> next_incarnation(const std::filesystem::path& file,
                                                                         std::uint64_t at_least);

}  // namespace heti::cluster

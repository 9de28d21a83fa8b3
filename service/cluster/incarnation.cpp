#include "service/cluster/incarnation.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace heti::cluster {

std::expected<std::uint64_t, std::string> next_incarnation(const std::filesystem::path& file, std::uint64_t at_least) {
  std::uint64_t incarnation = at_least;
  if (std::uint64_t last = 0; std::ifstream(file) >> last) incarnation = std::max(at_least, last + 1);
  // As a whole or not at all: a torn number would be a wrong one.
  std::filesystem::path draft = file;
  draft += ".new";
  std::ofstream out(draft);
  out << incarnation << '\n';
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(draft, file, error);
  if (out && !error) return incarnation;
  std::string sentence = file.string();
  return std::unexpected(sentence.append(": which start of this node this is cannot be kept there") +
                         (error ? ": " + error.message() : ". Look at its permissions and at the disk"));
}

}  // namespace heti::cluster

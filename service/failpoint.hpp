#pragma once
// Dying at a chosen moment, for kill tests. Part of the program heti_planted alone, together with the bugs of
// service/base/planted.hpp; nothing of it is compiled into heti.
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "service/journal/journal.hpp"

namespace heti {

struct Failpoint {
  enum class Moment : std::uint8_t {
    none,
    // The commit is on the disk, and nothing that it answers has left the process.
    after_commit,
    // The commit is held back for a tenth of a second, so that whatever leaves before it has left; then the process
    // dies without it.
    before_commit,
  };
  Moment moment = Moment::none;
  std::uint64_t commit = 0;  // Which one, counted from 1 since the journal was opened.
};

// "after_commit:120" or "before_commit:120".
[[nodiscard]] std::expected<Failpoint, std::string> failpoint_of(std::string_view text);

// The journal of these options, in which this process meets its end.
[[nodiscard]] std::expected<std::unique_ptr<journal::Journal>, std::string> open_with_failpoint(
    journal::Options options, Failpoint failpoint);

}  // namespace heti

#pragma once
// Runs: what one conversation had within one transaction, as two blobs (FORMAT.md). The events hold no personal text;
// the texts are all of it that was said. Both are read from a disk: nothing in them is believed unchecked.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/archive/facts.hpp"
#include "service/base/bytes.hpp"
#include "service/core/event.hpp"
#include "service/core/view.hpp"
#include "service/journal/journal.hpp"

namespace heti::archive {

// A run that has reached one of these is followed by another, so that a page of history never costs more than a few.
inline constexpr std::size_t run_lines_max = 64;
inline constexpr std::size_t run_events_max = 256;
inline constexpr std::size_t run_event_bytes_max = 16 << 10;  // exceeded by at most one event
inline constexpr std::size_t run_text_bytes_max = 16 << 10;   // exceeded only by a single text that is longer

// What makes an event a line that the visitor may see.
struct Line {
  std::uint64_t seq = 0;       // not 0
  std::string_view name;       // of the agent, as it was shown then
  std::string_view text_hash;  // salted; empty if there is no text
  std::string_view text;       // of the message, or the comment of a rating
};

// The number of the line that an event adds; 0 if it adds none.
[[nodiscard]] std::uint64_t seq_of(const core::EventBody& body);

// A run that is being gathered.
class Run {
 public:
  bool empty() const { return count_ == 0; }
  std::uint64_t first_seq() const { return first_seq_; }  // 0: no line yet
  // Whether a bound leaves room for one more event, with a line or without.
  [[nodiscard]] bool has_room(const Line* line) const;
  // `event` is without personal text, and after those that are here; so is its line.
  void add(journal::Position position, std::size_t index, const core::Event& event, const Line* line);

  // The blobs as they are stored; the run is empty after both. No texts, no bytes.
  [[nodiscard]] std::string take_events();
  [[nodiscard]] std::string take_texts();

 private:
  ByteWriter events_;
  ByteWriter texts_;
  journal::Position last_position_;
  std::uint64_t first_seq_ = 0;
  std::uint64_t last_text_ = 0;  // its number
  std::size_t count_ = 0;
  std::size_t lines_ = 0;
};

// One event of a run.
struct Kept {
  Fact fact;
  std::uint64_t seq = 0;  // of its line; 0: none
  std::string name;
  std::string text_hash;  // 16 bytes or none
};

// In order. An error says what is wrong with the bytes.
[[nodiscard]] std::expected<std::vector<Kept>, std::string> read_events(std::string_view bytes);

// By the number of their line, ascending. They point into `bytes`.
using NumberedTexts = std::vector<std::pair<std::uint64_t, std::string_view>>;
[[nodiscard]] std::expected<NumberedTexts, std::string> read_texts(std::string_view bytes);
// Empty if there is none of that number.
[[nodiscard]] std::string_view text_in(const NumberedTexts& texts, std::uint64_t seq);

}  // namespace heti::archive

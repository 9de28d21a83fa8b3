#pragma once
// What is known of one conversation: its facts, and those that matter to it and others, from the archive up to where it
// has come, then from the journal's tail. Both give the same facts, without personal text; texts lie apart.
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/archive/facts_reader.hpp"
#include "service/core/state.hpp"
#include "service/journal/journal.hpp"

namespace heti::explaining {

inline constexpr std::size_t prefix_digits_min = 6;

// A journal as a reader sees it. `read` is as Journal::read.
struct JournalView {
  PublicId history;
  std::function<std::expected<void, std::string>(
      journal::Position after, const std::function<bool(const journal::Batch&, const journal::Hash&)>& each)>
      read;
};

struct Story {
  core::ConversationId conversation;
  PublicId public_id;
  std::vector<archive::Fact> facts;  // in order, from the first batch on
  archive::Texts texts;
  journal::Position archived;  // up to here from the archive; 0: all from the journal
  journal::Position tail;      // the last batch that was seen
};

// `id` is the public id or its beginning. An error says what is wrong with it (too short, unknown, several), or what
// could not be read. Where there is no archive the journal must reach back to its first batch.
[[nodiscard]] std::expected<Story, std::string> find_story(std::string_view id, archive::FactsReader* archive,
                                                           const JournalView& journal);

// The stories of all conversations of late, one after the other, without what was said. What matters to several is read
// once, and of it a story has only what its conversation can be told by.
class Stories {
 public:
  // Both must outlive this, and the archive be used by nobody else meanwhile. Errors as of find_story.
  [[nodiscard]] static std::expected<Stories, std::string> open(archive::FactsReader* archive,
                                                                const JournalView& journal);

  // Only the settings as they stand now: who has which id, in which zone a queue is.
  const core::State& rules() const { return rules_; }
  journal::Position tail() const { return tail_; }

  // Every conversation with a fact at or after `since`, in order of beginning; each is told whole.
  [[nodiscard]] std::expected<void, std::string> each(Instant since,
                                                      const std::function<void(const Story&)>& each) const;

 private:
  explicit Stories(archive::FactsReader* archive) : archive_(archive) {}

  archive::FactsReader* archive_;
  std::vector<archive::Fact> shared_;
  std::map<core::ConversationId, std::vector<archive::Fact>> recent_;  // of the journal's tail
  core::State rules_;
  journal::Position archived_;
  journal::Position tail_;
};

// What was said in a message, a note or the comment of a rating; nothing for other facts, or if it was erased.
[[nodiscard]] std::optional<std::string> text_of(const Story& story, const archive::Fact& fact);

}  // namespace heti::explaining

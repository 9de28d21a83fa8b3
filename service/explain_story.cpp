#include "service/explain_story.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <utility>

#include "service/core/batch.hpp"

namespace heti::explaining {
namespace {

using archive::Fact;
using core::ConversationId;
using journal::Position;

constexpr std::uint32_t named_max = 5;  // of several that fit

std::expected<std::string, std::string> digits_of(std::string_view id) {
  std::string digits;
  for (const char c : id) digits.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  if (digits.size() > 32 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::unexpected(fmt::format("\"{}\" is no conversation: an id is 32 hexadecimal digits", id));
  }
  if (digits.size() < prefix_digits_min) {
    return std::unexpected(
        fmt::format("\"{}\" is too short: give at least {} digits of the id", id, prefix_digits_min));
  }
  return digits;
}

// The journal's batches after the archive's, each decoded, up to `last` (0: to the end).
class Tail {
 public:
  Tail(const JournalView& journal, const archive::FactsReader* archive)
      : journal_(journal), after_(archive == nullptr ? archive::Place{} : archive->place()) {}

  template <class Each>
  std::expected<void, std::string> each_event(Position last, const Each& each) {
    std::string failed;
    reached_ = after_.position;
    const auto read = journal_.read(after_.position, [&](const journal::Batch& batch, const journal::Hash&) {
      if (last.value() != 0 && batch.position > last) return false;
      const std::string where = "batch " + std::to_string(batch.position.value());
      if (batch.position.value() == after_.position.value() + 1 && batch.previous != after_.hash) {
        failed = where + " of the journal does not follow what the archive holds: they are not of one node";
        return false;
      }
      const auto events = core::decode_batch(batch.payload);
      if (!events) {
        failed = where + ": " + events.error();
        return false;
      }
      for (std::size_t i = 0; i < events->size(); ++i) each(batch.position, i, (*events)[i]);
      reached_ = batch.position;
      return true;
    });
    if (!failed.empty()) return std::unexpected(failed);
    if (!read) return std::unexpected("the journal cannot be read: " + read.error());
    return {};
  }
  Position reached() const { return reached_; }

 private:
  const JournalView& journal_;
  archive::Place after_;
  Position reached_;
};

void keep_text(archive::Texts& texts, Position position, std::size_t index, const core::Event& event) {
  if (const auto* posted = std::get_if<core::event::MessagePosted>(&event.body)) {
    if (posted->seq == 0) {
      texts.notes[{position.value(), index}] = posted->text;
    } else {
      texts.by_seq[posted->seq] = posted->text;
    }
  }
  if (const auto* rated = std::get_if<core::event::RatingGiven>(&event.body)) {
    if (!rated->comment.empty()) texts.by_seq[rated->seq] = rated->comment;
  }
}

// Of one public id there may be several conversations, one after the other was final: the youngest.
std::expected<archive::Named, std::string> choose(const std::string& id, const std::vector<archive::Named>& all) {
  std::map<PublicId, ConversationId> fitting;
  for (const archive::Named& named : all) {
    ConversationId& youngest = fitting[named.public_id];
    youngest = std::max(youngest, named.conversation);
  }
  if (fitting.empty()) return std::unexpected("no conversation begins with " + id);
  if (fitting.size() == 1) {
    return archive::Named{.conversation = fitting.begin()->second, .public_id = fitting.begin()->first};
  }
  std::string list;
  std::size_t count = 0;
  for (const auto& [public_id, conversation] : fitting) {
    if (++count > named_max) break;
    list += "\n  " + to_string(public_id);
  }
  if (count > named_max) list += "\n  ...";
  return std::unexpected("several conversations begin with " + id + ":" + list);
}

}  // namespace

std::expected<Story, std::string> find_story(std::string_view id, archive::FactsReader* archive,
                                             const JournalView& journal) {
  const auto digits = digits_of(id);
  if (!digits) return std::unexpected(digits.error());
  std::vector<archive::Named> fitting;
  if (archive != nullptr) {
    auto found = archive->find(*digits, 1000);
    if (!found) return std::unexpected(found.error());
    fitting = std::move(*found);
  }
  Tail tail(journal, archive);
  const auto looked = tail.each_event({}, [&](Position, std::size_t, const core::Event& event) {
    const auto* started = std::get_if<core::event::ConversationStarted>(&event.body);
    if (started == nullptr || !to_string(started->public_id).starts_with(*digits)) return;
    fitting.push_back({.conversation = started->conversation, .public_id = started->public_id});
  });
  if (!looked) return std::unexpected(looked.error());
  const auto chosen = choose(*digits, fitting);
  if (!chosen) return std::unexpected(chosen.error());

  Story story{.conversation = chosen->conversation,
              .public_id = chosen->public_id,
              .facts = {},
              .texts = {},
              .archived = {},
              .tail = tail.reached()};
  if (archive != nullptr) {
    auto facts = archive->facts(story.conversation);
    if (!facts) return std::unexpected(facts.error());
    auto texts = archive->texts(story.conversation);
    if (!texts) return std::unexpected(texts.error());
    story.facts = std::move(*facts);
    story.texts = std::move(*texts);
    story.archived = archive->place().position;
  }
  // A node that runs goes on writing: no further than what was looked at above.
  if (story.tail == story.archived) return story;
  const auto gathered = tail.each_event(story.tail, [&](Position position, std::size_t i, const core::Event& event) {
    const auto of = archive::whose(event.body);
    if (!of || (of->value() != 0 && *of != story.conversation)) return;
    story.facts.push_back(
        {.position = position, .index = i, .conversation = *of, .event = archive::without_personal_text(event)});
    if (*of == story.conversation) keep_text(story.texts, position, i, event);
  });
  if (!gathered) return std::unexpected(gathered.error());
  return story;
}

std::optional<std::string> text_of(const Story& story, const Fact& fact) {
  std::uint64_t seq = 0;
  if (const auto* posted = std::get_if<core::event::MessagePosted>(&fact.event.body)) {
    if (posted->seq == 0) {
      const auto note = story.texts.notes.find({fact.position.value(), fact.index});
      return note == story.texts.notes.end() ? std::nullopt : std::optional(note->second);
    }
    seq = posted->seq;
  } else if (const auto* rated = std::get_if<core::event::RatingGiven>(&fact.event.body)) {
    seq = rated->seq;
  }
  const auto said = story.texts.by_seq.find(seq);
  return said == story.texts.by_seq.end() ? std::nullopt : std::optional(said->second);
}

}  // namespace heti::explaining

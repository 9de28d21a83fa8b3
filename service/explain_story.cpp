#include "service/explain_story.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "service/core/evolve.hpp"
#include "service/explain_tail.hpp"

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

// Of what is shared, what a conversation of this queue can be told by: before its beginning only who is who, and its
// hours.
bool matters(const Fact& fact, core::QueueId queue, bool since) {
  if (std::holds_alternative<core::event::SettingsApplied>(fact.event.body)) return true;
  if (const auto* set = std::get_if<core::event::CalendarSet>(&fact.event.body)) return set->queue == queue;
  return since;
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

std::expected<Stories, std::string> Stories::open(archive::FactsReader* archive, const JournalView& journal) {
  Stories stories(archive);
  if (archive != nullptr) {
    auto shared = archive->facts(ConversationId{});
    if (!shared) return std::unexpected(shared.error());
    stories.shared_ = std::move(*shared);
    stories.archived_ = archive->place().position;
  }
  Tail tail(journal, archive);
  const auto read = tail.each_event({}, [&](Position position, std::size_t i, const core::Event& event) {
    const auto of = archive::whose(event.body);
    if (!of) return;
    auto& facts = of->value() == 0 ? stories.shared_ : stories.recent_[*of];
    facts.push_back(
        {.position = position, .index = i, .conversation = *of, .event = archive::without_personal_text(event)});
  });
  if (!read) return std::unexpected(read.error());
  stories.tail_ = tail.reached();
  for (const Fact& fact : stories.shared_) {
    if (std::holds_alternative<core::event::SettingsApplied>(fact.event.body)) {
      core::evolve(stories.rules_, fact.event);
    }
  }
  return stories;
}

std::expected<void, std::string> Stories::each(Instant since, const std::function<void(const Story&)>& each) const {
  std::set<ConversationId> candidates;
  for (const auto& [conversation, facts] : recent_) candidates.insert(conversation);
  if (archive_ != nullptr) {
    const auto live = archive_->live_since(since);
    if (!live) return std::unexpected(live.error());
    candidates.insert(live->begin(), live->end());
  }
  for (const ConversationId conversation : candidates) {
    std::vector<Fact> own;
    if (archive_ != nullptr) {
      auto facts = archive_->own_facts(conversation);
      if (!facts) return std::unexpected(facts.error());
      own = std::move(*facts);
    }
    const auto recent = recent_.find(conversation);
    if (recent != recent_.end()) own.insert(own.end(), recent->second.begin(), recent->second.end());
    if (own.empty() || own.back().event.at < since) continue;
    const auto* started = std::get_if<core::event::ConversationStarted>(&own.front().event.body);
    if (started == nullptr) {
      return std::unexpected(fmt::format("conversation {} has no beginning, neither in the archive nor in the journal",
                                         conversation.value()));
    }
    Story story{.conversation = conversation,
                .public_id = started->public_id,
                .facts = {},
                .texts = {},
                .archived = archived_,
                .tail = tail_};
    const auto place = [](const Fact& fact) { return std::pair(fact.position, fact.index); };
    const core::QueueId queue = started->queue;
    const auto beginning = place(own.front());
    auto next = own.begin();
    for (const Fact& fact : shared_) {
      if (!matters(fact, queue, place(fact) > beginning)) continue;
      const auto until = std::ranges::lower_bound(next, own.end(), place(fact), {}, place);
      std::ranges::move(next, until, std::back_inserter(story.facts));
      next = until;
      story.facts.push_back(fact);
    }
    std::ranges::move(next, own.end(), std::back_inserter(story.facts));
    each(story);
  }
  return {};
}

}  // namespace heti::explaining

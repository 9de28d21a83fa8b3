#pragma once
// The life of one conversation, computed from its facts alone: a line for each event, and each promise and each stay in
// a line as a clock. Business time is counted from the calendars in the facts, as the core counts it, so what a clock
// has come to can be held against what the events say (`told`): they agree, or one of the two is wrong.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/core/event.hpp"
#include "service/explain_story.hpp"

namespace heti::explaining {

// Of others it is only told what matters to this conversation while it matters: its queue, its agent, our downtime.
struct Line {
  journal::Position position;
  std::size_t index = 0;  // in the batch, from 0
  Instant at;
  std::string_view name;  // "chat.assigned"
  std::string says;
  std::string local;                // wall clock in the zone of the queue, as it was then
  std::optional<std::string> text;  // personal
};
using LineNumber = std::size_t;  // in Life::lines

enum class ClockKind : std::uint8_t { first_response = 0, reply = 1, wait = 2 };

struct Pause {
  enum class Why : std::uint8_t {
    closed = 0,  // the clock stood still: the queue was closed
    held = 1,    // the clock ran, but no verdict was given: the visitor was away, within the grace
  } why{};
  Instant from;
  std::optional<Instant> to;  // nothing: nobody knows yet
  std::optional<LineNumber> began;
  std::optional<LineNumber> ended;
};

struct Judgement {
  core::Verdict verdict{};
  LineNumber line = 0;
  Millis elapsed{};  // computed
  Millis told{};     // in the event
  std::string why;   // what brought it about, and who
};

struct OfferMade {
  LineNumber line = 0;
  std::string agent;
  core::RoutedBy rule{};
  std::optional<LineNumber> ended;
  std::optional<core::OfferEnd> result;  // nothing: still open
};

struct Clock {
  ClockKind kind{};
  core::Stage stage{};  // of a wait
  std::string line;     // of a wait: the queue whose line it is
  Instant started;
  LineNumber started_by = 0;
  std::optional<Instant> stopped;
  std::optional<LineNumber> stopped_by;
  std::string stopped_how;         // "Aino wrote", "Aino has it: least busy ...", "the contact ended"
  Millis elapsed{};                // computed, up to the stop or as of now
  std::optional<Millis> told;      // in the event that stopped it
  std::optional<Millis> target{};  // none: nothing is promised
  Instant breaks_at = never;       // a promise: the first instant at which it is broken, by the hours known now
  std::vector<Pause> pauses;
  std::vector<OfferMade> offers;  // of a wait
  std::optional<Judgement> judgement;
};

struct ContactLife {
  core::ContactId id;
  core::Stage stage{};
  LineNumber begun_by = 0;
  std::vector<Clock> clocks;
  std::optional<LineNumber> ended_by;
  core::Outcome outcome{};
  core::EndReason reason{};
  Millis waited{};  // computed, from its start to its end (to the leaving, where the visitor left)
  Millis told{};    // in the event
};

struct Life {
  PublicId conversation;
  PublicId visitor;
  std::string queue;
  std::string zone;
  Millis first_response{};  // targets, as they are now
  Millis reply{};
  core::ConversationState state{};
  std::string stands;  // the state in words, with who has it
  Instant as_of;
  std::string local_as_of;
  journal::Position archived;
  journal::Position tail;
  std::vector<Line> lines;
  std::vector<ContactLife> contacts;
};

// `now` is as far as running clocks are counted; earlier than the last fact means the last fact. The story must hold
// the start of the conversation. Texts of messages are put into the lines if asked for.
[[nodiscard]] Life life_of(const Story& story, Instant now, bool with_text);

// Every place where a clock and an event disagree, a sentence each. None, unless something is wrong.
[[nodiscard]] std::vector<std::string> disagreements(const Life& life);

}  // namespace heti::explaining

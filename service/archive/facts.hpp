#pragma once
// Facts: the events of the journal as the archive keeps them for ever, without personal text. Enough to tell why a
// conversation went as it did after the journal has been trimmed; what was said lies apart and can be erased.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/core/event.hpp"
#include "service/journal/journal.hpp"

namespace heti::archive {

struct Fact {
  journal::Position position;           // of its batch
  std::size_t index = 0;                // its place in the batch, from 0
  core::ConversationId conversation{};  // 0: it matters to several
  core::Event event;                    // without personal text
};

// Whose fact an event is: a conversation's, or 0 if it matters to several (opening hours, settings, who is at work, our
// own downtime). Nothing: not kept; single connections of agents tell nothing that their status does not.
[[nodiscard]] std::optional<core::ConversationId> whose(const core::EventBody& body);

// The event with personal text taken out: of a message its length remains (length_of), in decimal digits in place of
// the text; what visitors say of themselves, comments and unsalted hashes are blank.
[[nodiscard]] core::Event without_personal_text(const core::Event& event);

// The same for a message, in its place, without a copy of what is in it: gives back what was taken out.
[[nodiscard]] std::string take_personal_text(core::event::MessagePosted& message);

// Characters of a UTF-8 text.
[[nodiscard]] std::uint64_t characters(std::string_view text);
// Characters of the message that this was, before without_personal_text.
[[nodiscard]] std::uint64_t length_of(const core::event::MessagePosted& fact);

}  // namespace heti::archive

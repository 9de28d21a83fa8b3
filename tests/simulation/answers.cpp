// What was answered, held against what every screen shows: an acknowledgement is a promise that it is durable.
#include "tests/simulation/words.hpp"
#include "tests/simulation/world.hpp"

namespace heti::simulation {

void World::check_answers() {
  for (const auto& check : std::exchange(checks_, {})) {
    if (std::string wrong = check(); !wrong.empty()) violation(std::move(wrong));
  }
  mirror_.answers_are_over();
}

void World::check_ack(const PublicId& conversation, const Outbox& outbox, const Outbox::Acked& acked) {
  const Mirror::Chat* chat = mirror_.chat_with(conversation);
  if (chat == nullptr) return violation("durable: a message was acknowledged in a conversation that does not exist");
  const std::string what =
      numbered("message ", acked.n) + " of " + outbox.stream + " in C" + std::to_string(chat->number);
  if (acked.note) {
    for (const std::string& note : chat->notes) {
      if (note.ends_with("/" + outbox.stream + "/" + std::to_string(acked.n) + "/" + acked.text)) return;
    }
    return violation("durable: note, " + what + ", was acknowledged and is not there");
  }
  if (acked.seq == 0) return;  // So old that the service has forgotten its place.
  if (acked.seq > chat->entries.size()) return violation("durable: " + what + " was acknowledged and is not there");
  const core::Entry& entry = chat->entries[acked.seq - 1];
  if (entry.kind != core::EntryKind::message || entry.stream != outbox.stream || entry.n != acked.n ||
      entry.text != acked.text) {
    violation("durable: " + what + " was acknowledged, and something else stands in its place");
  }
}

// The same entries, in the same order, for everybody who looks.
void World::check_view(const core::ConversationView& view) {
  expect([this, view]() -> std::string {
    const Mirror::Chat* chat = mirror_.chat_with(view.conversation);
    if (chat == nullptr) return "invariant 5: a conversation is shown that does not exist";
    const std::string name = numbered("C", chat->number);
    if (view.last_seq > chat->entries.size()) return "invariant 5: " + name + " is shown longer than it is";
    std::uint64_t expected = 0;
    for (const core::Entry& entry : view.entries) {
      if (expected != 0 && entry.seq != expected) return "invariant 5: a view of " + name + " has a gap";
      if (entry.seq == 0 || entry.seq > chat->entries.size() || entry != chat->entries[entry.seq - 1]) {
        return numbered("invariant 5: entry ", entry.seq) + " of " + name + " is shown differently";
      }
      expected = entry.seq + 1;
    }
    if (expected != 0 && expected != view.last_seq + 1) return "invariant 5: a view of " + name + " ends early";
    return "";
  });
}

}  // namespace heti::simulation

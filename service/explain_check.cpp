// Holds what the clocks came to against what the events say.
#include <spdlog/fmt/fmt.h>

#include "service/explain_clocks.hpp"
#include "service/explain_words.hpp"

namespace heti::explaining {

std::vector<std::string> disagreements(const Life& life) {
  std::vector<std::string> found;
  const auto compare = [&](Millis computed, Millis told, LineNumber number) {
    if (computed == told) return;
    const Line& line = life.lines[number];
    found.push_back(fmt::format("batch {}, event {} ({}) says {}, but the calendars give {}", line.position.value(),
                                line.index + 1, line.name, duration(told), duration(computed)));
  };
  for (const ContactLife& contact : life.contacts) {
    for (const Clock& clock : contact.clocks) {
      if (clock.told && clock.stopped_by) compare(clock.elapsed, *clock.told, *clock.stopped_by);
      if (clock.judgement) compare(clock.judgement->elapsed, clock.judgement->told, clock.judgement->line);
    }
    if (contact.ended_by) compare(contact.waited, contact.told, *contact.ended_by);
  }
  return found;
}

}  // namespace heti::explaining

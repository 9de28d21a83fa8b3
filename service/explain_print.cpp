#include "service/explain_print.hpp"

#include <spdlog/fmt/fmt.h>

#include "service/explain_words.hpp"

namespace heti::explaining {
namespace {

class Page {
 public:
  explicit Page(const Life& life) : life_(life), zone_(zone_named(life.zone)) {}

  std::string write() {
    header();
    lines();
    for (const ContactLife& contact : life_.contacts) write(contact);
    for (const std::string& sentence : disagreements(life_)) {
      out_ += fmt::format("\nTHIS DOES NOT AGREE: {}\n", sentence);
    }
    return std::move(out_);
  }

 private:
  std::string place(LineNumber number) const {
    const Line& line = life_.lines[number];
    return fmt::format("{}.{}", line.position.value(), line.index + 1);
  }
  std::string place(std::optional<LineNumber> number) const { return number ? place(*number) : std::string(); }

  std::string local(Instant at) const { return local_time(at, zone_); }

  void header() {
    out_ += fmt::format("conversation {}\n", to_string(life_.conversation));
    out_ += fmt::format("queue        {}: first response within {}, reply within {}; times of {}\n", life_.queue,
                        duration(life_.first_response), duration(life_.reply), life_.zone);
    out_ += fmt::format("visitor      {}\n", to_string(life_.visitor));
    out_ += fmt::format("stands       {}\n", life_.stands);
    std::string source = "the journal";
    if (life_.archived.value() != 0) {
      source = fmt::format("the archive up to batch {}", life_.archived.value());
      if (life_.tail != life_.archived) source += ", then the journal";
    }
    out_ += fmt::format("as of        {}, batch {}; from {}\n", life_.local_as_of, life_.tail.value(), source);
  }

  void lines() {
    std::size_t widest = 5;
    for (LineNumber i = 0; i < life_.lines.size(); ++i) widest = std::max(widest, place(i).size());
    out_ += fmt::format("\n{:>{}}  {:<30}  {:>16}  {}\n", "event", widest, "local time", "since the last", "what");
    for (LineNumber i = 0; i < life_.lines.size(); ++i) {
      const Line& line = life_.lines[i];
      const std::string since = i == 0 ? "" : fmt::format("+{}", duration(line.at - life_.lines[i - 1].at));
      out_ += fmt::format("{:>{}}  {:<30}  {:>16}  {}\n", place(i), widest, line.local, since, line.says);
      if (line.text) out_ += fmt::format("{:>{}}  | {}\n", "", widest + 50, printable(*line.text));
    }
  }

  void write(const ContactLife& contact) {
    out_ += fmt::format("\ncontact {} ({}), from {}: ", contact.id.value(), name_of(contact.stage),
                        place(contact.begun_by));
    out_ += contact.ended_by
                ? fmt::format("{} ({}), after {} of opening time\n", outcome_in_words(contact.outcome, contact.reason),
                              place(contact.ended_by), duration(contact.waited))
                : "not ended\n";
    for (const Clock& clock : contact.clocks) write(clock);
  }

  void write(const Clock& clock) {
    const std::string amount = clock.target ? fmt::format("{} of {}", duration(clock.elapsed), duration(*clock.target))
                                            : duration(clock.elapsed);
    switch (clock.kind) {
      case ClockKind::first_response: out_ += fmt::format("  first response: {}\n", amount); break;
      case ClockKind::reply: out_ += fmt::format("  reply: {}\n", amount); break;
      case ClockKind::wait:
        out_ += fmt::format("  wait in the line of {} ({}): {}\n", clock.line, name_of(clock.stage), amount);
        break;
    }
    item("started", clock.started, clock.started_by, std::string(life_.lines[clock.started_by].name));
    for (const Pause& pause : clock.pauses) write(pause);
    for (const OfferMade& offer : clock.offers) write(offer);
    if (clock.stopped) {
      item("stopped", *clock.stopped, *clock.stopped_by, clock.stopped_how);
    } else if (clock.target && !clock.judgement && clock.breaks_at != never) {
      out_ += fmt::format("    {:<8} {}  {}\n", "runs", local(clock.breaks_at), "is when it would be broken");
    } else {
      out_ += "    runs\n";
    }
    if (!clock.judgement) return;
    const Judgement& judged = *clock.judgement;
    std::string sentence = fmt::format("{} at {}", verdict_in_words(judged.verdict), duration(judged.elapsed));
    if (!judged.why.empty()) sentence += fmt::format(": {}", judged.why);
    item("verdict", life_.lines[judged.line].at, judged.line, sentence);
  }

  void item(std::string_view what, Instant at, LineNumber by, const std::string& sentence) {
    out_ += fmt::format("    {:<8} {}  {} ({})\n", what, local(at), sentence, place(by));
  }

  void write(const Pause& pause) {
    const bool over = pause.to && *pause.to <= life_.as_of;
    const std::string to = pause.to ? local(*pause.to) : "nobody knows when";
    std::string sentence = fmt::format("until {}", to);
    if (over) sentence += fmt::format(", {}", duration(*pause.to - pause.from));
    sentence += pause.why == Pause::Why::closed ? ": the queue was closed"
                                                : ": the visitor was away, so the verdict was held; the clock ran";
    std::string places = place(pause.began);
    if (pause.ended) places += (places.empty() ? "" : ", ") + place(pause.ended);
    if (!places.empty()) sentence += fmt::format(" ({})", places);
    out_ += fmt::format("    {:<8} {}  {}\n", pause.why == Pause::Why::closed ? "paused" : "held", local(pause.from),
                        sentence);
  }

  void write(const OfferMade& offer) {
    std::string sentence = fmt::format("to {} ({}): {}; ", offer.agent, place(offer.line), rule_in_words(offer.rule));
    sentence += offer.result ? fmt::format("{} after {} ({})", end_of_offer(*offer.result),
                                           duration(life_.lines[*offer.ended].at - life_.lines[offer.line].at),
                                           place(offer.ended))
                             : "not answered yet";
    out_ += fmt::format("    {:<8} {}  {}\n", "offered", local(life_.lines[offer.line].at), sentence);
  }

  const Life& life_;
  const date::time_zone* zone_;
  std::string out_;
};

}  // namespace

std::string to_text(const Life& life) { return Page(life).write(); }

}  // namespace heti::explaining

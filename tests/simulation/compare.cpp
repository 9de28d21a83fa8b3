#include "tests/simulation/compare.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "tests/simulation/model.hpp"

namespace heti::simulation {
namespace {

struct ByOrder {
  bool operator()(const Figure& a, const Figure& b) const { return a.order() < b.order(); }
};

class Reader {
 public:
  explicit Reader(const std::vector<std::uint64_t>& numbers) : numbers_(numbers) {}

  void read(const core::Event& event) {
    at_ = event.at;
    std::visit([this](const auto& e) { take(e); }, event.body);
  }
  std::vector<Figure> figures;

 private:
  void take(const core::event::ConversationStarted& e) {
    const std::size_t started = number_.size();
    number_[e.conversation] = started < numbers_.size() ? numbers_[started] : 0;
  }
  void take(const core::event::ContactQueued& e) {
    Figure& f = add(e.conversation, Measure::begun);
    f.stage = e.stage;
    f.since = e.key;
  }
  void take(const core::event::ContactInitiated& e) {
    Figure& f = add(e.conversation, Measure::begun);
    f.stage = core::Stage::outbound;
    f.since = at_;
  }
  void take(const core::event::ChatAssigned& e) {
    Figure& f = add(e.conversation, Measure::wait);
    f.stage = e.stage;
    f.agent = e.agent.value();
    f.time = e.wait;
  }
  void take(const core::event::ChatRequeued& e) {
    Figure& f = add(e.conversation, Measure::requeue);
    f.stage = e.stage;
    f.agent = e.agent.value();
    f.since = e.since;
    f.time = e.handle;
  }
  void take(const core::event::FirstResponseGiven& e) { add(e.conversation, Measure::first_response).time = e.time; }
  void take(const core::event::ReplyGiven& e) { add(e.conversation, Measure::reply).time = e.time; }
  void take(const core::event::VerdictGiven& e) {
    Figure& f = add(e.conversation, Measure::verdict);
    f.sla = e.sla;
    f.verdict = e.verdict;
    f.since = e.clock_started;
    f.time = e.elapsed;
  }
  void take(const core::event::ContactEnded& e) {
    Figure& f = add(e.conversation, Measure::ended);
    f.outcome = e.outcome;
    f.reason = e.reason;
    f.time = e.waited;
  }
  void take(const core::event::WrapUpEnded& e) {
    Figure& f = add(e.conversation, Measure::wrapup);
    f.agent = e.agent.value();
    f.time = e.handle;
    f.wrapup = e.wrapup;
  }
  void take(const core::event::ConversationFinal& e) { add(e.conversation, Measure::resolution).time = e.resolution; }
  void take(const auto&) {}

  Figure& add(core::ConversationId id, Measure measure) {
    Figure figure;
    figure.conversation = number_[id];
    figure.measure = measure;
    figure.at = at_;
    figures.push_back(figure);
    return figures.back();
  }

  const std::vector<std::uint64_t>& numbers_;
  Instant at_;
  std::map<core::ConversationId, std::uint64_t> number_;
};

std::string about(const Figure& figure) {
  std::string name{'C'};
  return name.append(std::to_string(figure.conversation)).append(": ");
}

// The conversations that somebody was seen to begin, each once.
std::vector<std::uint64_t> begun_in(const std::vector<Sighting>& sightings) {
  std::vector<std::uint64_t> numbers;
  std::set<std::uint64_t> known;
  for (const Sighting& sighting : sightings) {
    std::uint64_t number = 0;
    if (const auto* started = std::get_if<seen::Started>(&sighting.what)) number = started->conversation;
    if (const auto* initiated = std::get_if<seen::Initiated>(&sighting.what)) number = initiated->conversation;
    if (number != 0 && known.insert(number).second) numbers.push_back(number);
  }
  return numbers;
}

// Those of `a` that have no equal in `b`; both sorted.
std::vector<Figure> without(std::span<const Figure> a, std::span<const Figure> b) {
  std::vector<Figure> rest;
  std::vector<bool> used(b.size(), false);
  auto from = b.begin();
  for (const Figure& figure : a) {
    while (from != b.end() && ByOrder{}(*from, figure)) ++from;
    bool found = false;
    for (auto same = from; same != b.end() && !ByOrder{}(figure, *same) && !found; ++same) {
      const auto place = static_cast<std::size_t>(same - b.begin());
      found = !used[place] && *same == figure;
      if (found) used[place] = true;
    }
    if (!found) rest.push_back(figure);
  }
  return rest;
}

void compare(std::vector<Figure> claimed, std::vector<Figure> found, std::vector<std::string>& out) {
  std::sort(claimed.begin(), claimed.end(), ByOrder{});
  std::sort(found.begin(), found.end(), ByOrder{});
  std::vector<Figure> missing = without(found, claimed);
  for (const Figure& claim : without(claimed, found)) {
    const auto twin = std::find_if(missing.begin(), missing.end(), [&](const Figure& f) {
      return f.conversation == claim.conversation && f.measure == claim.measure;
    });
    if (twin == missing.end()) {
      out.push_back(about(claim) + "the service claims " + told(claim) + "; the model knows nothing of it");
    } else {
      out.push_back(about(claim) + "the service claims " + told(claim) + "; the model finds " + told(*twin));
      missing.erase(twin);
    }
  }
  for (const Figure& figure : missing) {
    out.push_back(about(figure) + "the model finds " + told(figure) + "; the service never said so");
  }
}

}  // namespace

std::vector<Figure> claims_of(const std::vector<core::Event>& journal, const std::vector<std::uint64_t>& numbers) {
  Reader reader(numbers);
  for (const core::Event& event : journal) reader.read(event);
  return std::move(reader.figures);
}

std::vector<std::string> disagreements(const std::vector<Sighting>& sightings, const std::vector<core::Event>& journal,
                                       Instant end, const std::vector<QueueFigures>& staffing) {
  Model model;
  for (const Sighting& sighting : sightings) model.see(sighting);
  std::vector<std::string> out = model.complaints_at_end(end);
  compare(claims_of(journal, begun_in(sightings)), model.figures(), out);
  for (const QueueFigures& claim : staffing) {
    const QueueFigures found = model.queue_figures(claim.queue);
    if (claim == found) continue;
    out.push_back("queue " + std::to_string(claim.queue) + ": the service claims " + told(claim) +
                  "; the model counts " + told(found));
  }
  return out;
}

}  // namespace heti::simulation

#include "service/monitor/scrape.hpp"

#include <iterator>
#include <utility>

#include "service/base/check.hpp"

namespace heti::monitor {
namespace {

constexpr std::size_t live_at_once = 1000;
constexpr std::size_t text_bytes_at_once = 256 * 1024;

void append(std::vector<prometheus::MetricFamily>& all, std::vector<prometheus::MetricFamily> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

bool Scrape::step() {
  switch (stage_) {
    case Stage::moment:
      take_moment();
      stage_ = Stage::live;
      [[fallthrough]];
    case Stage::live:
      if (!look_at_live()) stage_ = forecast_ ? Stage::forecast : Stage::collect;
      return true;
    case Stage::forecast:
      if (!forecast_->step()) stage_ = Stage::queues;
      return true;
    case Stage::queues:
      if (!write_next_queue()) stage_ = Stage::collect;
      return true;
    case Stage::collect:
      collect();
      stage_ = Stage::text;
      return true;
    case Stage::text: return text_.step(text_bytes_at_once);
  }
  return false;
}

void Scrape::take_moment() {
  in_.take_moment(sheet_);
  live_.emplace(in_.state, in_.now);
  if (in_.history != nullptr)
    forecast_.emplace(in_.state, *in_.history, in_.now, in_.local_midnight, Forecast::Work::in_steps);
}

bool Scrape::look_at_live() {
  const auto on_waiting = [this](core::QueueId line, const core::Conversation& conversation) {
    if (forecast_) forecast_->take_waiting(in_.state, line, conversation);
  };
  if (live_->step(in_.state, live_at_once, on_waiting)) return true;
  write_live(sheet_, in_.state, live_->figures(), in_.fresh, in_.workspace);
  live_.reset();
  return false;
}

// A queue that came in the meantime is left for the next scrape.
bool Scrape::write_next_queue() {
  const auto& queues = in_.state.queues;
  const auto found = queues.lower_bound(next_queue_);
  if (found == queues.end()) return false;
  const auto& [id, queue] = *found;
  if (forecast_->knows(id)) {
    write_forecast(sheet_, queue, *forecast_, in_.history->of(id), in_.now, in_.workspace);
  }
  next_queue_ = core::QueueId{id.value() + 1};
  return true;
}

void Scrape::collect() {
  forecast_.reset();
  std::vector<prometheus::MetricFamily> families = in_.counted();
  append(families, sheet_.take());
  append(families, in_.process());
  text_.begin(std::move(families));
}

struct ScrapeLine::Line : std::enable_shared_from_this<Line> {
  Line(Post post_to, Begin begin_one) : post(std::move(post_to)), begin(std::move(begin_one)) {}

  void post_step() {
    post([weak = weak_from_this()] {
      if (const auto line = weak.lock()) line->step();
    });
  }

  void step() {
    if (!scrape) {
      scrape = begin();
      served = std::exchange(waiting, {});
    }
    if (scrape->step()) return post_step();
    const std::string text = scrape->take();
    scrape.reset();
    // Whoever is answered may ask again at once.
    const std::vector<Done> answered = std::exchange(served, {});
    if (!waiting.empty()) post_step();
    busy = !waiting.empty();
    for (const Done& done : answered) done(text);
  }

  const Post post;
  const Begin begin;
  bool busy = false;  // a step is posted or runs
  std::unique_ptr<Scrape> scrape;
  std::vector<Done> served;   // by it
  std::vector<Done> waiting;  // for the next one
};

ScrapeLine::ScrapeLine(Post post, Begin begin) : line_(std::make_shared<Line>(std::move(post), std::move(begin))) {}

void ScrapeLine::ask(Done done) {
  line_->waiting.push_back(std::move(done));
  if (std::exchange(line_->busy, true)) return;
  line_->post_step();
}

}  // namespace heti::monitor

#pragma once
// A scrape in slices. It shares the loop with the messages, which go in between: each slice is short, and the state may
// move on from one to the next. How each queue stands and up to 1,000 live contacts are of one moment, the first slice;
// of more, each is counted once, as it stands when its turn comes, a few milliseconds later.
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "service/core/state.hpp"
#include "service/monitor/forecast.hpp"
#include "service/monitor/gauges.hpp"
#include "service/monitor/history.hpp"
#include "service/monitor/sheet.hpp"
#include "service/monitor/text.hpp"

namespace heti::monitor {

// All that is referred to must outlive the scrape.
struct ScrapeInputs {
  const core::State& state;
  Instant now;
  const History* history;  // null while it is not known: then there is no forecast
  const LocalMidnight& local_midnight;
  const std::string& workspace;
  std::function<std::uint64_t(core::QueueId)> fresh;               // conversations without a contact
  std::function<void(Sheet&)> take_moment;                         // all that is neither of live contacts nor foreseen
  std::function<std::vector<prometheus::MetricFamily>()> counted;  // shown before the sheet
  std::function<std::vector<prometheus::MetricFamily>()> process;  // shown behind it
};

class Scrape {
 public:
  // Nothing is read before the first step, which should follow at once: `now` is its time.
  explicit Scrape(ScrapeInputs inputs) : in_(std::move(inputs)) {}
  Scrape(const Scrape&) = delete;
  Scrape& operator=(const Scrape&) = delete;

  // Does the next slice; false when it was the last one.
  bool step();
  // After that.
  std::string take() { return text_.take(); }

 private:
  enum class Stage : std::uint8_t { moment, live, forecast, queues, collect, text };
  void take_moment();
  // False when all are looked at.
  bool look_at_live();
  // False when all are written.
  bool write_next_queue();
  void collect();

  const ScrapeInputs in_;
  Stage stage_ = Stage::moment;
  Sheet sheet_;
  std::optional<LiveWalk> live_;
  std::optional<Forecast> forecast_;
  core::QueueId next_queue_{};  // the first that is not written
  TextWriter text_;
};

// Those who ask for a scrape while one is under way share the next one, so that nobody is told of a time before the
// question. Everything on one loop; `post` puts a task at the end of what waits there. Tasks that are still posted when
// the line is gone do nothing, and those who wait are not answered.
class ScrapeLine {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using Begin = std::function<std::unique_ptr<Scrape>()>;
  using Done = std::function<void(std::string text)>;
  ScrapeLine(Post post, Begin begin);

  void ask(Done done);

 private:
  struct Line;
  const std::shared_ptr<Line> line_;
};

}  // namespace heti::monitor

#include "service/demo/demo.hpp"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <optional>
#include <vector>

#include "service/calendar/compile.hpp"
#include "service/demo/agent.hpp"
#include "service/demo/stage.hpp"
#include "service/demo/visitor.hpp"
#include "service/demo_clock.hpp"

namespace heti::demo {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Millis over_hour = 1h;
// What is under way at the end may finish, for so long in journal time; then it is ended.
constexpr Millis finishing = 20min;
constexpr Millis settling = 500ms;         // real: the last acknowledgements and goodbyes
constexpr std::size_t goodbyes_max = 200;  // looks at who is still there, 50 ms apart
constexpr std::size_t faults_told = 20;
constexpr Millis reading_deadline = 20s;
constexpr std::size_t looks_max = 120;  // a visitor's grace is over by then, at any speed of a demonstration

std::string two_digits(std::int64_t value) {
  return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  return std::to_string(static_cast<int>(date.year())) + '-' + two_digits(static_cast<unsigned>(date.month())) + '-' +
         two_digits(static_cast<unsigned>(date.day()));
}

// A day of the queue's zone, and when it is open.
struct LocalDay {
  std::chrono::sys_days date;
  Instant midnight;
  Instant next_midnight;
  std::optional<Interval> open;
};

std::expected<LocalDay, std::string> local_day(const Schedule& schedule, std::chrono::sys_days date) {
  const auto midnight = local_instant(schedule.timezone, date_text(date) + "T00:00");
  if (!midnight) return std::unexpected(midnight.error());
  const auto next = local_instant(schedule.timezone, date_text(date + days{1}) + "T00:00");
  if (!next) return std::unexpected(next.error());
  const auto open = calendar::compile(schedule, *midnight, *next);
  if (!open) return std::unexpected(open.error());
  LocalDay day{.date = date, .midnight = *midnight, .next_midnight = *next, .open = std::nullopt};
  if (!open->empty()) day.open = Interval{.open = open->front().open, .close = open->back().close};
  return day;
}

// The day that holds `now`, and those that follow.
std::expected<std::vector<LocalDay>, std::string> local_days(const Schedule& schedule, Instant now,
                                                             std::uint32_t count) {
  std::vector<LocalDay> found;
  auto date = std::chrono::floor<days>(now) - days{1};
  while (found.size() < count) {
    auto day = local_day(schedule, date);
    if (!day) return std::unexpected(day.error());
    date += days{1};
    if (day->next_midnight > now) found.push_back(std::move(*day));
  }
  return found;
}

class Demo {
 public:
  Demo(const config::Settings& settings, const Request& request, client::Server server)
      : queue_(settings.queues.front()),
        request_(request),
        stage_{.loop = loop_,
               .server = std::move(server),
               .queue = queue_.name,
               .password = request.password,
               .speed = request.speed} {
    for (const auto& agent : settings.agents) {
      if (std::ranges::find(agent.queues, queue_.name) == agent.queues.end()) continue;
      agents_.push_back(std::make_shared<Agent>(stage_, agent.name, agents_.size()));
    }
    stage_.on_fault = [this](std::string sentence) {
      if (stage_.totals.faults <= faults_told) std::cerr << "heti: " << sentence << '\n';
    };
  }

  int run();

 private:
  void look();
  void begin(const boost::json::object& welcome);
  void stop_with(std::string sentence);
  void plan();
  void at(Instant when, std::function<void()> task);
  void every_hour(Instant hour);
  void tell_hour(Instant hour);
  void finish(bool at_once);
  void finished();
  void see_off(std::size_t looks);
  // The ends that nobody was shown, one after the other, from the transcripts.
  void read_untold();
  void end_all();

  client::Loop loop_;
  const config::QueueSettings queue_;
  const Request request_;
  Stage stage_;
  std::vector<std::shared_ptr<Agent>> agents_;
  std::vector<std::shared_ptr<Visitor>> visitors_;
  std::vector<LocalDay> days_;
  std::shared_ptr<client::WebSocket> scout_;
  Totals at_last_line_;
  Instant give_up_at_{};
  std::size_t visitors_came_ = 0;
  std::size_t looks_ = 0;  // at a transcript that is not finished yet
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::string error_;
};

// A first look at the server: its time, and whether it is the one that was meant.
void Demo::look() {
  scout_ = client::WebSocket::open(
      loop_, {.server = stage_.server, .target = "/ws/visitor", .headers = {{"Origin", stage_.server.origin()}}},
      {.on_open =
           [this] {
             scout_->send(boost::json::serialize(
                 boost::json::object{{"t", "hello"}, {"role", "visitor"}, {"queue", queue_.name}}));
           },
       .on_text =
           [this](std::string_view text) {
             const auto frame = frame_of(text);
             if (word(frame, "t") == "welcome") begin(frame);
           },
       .on_end =
           [this](const client::WebSocket::End& end) {
             scout_.reset();
             if (stage_.read_at == std::chrono::steady_clock::time_point{}) {
               stop_with(stage_.server.origin() + " did not welcome a visitor of queue " + queue_.name + " (" +
                         std::to_string(end.code) + ' ' + end.error + "); start heti run with the same --config first");
             }
           }});
}

std::optional<Instant> time_of(std::string_view text) {
  // "2026-06-01T06:00:00.000Z"
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int milli = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute, &second, &milli) !=
      7) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + Millis{milli};
}

void Demo::begin(const boost::json::object& welcome) {
  const std::int64_t speed = welcome.contains("clock_speed") ? number(welcome, "clock_speed") : 1;
  const auto time = time_of(word(welcome, "server_time"));
  stage_.read_at = std::chrono::steady_clock::now();
  scout_->close();
  if (speed != request_.speed) {
    return stop_with("the clock of " + stage_.server.origin() + " runs at speed " + std::to_string(speed) +
                     ", the demonstration at " + std::to_string(request_.speed) + "; give --speed " +
                     std::to_string(speed) + ", or start heti run with --clock-speed " +
                     std::to_string(request_.speed));
  }
  if (!time) return stop_with("the server's time cannot be read: " + std::string(word(welcome, "server_time")));
  stage_.server_time = *time;
  plan();
}

void Demo::plan() {
  auto found = local_days(queue_.schedule, stage_.now(), request_.days);
  if (!found) return stop_with(found.error());
  days_ = std::move(*found);
  Wishes wishes{.seed = request_.seed, .chats_per_day = request_.chats_per_day, .agents = agents_.size()};
  for (const LocalDay& day : days_) {
    if (day.open) wishes.days.push_back(*day.open);
  }
  const Script script = write_script(wishes);
  const Instant now = stage_.now();
  const Instant until =
      request_.hours > 0 ? now + std::chrono::hours{request_.hours} : Instant{days_.back().next_midnight};
  for (const Visit& visit : script.visits) {
    if (visit.at < now || visit.at >= until) continue;
    at(visit.at, [this, visit] {
      visitors_.push_back(std::make_shared<Visitor>(stage_, visit, ++visitors_came_));
      visitors_.back()->come();
      std::erase_if(visitors_, [](const auto& one) { return one->is_gone(); });
    });
  }
  for (const Shift& shift : script.shifts) {
    if (shift.to <= now) continue;
    const auto agent = agents_.at(shift.agent);
    at(shift.from, [agent] { agent->begin_shift(); });
    at(shift.to, [agent] { agent->end_shift(); });
  }
  for (const Loss& loss : script.losses) {
    if (loss.at < now) continue;
    const auto agent = agents_.at(loss.agent);
    at(loss.at, [agent, back = loss.back - finishing] { agent->lose_connection(back); });
    at(loss.back, [agent] { agent->begin_shift(); });
  }
  at(until, [this] { finish(false); });
  every_hour(std::chrono::ceil<std::chrono::hours>(now));
}

void Demo::at(Instant when, std::function<void()> task) {
  stage_.after(when - stage_.now(), [this, task = std::move(task)] {
    if (!stage_.ending) task();
  });
}

void Demo::every_hour(Instant hour) {
  at(hour, [this, hour] {
    tell_hour(hour);
    every_hour(hour + over_hour);
  });
}

void Demo::tell_hour(Instant hour) {
  const Totals& now = stage_.totals;
  const Totals& last = at_last_line_;
  std::string when = "          --:--";
  for (const LocalDay& day : days_) {
    if (hour < day.midnight || hour >= day.next_midnight) continue;
    const auto minutes = std::chrono::floor<std::chrono::minutes>(hour - day.midnight).count();
    when = date_text(day.date) + ' ' + two_digits(minutes / 60) + ':' + two_digits(minutes % 60);
  }
  std::cout << when << "  arrivals " << now.contacts - last.contacts << "  answered " << now.answered - last.answered
            << "  abandoned " << now.abandoned - last.abandoned << "  waiting " << now.waiting() << std::endl;
  at_last_line_ = now;
}

// From here on nobody comes. What is under way goes on for a while, or ends at once.
void Demo::finish(bool at_once) {
  if (std::exchange(stage_.ending, true)) {
    if (at_once) give_up_at_ = Instant{};
    return;
  }
  give_up_at_ = at_once ? Instant{} : stage_.now() + finishing;
  finished();
}

void Demo::finished() {
  std::erase_if(visitors_, [](const auto& one) { return one->is_gone(); });
  if (!visitors_.empty() && stage_.now() < give_up_at_) {
    loop_.after(50ms, [this] { finished(); });
    return;
  }
  for (const auto& visitor : visitors_) visitor->leave();
  see_off(goodbyes_max);
}

// On a busy machine the last answers take their time.
void Demo::see_off(std::size_t looks) {
  std::erase_if(visitors_, [](const auto& one) { return one->is_gone(); });
  if (!visitors_.empty() && looks > 0) {
    loop_.after(50ms, [this, looks] { see_off(looks - 1); });
    return;
  }
  loop_.after(settling, [this] {
    for (const auto& agent : agents_) agent->leave();
    loop_.after(settling, [this] { read_untold(); });
  });
}

void Demo::read_untold() {
  if (!stage_.record || stage_.record->untold().empty()) return end_all();
  const std::string conversation = *stage_.record->untold().begin();
  const auto reader = std::ranges::find_if(agents_, [](const auto& one) { return one->reading("/").has_value(); });
  if (reader == agents_.end()) return end_all();
  const auto next = [this, conversation, login = (*reader)->login()](const auto& answer) {
    if (!answer || answer->status != 200) {
      stage_.fault("the transcript of " + conversation +
                   " cannot be read: " + (answer ? "status " + std::to_string(answer->status) : answer.error()));
    } else if (answer->body.find(R"("kind":"closed")") == std::string::npos && ++looks_ < looks_max) {
      loop_.after(settling, [this] { read_untold(); });
      return;
    } else {
      stage_.note(login, 0, "read", answer->body);
    }
    looks_ = 0;
    stage_.record->ended(conversation);
    read_untold();
  };
  loop_.request(stage_.server, *(*reader)->reading("/api/chats/" + conversation), reading_deadline, next);
}

void Demo::stop_with(std::string sentence) {
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(sentence);
  }
  stage_.ending = true;
  end_all();
}

void Demo::end_all() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  over_.notify_all();
}

int Demo::run() {
  if (agents_.empty()) {
    std::cerr << "heti: no agent serves queue " << queue_.name << "; add it to the queues of an [agent.NAME]\n";
    return 1;
  }
  if (!request_.record.empty()) {
    auto record = Record::create(request_.record);
    if (!record) {
      std::cerr << "heti: " << record.error() << '\n';
      return 1;
    }
    stage_.record = std::move(*record);
  }
  // The signals come to this thread alone.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  loop_.post([this] { look(); });
  loop_.start("demo");
  for (;;) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 100'000'000};
    if (sigtimedwait(&signals, nullptr, &moment) > 0) loop_.post([this] { finish(true); });
    const std::lock_guard lock(mutex_);
    if (is_over_) break;
  }
  loop_.stop();
  if (!error_.empty()) {
    std::cerr << "heti: " << error_ << '\n';
    return 1;
  }
  if (stage_.record && !stage_.record->finish()) {
    std::cerr << "heti: --record: " << request_.record << " cannot be written to its end; is the disk full?\n";
    return 1;
  }
  const Totals& all = stage_.totals;
  std::cout << "total  contacts " << all.contacts << "  answered " << all.answered << "  abandoned " << all.abandoned
            << "  ended_by_desk " << all.ended_by_desk << "  visitor_messages " << all.visitor_messages
            << "  agent_messages " << all.agent_messages << "  ratings " << all.ratings << "  faults " << all.faults
            << std::endl;
  return all.faults == 0 ? 0 : 1;
}

}  // namespace

int play(const config::Settings& settings, const Request& request) {
  auto server = client::parse_server(request.url);
  if (!server) {
    std::cerr << "heti: --url: " << server.error() << '\n';
    return 1;
  }
  return Demo(settings, request, std::move(*server)).run();
}

}  // namespace heti::demo

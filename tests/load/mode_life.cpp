// The mode life: whole chats from the first hello to the rating, so many at a time, and what one of them costs.
#include <cstdio>

#include "tests/load/heti_talk.hpp"
#include "tests/load/modes.hpp"

namespace heti::load {

namespace {

constexpr std::uint64_t messages_each = 6;

// Each place has one chat after the other: connect, hello, start, six messages in turn beginning with the visitor's,
// close by the agent, rating by the visitor, done by the agent, gone.
class Lives final : public VisitorListener, public DeskListener {
 public:
  Lives(Loop& loop, const HetiDoor& door, const HetiStaff& staff, std::size_t places, Violations& violations)
      : loop_(loop), violations_(violations), desk_(loop, door, violations, *this), places_(places) {
    for (std::size_t i = 0; i < places; ++i) {
      Place& place = places_[i];
      place.visitor =
          std::make_unique<HetiVisitor>(loop, door, staff.queues[i % staff.queues.size()], violations, *this, i);
      free_.push_back(i);
    }
  }

  HetiDesk& desk() { return desk_; }

  // So many chats from beginning to end.
  [[nodiscard]] std::expected<void, std::string> live(std::size_t chats) {
    const std::size_t goal = lived_ + chats;
    std::size_t to_begin = chats;
    std::int64_t told_at = now_ns();
    std::int64_t progress_at = told_at;
    std::size_t told = lived_;
    while (lived_ < goal) {
      begin_and_end(to_begin);
      loop_.round(50'000'000);
      const std::int64_t now = now_ns();
      if (now - told_at < 1'000'000'000) continue;
      std::fprintf(stderr, "%zu of %zu chats are over\n", lived_, goal);
      if (lived_ > told) progress_at = now;
      if (now - progress_at > 30'000'000'000) {
        return std::unexpected("no chat has ended for 30 s; " + std::to_string(lived_) + " had before" +
                               (violations_.count() > 0 ? ": " + violations_.first().front() : ""));
      }
      told_at = now;
      told = lived_;
    }
    std::size_t none = 0;
    begin_and_end(none);
    return {};
  }

  Histogram& times() { return times_; }
  std::uint64_t messages() const { return messages_; }

 private:
  struct Place {
    std::unique_ptr<HetiVisitor> visitor;
    std::int64_t began = 0;
    bool taken = false;
    bool closing = false;
  };

  void begin_and_end(std::size_t& to_begin) {
    for (const std::size_t i : over_) {
      Place& place = places_[i];
      place.visitor->chat().ledger.expect_complete(true);
      desk_.forget(place.visitor->chat());
      place.visitor->cut();
      place.visitor->forget();
      place.taken = place.closing = false;
      free_.push_back(i);
    }
    over_.clear();
    while (to_begin > 0 && !free_.empty()) {
      Place& place = places_[free_.back()];
      free_.pop_back();
      --to_begin;
      place.began = now_ns();
      place.visitor->come(HetiVisitor::Aim::conversation);
    }
  }

  // Speaks when it is somebody's turn, and closes when all is said and has arrived.
  void go_on(Chat& chat) {
    Place& place = places_[chat.index];
    if (!place.taken || place.closing) return;
    const Ledger& ledger = chat.ledger;
    for (unsigned from = 0; from < 2; ++from) {
      const std::uint64_t posted = ledger.posted(from);
      if (ledger.acked(from) < posted || ledger.seen(0, from) < posted || ledger.seen(1, from) < posted) return;
    }
    const std::uint64_t said = ledger.posted(0) + ledger.posted(1);
    if (said == messages_each) {
      place.closing = true;
      desk_.close(chat);
    } else if (said % 2 == 1) {
      desk_.post(chat);
    } else {
      place.visitor->post();
    }
  }

  void on_started(HetiVisitor& visitor) override { desk_.expect(visitor.chat()); }
  void on_ready(HetiVisitor& visitor) override { visitor.post(); }
  void on_entry(HetiVisitor& visitor, const std::optional<SeenMessage>& message) override {
    if (message) {
      if (message->from == agent_side) ++messages_;
      return go_on(visitor.chat());
    }
    if (visitor.chat().saw_closed[visitor_side] && !visitor.has_rated()) visitor.rate();
  }
  void on_acked(HetiVisitor& visitor, std::uint64_t) override { go_on(visitor.chat()); }
  void on_rated(HetiVisitor& visitor) override { desk_.done(visitor.chat()); }
  void on_lost(HetiVisitor& visitor, const std::string& why) override {
    violations_.add("visitor " + std::to_string(visitor.index()) + " lost its connection: " + why);
  }
  void on_taken(Chat& chat) override {
    places_[chat.index].taken = true;
    go_on(chat);
  }
  void on_agent_entry(Chat& chat, const std::optional<SeenMessage>& message) override {
    if (message && message->from == visitor_side) ++messages_;
    if (message) go_on(chat);
  }
  void on_agent_acked(Chat& chat, std::uint64_t) override { go_on(chat); }
  void on_done(Chat& chat) override {
    Place& place = places_[chat.index];
    times_.record(now_ns() - place.began);
    ++lived_;
    over_.push_back(chat.index);
  }

  Loop& loop_;
  Violations& violations_;
  HetiDesk desk_;
  std::vector<Place> places_;
  std::vector<std::size_t> free_;
  std::vector<std::size_t> over_;
  std::size_t lived_ = 0;
  std::uint64_t messages_ = 0;
  Histogram times_;
};

}  // namespace

std::expected<void, std::string> life_mode(Stage& stage) {
  const Options& options = stage.options;
  if (!stage.is_heti()) return std::unexpected("only Heti has chats with a life: --peer heti");
  HetiDoor door(stage.address, stage.host);
  door.frame_bytes = options.message_bytes;
  const std::size_t places = std::min(options.at_once, stage.staff.logins.size() * HetiStaff::chats_each);
  Lives lives(stage.loop, door, stage.staff, places, stage.violations);
  if (auto open = lives.desk().open(stage.staff.logins, stage.staff.password, options.screens); !open) return open;
  if (auto warm = lives.live(2 * places); !warm) return warm;
  lives.times().clear();
  const std::uint64_t messages = lives.messages();
  const HetiDesk::Told told = lives.desk().told();
  const auto before = cpu_time(stage.pid);
  const std::int64_t begin = now_ns();
  if (auto all = lives.live(options.chats); !all) return all;
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  const auto after = cpu_time(stage.pid);
  if (!before) return std::unexpected(before.error());
  if (!after) return std::unexpected(after.error());
  const auto count = static_cast<double>(options.chats);
  Report& report = stage.report;
  report.number("chats", count, "", 0);
  report.number("at_once", static_cast<double>(places), "", 0);
  report.number("queues", static_cast<double>(stage.staff.queues.size()), "", 0);
  report.number("agents", static_cast<double>(stage.staff.logins.size()), "", 0);
  report.number("chats_per_s", count / seconds, "/s", 0);
  report.number("messages_per_chat", static_cast<double>(lives.messages() - messages) / count);
  // What each console is told of chats that are not its own grows with the consoles that list them.
  const HetiDesk::Told& now_told = lives.desk().told();
  report.number("console_frames_per_chat", static_cast<double>(now_told.frames - told.frames) / count);
  report.number("overview_frames_per_chat", static_cast<double>(now_told.chats - told.chats) / count);
  report.cpu(*after - *before, seconds, count, "chat");
  report.percentiles("life", lives.times());
  return {};
}

}  // namespace heti::load

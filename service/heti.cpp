#include "service/heti.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <iostream>
#include <thread>
#include <utility>

#include "service/archive/archive.hpp"
#include "service/calendar/zones.hpp"
#include "service/calendars.hpp"
#include "service/cluster_of_node.hpp"
#include "service/core/invariants.hpp"
#include "service/gateway/gateway.hpp"
#include "service/gateway/metrics.hpp"
#include "service/gateway/secrets.hpp"
#include "service/housekeeping.hpp"
#include "service/journal/journal.hpp"
#include "service/monitor/monitor.hpp"
#include "service/node_options.hpp"
#include "service/probe_of_node.hpp"
#include "service/propose.hpp"
#include "service/reload.hpp"
#include "service/sequencer/recovery.hpp"
#include "service/sequencer/sequencer.hpp"
#include "service/wall.hpp"

namespace heti {
namespace {

namespace cmd = core::command;
using namespace std::chrono_literals;

void start_log(config::LogLevel level) {
  auto logger = spdlog::stderr_logger_mt("heti");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(log_level(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

// Which start of this node: rises with every start, also after a wall clock that was set back by less than a start.
std::uint64_t incarnation_of_now() { return static_cast<std::uint64_t>(to_ms(sequencer::JournalClock().now())); }

class Node {
 public:
  Node(const config::Settings& settings, LoadSettings load, ClockRequest clock)
      : settings_(settings), load_(std::move(load)), clock_request_(std::move(clock)) {}

  std::expected<void, std::string> open();
  int run();

 private:
  std::expected<void, std::string> open_journal();
  core::Command first_command() const;
  void lead();
  bool leads() const { return !sequencer_->follows(); }
  void serve();
  void on_started(const core::State& state);
  void take_own_rules(const core::State& state);
  void renew_calendars(const core::State& state);
  std::optional<protocol::Wall> wall();
  void submit_or_stop(core::Command command, sequencer::Sequencer::OnAnswer on_answer);
  std::vector<gateway::ReadyCheck> ready_checks();
  void on_signal(int signal);
  void give_up_end(std::string shown);
  void end_deposed(const std::string& why);
  void reload();
  void end_reload(const std::vector<std::string>& refused);
  House house();
  int check_replay();

  config::Settings settings_;
  const LoadSettings load_;
  const ClockRequest clock_request_;
  monitor::Monitor monitor_{
      {.workspace = settings_.workspace, .version = HETI_VERSION, .local_midnight = calendar::local_midnight}};
  gateway::GatewayMetrics gateway_metrics_;
  std::unique_ptr<gateway::Secrets> secrets_;
  std::unique_ptr<ClusterOfNode> cluster_;  // with a journal in Redis
  std::unique_ptr<journal::Journal> journal_;
  journal::SharedJournal* shared_ = nullptr;  // it, if it is that one
  std::unique_ptr<archive::Archive> archive_;
  std::unique_ptr<gateway::Gateway> gateway_;
  sequencer::JournalClock clock_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  monitor::ScrapeLine scrapes_{[this](std::function<void()> task) { gateway_->loop().post(std::move(task)); },
                               [this] {
                                 const Instant now = sequencer_->now();
                                 monitor_.look(now);
                                 return monitor_.begin_scrape(sequencer_->state(), now);
                               }};
  std::uint64_t incarnation_ = incarnation_of_now();
  bool started_ = false;
  bool stopping_ = false;
  bool giving_up_end_ = false;
  bool deposed_ = false;
  bool reloading_ = false;
  bool reload_again_ = false;
  std::unique_ptr<probe::Probe> probe_;  // last: it uses the others
};

std::expected<void, std::string> Node::open() {
  if (auto zones = calendar::check_zone_data(clock_.now()); !zones) return zones;
  auto secrets = open_secrets(settings_);
  if (!secrets) return std::unexpected(secrets.error());
  secrets_ = std::move(*secrets);

  if (auto admitted = admit_clock(settings_, clock_request_); !admitted) return admitted;
  if (auto journal = open_journal(); !journal) return journal;
  std::optional<Instant> end;
  if (journal_->tail().position.value() > 0) end = std::max(journal_->tail().at, journal_->alive_until());
  auto clock = make_clock(settings_, clock_request_, end);
  if (!clock) return std::unexpected(clock.error());
  clock_ = std::move(*clock);
  if (clock_.speed() != 1) {
    spdlog::warn("step=clock speed={} notice=\"a demonstration: journal time is not real\"", clock_.speed());
  }
  if (const auto notice = journal_->open_notice()) spdlog::error("step=open_journal notice=\"{}\"", *notice);

  auto recovered = sequencer::recover(*journal_);
  if (!recovered) return std::unexpected("the journal cannot be read: " + recovered.error());
  spdlog::info("step=recovered position={} snapshot={} events={} conversations={}", recovered->position.value(),
               recovered->snapshot_position.value(), recovered->events, recovered->state.conversations.size());

  const auto warn = [](std::string_view sentence) { spdlog::warn("room=archive notice=\"{}\"", sentence); };
  archive::Options kept{.directory = settings_.journal.path, .workspace = settings_.workspace, .on_warning = warn};
  if (shared_ != nullptr) kept.trimmed_through = [this] { return shared_->trimmed_through(); };
  auto archive = settings_.journal.kind == config::JournalKind::memory ? archive::open_memory(*journal_)
                                                                       : archive::open(std::move(kept), *journal_);
  if (!archive) return std::unexpected(archive.error());
  archive_ = std::move(*archive);

  auto options = gateway_options(settings_, incarnation_, clock_.speed());
  if (cluster_) {
    options.node = cluster_->node();
    const auto incarnation = cluster_->next_incarnation(recovered->state, incarnation_);
    if (!incarnation) return std::unexpected(incarnation.error());
    options.incarnation = incarnation_ = *incarnation;
  }
  auto gateway = gateway::Gateway::open(std::move(options), *secrets_, *archive_, gateway_metrics_);
  if (!gateway) return std::unexpected(gateway.error());
  gateway_ = std::move(*gateway);
  gateway_->set_wording(wording_of(settings_));

  monitor_.begin({.journal = *journal_, .clock = clock_, .gateway = gateway_metrics_}, recovered->state);
  if (cluster_) monitor_.follow(recovered->state);
  monitor_.recall(*archive_, recovered->position, recovered->state.now,
                  [](std::string_view sentence) { spdlog::warn("room=monitor notice=\"{}\"", sentence); });
  const auto trouble = [](journal::AppendResult result) {
    spdlog::error("step=append result={} next=\"nothing is acknowledged until it is durable\"",
                  journal::to_string(result));
  };
  const auto undecidable = [this](const std::string& why) {
    monitor_.count_undecidable();
    spdlog::critical(
        "step=decide error=\"a broken rule: {}\" next=\"what was asked is refused, the state is as before\"", why);
  };
  std::vector<sequencer::Projection*> projections{&monitor_, &gateway_->tail_watch(), &gateway_->fanout()};
  if (cluster_) projections.push_back(&cluster_->projection());
  sequencer_ = std::make_unique<sequencer::Sequencer>(
      sequencer::Options{.mailbox_max = settings_.limits.mailbox_max,
                         .on_trouble = trouble,
                         .on_step = [this](double seconds) { monitor_.observe_step(seconds); },
                         .on_undecidable = undecidable},
      *journal_, gateway_->loop(), clock_, std::move(recovered->state), std::move(projections));
  monitor_.watch(*sequencer_);
  return {};
}

std::expected<void, std::string> Node::open_journal() {
  const auto on_append = [this](double seconds) { monitor_.observe_append(seconds); };
  if (settings_.journal.kind != config::JournalKind::redis) {
    auto journal = heti::open_journal(settings_, on_append);
    if (!journal) return std::unexpected(journal.error());
    journal_ = std::move(*journal);
    return {};
  }
  cluster_ = std::make_unique<ClusterOfNode>(settings_);
  auto shared = open_shared_journal(settings_, on_append, cluster_->callbacks());
  if (!shared) return std::unexpected(shared.error());
  shared_ = shared->get();
  journal_ = std::move(*shared);
  return {};
}

int Node::run() {
  gateway_->on_metrics([this](std::function<void(std::string)> done) { scrapes_.ask(std::move(done)); });
  gateway_->on_wall([this] { return wall(); });
  gateway_->on_lag([this](double seconds) {
    for (const std::string& broken : monitor_.observe_lag(seconds, sequencer_->state(), sequencer_->now())) {
      spdlog::critical("step=invariant broken=\"{}\"", broken);
    }
    if (cluster_) cluster_->tick();
    if (!started_ && cluster_ && !cluster_->trouble()) serve();
    if (!journal_->owned()) end_deposed("another node writes the journal, or its end was lost");
  });
  gateway_->on_ready([this] { return ready_checks(); });
  gateway_->on_signal([this](int signal) { on_signal(signal); });
  gateway_->on_lost_end([this](std::string shown) { give_up_end(std::move(shown)); });

  if (!cluster_) {
    submit_or_stop(first_command(), [this](const core::Answer&, const core::State& state) { on_started(state); });
  }
  gateway_->attach(*sequencer_, *journal_);
  if (cluster_) {
    monitor_.watch_nodes([this] { return cluster_->figures(); });
    cluster_->join({.journal = *shared_,
                    .sequencer = *sequencer_,
                    .gateway = *gateway_,
                    .sockets = gateway_metrics_,
                    .archive = *archive_},
                   incarnation_, journal_->tail().position,
                   {.leads = [this] { lead(); },
                    .lost = [this](const std::string& why) { end_deposed(why); },
                    .lost_end = [this](std::string shown) { give_up_end(std::move(shown)); }});
  }
  std::cout << "heti " << HETI_VERSION << " listens on " << settings_.listen.address << ":" << gateway_->port()
            << ", metrics on " << settings_.metrics.address << ":" << gateway_->metrics_port() << std::endl;

  // Hours and graces of a scaled clock are no matter for a customer of flesh and blood.
  if (settings_.probe.enabled && clock_.speed() == 1) {
    probe_ = make_probe(settings_, *gateway_, *secrets_, monitor_, [this] { return sequencer_->now(); });
  }
  std::jthread house([this](const std::stop_token& stop) { keep_house(this->house(), stop); });
  gateway_->run();
  house.request_stop();
  house.join();
  if (cluster_) cluster_->leave();
  if (deposed_) return exit_failed;
  // Among several nodes the others wait to take over, and each of them is a proof of replay all the time.
  return cluster_ ? exit_ok : check_replay();
}

// Before anything else is decided: what the downtime meant, or, in an empty journal, the settings.
core::Command Node::first_command() const {
  if (journal_->tail().position.value() == 0) {
    return cmd::ApplySettings{.settings = proposal(settings_), .replaces_version = 0};
  }
  return cmd::ResumeService{
      .alive_until = journal_->alive_until(), .node = cluster_ ? cluster_->node() : 1, .incarnation = incarnation_};
}

// The journal is ours: nobody else decides from here on.
void Node::lead() {
  const auto started = [this](const core::Answer&, const core::State& state) { on_started(state); };
  spdlog::info("step=lead position={}", journal_->tail().position.value());
  if (journal_->tail().position.value() == 0) gateway_->name_history(*journal_);
  const auto led = sequencer_->lead(first_command(), started);
  if (!led) return end_deposed(led.error());
  monitor_.lead(sequencer_->state(), journal_->alive_until());
  gateway_->follow(false);
}

void Node::submit_or_stop(core::Command command, sequencer::Sequencer::OnAnswer on_answer) {
  if (sequencer_->submit(std::move(command), std::move(on_answer), true) == sequencer::Submit::accepted) return;
  spdlog::error("step=submit error=\"the node's own command was not taken\"");
}

void Node::on_started(const core::State& state) {
  if (!same_rules(rules_in_force(state), proposal(settings_))) {
    spdlog::warn(
        "step=settings notice=\"queues or agents of the file differ from those in the journal (version {}), which are "
        "in force; to take the file's, send this process SIGHUP\"",
        state.settings_version);
  }
  take_own_rules(state);
  renew_calendars(state);
  if (!started_) serve();
}

void Node::serve() {
  monitor_.config_read(true, sequencer_->now());
  started_ = true;
  if (probe_) probe_->start();
}

// What the node needs for itself is nobody's decision: a journal of another build, or one that was written with the
// probe switched the other way, takes it in at the start.
void Node::take_own_rules(const core::State& state) {
  const core::Settings in_force = rules_in_force(state);
  const core::Settings wanted = proposal(settings_);
  if (same_own_rules(in_force, wanted)) return;
  const auto taken = [this](const core::Answer& answer, const core::State& now) {
    if (const auto* refused = std::get_if<core::Refused>(&answer)) {
      return spdlog::error("step=own_rules refused={}", core::name_of(refused->code));
    }
    spdlog::info("step=own_rules settings_version={}", now.settings_version);
    renew_calendars(now);
  };
  submit_or_stop(
      cmd::ApplySettings{.settings = with_own_rules(in_force, wanted), .replaces_version = state.settings_version},
      taken);
}

void Node::renew_calendars(const core::State& state) {
  auto commands = calendar_commands(state, sequencer_->now());
  if (!commands) {
    spdlog::error("step=calendar error=\"{}\"", commands.error());
    return;
  }
  for (auto& command : *commands) {
    spdlog::info("step=calendar queue={} intervals={} tzdata={}", command.queue.value(), command.open.size(),
                 command.tzdata_version);
    submit_or_stop(std::move(command), nullptr);
  }
}

std::optional<protocol::Wall> Node::wall() {
  const Instant now = sequencer_->now();
  monitor_.look(now);
  const monitor::History* const history = monitor_.history();
  if (history == nullptr) return std::nullopt;
  return wall_of(sequencer_->state(), *history, now, calendar::local_midnight, clock_.speed());
}

std::vector<gateway::ReadyCheck> Node::ready_checks() {
  const auto archive_error = archive_->error();
  const auto cut_off = cluster_ ? cluster_->trouble() : std::nullopt;
  return {{.name = "started", .ok = started_, .detail = started_ ? "" : "the journal's first answer is awaited"},
          {.name = "journal",
           .ok = sequencer_->healthy(),
           .detail = sequencer_->healthy() ? "" : "the last append is not durable yet; it is offered again"},
          {.name = "nodes", .ok = !cut_off, .detail = cut_off.value_or("")},
          {.name = "archive", .ok = !archive_error, .detail = archive_error.value_or("")},
          {.name = "clock",
           .ok = !clock_.stepped(),
           .detail = clock_.stepped() ? "the wall clock is more than 2 s off journal time, which runs on with the boot "
                                        "clock; set the clock right, or "
                                        "restart to take a clock that is ahead"
                                      : ""}};
}

// Nobody is told anything of the old history any more, and those who come back offer again what they had sent lately.
void Node::give_up_end(std::string shown) {
  if (giving_up_end_ || stopping_ || !leads()) return;  // Another node has seen it too, or will.
  giving_up_end_ = true;
  journal_->give_up_end(std::move(shown), [this](const std::expected<void, std::string>& given_up) {
    gateway_->loop().post([this, given_up] {
      giving_up_end_ = false;
      if (given_up) return gateway_->begin_history(*journal_);
      spdlog::error("step=give_up_end error=\"{}\" next=\"tried again with the next token\"", given_up.error());
    });
  });
}

// What is decided here is no fact any more. Its sockets find the node that writes now.
void Node::end_deposed(const std::string& why) {
  if (std::exchange(deposed_, true)) return;
  spdlog::critical("step=deposed error=\"{}\" next=\"this process ends; started again it reads the journal anew\"",
                   why);
  gateway_->stop();
}

void Node::on_signal(int signal) {
  if (stopping_) return;
  if (signal == SIGHUP) return reload();
  stopping_ = true;
  if (probe_) probe_->stop();
  spdlog::info("step=drain signal={} spread_ms={}", signal, settings_.timeouts.drain.count());
  gateway_->drain(settings_.timeouts.drain, [this] { sequencer_->stop([this] { gateway_->stop(); }); });
}

// The file's queues, agents and priorities, all of them or none. Whatever is wrong, what was in force stays.
void Node::reload() {
  if (reloading_) {
    reload_again_ = true;
    return;
  }
  reloading_ = true;
  auto file = reloaded(settings_, load_(), sequencer_->now());
  if (!file) return end_reload(file.error());
  const core::Settings rules = proposal(*file);
  if (same_rules(rules_in_force(sequencer_->state()), rules)) {
    settings_ = std::move(*file);
    return end_reload({});
  }
  const auto done = [this, file = std::move(*file)](const core::Answer& answer, const core::State& state) {
    if (const auto* refused = std::get_if<core::Refused>(&answer)) {
      return end_reload({"the rules were not taken: " + std::string(core::name_of(refused->code))});
    }
    settings_ = file;
    renew_calendars(state);
    end_reload({});
  };
  const std::uint64_t version = sequencer_->state().settings_version;
  const auto taken = sequencer_->submit(cmd::ApplySettings{.settings = rules, .replaces_version = version}, done, true);
  if (taken != sequencer::Submit::accepted) end_reload({"the journal takes nothing now; try again when it is ready"});
}

void Node::end_reload(const std::vector<std::string>& refused) {
  for (const std::string& reason : refused) spdlog::error("step=reload refused=\"{}\"", reason);
  if (refused.empty()) {
    if (cluster_) cluster_->take(settings_);
    spdlog::set_level(log_level(settings_.log.level));
    gateway_->set_wording(wording_of(settings_));
    spdlog::info("step=reload settings_version={}", sequencer_->state().settings_version);
  } else {
    spdlog::error("step=reload notice=\"nothing of the file was taken; what was in force stays\"");
  }
  monitor_.config_read(refused.empty(), sequencer_->now());
  reloading_ = false;
  if (std::exchange(reload_again_, false)) reload();
}

House Node::house() {
  return {.journal = *journal_,
          .shared = shared_,
          .snapshot_every = settings_.journal.snapshot_every,
          .keep = settings_.journal.keep,
          .archived = [this] { return cluster_->archived_everywhere(); },
          .each_hour = [this] { gateway_->loop().post([this] { renew_calendars(sequencer_->state()); }); }};
}

// A clean stop leaves a snapshot, and proves on the way that replay gives the live state's bytes.
int Node::check_replay() {
  const auto replayed = sequencer::recover(*journal_);
  if (!replayed) {
    spdlog::error("step=stop error=\"{}\"", replayed.error());
    return exit_failed;
  }
  if (core::state_bytes(replayed->state) != core::state_bytes(sequencer_->state())) {
    spdlog::critical("step=stop error=\"replay of the journal does not give the live state\"");
    return exit_failed;
  }
  if (const auto made = sequencer::make_snapshot(*journal_); !made) {
    spdlog::error("step=snapshot error=\"{}\"", made.error());
  }
  spdlog::info("step=stopped position={} state=same", replayed->position.value());
  return exit_ok;
}

}  // namespace

int serve(const config::Settings& settings, LoadSettings load, const ClockRequest& clock) {
  start_log(settings.log.level);
  Node node(settings, std::move(load), clock);
  if (const auto opened = node.open(); !opened) return failed(opened.error());
  return node.run();
}

}  // namespace heti

#include "service/node_options.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>

#include "service/archive/facts_reader.hpp"
#include "service/core/batch.hpp"
#include "service/core/decide.hpp"
#include "service/journal/redis/redis_journal.hpp"
#include "service/redis_secrets.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti {
spdlog::level::level_enum log_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug: return spdlog::level::debug;
    case config::LogLevel::info: return spdlog::level::info;
    case config::LogLevel::warning: return spdlog::level::warn;
    case config::LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::expected<std::filesystem::path, std::string> data_directory(const config::Settings& settings) {
  const std::filesystem::path directory = settings.journal.path;
  std::error_code error;
  if (std::filesystem::create_directories(directory, error)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  if (!std::filesystem::is_directory(directory)) {
    return std::unexpected("journal.path: " + directory.string() +
                           " is no directory and cannot be made: " + error.message());
  }
  return directory;
}

gateway::Options gateway_options(const config::Settings& settings, std::uint64_t incarnation,
                                 std::uint32_t clock_speed) {
  const config::Limits& limits = settings.limits;
  gateway::Options options;
  options.listen = {settings.listen.address, settings.listen.port};
  options.metrics_listen = {settings.metrics.address, settings.metrics.port};
  options.threads = settings.threads;
  options.workspace = settings.workspace;
  options.incarnation = incarnation;
  options.clock_speed = clock_speed;
  options.web_root = settings.web.root;
  options.behind_tls = settings.proxy.tls;
  options.trusted_proxies = settings.proxy.trusted;
  options.widget_origins = settings.widget.origins;
  options.console_origins = settings.console.origins;
  options.limits.frame_bytes_max = limits.frame_bytes_max;
  options.limits.connections_max = limits.connections_max;
  options.limits.connections_per_ip_max = limits.connections_per_ip_max;
  options.limits.outbox_bytes_max = limits.outbox_bytes_max;
  options.limits.outbox_total_bytes_max = limits.outbox_total_bytes_max;
  options.limits.visitor_messages = {limits.visitor_messages_per_second, limits.visitor_messages_burst};
  options.limits.agent_messages = {limits.agent_messages_per_second, limits.agent_messages_burst};
  options.limits.frames = {limits.frames_per_second, limits.frames_burst};
  options.limits.logins = {.attempts_max = limits.login_attempts_max, .window = limits.login_window};
  options.timeouts.hello = settings.timeouts.hello;
  options.timeouts.handshake = settings.timeouts.handshake;
  options.timeouts.http_idle = settings.timeouts.http_idle;
  options.timeouts.ping = settings.timeouts.ping;
  options.timeouts.dead = settings.timeouts.dead;
  return options;
}

gateway::Wording wording_of(const config::Settings& settings) {
  gateway::Wording all;
  for (const config::QueueSettings& queue : settings.queues) {
    const config::Wording& wording = queue.wording;
    all[queue.name] = {.title = wording.title,
                       .greeting = wording.greeting,
                       .closed = wording.closed,
                       .placeholder = wording.placeholder};
  }
  return all;
}

namespace {

// Of the machine, for people.
std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

void warn_of_journal(std::string_view sentence) { spdlog::warn("room=journal notice=\"{}\"", sentence); }

// An archive that has seen more than the journal holds knows of a lost end.
std::function<std::vector<journal::Witness>(const PublicId&)> archive_as_witness(const config::Settings& settings) {
  return [path = settings.journal.path, workspace = settings.workspace](const PublicId& history) {
    std::vector<journal::Witness> seen;
    const auto archive = archive::FactsReader::open(path, workspace, history);
    if (archive && *archive && (*archive)->place().position.value() != 0) {
      seen.push_back({"archive.db", (*archive)->place().position, (*archive)->place().hash});
    }
    return seen;
  };
}

std::expected<journal::RedisOptions, std::string> redis_options(const config::Settings& settings,
                                                                std::function<void(double)> on_append) {
  auto connection = redis_connection(settings);
  if (!connection) return std::unexpected(connection.error());
  if (auto directory = data_directory(settings); !directory) return std::unexpected(directory.error());
  journal::RedisOptions options;
  options.connection = std::move(*connection);
  options.workspace = settings.workspace;
  options.node = host_name() + ":" + std::to_string(settings.listen.port);
  options.directory = settings.journal.path;
  options.lock_file = std::filesystem::path(settings.journal.path) / "journal.lock";
  options.replicas = static_cast<int>(settings.journal.replicas);
  options.accept_loss = settings.journal.accept_loss;
  options.on_append = std::move(on_append);
  options.on_warning = warn_of_journal;
  options.witnesses = archive_as_witness(settings);
  return options;
}

}  // namespace

std::expected<journal::redis::ConnectionOptions, std::string> redis_connection(const config::Settings& settings) {
  const auto address = journal::redis::parse_address(settings.journal.address);
  if (!address) return std::unexpected("journal.address: " + address.error());
  journal::redis::ConnectionOptions connection;
  connection.address = *address;
  connection.password_file = settings.journal.password_file;
  return connection;
}

std::expected<std::unique_ptr<journal::Journal>, std::string> open_journal(const config::Settings& settings,
                                                                           std::function<void(double)> on_append) {
  switch (settings.journal.kind) {
    case config::JournalKind::memory: return journal::make_memory();
    case config::JournalKind::redis: {
      auto options = redis_options(settings, std::move(on_append));
      if (!options) return std::unexpected(options.error());
      return journal::open_redis(std::move(*options));
    }
    case config::JournalKind::sqlite: break;
  }
  auto directory = data_directory(settings);
  if (!directory) return std::unexpected(directory.error());
  journal::Options options;
  options.directory = std::move(*directory);
  options.workspace = settings.workspace;
  options.on_append = std::move(on_append);
  options.on_warning = warn_of_journal;
  options.witnesses = archive_as_witness(settings);
  return journal::open_sqlite(std::move(options));
}

std::expected<std::unique_ptr<journal::SharedJournal>, std::string> open_shared_journal(
    const config::Settings& settings, std::function<void(double)> on_append, journal::SharedOptions shared) {
  auto options = redis_options(settings, std::move(on_append));
  if (!options) return std::unexpected(options.error());
  return journal::open_shared_redis(std::move(*options), std::move(shared));
}

std::expected<std::unique_ptr<gateway::Secrets>, std::string> open_secrets(const config::Settings& settings) {
  const auto directory = data_directory(settings);
  if (!directory) return std::unexpected(directory.error());
  std::unique_ptr<gateway::SecretsShare> share;
  if (settings.journal.kind == config::JournalKind::redis) {
    auto connection = redis_connection(settings);
    if (!connection) return std::unexpected(connection.error());
    share = share_in_redis(std::move(*connection), settings.workspace);
  }
  return gateway::Secrets::open(*directory, std::move(share));
}

std::expected<std::uint64_t, std::string> apply_proposal(journal::Journal& journal, sequencer::Recovered& recovered,
                                                         const core::Settings& settings) {
  sequencer::JournalClock clock;
  clock.not_before(std::max(recovered.state.now, journal.tail().at));
  core::State& state = recovered.state;
  const journal::Tail tail = journal.tail();
  const Instant now = clock.now();
  std::vector<core::Event> events;
  const auto add = [&](const core::Command& command) {
    bool finished = false;
    while (!finished) {
      const core::Decision decision = core::decide(state, now, command);
      events.insert(events.end(), decision.events.begin(), decision.events.end());
      finished = decision.finished;
    }
  };
  // The node is down while this runs: nobody's grace may run out meanwhile, as at every start.
  if (tail.position.value() > 0) {
    add(core::command::ResumeService{
        .alive_until = journal.alive_until(), .node = 1, .incarnation = static_cast<std::uint64_t>(to_ms(now))});
  }
  add(core::command::ApplySettings{.settings = settings, .replaces_version = state.settings_version});
  std::promise<journal::AppendResult> appended;
  journal.append({.position = journal::Position{tail.position.value() + 1},
                  .at = state.now,
                  .previous = tail.hash,
                  .payload = core::encode_batch(events)},
                 [&appended](journal::AppendResult result) { appended.set_value(result); });
  const journal::AppendResult result = appended.get_future().get();
  if (result != journal::AppendResult::durable) {
    return std::unexpected("the journal did not take the settings: " + std::string(journal::to_string(result)));
  }
  return state.settings_version;
}

}  // namespace heti

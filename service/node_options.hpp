#pragma once
// From the typed settings to what each room is opened with.
#include <spdlog/common.h>

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "service/core/settings.hpp"
#include "service/gateway/directory.hpp"
#include "service/gateway/options.hpp"
#include "service/gateway/secrets.hpp"
#include "service/journal/journal.hpp"
#include "service/journal/redis/redis_journal.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti {

spdlog::level::level_enum log_level(config::LogLevel level);

// The data directory, made (mode 0700) if it is not there.
[[nodiscard]] std::expected<std::filesystem::path, std::string> data_directory(const config::Settings& settings);

// `clock_speed`: how many times as fast as real time journal time runs.
gateway::Options gateway_options(const config::Settings& settings, std::uint64_t incarnation,
                                 std::uint32_t clock_speed);

// The widget's words, which a reload may change.
gateway::Wording wording_of(const config::Settings& settings);

// The journal for this process alone; where another node is at work on it, that is an error. `on_append` may be empty;
// it is told the seconds of each durable append, on the journal's thread.
[[nodiscard]] std::expected<std::unique_ptr<journal::Journal>, std::string> open_journal(
    const config::Settings& settings, std::function<void(double)> on_append);

// The Redis of these settings, which keep their journal there.
[[nodiscard]] std::expected<journal::redis::ConnectionOptions, std::string> redis_connection(
    const config::Settings& settings);

// The journal in Redis that nodes share: this one follows it, and owns it when it can.
[[nodiscard]] std::expected<std::unique_ptr<journal::SharedJournal>, std::string> open_shared_journal(
    const config::Settings& settings, std::function<void(double)> on_append, journal::SharedOptions shared);

[[nodiscard]] std::expected<std::unique_ptr<gateway::Secrets>, std::string> open_secrets(
    const config::Settings& settings);

// Appends a settings event that replaces the version in force; gives the new version.
[[nodiscard]] std::expected<std::uint64_t, std::string> apply_proposal(journal::Journal& journal,
                                                                       sequencer::Recovered& recovered,
                                                                       const core::Settings& settings);

}  // namespace heti

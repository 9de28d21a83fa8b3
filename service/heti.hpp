#pragma once
// One node: what is made from what, in which order it starts, drains and stops.
#include <expected>
#include <functional>
#include <string>

#include "config/load.hpp"
#include "config/settings.hpp"
#include "service/demo_clock.hpp"

namespace heti {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;

// Tells the operator on standard error; gives exit_failed.
int failed(const std::string& sentence);
inline constexpr int exit_usage = 2;

// Reads the settings file once more, as at the start.
using LoadSettings = std::function<config::LoadResult()>;

// Runs until SIGTERM or SIGINT and a drain; gives the exit code. Says on standard output where it listens. SIGHUP takes
// the queues, agents and priorities of the file, all at once or not at all.
int serve(const config::Settings& settings, LoadSettings load, const ClockRequest& clock);

// ---- The command line's other verbs. Each says what it did on standard output, or what is wrong on standard error.

// Puts the file's queues and agents in force; the node must be stopped.
int apply(const config::Settings& settings);
// Folds the journal from its beginning and compares the bytes with what the snapshots lead to.
int replay(const config::Settings& settings);
// Reads the password from standard input (one line).
int set_password(const config::Settings& settings, const std::string& login);
int list_logins(const config::Settings& settings);

}  // namespace heti

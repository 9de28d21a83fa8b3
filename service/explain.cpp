#include "service/explain.hpp"

#include <spdlog/fmt/fmt.h>

#include <iostream>
#include <optional>

#include "service/explain_open.hpp"
#include "service/explain_print.hpp"
#include "service/explain_promises.hpp"
#include "service/heti.hpp"

namespace heti {
namespace {

using Text = std::expected<std::string, std::string>;

Text life(const config::Settings& settings, const ExplainRequest& request) {
  auto files = explaining::Files::open(settings);
  if (!files) return std::unexpected(files.error());
  const auto story = explaining::find_story(request.conversation, files->archive(), files->view());
  if (!story) return std::unexpected(story.error());
  const explaining::Life life = explaining::life_of(*story, sequencer::JournalClock().now(), request.text);
  return request.json ? explaining::to_json(life) + '\n' : explaining::to_text(life);
}

std::expected<explaining::PromisesAsked, std::string> asked(const ExplainRequest& request) {
  explaining::PromisesAsked asked;
  asked.queue = request.queue;
  if (request.verdict == "good") {
    asked.verdict = core::Verdict::good;
  } else if (request.verdict == "bad") {
    asked.verdict = core::Verdict::bad;
  } else if (request.verdict == "excluded") {
    asked.verdict = core::Verdict::excluded;
  } else {
    return std::unexpected(fmt::format("\"{}\" is no verdict: give --verdict good, bad or excluded", request.verdict));
  }
  if (request.sla == "first_response") {
    asked.sla = core::Sla::first_response;
  } else if (request.sla == "reply") {
    asked.sla = core::Sla::reply;
  } else if (!request.sla.empty()) {
    return std::unexpected(fmt::format("\"{}\" is no promise: give --sla first_response or reply", request.sla));
  }
  if (!request.since.empty()) {
    const auto since = explaining::parse_since(request.since);
    if (!since) return std::unexpected(since.error());
    asked.since = *since;
  }
  return asked;
}

Text promises(const config::Settings& settings, const ExplainRequest& request) {
  const auto what = asked(request);
  if (!what) return std::unexpected(what.error());
  auto files = explaining::Files::open(settings);
  if (!files) return std::unexpected(files.error());
  const auto now = files->now();
  if (!now) return std::unexpected(now.error());
  const auto list = explaining::list_promises(*what, files->archive(), files->view(), *now);
  if (!list) return std::unexpected(list.error());
  return request.json ? explaining::to_json(*list) + '\n' : explaining::to_text(*list);
}

// What does not go together.
std::optional<std::string> fault_in(const ExplainRequest& request) {
  const bool of_list = request.today || !request.since.empty() || !request.sla.empty() || !request.queue.empty();
  if (request.conversation.empty() == request.verdict.empty()) {
    return "give a conversation, to be told its life, or --verdict good, bad or excluded, to be told which promises "
           "got it; one of the two";
  }
  if (request.verdict.empty() && of_list) {
    return "--today, --since, --sla and --queue go with --verdict, not with a conversation";
  }
  if (!request.verdict.empty() && request.text) return "--text goes with a conversation, not with --verdict";
  if (request.today && !request.since.empty()) return "give --today or --since, not both";
  return std::nullopt;
}

}  // namespace

int explain(const config::Settings& settings, const ExplainRequest& request) {
  if (const auto fault = fault_in(request)) {
    std::cerr << "heti: " << *fault << '\n';
    return exit_usage;
  }
  const Text text = request.verdict.empty() ? life(settings, request) : promises(settings, request);
  if (!text) {
    std::cerr << "heti: " << text.error() << '\n';
    return exit_failed;
  }
  std::cout << *text;
  return exit_ok;
}

}  // namespace heti

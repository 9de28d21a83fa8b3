#include "service/explain.hpp"

#include <iostream>

#include "service/explain_print.hpp"
#include "service/explain_story.hpp"
#include "service/heti.hpp"
#include "service/journal/sqlite_reader.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti {
namespace {

std::expected<std::string, std::string> explanation(const config::Settings& settings, const ExplainRequest& request) {
  if (settings.journal.kind == config::JournalKind::memory) {
    return std::unexpected("the journal of these settings is kept in memory: there is nothing to read");
  }
  const std::string& directory = settings.journal.path;
  auto journal = journal::SqliteReader::open(directory, settings.workspace);
  if (!journal) return std::unexpected(journal.error());
  // The archive before the journal's batches: so the journal is seen at least as far as the archive has come.
  auto archive = archive::FactsReader::open(directory, settings.workspace, journal->history());
  if (!archive) return std::unexpected(archive.error());
  const explaining::JournalView view{
      .history = journal->history(),
      .read = [&journal](journal::Position after, const auto& each) { return journal->read(after, each); }};
  const auto story = explaining::find_story(request.conversation, *archive ? &**archive : nullptr, view);
  if (!story) return std::unexpected(story.error());
  const explaining::Life life = explaining::life_of(*story, sequencer::JournalClock().now(), request.text);
  return request.json ? explaining::to_json(life) + '\n' : explaining::to_text(life);
}

}  // namespace

int explain(const config::Settings& settings, const ExplainRequest& request) {
  const auto text = explanation(settings, request);
  if (!text) {
    std::cerr << "heti: " << text.error() << '\n';
    return exit_failed;
  }
  std::cout << *text;
  return exit_ok;
}

}  // namespace heti

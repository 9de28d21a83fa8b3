// `heti journal verify`: short and plain, for somebody who was woken up. One line for each thing that is wrong, then
// what to do, then the verdict.
#include <iostream>

#include "service/archive/facts_reader.hpp"
#include "service/embedded.hpp"
#include "service/explain_words.hpp"
#include "service/journal/audit.hpp"
#include "service/journal/backup.hpp"
#include "service/journal/redis/redis_reader.hpp"
#include "service/journal_tools.hpp"
#include "service/node_options.hpp"

namespace heti {
namespace {

using journal::Findings;

std::string number(journal::Position position) { return std::to_string(position.value()); }

void tell_extent(const Findings& found) {
  if (found.end.value() == 0) {
    std::cout << "batches   none\n";
  } else {
    std::cout << "batches   " << number(found.first) << " to " << number(found.end) << ", " << found.batches
              << " sound, the last sound one of " << explaining::local_time(found.tail.at, nullptr) << '\n';
  }
  std::cout << "snapshots " << found.snapshots.size() << " sound\n";
}

void tell_holes(const Findings& found, const std::string& file) {
  if (found.holes.empty()) return;
  for (const journal::Hole& hole : found.holes) {
    std::cout << "HOLE      batch" << (hole.first == hole.last ? " " : "es ") << number(hole.first);
    if (hole.first != hole.last) std::cout << " to " << number(hole.last);
    std::cout << ' ' << hole.what << " (" << file << ")\n";
  }
  if (found.holes.size() == journal::holes_listed_max) {
    std::cout << "          and perhaps more: " << found.damaged << " batches in all\n";
  }
  std::cout << "  remedy  the chats cannot be read past batch " << found.holes.front().first.value() - 1
            << ". Stop the node, copy the data directory, check the disk, then: heti restore --replace FILE with the "
               "newest backup. What came after that backup is lost to the node; heti journal show still reads what "
               "stands before the hole.\n";
}

void tell_lost(const Findings& found) {
  if (found.lost.empty()) return;
  std::uint64_t most = found.end.value();
  for (const journal::LostEnd& lost : found.lost) {
    const journal::Position known = lost.witness.position;
    most = std::max(most, known.value());
    std::cout << "TAIL      " << lost.witness.name << " knows batch " << number(known) << " ("
              << journal::to_string(lost.witness.hash) << "), "
              << (lost.other_batch ? "the journal has another batch there" : "the journal ends at " + number(found.end))
              << '\n';
  }
  if (most > found.end.value()) {
    std::cout << "          the end is lost: " << most - found.end.value() << " acknowledged batches\n";
  }
  std::cout
      << "  remedy  if journal.db-wal was moved or removed, bring it back while the node is stopped. Else start the "
         "node: it goes on from batch "
      << number(found.end)
      << " under a new history, and clients resynchronise. A newer backup would hold more: heti restore --replace "
         "FILE\n";
}

void tell_rest(const Findings& found) {
  for (const std::string& sentence : found.bad_snapshots) {
    std::cout << "SNAPSHOT  " << sentence << "\n  remedy  remove the file; the node makes another one\n";
  }
  if (found.structure) {
    std::cout << "FILE      " << *found.structure << '\n'
              << "  remedy  as for a hole: stop the node, copy the data directory, heti restore --replace FILE\n";
  }
}

// All that Redis holds of it, batch by batch, and what the archive of this node knows of it.
int verify_in_redis(const config::Settings& settings) {
  const auto cannot_read = [](const std::string& why) {
    std::cerr << "heti: " << why << '\n';
    return verify_cannot_read;
  };
  const auto connection = redis_connection(settings);
  if (!connection) return cannot_read(connection.error());
  auto reader = journal::RedisReader::open(*connection, settings.workspace, settings.journal.replicas > 0);
  if (!reader) return cannot_read(reader.error());
  const auto before = (*reader)->trimmed_through();
  if (!before) return cannot_read(before.error());
  journal::Position end = *before;
  Instant at;
  const auto read = (*reader)->read(*before, [&](const journal::Batch& batch, const journal::Hash&) {
    end = batch.position;
    at = batch.at;
    return true;
  });
  std::cout << "journal   " << settings.journal.address << ", workspace " << settings.workspace << ", history "
            << to_string((*reader)->history()) << '\n'
            << "batches   ";
  if (end == *before) {
    std::cout << "none\n";
  } else {
    std::cout << before->value() + 1 << " to " << number(end) << ", all sound, the last of "
              << explaining::local_time(at, nullptr) << '\n';
  }
  bool sound = read.has_value();
  if (!read) {
    std::cout << "HOLE      " << read.error() << '\n'
              << "  remedy  nodes that run go on and serve; one that starts may not. Keep a copy of Redis's data, look "
                 "at its "
                 "disk and memory, and bring back its newest sound copy while no node runs\n";
  }
  const auto archive = archive::FactsReader::open(settings.journal.path, settings.workspace, (*reader)->history());
  if (!archive) std::cout << "ARCHIVE   cannot be asked: " << archive.error() << '\n';
  if (archive && *archive && (*archive)->place().position.value() != 0) {
    const archive::Place place = (*archive)->place();
    const auto verdict = (*reader)->judge(place.position, place.hash);
    if (!verdict) return cannot_read(verdict.error());
    if (*verdict == journal::redis::Verdict::contradicted) {
      sound = false;
      std::cout << "TAIL      archive.db knows batch " << number(place.position) << " ("
                << journal::to_string(place.hash) << "), the journal does not have it\n"
                << "  remedy  start the node: if no other one has it either, a new history begins and clients "
                   "resynchronise\n";
    }
  }
  std::cout << (sound ? "SOUND\n" : "DAMAGED\n");
  return sound ? verify_sound : verify_damaged;
}

}  // namespace

int verify_journal(const config::Settings& settings) {
  if (settings.journal.kind == config::JournalKind::redis) return verify_in_redis(settings);
  if (const auto embedded = expect_embedded(settings); !embedded) {
    std::cerr << "heti: " << embedded.error() << '\n';
    return verify_cannot_read;
  }
  const std::filesystem::path directory = settings.journal.path;
  if (const auto restoring = directory / journal::restoring_name; std::filesystem::exists(restoring)) {
    std::cerr << "heti: " << restoring.string()
              << ": a restore into this directory was not finished; run heti restore --replace again\n";
    return verify_cannot_read;
  }
  // What the archive has written comes from batches that were durable.
  const auto archived = [&](const PublicId& history) {
    std::vector<journal::Witness> witnesses;
    const auto archive = archive::FactsReader::open(settings.journal.path, settings.workspace, history);
    if (!archive) std::cout << "ARCHIVE   cannot be asked: " << archive.error() << '\n';
    if (archive && *archive && (*archive)->place().position.value() != 0) {
      witnesses.push_back({"archive.db", (*archive)->place().position, (*archive)->place().hash});
    }
    return witnesses;
  };
  const auto found = journal::audit_directory(directory, settings.workspace, archived);
  if (!found) {
    std::cerr << "heti: " << found.error() << '\n';
    return verify_cannot_read;
  }
  const std::string file = (directory / "journal.db").string();
  std::cout << "journal   " << file << ", workspace " << settings.workspace << ", history " << to_string(found->history)
            << '\n';
  tell_extent(*found);
  tell_holes(*found, file);
  tell_lost(*found);
  tell_rest(*found);
  std::cout << (found->sound() ? "SOUND\n" : "DAMAGED\n");
  return found->sound() ? verify_sound : verify_damaged;
}

}  // namespace heti

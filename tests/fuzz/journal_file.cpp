// A journal whose files were damaged: bytes overwritten, the end cut off, in the main file, its write-ahead log or the
// side file. It may be refused or be shorter, but every batch that it hands over is the one that was written.
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <vector>

#include "service/journal/journal.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace heti;
namespace files = std::filesystem;

namespace {

using Directory = std::map<std::string, std::string>;  // file name -> bytes

std::string bytes_of(const files::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

files::path new_directory() {
  // In memory where the machine offers it: there are thousands of syncs.
  const files::path parent = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : files::temp_directory_path();
  std::string pattern = (parent / "heti-fuzz-XXXXXX").string();
  fuzz::promise(::mkdtemp(pattern.data()) != nullptr, "a temporary directory can be made");
  return pattern;
}

Directory read_all(const files::path& directory) {
  Directory all;
  for (const auto& entry : files::directory_iterator(directory)) {
    if (entry.is_regular_file()) all[entry.path().filename().string()] = bytes_of(entry.path());
  }
  return all;
}

struct Written {
  Directory directory;
  std::vector<journal::Batch> batches;
};

// Twelve batches and a snapshot; the copy is taken with the journal open, so that the write-ahead log is full.
Written write_journal() {
  Written written;
  const files::path directory = new_directory();
  {
    auto opened = journal::open_sqlite({.directory = directory});
    fuzz::promise(opened.has_value(), "a new journal opens");
    journal::Journal& journal = **opened;
    for (int i = 0; i < 12; ++i) {
      const journal::Tail tail = journal.tail();
      journal::Batch batch{journal::Position{tail.position.value() + 1}, tail.at + Millis{1000}, tail.hash,
                           "batch " + std::to_string(i) + std::string(static_cast<std::size_t>(i) * 30, 'x')};
      std::promise<journal::AppendResult> answer;
      journal.append(batch, [&answer](journal::AppendResult result) { answer.set_value(result); });
      fuzz::promise(answer.get_future().get() == journal::AppendResult::durable, "an append is durable");
      written.batches.push_back(std::move(batch));
    }
    const journal::Tail tail = journal.tail();
    fuzz::promise(journal.save_snapshot({tail.position, tail.hash, 1, "snapshot"}).has_value(), "a snapshot is kept");
    written.directory = read_all(directory);
  }
  files::remove_all(directory);
  return written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Written written = write_journal();
  static const files::path directory = new_directory();
  fuzz::Draw draw(data, size);
  Directory damaged = written.directory;
  for (int faults = 0; faults < 16 && !draw.empty(); ++faults) {
    auto file = std::next(damaged.begin(), draw.below(static_cast<std::uint32_t>(damaged.size())));
    std::string& bytes = file->second;
    const std::uint8_t what = draw.byte();
    if (bytes.empty()) continue;
    const std::size_t at = draw.word() % bytes.size();
    if (what % 8 == 0) {
      bytes.resize(at);
    } else {
      for (int i = 0; i < what % 8 && at + static_cast<std::size_t>(i) < bytes.size(); ++i) {
        bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(draw.byte());
      }
    }
  }
  for (const auto& entry : files::directory_iterator(directory)) files::remove_all(entry.path());
  for (const auto& [name, bytes] : damaged) std::ofstream(directory / name, std::ios::binary) << bytes;

  auto opened = journal::open_sqlite({.directory = directory});
  if (!opened) {
    fuzz::promise(!opened.error().empty(), "a refusal has a reason");
    return 0;
  }
  const journal::Journal& journal = **opened;
  std::size_t seen = 0;
  const auto read = journal.read(journal::Position{0}, [&](const journal::Batch& batch, const journal::Hash&) {
    fuzz::promise(seen < written.batches.size(), "no batch is read that was not written");
    fuzz::promise(batch == written.batches[seen], "a batch that is read is the one that was written");
    ++seen;
    return true;
  });
  fuzz::promise(read.has_value() || !read.error().empty(), "a fault is named");
  if (read) fuzz::promise(journal.tail().position.value() == seen, "what can be read reaches the tail");
  if (const auto snapshots = journal.snapshots()) {
    for (const journal::Snapshot& snapshot : *snapshots) {
      fuzz::promise(snapshot.bytes == "snapshot", "a snapshot that is handed over is the one that was kept");
    }
  }
  return 0;
}

// The rules of the house, read from the sources: who may include whom, what the core may not touch, every source in the
// build, and nothing left lying about.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace heti::tests {
namespace {

namespace fs = std::filesystem;

const fs::path root = HETI_SOURCE_DIR;

// A room and the rooms it may include, itself aside. The order of docs/architecture.md, left to right.
const std::map<std::string, std::set<std::string>> may_include{
    {"service/base", {}},
    {"protocol", {"service/base"}},
    {"config", {"service/base"}},
    {"service/core", {"service/base"}},
    {"service/calendar", {"service/base", "service/core"}},
    {"service/journal", {"service/base", "service/core"}},
    {"service/sequencer", {"service/base", "service/core", "service/journal"}},
    {"service/archive", {"service/base", "service/core", "service/journal"}},
    {"service/gateway",
     {"service/base", "service/core", "service/journal", "service/sequencer", "service/archive", "protocol"}},
    {"service/cluster",
     {"service/base", "service/core", "service/journal", "service/sequencer", "service/gateway/typing_elsewhere.hpp"}},
    {"service/monitor",
     {"service/base", "service/core", "service/journal", "service/sequencer", "service/archive",
      "service/gateway/metrics.hpp"}},
    {"service/client", {"service/base"}},
    {"service/probe", {"service/base", "service/client"}},
    {"service",
     {"service/base", "service/core", "service/calendar", "service/journal", "service/sequencer", "service/archive",
      "service/gateway", "service/cluster", "service/monitor", "service/client", "service/probe", "protocol",
      "config"}},
};

struct Line {
  fs::path file;
  int number = 0;
  std::string text;
  std::string where() const { return file.string() + ":" + std::to_string(number) + ": "; }
};

std::vector<fs::path> sources(const std::vector<std::string>& folders, const std::set<std::string>& extensions) {
  std::vector<fs::path> found;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (auto i = fs::recursive_directory_iterator(root / folder); i != fs::recursive_directory_iterator(); ++i) {
      const std::string name = i->path().filename();
      if (i->is_directory() && (name == "node_modules" || name == "dist" || name == "output" || name == "build")) {
        i.disable_recursion_pending();
      } else if (i->is_regular_file() && extensions.contains(i->path().extension())) {
        found.push_back(fs::relative(i->path(), root));
      }
    }
  }
  return found;
}

std::vector<Line> lines_of(const fs::path& file) {
  std::vector<Line> lines;
  std::ifstream in(root / file);
  int number = 0;
  for (std::string text; std::getline(in, text);) lines.push_back({file, ++number, text});
  return lines;
}

std::string room_of(const std::string& path) {
  std::string best;
  for (const auto& [room, allowed] : may_include) {
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  }
  return best;
}

const std::vector<std::string> code{"service", "protocol", "config"};

TEST(TidyTest, NoRoomIncludesARoomToItsRight) {
  const std::regex include("^#include \"([^\"]+)\"");
  for (const fs::path& file : sources(code, {".cpp", ".hpp"})) {
    const std::string room = room_of(file.string());
    ASSERT_FALSE(room.empty()) << file << " lies in no room";
    for (const Line& line : lines_of(file)) {
      std::smatch match;
      if (!std::regex_search(line.text, match, include)) continue;
      const std::string target = match[1];
      const std::string target_room = room_of(target);
      const auto& allowed = may_include.at(room);
      const bool fine = target_room == room || allowed.contains(target_room) || allowed.contains(target);
      EXPECT_TRUE(fine && !target_room.empty()) << line.where() << room << "/ may not include " << target;
    }
  }
}

TEST(TidyTest, TheCoreUsesTheStandardLibraryWithoutClocksChanceOrInputAndOutput) {
  const std::set<std::string> headers{
      "algorithm", "array",  "bit",      "chrono",     "compare", "cstddef",     "cstdint", "cstring",     "deque",
      "expected",  "map",    "optional", "set",        "string",  "string_view", "tuple",   "type_traits", "utility",
      "variant",   "vector", "cmath",    "functional", "memory",  "numeric",     "span"};
  const std::regex system_include("^#include <([^>]+)>");
  // The indexes of the state are looked up and never walked, so that their order can decide nothing.
  const std::regex walks(R"(for \(.*: .*\bby_(public_)?id\b|\bby_(public_)?id\.begin)");
  const auto is_index = [](const Line& line) {
    const bool declared =
        line.text.find("unordered_map<PublicId, Conversation*, PublicIdHash> by_public_id") != std::string::npos ||
        line.text.find("unordered_map<std::uint64_t, Conversation*> by_id") != std::string::npos ||
        line.text == "#include <unordered_map>";
    return line.file.filename() == "state.hpp" && declared;
  };
  const std::regex banned(
      R"(\b(now\(\)|system_clock|steady_clock|high_resolution_clock|rand\(|srand|random_device|mt19937|getenv|unordered_|std::thread|std::mutex|std::cout|std::cerr|printf|fopen|ofstream|ifstream|std::async|this_thread|thread_local|static (?!constexpr|const|_cast|_assert)\w)\b)");
  for (const fs::path& file : sources({"service/core"}, {".cpp", ".hpp"})) {
    for (const Line& line : lines_of(file)) {
      std::smatch match;
      EXPECT_FALSE(std::regex_search(line.text, match, walks)) << line.where() << "an index has no order to walk";
      if (is_index(line)) continue;
      if (std::regex_search(line.text, match, system_include)) {
        EXPECT_TRUE(headers.contains(match[1])) << line.where() << "<" << match[1] << "> has no place in the core";
      }
      const std::string text = line.text.substr(0, line.text.find("//"));
      if (std::regex_search(text, match, banned)) {
        // Functions of our own that happen to be static members are named here.
        if (text.find("static Sender") != std::string::npos) continue;
        ADD_FAILURE() << line.where() << "the core may not use " << match[1];
      }
    }
  }
}

TEST(TidyTest, EverySourceIsBuilt) {
  for (const fs::path& file : sources({"service", "protocol", "config", "tests"}, {".cpp"})) {
    fs::path folder = file.parent_path();
    bool listed = false;
    for (fs::path at = folder; !listed && !at.empty(); at = at.parent_path()) {
      std::ifstream in(root / at / "CMakeLists.txt");
      std::stringstream text;
      text << in.rdbuf();
      const std::string name = fs::relative(file, at).string();
      listed = text.str().find(name) != std::string::npos;
    }
    EXPECT_TRUE(listed) << file << " is in no CMakeLists.txt";
  }
}

TEST(TidyTest, NothingIsLeftToDoInTheSources) {
  const std::regex left(
      "\\b(TO"
      "DO|FIX"
      "ME|X"
      "XX|HA"
      "CK)\\b");
  for (const fs::path& file : sources({"service", "protocol", "config", "tests", "web", "deploy"},
                                      {".cpp", ".hpp", ".ts", ".tsx", ".mjs", ".css", ".html", ".sh", ".toml"})) {
    for (const Line& line : lines_of(file)) {
      EXPECT_FALSE(std::regex_search(line.text, left)) << line.where() << line.text;
    }
  }
}

TEST(TidyTest, HeadersAreIncludedOnce) {
  for (const fs::path& file : sources(code, {".hpp"})) {
    const std::vector<Line> lines = lines_of(file);
    ASSERT_FALSE(lines.empty()) << file;
    EXPECT_EQ(lines.front().text, "#pragma once") << file;
  }
}

TEST(TidyTest, NoFileIsACity) {
  for (const fs::path& file :
       sources({"service", "protocol", "config", "web", "tests"}, {".cpp", ".hpp", ".ts", ".tsx"})) {
    if (file.string().ends_with(".gen.ts")) continue;
    EXPECT_LE(lines_of(file).size(), 600u) << file << ": look for the second noun";
  }
}

// Web: text from people never becomes markup.
TEST(TidyTest, TheFacesNeverSetMarkup) {
  const std::regex banned(
      R"(\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|eval\()|new Function\()");
  for (const fs::path& file : sources({"web/client", "web/widget", "web/console"}, {".ts", ".tsx"})) {
    for (const Line& line : lines_of(file))
      EXPECT_FALSE(std::regex_search(line.text, banned)) << line.where() << line.text;
  }
}

}  // namespace
}  // namespace heti::tests

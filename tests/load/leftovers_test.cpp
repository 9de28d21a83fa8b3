// However heti_load ends, nothing of what it started is left: no server, no directory. The real program is run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool comes_about(const std::function<bool()>& condition) {
  for (int i = 0; i < 1500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// A heti_load that runs, with a directory for temporary files that is its own.
class Tool {
 public:
  explicit Tool(const std::vector<std::string>& arguments) {
    std::string pattern = (fs::temp_directory_path() / "heti-leftovers-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    room_ = pattern;
    fs::create_directory(room_ / "tmp");
    std::vector<std::string> words{HETI_LOAD_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    const int log = open((room_ / "log").c_str(), O_WRONLY | O_CREAT, 0644);
    dup2(log, 1);
    dup2(log, 2);
    setenv("TMPDIR", (room_ / "tmp").c_str(), 1);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  ~Tool() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    fs::remove_all(room_);
  }
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  std::string log() const { return read(room_ / "log"); }
  bool has_said(const std::string& what) const { return log().find(what) != std::string::npos; }
  // What it keeps among the temporary files.
  std::size_t directories() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(room_ / "tmp"), fs::directory_iterator()));
  }
  pid_t server() const {
    const std::string mark = "the server is process ";
    const std::string text = log();
    const auto at = text.find(mark);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + mark.size()));
  }
  void interrupt(int number) const { kill(pid_, number); }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  fs::path room_;
  pid_t pid_ = -1;
};

bool runs(pid_t pid) {
  return kill(pid, 0) == 0 && read("/proc/" + std::to_string(pid) + "/stat").find(") Z") == std::string::npos;
}

class Interrupted : public ::testing::TestWithParam<int> {};

TEST_P(Interrupted, WhileItMeasures) {
  Tool tool({"closed", "--peer", "raw", "--server", RAW_RELAY_PROGRAM, "--pairs", "4", "--seconds", "60", "--warm-up",
             "0", "--own-core", "-1"});
  ASSERT_TRUE(comes_about([&] { return tool.has_said("measuring"); })) << tool.log();
  const pid_t server = tool.server();
  ASSERT_GT(server, 0) << tool.log();
  ASSERT_TRUE(runs(server));
  ASSERT_EQ(tool.directories(), 1U);
  tool.interrupt(GetParam());
  EXPECT_EQ(tool.wait(), 128 + GetParam()) << tool.log();
  EXPECT_FALSE(runs(server));
  EXPECT_EQ(tool.directories(), 0U);
}

TEST_P(Interrupted, WhileItsServerStarts) {
  // It takes its port for a number of seconds, and never listens.
  Tool tool({"closed", "--peer", "raw", "--server", "/bin/sleep"});
  ASSERT_TRUE(comes_about([&] { return tool.directories() == 1; })) << tool.log();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  tool.interrupt(GetParam());
  EXPECT_EQ(tool.wait(), 128 + GetParam()) << tool.log();
  EXPECT_EQ(tool.directories(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Leftovers, Interrupted, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST(Leftovers, NoneOfAServerThatDoesNotStart) {
  Tool tool({"closed", "--peer", "raw", "--server", "/bin/false"});
  EXPECT_EQ(tool.wait(), 2);
  EXPECT_TRUE(tool.has_said("/bin/false ended at its start")) << tool.log();
  EXPECT_EQ(tool.directories(), 0U);
}

TEST(Leftovers, NoneOfAHetiThatCannotMakeItsAccounts) {
  Tool tool({"closed", "--server", "/bin/false", "--pairs", "1"});
  EXPECT_EQ(tool.wait(), 2);
  EXPECT_TRUE(tool.has_said("/bin/false failed")) << tool.log();
  EXPECT_EQ(tool.directories(), 0U);
}

TEST(Leftovers, NoneOfARunThatEndsByItself) {
  Tool tool({"closed", "--peer", "raw", "--server", RAW_RELAY_PROGRAM, "--pairs", "4", "--messages", "200", "--warm-up",
             "0", "--own-core", "-1"});
  EXPECT_EQ(tool.wait(), 0) << tool.log();
  EXPECT_FALSE(runs(tool.server()));
  EXPECT_EQ(tool.directories(), 0U);
}

}  // namespace

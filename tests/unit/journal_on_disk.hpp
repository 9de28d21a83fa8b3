#pragma once
// A journal in a directory that the test can damage, and processes that die while they write to it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "service/journal/journal.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::journal::test {

class JournalOnDisk : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return directory_.path() / name; }
  Options options() {
    return {.directory = directory_.path(),
            .on_warning = [this](std::string_view sentence) { warnings_.append(sentence).append("\n"); }};
  }
  void open() {
    close();
    journal_ = open_or_fail(options());
    ASSERT_NE(journal_, nullptr);
  }
  void close() { journal_.reset(); }
  std::string open_error() {
    close();
    auto journal = open_sqlite(options());
    return journal ? "" : journal.error();
  }
  void sql(const std::string& statements) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file("journal.db").c_str(), &raw), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(raw, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
    sqlite3_close(raw);
  }
  // Runs `work` in a process of its own that dies by SIGKILL, at the latest when `work` returns.
  void killed_process(const std::function<void(Options)>& work, const std::function<void()>& while_it_runs = {}) {
    close();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      work({.directory = directory_.path(), .checkpoint_pages = 8, .wal_pages_max = 24});
      ::kill(::getpid(), SIGKILL);
    }
    if (while_it_runs) {
      while_it_runs();
      ::kill(child, SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  void append_and_be_killed(int first, int last) {
    killed_process([=](Options options) {
      options.checkpoint_pages = options.wal_pages_max = 100'000;  // All of it stays in the write-ahead log.
      auto journal = open_sqlite(std::move(options));
      for (int number = first; journal && number <= last; ++number) {
        if (append(**journal, "batch " + std::to_string(number)) != AppendResult::durable) break;
      }
      ::kill(::getpid(), SIGKILL);
    });
  }

  TempDirectory directory_;
  std::string warnings_;
  std::unique_ptr<Journal> journal_;
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace heti::journal::test

#include "tests/load/process.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace heti::load {

namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<std::filesystem::path> tasks_of(pid_t pid) {
  std::vector<std::filesystem::path> tasks;
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/task", error);
  if (error) return tasks;
  for (const auto& entry : all) tasks.push_back(entry.path());
  std::ranges::sort(tasks, {}, [](const std::filesystem::path& task) { return std::stoi(task.filename()); });
  return tasks;
}

// The process and all below it: nginx works in a child.
std::vector<pid_t> family_of(pid_t pid) {
  std::vector<pid_t> family{pid};
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (const auto& task : tasks_of(family[i])) {
      std::istringstream children(first_line(task / "children"));
      for (pid_t child = 0; children >> child;) family.push_back(child);
    }
  }
  return family;
}

std::expected<CpuTime, std::string> time_of(const std::vector<pid_t>& processes) {
  CpuTime time;
  for (const pid_t process : processes) {
    for (const auto& task : tasks_of(process)) {
      std::istringstream line(first_line(task / "schedstat"));
      std::int64_t ran = 0;
      if (!(line >> ran)) continue;  // The thread has just ended.
      time.total_ns += ran;
      const std::string name = first_line(task / "comm");
      std::string key = name;
      for (int i = 2; time.by_thread_ns.contains(key); ++i) key = name + "_" + std::to_string(i);
      time.by_thread_ns[key] = ran;
    }
  }
  if (time.total_ns == 0) {
    return std::unexpected("/proc/" + std::to_string(processes.front()) +
                           "/task/*/schedstat gives no time; is the server running, on this machine and as this user?");
  }
  return time;
}

}  // namespace

std::expected<CpuTime, std::string> cpu_time(pid_t pid) { return time_of(family_of(pid)); }

std::expected<CpuTime, std::string> own_cpu_time() { return time_of({getpid()}); }

CpuTime operator-(const CpuTime& later, const CpuTime& earlier) {
  CpuTime time = later;
  time.total_ns -= earlier.total_ns;
  for (const auto& [name, ran] : earlier.by_thread_ns) time.by_thread_ns[name] -= ran;
  return time;
}

std::expected<Memory, std::string> memory_of(pid_t pid) {
  Memory memory;
  for (const pid_t member : family_of(pid)) {
    std::ifstream file("/proc/" + std::to_string(member) + "/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string name;
      std::uint64_t kilobytes = 0;
      if (!(words >> name >> kilobytes)) continue;
      if (name == "Rss:") memory.rss_bytes += kilobytes * 1024;
      if (name == "Anonymous:") memory.anonymous_bytes += kilobytes * 1024;
    }
  }
  if (memory.rss_bytes == 0) {
    return std::unexpected("/proc/" + std::to_string(pid) + "/smaps_rollup gives no memory; is the server running?");
  }
  return memory;
}

bool pin_to(pid_t pid, const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(static_cast<unsigned>(core), &set);
  return sched_setaffinity(pid, sizeof set, &set) == 0;
}

}  // namespace heti::load

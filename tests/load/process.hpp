#pragma once
// What the kernel knows of a server: the time that the scheduler gave to it and its children, and its memory.
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

namespace heti::load {

struct CpuTime {
  std::int64_t total_ns = 0;
  std::map<std::string, std::int64_t> by_thread_ns;  // by name; threads of one name are numbered in order of birth
};

// sum_exec_runtime of all threads, from /proc/PID/task/*/schedstat, of the process and its children.
[[nodiscard]] std::expected<CpuTime, std::string> cpu_time(pid_t pid);
// The same of this process alone.
[[nodiscard]] std::expected<CpuTime, std::string> own_cpu_time();
CpuTime operator-(const CpuTime& later, const CpuTime& earlier);

struct Memory {
  std::uint64_t rss_bytes = 0;
  std::uint64_t anonymous_bytes = 0;
};
// Of the process and its children, from /proc/PID/smaps_rollup.
[[nodiscard]] std::expected<Memory, std::string> memory_of(pid_t pid);

// 0 is this process. False if the kernel refuses.
bool pin_to(pid_t pid, const std::vector<int>& cores);

}  // namespace heti::load

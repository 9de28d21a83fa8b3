#include "service/monitor/process.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "service/monitor/sheet.hpp"

namespace heti::monitor {
namespace {

constexpr Metric cpu{"process_cpu_seconds_total", "Total user and system CPU time spent in seconds."};
constexpr Metric resident{"process_resident_memory_bytes", "Resident memory size in bytes."};
constexpr Metric virtual_size{"process_virtual_memory_bytes", "Virtual memory size in bytes."};
constexpr Metric start{"process_start_time_seconds", "Start time of the process since unix epoch in seconds."};
constexpr Metric fds{"process_open_fds", "Number of open file descriptors."};
constexpr Metric fds_max{"process_max_fds", "Maximum number of open file descriptors."};

struct Stat {
  double user_ticks = 0;
  double system_ticks = 0;
  double start_ticks = 0;  // since boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

// proc(5): the second field is the name in brackets and may hold anything, so fields are counted from the last bracket.
std::optional<Stat> read_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(bracket + 1));
  Stat stat;
  std::string word;
  for (int field = 3; field <= 24; ++field) {
    if (!(rest >> word)) return std::nullopt;
    if (field == 14) stat.user_ticks = std::stod(word);
    if (field == 15) stat.system_ticks = std::stod(word);
    if (field == 22) stat.start_ticks = std::stod(word);
    if (field == 23) stat.virtual_bytes = std::stod(word);
    if (field == 24) stat.resident_pages = std::stod(word);
  }
  return stat;
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  for (double value = 0; file >> word;) {
    if (word == "btime" && file >> value) return value;
  }
  return std::nullopt;
}

// Linux 6.2 and later give the number as the size of the directory; before, the entries are counted, which takes a
// while with thousands of sockets.
std::optional<double> open_fds() {
  struct stat info {};
  if (stat("/proc/self/fd", &info) != 0) return std::nullopt;
  if (info.st_size > 0) return static_cast<double>(info.st_size);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  if (!directory) return std::nullopt;
  double count = -1;  // the directory's own
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

}  // namespace

std::vector<prometheus::MetricFamily> Process::Collect() const {
  Sheet sheet;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (const auto stat = read_stat()) {
    sheet.counter(cpu, {}, (stat->user_ticks + stat->system_ticks) / ticks);
    sheet.gauge(resident, {}, stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    sheet.gauge(virtual_size, {}, stat->virtual_bytes);
    if (const auto boot = boot_time()) sheet.gauge(start, {}, *boot + stat->start_ticks / ticks);
  }
  if (const auto count = open_fds()) sheet.gauge(fds, {}, *count);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) sheet.gauge(fds_max, {}, static_cast<double>(limit.rlim_cur));
  return sheet.take();
}

}  // namespace heti::monitor

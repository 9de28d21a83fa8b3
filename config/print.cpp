#include "config/print.hpp"

#include <string_view>

#include "config/hours.hpp"
#include "config/keys.hpp"
#include "config/text.hpp"

namespace heti::config {
namespace {

// Names of sections are plain keys, for is_name lets nothing else through.
template <class Named, class Keys>
void print_section(std::string& out, std::string_view kind, const Named& item, const Keys& keys) {
  out += "\n[" + std::string(kind) + "." + item.name + "]\n";
  for (const auto& key : keys) out += std::string(key.name) + " = " + key.print(item) + "\n";
}

std::string print_hours(const std::vector<LocalInterval>& intervals) {
  if (intervals.empty()) return "\"closed\"";
  std::string out = "[";
  for (const LocalInterval& interval : intervals)
    out += (out.size() > 1 ? ", " : "") + in_quotes(print_interval(interval));
  return out + "]";
}

void print_schedule(std::string& out, const QueueSettings& queue) {
  for (std::size_t day = 0; day < day_names.size(); ++day) {
    out += "hours." + std::string(day_names[day]) + " = " + print_hours(queue.schedule.weekly[day]) + "\n";
  }
  for (const ScheduleException& exception : queue.schedule.exceptions) {
    out += "\n[[queue." + queue.name + ".exception]]\n";
    out += "date = " + print_date(exception.date) + "\n";
    out += "hours = " + print_hours(exception.intervals) + "\n";
    if (!exception.note.empty()) out += "note = " + in_quotes(exception.note) + "\n";
  }
}

void print_pages(std::string& out, const QueueSettings& queue) {
  for (const PageRule& page : queue.pages) {
    out += "\n[[queue." + queue.name + ".page]]\n";
    for (const auto& key : page_keys()) out += std::string(key.name) + " = " + key.print(page) + "\n";
  }
}

}  // namespace

std::string print_config(const Settings& settings) {
  std::string out;
  std::string_view section;
  for (const auto& key : settings_keys()) {
    const auto dot = key.name.find('.');
    const std::string_view own = dot == std::string_view::npos ? std::string_view{} : key.name.substr(0, dot);
    if (own != section) out += "\n[" + std::string(own) + "]\n";
    section = own;
    out += std::string(own.empty() ? key.name : key.name.substr(dot + 1)) + " = " + key.print(settings) + "\n";
  }
  for (const Priority& priority : settings.priorities) print_section(out, "priority", priority, priority_keys());
  for (const QueueSettings& queue : settings.queues) {
    print_section(out, "queue", queue, queue_keys());
    print_schedule(out, queue);
    print_pages(out, queue);
  }
  for (const AgentSettings& agent : settings.agents) print_section(out, "agent", agent, agent_keys());
  return out;
}

std::vector<std::string> differing_keys(const Settings& a, const Settings& b) {
  std::vector<std::string> names;
  for (const auto& key : settings_keys()) {
    if (key.print(a) != key.print(b)) names.emplace_back(key.name);
  }
  return names;
}

}  // namespace heti::config

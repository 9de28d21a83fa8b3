// The report as text for a person, and as JSON for a program.
#include <spdlog/fmt/fmt.h>

#include <boost/json.hpp>

#include "service/explain_json.hpp"
#include "service/explain_words.hpp"
#include "service/report_counts.hpp"

namespace heti::reporting {
namespace {

namespace json = boost::json;

std::string percent(std::optional<double> share) {
  return share ? fmt::format("{:.1f} %", *share * 100) : std::string("nothing was judged");
}

std::string in_words(const Verdicts& verdicts) {
  return fmt::format("{} good, {} bad, {} excluded: {}", verdicts.good, verdicts.bad, verdicts.excluded,
                     percent(service_level(verdicts)));
}

json::object object_of(const Verdicts& verdicts) {
  const auto level = service_level(verdicts);
  return {{"good", verdicts.good},
          {"bad", verdicts.bad},
          {"excluded", verdicts.excluded},
          {"service_level", level ? json::value(*level) : json::value(nullptr)}};
}

}  // namespace

std::string to_text(const Report& report) {
  std::string out;
  for (const QueueReport& queue : report.queues) {
    out += fmt::format("{}, since {}\n", queue.queue,
                       explaining::local_time(queue.since, explaining::zone_named(queue.zone)));
    out += fmt::format("  contacts        {}, {} of them reopened\n", queue.contacts, queue.reopened);
    std::string ended;
    for (const auto& [word, count] : queue.ended) {
      if (count > 0) ended += fmt::format("{}{} {}", ended.empty() ? "" : ", ", count, word);
    }
    out += fmt::format("  ended           {}\n", ended.empty() ? "none" : ended);
    out += fmt::format("  first response  {}\n", in_words(queue.first_response));
    out += fmt::format("  reply           {}\n\n", in_words(queue.reply));
  }
  out += fmt::format("as of {}, batch {}; the percentage is good / (good + bad)\n",
                     explaining::local_time(report.as_of, nullptr), report.tail.value());
  return out;
}

std::string to_json(const Report& report) {
  json::array queues;
  for (const QueueReport& queue : report.queues) {
    json::object ended;
    for (const auto& [word, count] : queue.ended) ended[word] = count;
    queues.push_back(json::object{{"queue", queue.queue},
                                  {"timezone", queue.zone},
                                  {"since", explaining::utc(queue.since)},
                                  {"contacts", queue.contacts},
                                  {"reopened", queue.reopened},
                                  {"ended", std::move(ended)},
                                  {"first_response", object_of(queue.first_response)},
                                  {"reply", object_of(queue.reply)}});
  }
  return json::serialize(json::object{
      {"as_of", explaining::utc(report.as_of)}, {"position", report.tail.value()}, {"queues", std::move(queues)}});
}

}  // namespace heti::reporting

#include "service/demo/record.hpp"

#include <boost/json.hpp>

namespace heti::demo {

std::expected<std::unique_ptr<Record>, std::string> Record::create(const std::string& path) {
  auto record = std::make_unique<Record>();
  record->out_.open(path, std::ios::trunc);
  if (!record->out_)
    return std::unexpected("--record: " + path + " cannot be written; name a file in a folder of yours");
  return record;
}

void Record::add(std::string_view who, std::uint64_t connection, Instant time, std::string_view what,
                 std::string_view frame) {
  out_ << R"({"who":)" << boost::json::serialize(boost::json::value(who)) << R"(,"connection":)" << connection
       << R"(,"time":)" << to_ms(time) << R"(,"what":")" << what << '"';
  if (!frame.empty()) out_ << R"(,"frame":)" << frame;
  out_ << "}\n";
}

bool Record::finish() {
  out_.close();
  return !out_.fail();
}

}  // namespace heti::demo

#pragma once
// What the people of a demonstration sent and were sent, as JSON lines, for whoever wants to count it again:
//
//   {"who":"visitor 12","connection":1,"time":1795420800120,"what":"sent","frame":{"t":"hello", ...}}
//
// `time` is the demonstration's own reading of journal time, in milliseconds since 1970: what the server stamped stands
// in the frames. `what` is one of opened, sent, received, closed (by us, with a goodbye), cut (by us, without), ended
// (the socket, with `code`), logged_in, and read (`frame` is the transcript of a chat whose end nobody was shown).
#include <cstdint>
#include <expected>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "service/base/time.hpp"

namespace heti::demo {

class Record {
 public:
  // The error is a sentence that names the file.
  [[nodiscard]] static std::expected<std::unique_ptr<Record>, std::string> create(const std::string& path);

  // `frame` is a JSON object as it was on the wire, or empty.
  void add(std::string_view who, std::uint64_t connection, Instant time, std::string_view what,
           std::string_view frame = {});
  // A chat was begun; its end was shown to one of us.
  void begun(const std::string& conversation) { untold_.insert(conversation); }
  void ended(const std::string& conversation) { untold_.erase(conversation); }
  // Chats that ended when nobody of us looked, such as those of visitors who closed the page. In any order.
  const std::set<std::string>& untold() const { return untold_; }
  // False if a line could not be written.
  [[nodiscard]] bool finish();

 private:
  std::ofstream out_;
  std::set<std::string> untold_;
};

}  // namespace heti::demo

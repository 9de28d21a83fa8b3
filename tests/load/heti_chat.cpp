#include "tests/load/heti_chat.hpp"

#include <random>

#include "tests/load/json_scan.hpp"

namespace heti::load {

std::string fresh_stream() {
  static std::mt19937_64 random{std::random_device{}()};
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string stream;
  for (int i = 0; i < 12; ++i) stream.push_back(letters[random() % letters.size()]);
  return stream;
}

void begin_chat(Chat& chat, std::string_view id) {
  chat.id = id;
  for (unsigned side = 0; side < 2; ++side) {
    chat.streams[side] = fresh_stream();
    chat.post_heads[side] =
        R"({"t":"post","conversation":")" + chat.id + R"(","stream":")" + chat.streams[side] + R"(","n":)";
  }
}

std::string post_frame_again(const Chat& chat, unsigned from, std::uint64_t n, std::size_t frame_bytes) {
  const std::string number = std::to_string(n);
  std::string frame;
  frame.reserve(frame_bytes + 16);
  frame = chat.post_heads[from];
  frame += number;
  frame += R"(,"text":")";
  // The text begins with its number, so that a text under a wrong number is found.
  frame += number;
  frame += ' ';
  const std::size_t tail = 2;
  frame.append(frame.size() + tail + 1 < frame_bytes ? frame_bytes - frame.size() - tail : 1, 'x');
  frame += "\"}";
  return frame;
}

std::string post_frame(Chat& chat, unsigned from, std::size_t frame_bytes) {
  return post_frame_again(chat, from, chat.ledger.post(from), frame_bytes);
}

std::optional<SeenMessage> take_entry(Chat& chat, unsigned observer, std::string_view entry, Violations& violations) {
  std::string_view seq_digits, kind, stream, n_digits, text;
  scan_object(entry, [&](std::string_view name, std::string_view value) {
    if (name == "seq") seq_digits = value;
    if (name == "kind") kind = value;
    if (name == "stream") stream = value;
    if (name == "n") n_digits = value;
    if (name == "text") text = value;
  });
  const std::uint64_t seq = number_of(seq_digits);
  if (kind != "message" || stream.empty()) {
    chat.ledger.see_other(observer, seq);
    if (kind == "assigned") chat.saw_assigned[observer] = true;
    if (kind == "closed") chat.saw_closed[observer] = true;
    return std::nullopt;
  }
  const bool known = stream == chat.streams[0] || stream == chat.streams[1];
  if (!known || !text.starts_with(n_digits) || text.size() <= n_digits.size() || text[n_digits.size()] != ' ') {
    violations.add("conversation " + std::to_string(chat.index) +
                   ": an entry that nobody posted: " + std::string(entry));
    chat.ledger.see_other(observer, seq);
    return std::nullopt;
  }
  const SeenMessage message{.from = stream == chat.streams[visitor_side] ? visitor_side : agent_side,
                            .n = number_of(n_digits)};
  if (!chat.ledger.see_message(observer, message.from, message.n, seq)) return std::nullopt;
  return message;
}

std::string open_frame(const Chat& chat, unsigned observer, std::uint64_t ref) {
  return R"({"t":"open","ref":)" + std::to_string(ref) + R"(,"conversation":")" + chat.id + R"(","after":)" +
         std::to_string(chat.ledger.last_seq(observer)) + "}";
}

std::string wish_frame(std::string_view wish, const Chat& chat, std::uint64_t ref) {
  return R"({"t":")" + std::string(wish) + R"(","ref":)" + std::to_string(ref) + R"(,"conversation":")" + chat.id +
         "\"}";
}

}  // namespace heti::load

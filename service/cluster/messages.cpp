#include "service/cluster/messages.hpp"

#include "service/base/bytes.hpp"
#include "service/base/check.hpp"
#include "service/core/remote.hpp"

namespace heti::cluster {
namespace {

constexpr std::uint64_t format = 2;

struct Write {
  ByteWriter& out;
  void operator()(const Commands& commands) const {
    CHECK(!commands.sent.empty());
    encode(out, commands.sent.front().number);
    out.unsigned_value(commands.sent.size());
    for (const sequencer::Sent& sent : commands.sent) out.text(core::command_bytes(sent.command));
  }
  void operator()(const auto& message) const { encode(out, message); }
};

bool read(ByteReader& in, Commands& commands) {
  core::CommandNumber number;
  decode(in, number);
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i, ++number.n) {
    auto command = core::command_from_bytes(in.text());
    if (!command) return false;
    commands.sent.push_back({.number = number, .command = std::move(*command)});
  }
  return !commands.sent.empty();
}

bool read(ByteReader& in, auto& message) {
  decode(in, message);
  return true;
}

template <std::size_t... I>
std::optional<Message> read_one_of(ByteReader& in, std::uint64_t which, std::index_sequence<I...>) {
  Message message;
  const bool understood = ((which == I && read(in, message.emplace<I>())) || ...);
  if (!understood || !in.ok()) return std::nullopt;
  return message;
}

}  // namespace

std::string to_message(const Message& message) {
  ByteWriter out;
  out.unsigned_value(format);
  out.unsigned_value(message.index());
  std::visit(Write{out}, message);
  return out.take();
}

std::optional<Message> from_message(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.unsigned_value() != format) return std::nullopt;
  const std::uint64_t which = in.unsigned_value();
  return read_one_of(in, which, std::make_index_sequence<std::variant_size_v<Message>>{});
}

}  // namespace heti::cluster

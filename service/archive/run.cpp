#include "service/archive/run.hpp"

#include <algorithm>
#include <concepts>

#include "service/base/check.hpp"
#include "service/core/stored_event.hpp"
#include "service/journal/hash.hpp"

namespace heti::archive {
namespace {

using journal::Position;

constexpr std::uint64_t layout = 1;
constexpr std::size_t checksum_bytes = 8;
constexpr std::size_t hash_bytes = sizeof(journal::Hash);

void append_checksum(std::string& bytes) {
  const journal::Hash hash = journal::short_sha256({bytes});
  bytes.append(journal::bytes_of(hash).substr(0, checksum_bytes));
}

// What the checksum covers, after the number of the layout.
std::expected<ByteReader, std::string> opened(std::string_view bytes) {
  if (bytes.size() < checksum_bytes) return std::unexpected("it is cut off");
  const std::string_view covered = bytes.substr(0, bytes.size() - checksum_bytes);
  const journal::Hash hash = journal::short_sha256({covered});
  if (journal::bytes_of(hash).substr(0, checksum_bytes) != bytes.substr(covered.size())) {
    return std::unexpected("its checksum does not match");
  }
  ByteReader in(covered);
  const std::uint64_t number = in.unsigned_value();
  if (number != layout) {
    return std::unexpected("its layout " + std::to_string(number) + " is not known to this program, which knows " +
                           std::to_string(layout));
  }
  return in;
}

template <class E>
concept WithSeq = requires(const E& e) {
  { e.seq } -> std::convertible_to<std::uint64_t>;
};

}  // namespace

std::uint64_t seq_of(const core::EventBody& body) {
  return std::visit(
      []<class E>(const E& e) -> std::uint64_t {
        if constexpr (WithSeq<E>) return e.seq;
        return 0;
      },
      body);
}

bool Run::has_room(const Line* line) const {
  if (count_ >= run_events_max || events_.bytes().size() >= run_event_bytes_max) return false;
  if (line == nullptr) return true;
  if (lines_ >= run_lines_max) return false;
  return line->text.empty() || last_text_ == 0 || texts_.bytes().size() + line->text.size() <= run_text_bytes_max;
}

void Run::add(Position position, std::size_t index, const core::Event& event, const Line* line) {
  CHECK(position >= last_position_);
  if (count_ == 0) events_.unsigned_value(layout);
  events_.unsigned_value(position.value() - last_position_.value());
  events_.unsigned_value(index);
  core::write_event(events_, event);
  events_.unsigned_value(line == nullptr ? 0 : 1);
  last_position_ = position;
  ++count_;
  if (line == nullptr) return;
  CHECK(line->seq != 0 && line->text.empty() == line->text_hash.empty());
  events_.text(line->name);
  events_.text(line->text_hash);
  if (first_seq_ == 0) first_seq_ = line->seq;
  ++lines_;
  if (line->text.empty()) return;
  if (last_text_ == 0) texts_.unsigned_value(layout);
  texts_.unsigned_value(line->seq - last_text_);
  texts_.text(line->text);
  last_text_ = line->seq;
}

std::string Run::take_events() {
  std::string bytes = std::exchange(events_, {}).take();
  append_checksum(bytes);
  last_position_ = {};
  first_seq_ = 0;
  count_ = 0;
  lines_ = 0;
  return bytes;
}

std::string Run::take_texts() {
  if (last_text_ == 0) return {};
  std::string bytes = std::exchange(texts_, {}).take();
  append_checksum(bytes);
  last_text_ = 0;
  return bytes;
}

std::expected<std::vector<Kept>, std::string> read_events(std::string_view bytes) {
  auto in = opened(bytes);
  if (!in) return std::unexpected(in.error());
  std::vector<Kept> all;
  std::uint64_t position = 0;
  std::uint64_t last_seq = 0;
  bool sound = true;
  while (sound && !in->at_end()) {
    Kept kept;
    position += in->unsigned_value();
    kept.fact.position = Position{position};
    kept.fact.index = in->unsigned_value();
    kept.fact.event = core::read_event(*in);
    const std::uint64_t is_line = in->unsigned_value();
    const auto of = whose(kept.fact.event.body);
    kept.fact.conversation = of.value_or(core::ConversationId{});
    sound = is_line <= 1 && of;
    if (is_line == 1) {
      kept.seq = seq_of(kept.fact.event.body);
      kept.name = in->text();
      kept.text_hash = in->text();
      sound = sound && kept.seq > last_seq && (kept.text_hash.empty() || kept.text_hash.size() == hash_bytes);
      last_seq = kept.seq;
    }
    sound = sound && in->ok();
    if (sound) all.push_back(std::move(kept));
  }
  if (!sound || all.empty()) {
    return std::unexpected("its event " + std::to_string(all.size() + 1) + " cannot be what was written");
  }
  return all;
}

std::expected<NumberedTexts, std::string> read_texts(std::string_view bytes) {
  auto in = opened(bytes);
  if (!in) return std::unexpected(in.error());
  NumberedTexts texts;
  std::uint64_t seq = 0;
  bool sound = true;
  while (sound && !in->at_end()) {
    const std::uint64_t step = in->unsigned_value();
    seq += step;
    const std::string_view text = in->text();
    sound = in->ok() && step != 0 && seq >= step;
    if (sound) texts.emplace_back(seq, text);
  }
  if (!sound || texts.empty()) {
    return std::unexpected("its text " + std::to_string(texts.size() + 1) + " cannot be what was written");
  }
  return texts;
}

std::string_view text_in(const NumberedTexts& texts, std::uint64_t seq) {
  const auto found = std::ranges::lower_bound(texts, seq, {}, [](const auto& numbered) { return numbered.first; });
  return found != texts.end() && found->first == seq ? found->second : std::string_view{};
}

}  // namespace heti::archive

// What Redis has lost of the journal's end, and this process still knows, is appended again: the same batches with the
// same hashes, so that nobody who was told of them was told wrong.
#include "service/journal/hash.hpp"
#include "service/journal/redis/memory.hpp"
#include "service/journal/redis/owned_journal.hpp"

namespace heti::journal::redis {

// On the writer's thread. The journal ends elsewhere than where this node left it: within what it knows?
OwnedJournal::Healed OwnedJournal::heal() {
  if (options_.memory == nullptr) return Healed::impossible;
  const auto record = Store(*link_, keys_).record(false);
  const auto claim = record ? Store(*link_, keys_).sight() : std::unexpected(record.error());
  if (!claim) {
    warn(claim.error());
    link_.reset();
    return Healed::not_now;
  }
  const Tail mine = tail();
  if (!*record || (*record)->history != history() || claim->token != token_) return Healed::impossible;
  const Tail& end = (*record)->tail;
  auto missing = options_.memory->after(end.position, end.hash);
  if (missing.empty()) {
    // It may have all of it since the last attempt, whose last batch no replica had confirmed in time: the next append
    // waits for that one too.
    if (end.position != mine.position || end.hash != mine.hash || claim->tail == tail_id_) return Healed::impossible;
  } else if (missing.back().second != mine.hash) {
    return Healed::impossible;
  }
  tail_id_ = claim->tail;
  in_doubt_ = false;  // What was offered after all that is not there.
  return append_again(std::move(missing)) ? Healed::yes : Healed::not_now;
}

bool OwnedJournal::append_again(std::vector<std::pair<Batch, Hash>> missing) {
  if (missing.empty()) return true;
  std::string sentence = place().append(" has lost the journal's end after position ");
  sentence.append(std::to_string(missing.front().first.position.value() - 1)).append("; it gets ");
  warn(sentence.append(std::to_string(missing.size())).append(" batches again that this node has"));
  for (const auto& [batch, hash] : missing) {
    const std::string id = id_of(batch.position);
    const auto replies = run_append(batch, hash, id);
    if (!replies) {
      warn(replies.error().sentence);
      link_.reset();
      return false;
    }
    const auto answer = replies->front().at(0);
    if (replies->front().is_error() || (answer != "ok" && answer != "again")) {
      warn(place().append(" did not take it: ").append(replies->front().text).append(answer));
      return false;
    }
    if (options_.replicas > 0) {
      if (auto confirmed = enough(replies->back()); !confirmed) {
        warn(confirmed.error());
        return false;
      }
    }
    tail_id_ = id;
    committed_id_ = id;
    const std::lock_guard lock(mutex_);
    ++stats_.healed;
    if (batch.position <= tail_.position) continue;
    tail_ = {batch.position, hash, batch.at};
    committed_ = batch.position;
    alive_until_ = std::max(alive_until_, batch.at);
  }
  return true;
}

}  // namespace heti::journal::redis

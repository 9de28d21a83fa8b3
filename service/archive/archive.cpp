#include "service/archive/archive.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "service/archive/beginning.hpp"
#include "service/archive/database.hpp"
#include "service/archive/reader.hpp"
#include "service/archive/sample_rows.hpp"
#include "service/archive/writer.hpp"
#include "service/base/gives_way.hpp"
#include "service/base/thread_name.hpp"

namespace heti::archive {
namespace {

using journal::Position;
using Clock = std::chrono::steady_clock;

// What a conversation has in one transaction becomes one row, and pages of its own indexes are written for it: the more
// lines it has, the less each costs. Who asks does not wait for it.
constexpr auto poll_interval = std::chrono::milliseconds(1000);
// One transaction writes at most this much of the journal (and always at least one batch).
constexpr std::size_t chunk_batches_max = 4000;
constexpr std::size_t chunk_bytes_max = 4 << 20;
// Rows become durable when a checkpoint syncs them: two syncs, on a disk that the journal waits for. So not often, but
// before the write-ahead log grows long.
constexpr auto checkpoint_interval = std::chrono::seconds(5);
constexpr std::size_t checkpoint_bytes = 8 << 20;  // of the journal, since the last checkpoint

class Follower final : public Archive {
 public:
  Follower(Options options, const journal::Journal& journal, Database database)
      : options_(std::move(options)), journal_(journal), database_(std::move(database)) {
    thread_ = std::thread([this] { run(); });
  }

  ~Follower() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wakes_.notify_one();
    thread_.join();
  }

  void transcript(PublicId conversation, std::uint64_t before, std::uint32_t limit, OnTranscript done) override {
    ask({}, [this, conversation, before, limit, done = std::move(done)](const std::optional<std::string>& fault) {
      if (fault) return done(std::unexpected(*fault));
      done(read_transcript(database_, place_.id, conversation, before, limit));
    });
  }

  void closed_chats(std::vector<std::string> queues, std::uint32_t limit, OnRecords done) override {
    ask({}, [this, queues = std::move(queues), limit, done = std::move(done)](const std::optional<std::string>& fault) {
      if (fault) return done(std::unexpected(*fault));
      done(read_closed_chats(database_, place_.id, queues, limit));
    });
  }

  void samples(Instant since, Position until, OnSamples done) override {
    ask(until, [this, since, until, done = std::move(done)](const std::optional<std::string>& fault) {
      if (fault) return done(std::unexpected(*fault));
      done(read_samples(database_, place_.id, since, until));
    });
  }

  Position position() const override { return Position{durable_.load()}; }

  std::optional<std::string> error() const override {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  using Done = std::expected<void, std::string>;
  struct Request {
    Position until;  // waits until the rows have come so far; what was durable when it was asked is there in any case
    // Runs once, on the thread, with the reason if no answer can be given.
    std::function<void(const std::optional<std::string>& fault)> answer;
  };

  void ask(Position until, std::function<void(const std::optional<std::string>& fault)> answer) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back({.until = until, .answer = std::move(answer)});
    }
    wakes_.notify_one();
  }

  // Requests are taken before the tail is read, so what was durable when they were asked is caught up with first.
  void run() {
    name_thread("archive");
    bool first = true;
    std::vector<Request> asked;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (!first) wakes_.wait_for(lock, poll_interval, [this] { return stopping_ || !requests_.empty(); });
      first = false;
      std::ranges::move(std::exchange(requests_, {}), std::back_inserter(asked));
      lock.unlock();
      if (!error() || Clock::now() >= again_at_) {
        if (auto caught_up = catch_up(); !caught_up) {
          stop(caught_up.error());
        } else if (error()) {
          go_on();
        }
      }
      const auto fault = stopping_ ? std::optional<std::string>("the archive is closing") : error();
      std::vector<Request> early;
      for (Request& request : asked) {
        if (!fault && request.until > place_.position) {
          early.push_back(std::move(request));
        } else {
          request.answer(fault);
        }
      }
      asked = std::move(early);
      lock.lock();
    }
    std::ranges::move(std::exchange(requests_, {}), std::back_inserter(asked));
    lock.unlock();
    for (const Request& request : asked) request.answer("the archive is closing");
  }

  // Nothing is skipped: what could not be written, or read, is tried again from the rows that there are, and if it is
  // no matter of a full disk, a person must look at it. The rows stay as they are, and so does the journal, which is
  // not trimmed beyond position().
  void stop(const std::string& why) {
    const std::string sentence = "the archive has stopped: " + why;
    writer_.reset();
    again_at_ = Clock::now() + options_.try_again_after;
    {
      const std::lock_guard lock(mutex_);
      if (error_ == sentence) return;  // said already
      error_ = sentence;
    }
    warn(sentence);
  }

  void go_on() {
    {
      const std::lock_guard lock(mutex_);
      error_.reset();
    }
    warn("the archive goes on, from batch " + std::to_string(place_.position.value()));
  }

  void warn(const std::string& sentence) const {
    if (options_.on_warning) options_.on_warning(sentence);
  }

  Done catch_up() {
    if (auto adopted = adopt_history(); !adopted) return adopted;
    const Position target = journal_.tail().position;
    while (place_.position < target) {
      if (stopping_) return {};
      if (auto written = write_chunk(); !written) return written;
      if (unsynced_bytes_ >= checkpoint_bytes) {
        if (auto synced = checkpoint(); !synced) return synced;
      }
    }
    if (old_rows_) {
      if (auto dropped = database_.drop_others(place_); !dropped) return dropped;
      old_rows_ = false;
      return checkpoint();
    }
    const bool due = Clock::now() - checkpointed_at_ >= checkpoint_interval;
    return due && place_.position.value() != durable_ ? checkpoint() : Done{};
  }

  // The journal begins a new history when acknowledged batches at its end were lost: what it holds after the common
  // part is other than what we have read, under the same numbers. Taking rows back to the common position would mean
  // to undo them (a preview, a rating, an agent's name have no former value here), so the new history is folded from
  // the beginning, beside the rows of the old one. Those are deleted when the new ones have caught up: should the
  // journal turn out not to be readable from its beginning, nothing is gone.
  Done adopt_history() {
    const PublicId history = journal_.history();
    if (writer_ && history == history_) return {};
    writer_.reset();
    auto place = database_.place(history);
    if (!place) return std::unexpected(place.error());
    if (!*place) {
      auto begun = database_.begin_history(history);
      if (!begun) return std::unexpected(begun.error());
      *place = *begun;
    }
    auto others = database_.others(**place);
    if (!others) return std::unexpected(others.error());
    const auto trimmed = (*place)->position.value() == 0 && options_.trimmed_through
                             ? options_.trimmed_through()
                             : std::expected<Position, std::string>{};
    if (!trimmed) return std::unexpected(trimmed.error());
    if (trimmed->value() > 0) {
      auto seeded = begin_from_snapshot(database_, **place, journal_);
      if (!seeded) return std::unexpected(seeded.error());
      **place = *seeded;
      warn("the journal does not reach back to its first batch; the archive begins with the snapshot of batch " +
           std::to_string((*place)->position.value()) +
           (*others > 0 ? ", and what it held of other histories stays in the file"
                        : ", and knows nothing of before. Another node's archive may (heti archive copy)"));
    }
    // What the journal cannot give any more is nowhere else.
    const auto begun_later = began_from_snapshot(database_, **place);
    if (!begun_later) return std::unexpected(begun_later.error());
    if (*begun_later) *others = 0;
    if (auto follows = expect_same_journal(**place); !follows) return follows;
    auto writer = Writer::load(database_, (*place)->id);
    if (!writer) return std::unexpected(writer.error());
    writer_.emplace(std::move(*writer));
    history_ = history;
    place_ = **place;
    old_rows_ = *others > 0;
    if (old_rows_) {
      warn("the journal has begun history " + to_string(history) +
           "; the archive is written anew from its beginning, then what it held of other histories is deleted");
    }
    return checkpoint();
  }

  // A journal that ends before the rows do, under the same history, is another one or has lost batches unnoticed.
  Done expect_same_journal(const Place& place) const {
    const journal::Tail tail = journal_.tail();
    if (place.position > tail.position || (place.position == tail.position && place.hash != tail.hash)) {
      return std::unexpected(
          "it has rows up to batch " + std::to_string(place.position.value()) + " (" + journal::to_string(place.hash) +
          "), but the journal ends at batch " + std::to_string(tail.position.value()) + " (" +
          journal::to_string(tail.hash) +
          "): this is not the journal that it followed. Bring the other one back, or remove archive.db to have it "
          "written anew");
    }
    return {};
  }

  // Payloads of batches that follow each other, one after the other.
  struct Chunk {
    std::string payloads;
    std::vector<std::size_t> ends;
  };

  Done write_chunk() {
    Chunk chunk;
    Place place = place_;
    Done follows{};
    // Only collected here: the journal's reader would otherwise wait for our disk.
    auto read = journal_.read(place_.position, [&](const journal::Batch& batch, const journal::Hash& hash) {
      if (batch.position.value() != place.position.value() + 1 || batch.previous != place.hash) {
        follows = std::unexpected("batch " + std::to_string(batch.position.value()) +
                                  " of the journal does not follow "
                                  "batch " +
                                  std::to_string(place.position.value()) + ", which was written last");
        return false;
      }
      gives_way_.here();
      place.position = batch.position;
      place.hash = hash;
      chunk.payloads += batch.payload;
      chunk.ends.push_back(chunk.payloads.size());
      return chunk.ends.size() < chunk_batches_max && chunk.payloads.size() < chunk_bytes_max;
    });
    if (!read) {
      return std::unexpected("it has rows up to batch " + std::to_string(place_.position.value()) +
                             ", and what comes next cannot be read: " + read.error());
    }
    if (!follows) return follows;
    if (chunk.ends.empty()) {
      return std::unexpected("the journal gave no batch after " + std::to_string(place.position.value()));
    }
    if (auto begun = database_.run("BEGIN IMMEDIATE"); !begun) return begun;
    if (auto written = write(chunk, place); !written) {
      // If this fails as well there is nothing to add: the first error says why we stop, closing rolls back.
      static_cast<void>(database_.run("ROLLBACK"));
      return written;
    }
    place_ = place;
    unsynced_bytes_ += chunk.payloads.size();
    return {};
  }

  Done write(const Chunk& chunk, const Place& place) {
    Position position = place_.position;
    std::size_t begin = 0;
    for (const std::size_t end : chunk.ends) {
      position = Position{position.value() + 1};
      const auto payload = std::string_view(chunk.payloads).substr(begin, end - begin);
      if (auto written = writer_->write(position, payload); !written) return written;
      begin = end;
      gives_way_.here();
    }
    if (auto finished = writer_->finish(gives_way_); !finished) return finished;
    if (auto moved = database_.move(place); !moved) return moved;
    return database_.run("COMMIT");
  }

  Done checkpoint() {
    checkpointed_at_ = Clock::now();
    unsynced_bytes_ = 0;
    const auto all = database_.checkpoint();
    if (!all) return std::unexpected(all.error());
    if (*all) durable_ = place_.position.value();
    return {};
  }

  const Options options_;
  const journal::Journal& journal_;

  // The thread's own.
  Database database_;
  std::optional<Writer> writer_;
  PublicId history_;
  Place place_;  // committed
  bool old_rows_ = false;
  Clock::time_point checkpointed_at_;
  Clock::time_point again_at_;  // after an error
  std::size_t unsynced_bytes_ = 0;
  GivesWay gives_way_;

  // Shared.
  std::atomic<std::uint64_t> durable_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  std::vector<Request> requests_;
  std::optional<std::string> error_;
  std::thread thread_;
};

// What an older format holds is written anew from the journal, if it can be: a journal that no longer reaches back to
// its first batch, or ends before the rows do, would leave less than there is.
std::expected<void, std::string> may_renew(const Options& options, const std::string& path,
                                           const journal::Journal& journal, Database& old, std::int64_t format) {
  const std::string has = path + ": has format " + std::to_string(format);
  const journal::Tail tail = journal.tail();
  bool from_the_first = tail.position.value() == 0;
  const auto read = journal.read({}, [&from_the_first](const journal::Batch& batch, const journal::Hash&) {
    from_the_first = batch.position.value() == 1;
    return false;
  });
  if (!read || !from_the_first) {
    return std::unexpected(has + " and cannot be written anew in the present format: the journal does not reach back " +
                           "to its first batch" + (read ? std::string{} : " (" + read.error() + ")"));
  }
  const auto place = old.place(journal.history());
  if (!place) return std::unexpected(place.error());
  if (*place && (*place)->position > tail.position) {
    return std::unexpected(has + " and cannot be written anew in the present format: it has rows up to batch " +
                           std::to_string((*place)->position.value()) + ", but the journal ends at batch " +
                           std::to_string(tail.position.value()));
  }
  if (options.on_warning) {
    options.on_warning(has + "; it is written anew from the journal in format " +
                       std::to_string(Database::present_format));
  }
  return {};
}

std::expected<std::unique_ptr<Archive>, std::string> follow(Options options, const std::string& path,
                                                            const journal::Journal& journal) {
  auto database = Database::open(path, options.workspace, [&](Database& old, std::int64_t format) {
    return may_renew(options, path, journal, old, format);
  });
  if (!database) return std::unexpected(database.error());
  // An empty journal beside an archive is one that is missing: following it would delete what only the archive holds.
  if (journal.tail().position.value() == 0) {
    const auto own = database->place(journal.history());
    if (!own) return std::unexpected(own.error());
    const auto held = database->others(own->value_or(Place{}));
    if (!held) return std::unexpected(held.error());
    if (*held > 0) {
      return std::unexpected(path + ": holds what was said in workspace " + options.workspace +
                             ", but the journal beside it is empty. Put journal.db back, or bring a backup with heti " +
                             "restore --replace; to begin anew without what was said, move the directory away");
    }
  }
  return std::make_unique<Follower>(std::move(options), journal, std::move(*database));
}

}  // namespace

std::expected<std::unique_ptr<Archive>, std::string> open(Options options, const journal::Journal& journal) {
  const std::string path = options.directory + "/archive.db";
  return follow(std::move(options), path, journal);
}

std::expected<std::unique_ptr<Archive>, std::string> open_memory(const journal::Journal& journal) {
  return follow({}, ":memory:", journal);
}

}  // namespace heti::archive

#pragma once
// What outlives the process under test: the disk with the journal on it. Two kinds behind one small seam: the real
// SQLite code on a disk of ours that loses power and fails on order, and memory, for runs in which only the core is of
// interest.
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "service/journal/journal.hpp"

namespace heti::simulation {

class Storage {
 public:
  virtual ~Storage() = default;

  [[nodiscard]] virtual std::expected<std::unique_ptr<journal::Journal>, std::string> open() = 0;
  // After each answer of the journal, and before a journal whose power has gone is destroyed.
  virtual void note(const journal::Journal& journal) = 0;
  // Leaves the mark and returns when the journal's own thread has begun to write it.
  virtual void keep_alive(journal::Journal& journal, Instant now) = 0;
  // True: what the journal does by itself depends on nothing but what it was asked, so that accesses can be counted.
  [[nodiscard]] virtual bool countable() const = 0;

  // The power goes at the n-th access from now that changes something; 0: at once.
  virtual void crash_at(std::uint64_t n) = 0;
  [[nodiscard]] virtual bool powered() const = 0;
  // After a loss of power, with no journal open: what was not synced is lost or torn, by the seed's chance.
  virtual void power_on() = 0;
  // The process dies and the machine does not; to be called before the journal is destroyed.
  virtual void kill() = 0;
  // The journal was destroyed in good order.
  virtual void closed() = 0;

  // After `skip` good ones some accesses of a kind fail; `kind` is any number, how many comes from it too.
  virtual void fail_next(std::uint64_t skip, std::uint64_t kind) = 0;
  // Takes back every order that was not carried out yet.
  virtual void heal() = 0;
  // False if there is no snapshot.
  virtual bool damage_newest_snapshot(bool remove) = 0;

  struct Counts {
    std::uint64_t changes = 0;
    std::uint64_t errors = 0;  // accesses that failed on order
    std::uint64_t power_cuts = 0;
    std::uint64_t torn_writes = 0;
    std::uint64_t lost_writes = 0;
  };
  [[nodiscard]] virtual Counts counts() const = 0;
};

// `directory` is made, and removed at the end. `checkpoints`: the log is moved into the database now and then, by
// threads that nobody can count; else only when the journal is opened and closed.
[[nodiscard]] std::unique_ptr<Storage> sqlite_storage(std::filesystem::path directory, std::uint64_t seed,
                                                      bool checkpoints);
[[nodiscard]] std::unique_ptr<Storage> memory_storage(std::uint64_t seed);

}  // namespace heti::simulation

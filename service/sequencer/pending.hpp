#pragma once
// While another node owns the workspace: the commands of this one, numbered, until the journal says that they were
// decided. They are on their way by a lane that may lose them, so each is kept, and offered again in order.
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/ids.hpp"
#include "service/core/state.hpp"

namespace heti::sequencer {

// Called on the loop when the state that the answer was computed from is durable.
using OnAnswer = std::function<void(const core::Answer& answer, const core::State& state)>;

// A command on its way from the node where it was asked to the owner.
struct Sent {
  core::CommandNumber number;
  core::Command command;
};

class Pending {
 public:
  struct Asked {
    Sent sent;
    OnAnswer on_answer;
  };

  // `node` and `incarnation`: of this start of this node.
  Pending(std::uint32_t node, std::uint64_t incarnation) : next_{.node = node, .incarnation = incarnation, .n = 1} {}

  const Sent& add(core::Command command, OnAnswer on_answer);

  // What was decided, if it is the oldest of ours; nothing if it is not of this start of this node.
  std::optional<Asked> resolve(const core::CommandNumber& decided);

  // All, in order, if none was resolved since this was asked last.
  std::vector<Sent> overdue();

  std::size_t size() const { return asked_.size(); }
  std::deque<Asked> take_all() { return std::exchange(asked_, {}); }

 private:
  core::CommandNumber next_;
  std::deque<Asked> asked_;
  bool moved_ = true;  // something was resolved, or there was nothing
};

}  // namespace heti::sequencer

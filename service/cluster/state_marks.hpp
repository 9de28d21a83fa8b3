#pragma once
// The state's hash at positions at which every node takes it. The nodes tell each other: states that are folded from
// the same batches are the same, byte for byte, or one of the nodes is wrong about what was decided.
#include <cstdint>
#include <vector>

#include "service/cluster/messages.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::cluster {

class StateMarks final : public sequencer::Projection {
 public:
  // `every`: batches from one to the next. Taking one costs as much as a snapshot's bytes.
  explicit StateMarks(std::uint64_t every = 1024) : every_(every) {}

  void on_durable(const sequencer::Durable& batch) override;

  // The latest few, in order.
  const std::vector<StateMark>& latest() const { return latest_; }

 private:
  const std::uint64_t every_;
  std::vector<StateMark> latest_;
};

enum class Agreement : std::uint8_t {
  unknown,  // there is no position that all have told
  same,
  others_differ,  // from this node, which most agree with, or which leads among as many
  this_differs,
};

struct Compared {
  Agreement agreement = Agreement::unknown;
  std::uint64_t position = 0;  // the latest that all have told
};

// `others`: what each of the other nodes that live has told.
Compared compare(const std::vector<StateMark>& mine, const std::vector<const std::vector<StateMark>*>& others,
                 bool leads);

}  // namespace heti::cluster

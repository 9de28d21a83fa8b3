#pragma once
// How the program itself does: how long its steps take and whether its own rules hold.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "service/core/invariants.hpp"

namespace heti::monitor {

class Health {
 public:
  // `registry` must outlive it.
  explicit Health(prometheus::Registry& registry);

  // In seconds. From any thread.
  void observe_append(double seconds) { append_.Observe(seconds); }
  void observe_lag(double seconds) { lag_.Observe(seconds); }
  void observe_step(double seconds) { step_.Observe(seconds); }

  // Looks at the next part of the state (core::InvariantRound) and gives what is broken and was not said before, one
  // sentence each. Each is counted once, however long it stays broken.
  std::vector<std::string> look(const core::State& state, bool routed);

 private:
  prometheus::Histogram& append_;
  prometheus::Histogram& lag_;
  prometheus::Histogram& step_;
  std::map<std::string_view, prometheus::Counter*> violations_;  // by the number of the rule
  core::InvariantRound round_;
  std::set<std::string> said_;
};

// The label of a broken rule, by the sentence that the core has for it: "line", "clocks", ...; "other" for a rule that
// is not looked at here.
std::string_view label_of_rule(std::string_view sentence);

}  // namespace heti::monitor

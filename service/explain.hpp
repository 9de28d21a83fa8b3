#pragma once
// `heti explain`: the life of one conversation, told from the archive and the journal's tail. Only reads, so it may run
// beside the node that owns them, or after it.
#include <string>

#include "config/settings.hpp"

namespace heti {

struct ExplainRequest {
  std::string conversation;  // public id, or at least its first 6 digits
  bool text = false;         // also what was said: personal data
  bool json = false;
};

// Prints on standard output, or what is wrong on standard error; gives the exit code.
int explain(const config::Settings& settings, const ExplainRequest& request);

}  // namespace heti

#pragma once
// `heti explain`: the life of one conversation, or a list of promises with what decided each, told from the archive and
// the journal's tail. Only reads, so it may run beside the node that owns them, or after it.
#include <string>

#include "config/settings.hpp"

namespace heti {

// Either a conversation or a verdict; what belongs to the other is an error.
struct ExplainRequest {
  std::string conversation;  // public id, or at least its first 6 digits
  bool text = false;         // also what was said: personal data

  std::string verdict;  // good, bad or excluded: lists the promises that got it
  bool today = false;   // since midnight; so it is without `since` too
  std::string since;    // a date or hours back
  std::string sla;      // first_response or reply; empty: both
  std::string queue;    // empty: all

  bool json = false;
};

// Prints on standard output, or what is wrong on standard error; gives the exit code.
int explain(const config::Settings& settings, const ExplainRequest& request);

}  // namespace heti

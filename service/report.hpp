#pragma once
// `heti report`: what became of the contacts of each queue. Only reads, so it may run beside the node that owns the
// archive and the journal, or after it.
#include <string>

#include "config/settings.hpp"

namespace heti {

struct ReportRequest {
  bool today = false;
  std::string since;  // a date or hours back; exactly one of the two
  bool json = false;
};

// Prints on standard output, or what is wrong on standard error; gives the exit code.
int report(const config::Settings& settings, const ReportRequest& request);

}  // namespace heti

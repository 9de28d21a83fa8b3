#pragma once
// A client's own memory: what it wrote and whether that was acknowledged. It survives lost connections and restarts of
// the service, as a browser's or a console's outbox does, and is what acknowledgements are held against.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"

namespace heti::simulation {

// One stream of one sender in one conversation.
struct Outbox {
  struct Text {
    std::uint64_t n = 0;
    std::string text;
    bool note = false;
    bool submitted = false;  // on the present connection; its answer is still to come
    int under_way = 0;       // submissions that the service may still answer
  };
  struct Acked {
    std::uint64_t n = 0;
    std::uint64_t seq = 0;
    std::string text;
    bool note = false;
  };
  std::string stream;
  std::deque<Text> pending;              // not acknowledged, in order of n
  std::map<std::uint64_t, Acked> acked;  // by n

  std::uint64_t last_acked() const { return acked.empty() ? 0 : acked.rbegin()->first; }
  std::uint64_t next_n() const {
    return 1 + std::max(last_acked(), pending.empty() ? std::uint64_t{0} : pending.back().n);
  }
  void connection_lost() {
    for (Text& text : pending) text.submitted = false;
  }
  void service_gone() {
    for (Text& text : pending) {
      text.submitted = false;
      text.under_way = 0;
    }
  }
};

struct Tab {
  std::optional<core::ConnectionId> connection;
  std::map<PublicId, Outbox> outboxes;  // by conversation
};

struct Visitor {
  std::uint32_t number = 0;
  std::uint32_t queue = 0;
  std::uint32_t starts = 0;
  std::optional<PublicId> conversation;  // as it was told
  std::map<std::int64_t, Tab> tabs;
  bool loses_answer = false;  // the next one

  bool online() const {
    for (const auto& [name, tab] : tabs) {
      if (tab.connection) return true;
    }
    return false;
  }
};

struct Console {
  std::uint32_t number = 0;
  std::map<std::int64_t, std::optional<core::ConnectionId>> connections;
  std::map<PublicId, Outbox> outboxes;
  bool loses_answer = false;

  bool online() const {
    for (const auto& [name, connection] : connections) {
      if (connection) return true;
    }
    return false;
  }
};

}  // namespace heti::simulation

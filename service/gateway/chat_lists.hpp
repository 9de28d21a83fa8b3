#pragma once
// Which chats which consoles list, and what they were told of them. An agent whom a chat concerns - asked, or holding
// it, or neither any more - is told at once, and so is everybody of a chat that waits and nobody is asked. The rest of
// the team is told of what has become of it together with all else that is gathered: a thousand colleagues need not
// follow each step of a chat that somebody else has. Home loop only.
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "service/base/public_id.hpp"
#include "service/core/state.hpp"
#include "service/core/view.hpp"
#include "service/gateway/consoles.hpp"

namespace heti::gateway {

class ChatLists {
 public:
  // What waits for a console that does not keep up may be left out, if the whole list is told later: changes of chats
  // that concern others. That a chat is gone may not.
  enum class Urgent : bool { no, yes };
  using Tell = std::function<void(Consoles::Agents, std::string frame, Urgent)>;

  ChatLists(Tell tell, Consoles& consoles) : tell_(std::move(tell)), consoles_(consoles) {}

  // A console was greeted with this list.
  void greeted(core::AgentId agent, const core::ConsoleView& view, const core::State& state);
  // It has changed: those whom it concerns are told, for the others it is gathered.
  void changed(const core::State& state, const core::Conversation& conversation, Instant now);
  // A clock or a preview has changed.
  void gather(core::ConversationId id) { gathered_[id] = Concerned::know_less; }
  // It is final.
  void forget(core::ConversationId id, const core::State& state);

  bool nothing_gathered() const { return gathered_.empty() && due_.empty(); }
  // What is gathered is sent in rounds: of so many chats at a time, for a message that comes in meanwhile waits so
  // long.
  bool in_round() const { return !due_.empty(); }
  void begin_round();
  void send_some(const core::State& state, Instant now, std::size_t most);

 private:
  struct IdHash {
    std::size_t operator()(core::ConversationId id) const { return static_cast<std::size_t>(id.value()); }
  };
  struct Told {
    PublicId public_id;
    core::Seers seers{};       // whoever of them has a console lists it, but for what is gathered
    Consoles::Agents ahead{};  // were told since, or were told otherwise
  };
  enum class Concerned : bool { know_all, know_less };

  void tell_all(const core::State& state, const core::Conversation& conversation, Instant now, Concerned concerned,
                Urgent urgent);
  void tell(Consoles::Agents agents, const core::State& state, const core::Conversation& conversation, Instant now,
            Urgent urgent);
  void tell_gone(Consoles::Agents agents, const PublicId& conversation);
  // Of those with a console.
  Consoles::Agents concerned_by(const core::Conversation& conversation) const;

  const Tell tell_;
  Consoles& consoles_;
  std::unordered_map<core::ConversationId, Told, IdHash> told_;
  std::unordered_map<core::ConversationId, Concerned, IdHash> gathered_;
  std::vector<std::pair<core::ConversationId, Concerned>> due_;  // the rest of the round
};

}  // namespace heti::gateway

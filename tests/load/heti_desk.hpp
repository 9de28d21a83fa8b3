#pragma once
// The agents of Heti: they log in over HTTP, take every chat that is offered to them, open it and post in it. An agent
// has one or more screens (sockets); the chats of an agent go to them in turn, and what the agent
// says in it is sent there.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/load/heti_visitor.hpp"

namespace heti::load {

class DeskListener {
 public:
  virtual ~DeskListener() = default;
  // The agent has the conversation open and it is assigned.
  virtual void on_taken(Chat& chat) = 0;
  virtual void on_agent_entry(Chat&, const std::optional<SeenMessage>&) {}
  virtual void on_agent_acked(Chat&, std::uint64_t) {}
  virtual void on_done(Chat&) {}
};

class HetiDesk {
 public:
  HetiDesk(Loop& loop, const HetiDoor& door, Violations& violations, DeskListener& listener);
  ~HetiDesk();

  // Logs in, connects and goes online, all of them. Passwords are slow by design: a login takes the server a good part
  // of a second.
  [[nodiscard]] std::expected<void, std::string> open(const std::vector<std::string>& logins,
                                                      const std::string& password, std::size_t screens);

  // From now on an offer of this chat is taken.
  void expect(Chat& chat) { chats_[chat.id] = {&chat, nullptr}; }
  void forget(const Chat& chat) { chats_.erase(chat.id); }

  std::uint64_t post(Chat& chat);
  void close(Chat& chat);
  void done(Chat& chat);

  // Frames that all consoles together have got, and those of them that tell how some chat of the overview is.
  struct Told {
    std::uint64_t frames = 0;
    std::uint64_t chats = 0;
  };
  const Told& told() const { return told_; }

  std::size_t sockets() const { return screens_.size(); }

 private:
  class Screen;
  struct Known {
    Chat* chat = nullptr;
    Screen* screen = nullptr;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  [[nodiscard]] std::expected<std::string, std::string> log_in(const std::string& login, const std::string& password);
  [[nodiscard]] std::expected<std::string, std::string> ticket(const std::string& cookie);
  Known* find(std::string_view id);
  Screen& screen_of(Chat& chat);

  Loop& loop_;
  const HetiDoor& door_;
  Violations& violations_;
  DeskListener& listener_;
  std::vector<std::unique_ptr<Screen>> screens_;  // those of one agent follow each other
  std::size_t screens_each_ = 1;
  Told told_;
  std::vector<std::size_t> taken_of_;  // chats of each agent up to now
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> chats_;
};

}  // namespace heti::load

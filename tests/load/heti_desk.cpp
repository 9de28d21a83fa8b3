#include "tests/load/heti_desk.hpp"

#include <cstdio>

#include "tests/load/http.hpp"
#include "tests/load/json_scan.hpp"

namespace heti::load {

class HetiDesk::Screen final : public FrameSocket {
 public:
  Screen(HetiDesk& desk, std::string login, std::size_t number)
      : FrameSocket(desk.loop_), desk_(desk), login_(std::move(login)), number_(number) {}

  void come(const std::string& ticket) {
    ticket_ = ticket;
    open(desk_.door_.address, desk_.door_.agent);
  }
  bool is_online() const { return online_; }
  const std::string& fault() const { return fault_; }

  void take(Chat& chat) {
    send(open_frame(chat, agent_side, ++ref_));
    send(wish_frame("accept", chat, ++ref_));
  }
  void wish(std::string_view what, Chat& chat) {
    send(wish_frame(what, chat, ++ref_));
    if (what == "done") done_[ref_] = &chat;
  }

 private:
  void on_open() override { send(R"({"t":"hello","role":"agent","ticket":")" + ticket_ + "\"}"); }
  void on_end(const std::string& why) override {
    fault_ = "agent " + login_ + ": " + why;
    desk_.violations_.add(fault_);
  }
  void on_text(std::string_view text) override;
  void on_chat(std::string_view chat);
  void on_opened(std::string_view text);
  void on_entry(std::string_view conversation, std::string_view entry);
  void on_ok(std::uint64_t ref);

  HetiDesk& desk_;
  std::string login_;
  std::size_t number_;
  std::string ticket_;
  std::string fault_;
  std::uint64_t ref_ = 1;
  bool online_ = false;
  std::unordered_map<std::uint64_t, Chat*> done_;
};

HetiDesk::HetiDesk(Loop& loop, const HetiDoor& door, Violations& violations, DeskListener& listener)
    : loop_(loop), door_(door), violations_(violations), listener_(listener) {}

HetiDesk::~HetiDesk() = default;

void HetiDesk::Screen::on_chat(std::string_view chat) {
  std::string_view id, offered_to, state;
  scan_object(chat, [&](std::string_view name, std::string_view value) {
    if (name == "conversation") id = value;
    if (name == "offered_to") offered_to = value;
    if (name == "state") state = value;
  });
  if (state != "offered" || offered_to != login_) return;
  Known* const known = desk_.find(id);
  if (known == nullptr || known->screen != nullptr) return;
  const std::size_t agent = number_ / desk_.screens_each_;
  const std::size_t screen = desk_.taken_of_[agent]++ % desk_.screens_each_;
  known->screen = desk_.screens_[agent * desk_.screens_each_ + screen].get();
  known->screen->take(*known->chat);
}

void HetiDesk::Screen::on_entry(std::string_view conversation, std::string_view entry) {
  Known* const known = desk_.find(conversation);
  if (known == nullptr || known->screen != this) return;
  Chat& chat = *known->chat;
  const bool was_taken = chat.saw_assigned[agent_side];
  const auto message = take_entry(chat, agent_side, entry, desk_.violations_);
  if (!was_taken && chat.saw_assigned[agent_side]) desk_.listener_.on_taken(chat);
  desk_.listener_.on_agent_entry(chat, message);
}

void HetiDesk::Screen::on_opened(std::string_view text) {
  std::string_view conversation, entries;
  scan_object(text, [&](std::string_view name, std::string_view value) {
    if (name == "conversation") conversation = value;
    if (name == "entries") entries = value;
  });
  const std::string_view id = field_of(conversation, "id");
  scan_array(entries, [&](std::string_view entry) { on_entry(id, entry); });
}

void HetiDesk::Screen::on_ok(std::uint64_t ref) {
  if (ref == 1) online_ = true;
  if (const auto found = done_.find(ref); found != done_.end()) {
    Chat& chat = *found->second;
    done_.erase(found);
    desk_.listener_.on_done(chat);
  }
}

void HetiDesk::Screen::on_text(std::string_view text) {
  ++desk_.told_.frames;
  // Most of what a console is told are other people's chats.
  if (text.starts_with(R"({"t":"chat","chat":)")) {
    ++desk_.told_.chats;
    return on_chat(text.substr(19, text.size() - 20));
  }
  std::string_view t, conversation, entry, n, seq, ref;
  scan_object(text, [&](std::string_view name, std::string_view value) {
    if (name == "t") t = value;
    if (name == "conversation") conversation = value;
    if (name == "entry") entry = value;
    if (name == "n") n = value;
    if (name == "seq") seq = value;
    if (name == "ref") ref = value;
  });
  if (t == "entry") {
    on_entry(conversation, entry);
  } else if (t == "acked") {
    Known* const known = desk_.find(conversation);
    if (known == nullptr) return;
    known->chat->ledger.acknowledge(agent_side, number_of(n), number_of(seq));
    desk_.listener_.on_agent_acked(*known->chat, number_of(n));
  } else if (t == "opened") {
    on_opened(text);
  } else if (t == "welcome") {
    send(R"({"t":"status","ref":1,"status":"online"})");
  } else if (t == "ok") {
    on_ok(number_of(ref));
  } else if (t == "refused" || t == "error") {
    desk_.violations_.add("agent " + login_ + " was told " + std::string(text));
  }
}

HetiDesk::Known* HetiDesk::find(std::string_view id) {
  const auto found = chats_.find(id);
  return found == chats_.end() ? nullptr : &found->second;
}

HetiDesk::Screen& HetiDesk::screen_of(Chat& chat) { return *find(chat.id)->screen; }

std::uint64_t HetiDesk::post(Chat& chat) {
  screen_of(chat).send(post_frame(chat, agent_side, door_.frame_bytes));
  return chat.ledger.posted(agent_side);
}

void HetiDesk::close(Chat& chat) { screen_of(chat).wish("close", chat); }

void HetiDesk::done(Chat& chat) { screen_of(chat).wish("done", chat); }

std::expected<std::string, std::string> HetiDesk::log_in(const std::string& login, const std::string& password) {
  const auto answer = http_request(door_.address, door_.host, "POST", "/api/login", "",
                                   R"({"name":")" + login + R"(","password":")" + password + "\"}");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return std::unexpected("login of " + login + ": HTTP " + std::to_string(answer->status) + " " + answer->body +
                           "; give its password with heti set-password");
  }
  return answer->cookie;
}

std::expected<std::string, std::string> HetiDesk::ticket(const std::string& cookie) {
  const auto answer = http_request(door_.address, door_.host, "POST", "/api/ticket", cookie, "{}");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected("ticket: HTTP " + std::to_string(answer->status) + answer->body);
  return std::string(field_of(answer->body, "ticket"));
}

std::expected<void, std::string> HetiDesk::open(const std::vector<std::string>& logins, const std::string& password,
                                                std::size_t screens) {
  screens_each_ = screens;
  screens_.reserve(logins.size() * screens);
  taken_of_.assign(logins.size(), 0);
  for (const std::string& login : logins) {
    const auto cookie = log_in(login, password);
    if (!cookie) return std::unexpected(cookie.error());
    for (std::size_t i = 0; i < screens; ++i) {
      const auto pass = ticket(*cookie);
      if (!pass) return std::unexpected(pass.error());
      screens_.push_back(std::make_unique<Screen>(*this, login, screens_.size()));
      Screen& screen = *screens_.back();
      screen.come(*pass);
      const std::int64_t end = now_ns() + 10'000'000'000;
      while (!screen.is_online() && screen.fault().empty() && now_ns() < end) loop_.round(20'000'000);
      if (!screen.fault().empty()) return std::unexpected(screen.fault());
      if (!screen.is_online()) return std::unexpected("agent " + login + " did not come online within 10 s");
    }
    if (screens_.size() % (10 * screens) == 0 &&
        (screens_.size() < 100 * screens || screens_.size() % (100 * screens) == 0))
      std::fprintf(stderr, "%zu agents are online\n", screens_.size() / screens);
  }
  return {};
}

}  // namespace heti::load

// What each frame of a client does: one command, or one of the three things that go past the sequencer (hello's checks,
// history, typing).
#include <utility>

#include "protocol/codec.hpp"
#include "service/gateway/colleagues.hpp"
#include "service/gateway/session.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

using protocol::ErrorCode;
using protocol::RefusalCode;

namespace {

constexpr std::size_t subscriptions_max = 500;
// Pages of history that one socket may have waiting: a console that comes back to all its chats asks for one of each.
constexpr std::size_t pages_max = 16;
constexpr Millis overloaded_retry{2'000};
constexpr Millis try_later_retry{1'000};

}  // namespace

// ---- Hello

void Session::handle(const protocol::VisitorHello& frame) {
  const auto* queue = hub_.directory().queue(frame.queue);
  // To anybody but the node itself its own queue is none.
  if (queue == nullptr || (core::is_reserved(frame.queue) && !connection_->is_own())) {
    return fail(ErrorCode::forbidden);
  }
  VisitorToken token{.visitor = random_public_id(), .issued = wall_now()};
  if (frame.token) {
    const auto known = services_.signer.read_visitor_token(*frame.token);
    if (!known) {
      count(services_.metrics.tokens_refused);
      return fail(ErrorCode::auth_failed);
    }
    if (services_.tail_watch.contradicts(known->seen)) {
      services_.relay.home().post([&services = services_, seen = known->seen] {
        if (services.on_lost_end) services.on_lost_end(seen);
      });
      return begin_history();
    }
    token = *known;
  }
  self_.visitor = token.visitor;
  self_.queue = queue->id;
  greet(token);
}

void Session::handle(const protocol::AgentHello& frame) {
  const auto ticket = services_.tickets.redeem(frame.ticket, wall_now());
  const auto* agent = ticket ? hub_.directory().agent(ticket->login) : nullptr;
  if (agent == nullptr || (core::is_reserved(agent->login) && !connection_->is_own())) {
    count(services_.metrics.tickets_refused);
    return fail(ErrorCode::auth_failed);
  }
  self_.agent = agent->id;
  display_name_ = agent->display_name;
  session_key_ = ticket->session_key;
  session_expires_ = ticket->session_expires;
  greet({});
}

void Session::greet(VisitorToken token) {
  phase_ = Phase::greeted;
  sequencer::Sequencer* const line = services_.sequencer.load();
  auto on_answer = [weak = weak_from_this(), &services = services_, loop = hub_.loop().index(), self = self_, line,
                    token](const core::Answer& answer, const core::State& state) mutable {
    std::string frame;
    std::vector<std::string> colleagues;
    if (const auto* visitor = std::get_if<core::WelcomeView>(&answer)) {
      token.seen = services.tail_watch.end();
      auto welcome =
          visitor_welcome(*visitor, services.signer.sign(token), self.visitor, services.history, line->now());
      welcome.clock_speed = services.options.clock_speed;
      frame = protocol::encode(welcome);
    } else if (const auto* agent = std::get_if<core::ConsoleView>(&answer)) {
      services.fanout.note_console(self.agent, *agent, state);
      auto welcome = agent_welcome(*agent, services.history, line->now());
      welcome.clock_speed = services.options.clock_speed;
      frame = protocol::encode(welcome);
      colleagues = first_colleague_frames(state, state.agents.at(self.agent));
    }
    services.relay.to(loop, [weak, frame = std::move(frame), colleagues = std::move(colleagues)](Hub&) {
      const auto session = weak.lock();
      if (!session) return;
      // No view: queue or agent has been removed since the directory was made.
      if (frame.empty()) return session->turn_away(ErrorCode::forbidden);
      session->welcome(frame);
      for (const std::string& one : colleagues) session->push(one);
    });
  };
  if (line == nullptr || line->submit(hello_command(self_), std::move(on_answer)) != sequencer::Submit::accepted) {
    end(Ended::overloaded, protocol::CloseCode::overloaded);
  }
}

// A hello that is under way may have come before what made this necessary, and its answer after; a visitor who has
// opened nothing counts as nobody.
void Session::announce() {
  if (phase_ != Phase::open && phase_ != Phase::greeted) return;
  if (phase_ == Phase::open && self_.role == protocol::Role::visitor && subscriptions_.empty()) return;
  sequencer::Sequencer* const line = services_.sequencer.load();
  if (line == nullptr) return;
  const auto submitted = line->submit(hello_command(self_), nullptr, true);
  if (submitted == sequencer::Submit::accepted) return;
  hand_over();  // It would be taken for gone for ever. Back again it says hello by itself.
}

// ---- Wishes

void Session::submit(core::Command command, Asked asked) {
  sequencer::Sequencer* const line = services_.sequencer.load();
  if (line == nullptr) return refuse(asked, RefusalCode::try_later, try_later_retry);
  auto on_answer = [weak = weak_from_this(), &services = services_, loop = hub_.loop().index(), role = self_.role, line,
                    asked](const core::Answer& answer, const core::State&) {
    if (const auto* view = std::get_if<core::ConversationView>(&answer)) services.fanout.note_opened(*view);
    services.relay.to(loop, [weak, reply = reply_to(asked, answer, role, line->answered_at())](Hub&) {
      if (const auto session = weak.lock()) session->take(reply);
    });
  };
  switch (line->submit(std::move(command), std::move(on_answer))) {
    case sequencer::Submit::accepted: return;
    case sequencer::Submit::overloaded: return refuse(asked, RefusalCode::overloaded, overloaded_retry);
    case sequencer::Submit::try_later: return refuse(asked, RefusalCode::try_later, try_later_retry);
  }
}

void Session::handle(const protocol::Start& frame) {
  if (subscriptions_.size() >= subscriptions_max) return refuse(frame.ref, RefusalCode::overloaded, overloaded_retry);
  submit(to_core(self_, frame, random_public_id()), frame.ref);
}

void Session::handle(const protocol::Open& frame) {
  if (subscriptions_.size() >= subscriptions_max && !has_opened(frame.conversation)) {
    return refuse(frame.ref, RefusalCode::overloaded, overloaded_retry);
  }
  submit(to_core(self_, frame), frame.ref);
}

void Session::handle(protocol::Post frame) {
  protocol::PostKey key{.conversation = frame.conversation, .stream = frame.stream, .n = frame.n};
  if (const auto wrong = protocol::check_text(frame.text)) return take(refusal(key, *wrong));
  const std::int64_t now = steady_ms();
  if (!messages_.take(message_rate(), now)) {
    return refuse(key, RefusalCode::rate_limited, messages_.wait(message_rate(), now));
  }
  submit(to_core(self_, std::move(frame)), std::move(key));
}

void Session::handle(const protocol::Close& frame) { submit(to_core(self_, frame), frame.ref); }
void Session::handle(const protocol::Rate& frame) { submit(to_core(self_, frame), frame.ref); }
void Session::handle(const protocol::Status& frame) { submit(to_core(self_, frame), frame.ref); }
void Session::handle(const protocol::Accept& frame) { submit(to_core(self_, frame), frame.ref); }
void Session::handle(const protocol::Decline& frame) { submit(to_core(self_, frame), frame.ref); }
void Session::handle(const protocol::Done& frame) { submit(to_core(self_, frame), frame.ref); }

void Session::handle(const protocol::Transfer& frame) {
  const auto* queue = frame.queue ? hub_.directory().public_queue(*frame.queue) : nullptr;
  const auto* agent = frame.agent ? hub_.directory().public_agent(*frame.agent) : nullptr;
  if ((frame.queue && queue == nullptr) || (frame.agent && agent == nullptr)) {
    return take(refusal(frame.ref, RefusalCode::not_found));
  }
  submit(to_core(self_, frame, queue != nullptr ? std::optional(queue->id) : std::nullopt,
                 agent != nullptr ? std::optional(agent->id) : std::nullopt),
         frame.ref);
}

void Session::handle(const protocol::SetStatus& frame) {
  const auto* agent = hub_.directory().public_agent(frame.agent);
  if (agent == nullptr) return take(refusal(frame.ref, RefusalCode::not_found));
  // The core lets everybody end their own shift; on the wire that is not part of this frame.
  if (agent->id == self_.agent) return take(refusal(frame.ref, RefusalCode::not_allowed));
  submit(to_core(self_, frame, agent->id), frame.ref);
}

// ---- Past the sequencer

void Session::handle(const protocol::History& frame) {
  // Opened means that the core has said that this sender may see it.
  if (!has_opened(frame.conversation)) return take(refusal(frame.ref, RefusalCode::not_found));
  if (pages_.size() >= pages_max) return refuse(frame.ref, RefusalCode::rate_limited, try_later_retry);
  pages_.push_back(frame);
  read_next_page();
}

// One after the other, and as fast as the peer reads: pages are large, and many at once would fill its outbox.
void Session::read_next_page() {
  if (page_under_way_ || pages_.empty() || !alive()) return;
  // More is asked for when this has been sent.
  if (connection_->outbox().pending() > services_.options.limits.outbox_bytes_max / 2) return;
  const protocol::History frame = pages_.front();
  pages_.erase(pages_.begin());
  page_under_way_ = true;
  auto done = [weak = weak_from_this(), weak_loop = hub_.loop().weak_from_this(), ref = frame.ref,
               conversation =
                   frame.conversation](std::expected<std::optional<archive::Transcript>, std::string> result) {
    const auto loop = weak_loop.lock();
    if (!loop) return;
    Reply reply;
    if (!result) {
      reply = refusal(ref, RefusalCode::try_later, try_later_retry);
    } else {
      // Nothing archived yet: an empty page. Everything durable is in it, so the client has all there is.
      std::vector<core::Entry> entries = *result ? std::move((*result)->entries) : std::vector<core::Entry>();
      reply.frame =
          protocol::encode(protocol::Page{.ref = ref,
                                          .conversation = conversation,
                                          .entries = to_wire(newest_within(std::move(entries), page_text_bytes_max))});
    }
    loop->post([weak, reply = std::move(reply)] {
      const auto session = weak.lock();
      if (!session) return;
      session->page_under_way_ = false;
      session->take(reply);
      session->read_next_page();
    });
  };
  services_.archive.transcript(frame.conversation, frame.before, static_cast<std::uint32_t>(frame.limit),
                               std::move(done));
}

void Session::handle(const protocol::Typing& frame) {
  if (!has_opened(frame.conversation)) return;
  if (!typing_.take(services_.options.limits.typing, steady_ms())) {
    return count(services_.metrics.dropped, Dropped::typing_flood);
  }
  protocol::PeerTyping said{.conversation = frame.conversation, .role = self_.role, .name = {}};
  if (self_.role == protocol::Role::agent) said.name = display_name_;
  const auto text = std::make_shared<const std::string>(protocol::encode(said));
  const bool from_visitor = self_.role == protocol::Role::visitor;
  if (services_.to_other_nodes) {
    services_.to_other_nodes(
        {.conversation = frame.conversation, .from_visitor = from_visitor, .agent = self_.agent, .frame = *text});
  }
  services_.relay.spread(hub_.loop().index(),
                         [conversation = frame.conversation, from = this, from_visitor, agent = self_.agent,
                          text](Hub& hub) { hub.typing(conversation, from, from_visitor, agent, *text); });
}

}  // namespace heti::gateway

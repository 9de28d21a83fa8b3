// The promises to a visitor: first response and reply. Each gets exactly one verdict, at its deadline or before.
#include "service/core/decider.hpp"

namespace heti::core {
namespace {

Promise& promise_of(Conversation& conversation, Sla sla) {
  return sla == Sla::first_response ? conversation.contact->first_response : conversation.contact->turn.value();
}

Millis elapsed(const State& state, const Conversation& conversation, const Promise& promise, Instant at) {
  return queue_of(state, conversation).hours.elapsed(promise.started, at);
}

void judge_answer(Decider& d, Conversation& conversation, Sla sla, Millis time) {
  const Promise& promise = promise_of(conversation, sla);
  if (!promise.judged) judge(d, conversation, sla, time <= promise.threshold ? Verdict::good : Verdict::bad);
}

}  // namespace

void judge(Decider& d, Conversation& conversation, Sla sla, Verdict verdict) {
  const Promise& promise = promise_of(conversation, sla);
  d.emit(event::VerdictGiven{.conversation = conversation.id,
                             .contact = conversation.contact->id,
                             .sla = sla,
                             .verdict = verdict,
                             .clock_started = promise.started,
                             .elapsed = elapsed(d.state, conversation, promise, d.at)});
}

void answered(Decider& d, Conversation& conversation) {
  if (!conversation.contact) return;
  const Contact& contact = *conversation.contact;
  if (!contact.first_response_time) {
    const Millis time = elapsed(d.state, conversation, contact.first_response, d.at);
    judge_answer(d, conversation, Sla::first_response, time);
    d.emit(event::FirstResponseGiven{.conversation = conversation.id, .contact = contact.id, .time = time});
  } else if (contact.turn) {
    const Millis time = elapsed(d.state, conversation, *contact.turn, d.at);
    judge_answer(d, conversation, Sla::reply, time);
    d.emit(event::ReplyGiven{.conversation = conversation.id, .contact = contact.id, .time = time});
  }
}

// A verdict that was held while the visitor was away.
void judge_on_return(Decider& d, Conversation& conversation) {
  if (!conversation.contact || conversation.contact->first_response.judged) return;
  const Promise& promise = conversation.contact->first_response;
  if (elapsed(d.state, conversation, promise, d.at) > promise.threshold) {
    judge(d, conversation, Sla::first_response, Verdict::bad);
  }
}

}  // namespace heti::core

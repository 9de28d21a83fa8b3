#include "service/archive/samples.hpp"

#include <algorithm>
#include <variant>

namespace heti::archive {
namespace {

namespace event = core::event;

// One function for each event that is a sample, or that teaches something needed for a later one.
struct Sampler {
  SampledTalk& talk;
  Instant at;
  SamplesOfEvent& out;

  void add(core::ConversationId conversation, Sample sample) {
    sample.at = at;
    sample.queue = talk.queue;
    sample.conversation = conversation;
    out.samples[out.count++] = sample;
  }

  void operator()(const event::ConversationStarted& e) {
    talk = {.queue = e.queue, .visitor = e.visitor, .accepted = {}};
  }
  void operator()(const event::ContactQueued& e) {
    talk.accepted.reset();
    Sample sample;
    sample.kind = SampleKind::contact;
    sample.visitor = talk.visitor;
    sample.stage = e.stage;
    add(e.conversation, sample);
  }
  // Nobody asked for a human, so it is no contact, and nobody waited; the agent's work counts.
  void operator()(const event::ContactInitiated&) { talk.accepted = at; }
  void operator()(const event::ChatAssigned& e) {
    if (!talk.accepted) {
      Sample sample;
      sample.kind = SampleKind::wait;
      sample.answered = true;
      sample.value = e.wait;
      add(e.conversation, sample);
    }
    talk.accepted = at;
  }
  // The engagement ends here without wrap-up: at the transfer, or where the agent was lost.
  void operator()(const event::ChatRequeued& e) {
    const Millis counted = talk.accepted ? std::max(Millis{0}, e.since - *talk.accepted) : Millis{0};
    handled(e.conversation, e.handle > Millis{0} ? e.handle : counted);
  }
  void operator()(const event::WrapUpEnded& e) { handled(e.conversation, e.handle); }
  void handled(core::ConversationId conversation, Millis handle) {
    Sample sample;
    sample.kind = SampleKind::handle;
    sample.value = handle;
    add(conversation, sample);
  }
  void operator()(const event::VerdictGiven& e) {
    Sample sample;
    sample.kind = SampleKind::verdict;
    sample.sla = e.sla;
    sample.verdict = e.verdict;
    sample.value = e.elapsed;
    add(e.conversation, sample);
  }
  void operator()(const event::ContactEnded& e) {
    Sample sample;
    sample.value = e.waited;
    if (e.outcome == core::Outcome::abandoned && !talk.accepted) {
      sample.kind = SampleKind::wait;
      add(e.conversation, sample);
    }
    sample.kind = SampleKind::ended;
    sample.visitor = talk.visitor;
    sample.outcome = e.outcome;
    sample.reason = e.reason;
    add(e.conversation, sample);
  }
  void operator()(const auto&) {}
};

}  // namespace

SamplesOfEvent take_samples(SampledTalk& talk, const core::Event& event) {
  SamplesOfEvent out;
  std::visit(Sampler{.talk = talk, .at = event.at, .out = out}, event.body);
  return out;
}

}  // namespace heti::archive

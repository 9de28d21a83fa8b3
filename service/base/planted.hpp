#pragma once
// Bugs on purpose. A build with HETI_PLANTED_BUGS can break one named rule at a time, so that the simulator can show
// that it would notice (tests/simulation). In every other build planted() is a constant false and leaves nothing
// behind.
#include <array>
#include <cstdint>
#include <string_view>

namespace heti {

enum class Planted : std::uint8_t {
  none,
  no_dedupe,              // a repeated post becomes a second message
  verdict_at_reply,       // a broken promise is noticed when the answer comes
  boundary_excluded,      // an answer after exactly the target is late
  requeue_new_key,        // who comes back to the line goes to its end
  newest_first,           // the line is served from its end
  capacity_off_by_one,    // an agent gets one chat more than there are slots
  drain_forgotten,        // who waits at the end of closing waits on
  bar_forgotten,          // a chat is offered again at once to whom declined it
  expiries_forgotten,     // an agent who lets offers expire stays ONLINE
  abandon_at_grace_end,   // an abandonment is timed at the end of the grace
  return_forgotten,       // a visitor who comes back within the grace is closed all the same
  held_verdict_given,     // a verdict is given while the visitor is away
  turn_restarts,          // a turn counts from the last message
  bot_answers,            // a message of a machine stops the clock of a reply
  wall_clock_promise,     // a promise runs while the queue is closed
  deadlines_not_moved,    // new opening hours leave running deadlines where they were
  outage_is_grace,        // our own downtime counts against people's deadlines
  lost_is_staffed,        // a lost agent counts as there
  requeue_wait_from_enq,  // the wait sample of a requeue counts from the first stay
  wrapup_frees_slot,      // a chat is over: its slot is given away during wrap-up
  late_tick_stamps_now,   // what was due is stamped with the time of the tick
  ack_before_durable,     // an answer leaves before the disk has what it says
  recovery_skips_batch,   // a restart from a snapshot leaves out the batch after it
  retry_new_bytes,        // after a failed append the commands are dropped, not offered again

  // Of several nodes (tests/simulation/cluster).
  no_tail_check,      // an append is taken wherever the journal ends
  ids_by_clock,       // Redis gives an entry its id, by its own clock
  no_again,           // a batch offered again is appended again
  claim_unseen,       // a claim is taken though the owner has lived on
  claim_at_once,      // the owner's silence is not waited for
  wait_elsewhere,     // WAIT is asked on another connection
  push_before_wait,   // a batch is told before the replicas have it
  claim_confirms,     // a claim is taken as a proof that what lies before it is confirmed
  trim_too_far,       // what no snapshot covers yet is trimmed
  fenced_is_durable,  // a refused append is taken for a durable one
  marks_not_kept,     // the owner does not say in the journal which commands it decided
  numbers_unchecked,  // a command of another node is decided whenever it comes
  not_sent_again,     // a command that was lost on its way is not sent again
  asked_forgotten,    // a node that begins to lead forgets what was asked at it
  no_witness,         // who claims does not ask who has seen more
  seen_forgotten,     // a node that starts does not know what it had seen
  history_ignored,    // a node that follows goes on in another history
  gap_skipped,        // what was not heard is not read
  ends_forgotten,     // the connections of a lost node are not ended
  state_drifts,       // what a batch comes to depends on where things lie in memory

  // Of real processes (tests/integration).
  poisoned,    // a visitor's text "poison" breaks a rule of the program in the middle of its decision
  next_build,  // no bug: it reads a type of events more, as the next build would
};

inline constexpr std::array planted_names{
    std::string_view{"none"},
    std::string_view{"no_dedupe"},
    std::string_view{"verdict_at_reply"},
    std::string_view{"boundary_excluded"},
    std::string_view{"requeue_new_key"},
    std::string_view{"newest_first"},
    std::string_view{"capacity_off_by_one"},
    std::string_view{"drain_forgotten"},
    std::string_view{"bar_forgotten"},
    std::string_view{"expiries_forgotten"},
    std::string_view{"abandon_at_grace_end"},
    std::string_view{"return_forgotten"},
    std::string_view{"held_verdict_given"},
    std::string_view{"turn_restarts"},
    std::string_view{"bot_answers"},
    std::string_view{"wall_clock_promise"},
    std::string_view{"deadlines_not_moved"},
    std::string_view{"outage_is_grace"},
    std::string_view{"lost_is_staffed"},
    std::string_view{"requeue_wait_from_enq"},
    std::string_view{"wrapup_frees_slot"},
    std::string_view{"late_tick_stamps_now"},
    std::string_view{"ack_before_durable"},
    std::string_view{"recovery_skips_batch"},
    std::string_view{"retry_new_bytes"},
    std::string_view{"no_tail_check"},
    std::string_view{"ids_by_clock"},
    std::string_view{"no_again"},
    std::string_view{"claim_unseen"},
    std::string_view{"claim_at_once"},
    std::string_view{"wait_elsewhere"},
    std::string_view{"push_before_wait"},
    std::string_view{"claim_confirms"},
    std::string_view{"trim_too_far"},
    std::string_view{"fenced_is_durable"},
    std::string_view{"marks_not_kept"},
    std::string_view{"numbers_unchecked"},
    std::string_view{"not_sent_again"},
    std::string_view{"asked_forgotten"},
    std::string_view{"no_witness"},
    std::string_view{"seen_forgotten"},
    std::string_view{"history_ignored"},
    std::string_view{"gap_skipped"},
    std::string_view{"ends_forgotten"},
    std::string_view{"state_drifts"},
    std::string_view{"poisoned"},
    std::string_view{"next_build"},
};
static_assert(planted_names.size() == static_cast<std::size_t>(Planted::next_build) + 1);
// The bugs from here on show where there are several nodes.
inline constexpr auto first_of_cluster = static_cast<std::size_t>(Planted::no_tail_check);
// From here on no simulation runs them.
inline constexpr auto first_of_processes = static_cast<std::size_t>(Planted::poisoned);

#ifdef HETI_PLANTED_BUGS
// Which one. Set before anything runs, never changed while it runs.
void plant(Planted bug);
bool planted(Planted bug);
#else
constexpr bool planted(Planted) { return false; }
#endif

}  // namespace heti

#pragma once
// Every metric of Heti: its name and its help text, as the domain page words them. Nothing is exported under a name
// that is not here, and a test finds each of these in a scrape; what is not computed yet is absent, never a made-up
// zero.
#include <array>
#include <string_view>

namespace heti::monitor {

struct Metric {
  std::string_view name;
  std::string_view help;
};

namespace catalogue {

// ---- State of a queue, computed at the scrape.
inline constexpr Metric queue_open{"heti_queue_open", "1 while the queue is open."};
inline constexpr Metric queue_closing{"heti_queue_closing", "1 while the queue is closed but still serving."};
inline constexpr Metric queue_open_since{"heti_queue_open_since_timestamp_seconds",
                                         "Unix time of the present opening; 0 while closed."};
inline constexpr Metric queue_next_change{"heti_queue_next_change_timestamp_seconds",
                                          "Unix time at which the queue opens or closes next; 0: never. In the past: "
                                          "a change is due and has not happened."};
inline constexpr Metric queue_waiting{"heti_queue_waiting",
                                      "Contacts waiting for an agent (queued or offered), visitors within their "
                                      "grace of absence included."};
inline constexpr Metric queue_oldest_wait{"heti_queue_oldest_wait_seconds",
                                          "Open time that the contact waiting longest for an agent has waited; 0 if "
                                          "none."};
inline constexpr Metric queue_oldest_unanswered{"heti_queue_oldest_unanswered_seconds",
                                                "Open time of the oldest unanswered visitor, waiting or assigned; 0 "
                                                "if none. The gauge of what customers feel."};
inline constexpr Metric queue_overdue{"heti_queue_overdue", "Unanswered visitors past the target."};
inline constexpr Metric queue_predicted_breaches{"heti_queue_predicted_breaches",
                                                 "Visitors among those waiting who are expected to be answered too "
                                                 "late: the sum of their risks."};
inline constexpr Metric queue_estimated_wait{"heti_queue_estimated_wait_seconds",
                                             "Expected wait of a visitor who arrives now; absent if unknown or "
                                             "closed."};
inline constexpr Metric queue_arrivals{"heti_queue_arrivals_per_second",
                                       "Contacts to be expected in a second of open time, as the model has it; absent "
                                       "while closed."};
inline constexpr Metric queue_mean_handle{"heti_queue_mean_handle_seconds",
                                          "Mean time that a chat holds a slot, wrap-up included, of the latest 500 in "
                                          "28 days; absent without any."};
inline constexpr Metric conversations{"heti_conversations", "Conversations by state."};
inline constexpr Metric agents{"heti_agents",
                               "Agents of the queue by status; staffed = free + full. An agent counts in each of its "
                               "queues: do not sum over queue."};
inline constexpr Metric slots{"heti_slots",
                              "Chat slots of the whole site: busy (offer, chat or wrap-up), free (of ONLINE agents)."};
inline constexpr Metric agents_required{"heti_agents_required", "Agents the queue needs while open, by basis."};
inline constexpr Metric unstaffed_streak{"heti_queue_unstaffed_streak_seconds",
                                         "Open time since which nobody has staffed the queue; 0 while staffed or "
                                         "closed, starts at the opening."};
inline constexpr Metric understaffed_streak{"heti_queue_understaffed_streak_seconds",
                                            "Open time since which too few have staffed the queue; 0 while enough or "
                                            "closed, starts at the opening."};
inline constexpr Metric open_seconds{"heti_queue_open_seconds_total", "Time the queue was open. Exact, not sampled."};
inline constexpr Metric staffed_seconds{"heti_queue_staffed_seconds_total",
                                        "Open time with at least the required agents. Exact, not sampled."};
inline constexpr Metric unstaffed_seconds{"heti_queue_unstaffed_seconds_total",
                                          "Open time with no agent at all. Exact, not sampled."};
inline constexpr Metric understaffed_seconds{"heti_queue_understaffed_seconds_total",
                                             "Open time with fewer agents than required. Exact, not sampled."};
inline constexpr Metric saturated_seconds{"heti_queue_saturated_seconds_total",
                                          "Open time with agents but without a free slot. Exact, not sampled."};
inline constexpr Metric shortfall_seconds{"heti_queue_shortfall_agent_seconds_total",
                                          "Agent-seconds of open time below the required agents. Exact, not sampled."};
inline constexpr Metric staffed_ratio{"heti_queue_staffed_ratio",
                                      "Share of open time with at least the required agents: today (since local "
                                      "midnight), week (7 days), month (28 days), across restarts; absent when the "
                                      "queue was not open."};
inline constexpr Metric agent_presence{"heti_agent_presence_seconds_total",
                                       "Agent-seconds by status, of the whole site. Exact, not sampled."};
inline constexpr Metric slot_seconds{"heti_slot_seconds_total",
                                     "Slot-seconds of ONLINE agents, of the whole site: busy, and capacity (all there "
                                     "were). Exact, not sampled."};
inline constexpr Metric slo_threshold{"heti_slo_threshold_seconds", "Configured target of the promise."};
inline constexpr Metric slo_target{"heti_slo_target_ratio", "Configured share of promises to be kept."};
inline constexpr Metric slo_budget{"heti_slo_budget_contacts",
                                   "Promises that may be broken in 28 days: 1 less the target, of those judged in the "
                                   "last 28 days, of 200 at least."};

// ---- What happened, counted when it became durable.
inline constexpr Metric contacts{"heti_contacts_total", "Contacts enqueued (offered), spam included."};
inline constexpr Metric contacts_ended{"heti_contacts_ended_total", "Contacts ended, by outcome."};
inline constexpr Metric sla_verdicts{"heti_sla_verdicts_total",
                                     "Verdicts on promises; bad is counted at the deadline, not at the answer."};
inline constexpr Metric offers{"heti_offers_total", "Offers to agents ended, by result."};
inline constexpr Metric transfers{"heti_transfers_total", "Contacts given back to the line by an agent."};
inline constexpr Metric requeues{"heti_requeues_total", "Contacts back in the line because their agent was lost."};
inline constexpr Metric unanswered_turns{"heti_unanswered_turns_total",
                                         "Answered contacts that ended with an overdue turn of the visitor."};
inline constexpr Metric reopened{"heti_reopened_total", "Contacts that reopened a closed conversation."};
inline constexpr Metric offline_messages{"heti_offline_messages_total", "Messages left after hours."};
inline constexpr Metric messages{"heti_messages_total", "Messages posted, by author."};
inline constexpr Metric survey_responses{"heti_survey_responses_total", "Survey answers, by survey and score."};
inline constexpr Metric survey_invitations{"heti_survey_invitations_total",
                                           "Chats at whose end the visitor was asked, by survey."};
inline constexpr Metric first_contact_verdicts{
    "heti_first_contact_verdicts_total",
    "Answered contacts by whether their visitor came back to the queue within seven days; judged then."};
inline constexpr Metric wait_seconds{"heti_wait_seconds",
                                     "Open time from entering the line to an agent's accept, one sample per stay."};
inline constexpr Metric first_response_seconds{"heti_first_response_seconds",
                                               "Open time from entering the line to the first answer of a person."};
inline constexpr Metric reply_seconds{"heti_reply_seconds",
                                      "Open time from the first unanswered message of a visitor to the next answer."};
inline constexpr Metric abandon_seconds{"heti_abandon_seconds",
                                        "Open time after which visitors left without an answer (their patience)."};
inline constexpr Metric handle_seconds{"heti_handle_seconds",
                                       "Wall time from accept to the end of the engagement, wrap-up included."};
inline constexpr Metric wrapup_seconds{"heti_wrapup_seconds", "Wall time of wrap-up after a contact."};
inline constexpr Metric resolution_seconds{"heti_resolution_seconds",
                                           "Open time from the first contact to the last close; observed when the "
                                           "reopen window has passed."};

// ---- The gateway.
inline constexpr Metric connections{"heti_connections", "WebSockets open now, by role."};
inline constexpr Metric connections_opened{"heti_connections_opened_total", "WebSockets opened, by role."};
inline constexpr Metric connections_closed{"heti_connections_closed_total", "WebSockets ended, by reason."};
inline constexpr Metric received_bytes{"heti_received_bytes_total", "Bytes of frames received, by role."};
inline constexpr Metric sent_bytes{"heti_sent_bytes_total", "Bytes of frames sent, by role."};
inline constexpr Metric received_frames{"heti_received_frames_total", "Frames received, by role."};
inline constexpr Metric sent_frames{"heti_sent_frames_total", "Frames sent, by role."};
inline constexpr Metric protocol_errors{"heti_protocol_errors_total",
                                        "Faults that closed a WebSocket: codes of heti.v1 and faults of RFC 6455."};
inline constexpr Metric refusals{"heti_refusals_total", "Wishes refused by a rule, by code."};
inline constexpr Metric handshakes_refused{"heti_handshakes_refused_total",
                                           "Requests for a WebSocket turned down before the upgrade, by reason."};
inline constexpr Metric logins{"heti_logins_total", "Attempts to log in to the console, by result."};
inline constexpr Metric accept_errors{"heti_accept_errors_total", "Connections not taken, by kind."};
inline constexpr Metric http_responses{"heti_http_responses_total", "HTTP responses, by class of status."};
inline constexpr Metric slow_consumers{"heti_slow_consumers_dropped_total",
                                       "WebSockets closed because they read too slowly."};
inline constexpr Metric frames_dropped{"heti_frames_dropped_total",
                                       "Frames that may be lost and were left out, by kind."};
inline constexpr Metric send_queue_bytes{"heti_send_queue_bytes", "Bytes that wait for all sockets together."};
inline constexpr Metric send_queue_max{"heti_send_queue_max_bytes",
                                       "The most bytes that waited for one socket since the start."};

// ---- The journal, the clock, the program.
inline constexpr Metric journal_append{"heti_journal_append_seconds", "Write and sync of one durable batch."};
inline constexpr Metric loop_lag{"heti_loop_lag_seconds",
                                 "How late a timer of the home loop came: what a piece of work waits there before its "
                                 "turn."};
inline constexpr Metric routing_step{"heti_routing_step_seconds",
                                     "Time to decide one command, with what was due before it and the routing."};
inline constexpr Metric invariant_violations{"heti_invariant_violations_total",
                                             "Broken rules of the core, found on the live state part by part; each is "
                                             "counted once."};
inline constexpr Metric journal_errors{"heti_journal_append_errors_total", "Appends that were not durable at once."};
inline constexpr Metric snapshots_rejected{"heti_snapshots_rejected_total",
                                           "Snapshots that were damaged or that the journal does not confirm."};
inline constexpr Metric commands_refused{"heti_commands_refused_total",
                                         "Wishes that the state did not allow, or that were not the sender's to make."};
inline constexpr Metric commands_undecidable{"heti_commands_undecidable_total",
                                             "Wishes that were refused because deciding them broke a rule of the "
                                             "program; nothing of them was kept."};
inline constexpr Metric journal_bytes{"heti_journal_bytes", "What the journal's batches take in storage."};
inline constexpr Metric journal_synced{"heti_journal_synced",
                                       "1 if what is acknowledged survives a power cut of the machine that stores it."};
inline constexpr Metric journal_lost{"heti_journal_lost_batches_total",
                                     "Batches that are known to be lost, at least: a new history began. The same on "
                                     "all nodes of a workspace."};
inline constexpr Metric journal_healed{"heti_journal_healed_batches_total",
                                       "Batches that Redis had lost and got again from this node."};
inline constexpr Metric feature_level{"heti_feature_level",
                                      "Up to which type of events the journal may hold; every node that lives reads "
                                      "them. The same on all nodes of a workspace."};
inline constexpr Metric clock_steps{"heti_clock_steps_total",
                                    "Jumps of the wall clock, either way, that journal time did not follow."};
inline constexpr Metric clock_off{"heti_clock_off",
                                  "1 while the wall clock is more than two seconds off journal time, which does not "
                                  "follow it."};
inline constexpr Metric node_leads{"heti_node_leads",
                                   "1 while this node owns the workspace and decides: the sum over all nodes is 1."};
inline constexpr Metric nodes_seen{"heti_nodes",
                                   "Nodes of the workspace that this one heard in the last five seconds, itself "
                                   "counted."};
inline constexpr Metric nodes_lost{"heti_nodes_lost_total",
                                   "Other nodes that this one took for lost: their connections were ended."};
inline constexpr Metric node_took_over{"heti_node_took_over_total",
                                       "How often this node became the owner after another one."};
inline constexpr Metric node_behind{"heti_node_behind_batches",
                                    "Batches that the owner has told of and that this node does not have yet."};
inline constexpr Metric node_cut_off{"heti_node_cut_off_seconds",
                                     "For how long nothing came from Redis, which is asked every second; 0 with a "
                                     "journal on the node's own disk."};
inline constexpr Metric node_pending{"heti_node_pending_commands",
                                     "Wishes on this node that the owner, elsewhere, has not decided yet."};
inline constexpr Metric node_other_rules{"heti_node_other_rules",
                                         "Other nodes that live and whose settings file has other queues, agents or "
                                         "priorities than this node's."};
inline constexpr Metric node_state_mismatches{"heti_node_state_mismatches_total",
                                              "Positions of the journal at which the nodes' states were not the same; "
                                              "those that differ from most end and fold the journal anew."};
inline constexpr Metric config_successful{"heti_config_last_reload_successful",
                                          "1 if the settings file was taken when it was last read, 0 if refused."};
inline constexpr Metric config_success_time{"heti_config_last_reload_success_timestamp_seconds",
                                            "When the settings file was last read and taken."};
inline constexpr Metric probe_last_success{"heti_probe_last_success_timestamp_seconds",
                                           "Unix time at which the synthetic customer's last whole chat ended; 0: none "
                                           "yet. Absent where the probe is switched off."};
inline constexpr Metric probe_seconds{"heti_probe_seconds", "Duration of the synthetic customer's whole chats."};
inline constexpr Metric probe_failures{"heti_probe_failures_total",
                                       "Chats of the synthetic customer that failed, by the step that did."};
inline constexpr Metric build_info{"heti_build_info", "1; the label names the version that runs."};
inline constexpr Metric tzdata_info{"heti_tzdata_info", "1; the label names the tzdata behind the opening hours."};

inline constexpr std::array all{queue_open,
                                queue_closing,
                                queue_open_since,
                                queue_next_change,
                                queue_waiting,
                                queue_oldest_wait,
                                queue_oldest_unanswered,
                                queue_overdue,
                                queue_predicted_breaches,
                                queue_estimated_wait,
                                queue_arrivals,
                                queue_mean_handle,
                                conversations,
                                agents,
                                slots,
                                agents_required,
                                unstaffed_streak,
                                understaffed_streak,
                                open_seconds,
                                staffed_seconds,
                                unstaffed_seconds,
                                understaffed_seconds,
                                saturated_seconds,
                                shortfall_seconds,
                                staffed_ratio,
                                agent_presence,
                                slot_seconds,
                                slo_threshold,
                                slo_target,
                                slo_budget,
                                contacts,
                                contacts_ended,
                                sla_verdicts,
                                offers,
                                transfers,
                                requeues,
                                unanswered_turns,
                                reopened,
                                offline_messages,
                                messages,
                                survey_responses,
                                survey_invitations,
                                first_contact_verdicts,
                                wait_seconds,
                                first_response_seconds,
                                reply_seconds,
                                abandon_seconds,
                                handle_seconds,
                                wrapup_seconds,
                                resolution_seconds,
                                connections,
                                connections_opened,
                                connections_closed,
                                received_bytes,
                                sent_bytes,
                                received_frames,
                                sent_frames,
                                protocol_errors,
                                refusals,
                                handshakes_refused,
                                logins,
                                accept_errors,
                                http_responses,
                                slow_consumers,
                                frames_dropped,
                                send_queue_bytes,
                                send_queue_max,
                                journal_append,
                                loop_lag,
                                routing_step,
                                invariant_violations,
                                journal_errors,
                                snapshots_rejected,
                                commands_refused,
                                commands_undecidable,
                                journal_bytes,
                                journal_synced,
                                journal_lost,
                                journal_healed,
                                feature_level,
                                clock_steps,
                                clock_off,
                                node_leads,
                                nodes_seen,
                                nodes_lost,
                                node_took_over,
                                node_behind,
                                node_cut_off,
                                node_pending,
                                node_other_rules,
                                node_state_mismatches,
                                config_successful,
                                config_success_time,
                                probe_last_success,
                                probe_seconds,
                                probe_failures,
                                build_info,
                                tzdata_info};

}  // namespace catalogue
}  // namespace heti::monitor

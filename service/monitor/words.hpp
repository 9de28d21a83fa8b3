#pragma once
// Label values: closed sets, so the number of series is bounded by the types. The words are those of the domain page.
#include <array>
#include <optional>
#include <string_view>

#include "service/core/event.hpp"
#include "service/monitor/first_contacts.hpp"

namespace heti::monitor {

// heti_contacts_ended_total{outcome}.
enum class Ended : std::uint8_t {
  answered,
  abandoned_short,
  abandoned_within,
  abandoned_after,
  missed_queue_closed,
  missed_timeout,
  missed_agent_closed,
  missed_error,
  spam,
};
inline constexpr std::array all_ended{Ended::answered,
                                      Ended::abandoned_short,
                                      Ended::abandoned_within,
                                      Ended::abandoned_after,
                                      Ended::missed_queue_closed,
                                      Ended::missed_timeout,
                                      Ended::missed_agent_closed,
                                      Ended::missed_error,
                                      Ended::spam};
Ended ended_as(core::Outcome outcome, core::EndReason reason);
std::string_view word(Ended value);

inline constexpr std::array all_stages{core::Stage::first, core::Stage::reopen, core::Stage::transfer,
                                       core::Stage::requeue};
std::string_view word(core::Stage value);

inline constexpr std::array all_slas{core::Sla::first_response, core::Sla::reply};
std::string_view word(core::Sla value);

inline constexpr std::array all_verdicts{core::Verdict::good, core::Verdict::bad, core::Verdict::excluded};
std::string_view word(core::Verdict value);

// heti_first_contact_verdicts_total{verdict}.
inline constexpr std::array first_contact_verdicts{FirstContactVerdict::resolved, FirstContactVerdict::repeat};
std::string_view word(FirstContactVerdict value);

// heti_survey_invitations_total{survey}, heti_survey_responses_total{survey,score}. Only csat is asked today.
struct Survey {
  std::string_view word;
  std::uint32_t lowest = 0;
  std::uint32_t highest = 0;
};
inline constexpr Survey csat{.word = "csat", .lowest = 1, .highest = 5};
inline constexpr std::array all_surveys{csat, Survey{.word = "ces", .lowest = 1, .highest = 7},
                                        Survey{.word = "nps", .lowest = 0, .highest = 10}};

// heti_messages_total{author}. Notices of the system are no messages: no word.
inline constexpr std::array message_authors{core::Author::visitor, core::Author::agent, core::Author::bot,
                                            core::Author::automatic, core::Author::note};
std::optional<std::string_view> word(core::Author value);

// heti_offers_total{result}. An offer withdrawn because we were down is rescinded too: it counts against nobody.
inline constexpr std::array offer_results{core::OfferEnd::accepted, core::OfferEnd::declined, core::OfferEnd::expired,
                                          core::OfferEnd::rescinded};
core::OfferEnd counted_as(core::OfferEnd end);
std::string_view word(core::OfferEnd value);

}  // namespace heti::monitor
